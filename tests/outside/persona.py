"""Persona: the part of its API that inquiries need, and its webhooks. What its documentation does not allow is 400."""

import hmac
import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.outside.schema import faults

TOKEN, SECRET, TEMPLATE = "persona_sandbox_key", "wbhsec_sample", "itmpl_Sample123"
OVER = ("completed", "approved", "failed", "declined", "expired")


@dataclass
class PersonaServer:
    """`inquiries` by id, as resources. `troubles` are answered first, before anything is done."""

    inquiries: dict[str, dict[str, Any]] = field(default_factory=dict)
    happened: list[str] = field(default_factory=list)
    troubles: list[int] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/v1/inquiries", self.create, methods=["POST"]),
                Route("/api/v1/inquiries", self.find),
                Route("/api/v1/inquiries/{id}", self.show),
                Route("/api/v1/inquiries/{id}/expire", self.expire, methods=["POST"]),
            ]
        )

    # ── what the vendor does ───────────────────────────────────────────────────────────────────────────────────
    def says(self, inquiry: str, status: str, **read: str) -> None:
        """The person went through it."""
        attributes = self.inquiries[inquiry]["attributes"]
        attributes["status"] = status
        attributes["fields"] |= {
            name.replace("_", "-"): {"type": "string", "value": text} for name, text in read.items()
        }

    def event(self, inquiry: str, name: str, number: int = 1) -> bytes:
        """The body of a webhook, with the inquiry as it stood when it was sent."""
        resource = json.loads(json.dumps(self.inquiries[inquiry]))
        attributes = {
            "name": f"inquiry.{name}",
            "payload": {"data": resource},
            "created-at": "2026-03-02T09:00:00.000Z",
        }
        number_of_it = f"evt_{name}{number}_{resource['attributes']['reference-id']}"
        return json.dumps({"data": {"type": "event", "id": number_of_it, "attributes": attributes}}).encode()

    @property
    def only(self) -> str:
        """The one inquiry that there is."""
        (inquiry,) = self.inquiries
        return inquiry

    # ── what it answers ────────────────────────────────────────────────────────────────────────────────────────
    async def create(self, request: Request) -> Response:
        if refusal := self._refused(request):
            return refusal
        body = await request.json()
        if wrong := faults("persona", body):
            return _problem(400, wrong[0])
        asked = body["data"]["attributes"]
        key = request.headers.get("idempotency-key", "")
        known = next((one for one in self.inquiries.values() if one["key"] == key), None)
        if known is None:
            known = self._opened(asked, key)
        return JSONResponse({"data": _shown(known)}, 201)

    def _opened(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        number = f"inq_{len(self.inquiries) + 1:022}"
        fields = {name: {"type": "string", "value": text} for name, text in asked.get("fields", {}).items()}
        attributes = {"status": "created", "reference-id": asked.get("reference-id"), "fields": fields}
        self.inquiries[number] = {"type": "inquiry", "id": number, "attributes": attributes, "key": key}
        self.happened.append(f"opened {asked.get('reference-id')}")
        return self.inquiries[number]

    async def find(self, request: Request) -> Response:
        if refusal := self._refused(request):
            return refusal
        if set(request.query_params) != {"filter[reference-id]"}:
            return _problem(400, "unknown filter")
        wanted = request.query_params["filter[reference-id]"]
        found = [one for one in self.inquiries.values() if one["attributes"]["reference-id"] == wanted]
        return JSONResponse({"data": [_shown(one) for one in found], "links": {"prev": None, "next": None}})

    async def show(self, request: Request) -> Response:
        found = self.inquiries.get(request.path_params["id"])
        return self._refused(request) or (JSONResponse({"data": _shown(found)}) if found else _problem(404, "none"))

    async def expire(self, request: Request) -> Response:
        if refusal := self._refused(request):
            return refusal
        found = self.inquiries.get(request.path_params["id"])
        if found is None:
            return _problem(404, "none")
        if found["attributes"]["status"] in OVER:
            return _problem(422, "it is over")
        found["attributes"]["status"] = "expired"
        self.happened.append(f"expired {found['id']}")
        return JSONResponse({"data": _shown(found)})

    def _refused(self, request: Request) -> Response | None:
        if self.troubles:
            return _problem(self.troubles.pop(0), "trouble")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _problem(401, "Must be authenticated")
        if not request.headers.get("persona-version"):
            return _problem(400, "no version")
        return None


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The header by which a webhook is known to be Persona's."""
    sent = str(int(time.time() if at is None else at))
    signature = hmac.new(secret.encode(), sent.encode() + b"." + body, sha256).hexdigest()
    return {"Persona-Signature": f"t={sent},v1={signature}", "Content-Type": "application/json"}


def _shown(inquiry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inquiry.items() if name != "key"}


def _problem(status: int, title: str) -> Response:
    return JSONResponse({"errors": [{"title": title}]}, status)
