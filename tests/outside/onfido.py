"""Onfido's API v3.6, as far as identity checks need it, and its webhooks.

Every request is validated by the vendor's published schema; what that does not allow is 422. Every answer and every
event is made of the vendor's own models.
"""

import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import onfido
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.outside.published import body_fault, query_fault, shown

TOKEN, SECRET = "api_sandbox.sample", "webhook-token-sample"
WORKFLOW = "9a4a1c0e-6a53-4f0c-9d7b-0a6f3f6f2b11"
BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class OnfidoServer:
    """`applicants` and `runs` by id. `troubles` are answered first, before anything is done; `cut_off` is done, and
    then answered so. `at_once` is what a run comes to as soon as it is started."""

    applicants: dict[str, onfido.Applicant] = field(default_factory=dict)
    runs: dict[str, onfido.WorkflowRun] = field(default_factory=dict)
    happened: list[str] = field(default_factory=list)
    troubles: list[int] = field(default_factory=list)
    cut_off: list[int] = field(default_factory=list)
    at_once: str = ""
    began: datetime = BEGAN

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v3.6/applicants", self.create_applicant, methods=["POST"]),
                Route("/v3.6/applicants", self.list_applicants),
                Route("/v3.6/applicants/{applicant_id}", self.delete_applicant, methods=["DELETE"]),
                Route("/v3.6/workflow_runs", self.create_workflow_run, methods=["POST"]),
                Route("/v3.6/workflow_runs", self.list_workflow_runs),
                Route("/v3.6/workflow_runs/{workflow_run_id}", self.find_workflow_run),
            ]
        )

    # ── what the vendor does ───────────────────────────────────────────────────────────────────────────────────
    def says(self, run: str, status: str, reasons: list[str] | None = None, **read: Any) -> None:
        """The person went through it; `read` are properties of the document report, which the workflow puts out."""
        report = onfido.DocumentReport(
            id="6a3f1c2e-0000-4000-8000-000000000001",
            name=onfido.ReportName.DOCUMENT,
            properties=onfido.DocumentProperties(**read),
        )
        changed = shown(self.runs[run]) | {
            "status": status, "reasons": reasons or [], "output": {"document": shown(report)} if read else {},
            "updated_at": (self.runs[run].updated_at or self.began) + timedelta(minutes=1),
        }  # fmt: skip
        self.runs[run] = onfido.WorkflowRun(**changed)

    def event(self, run: str) -> bytes:
        """The body of the webhook that tells of the run as it stands."""
        stands = self.runs[run]
        payload = onfido.WebhookEventPayload(
            resource_type=onfido.WebhookEventResourceType.WORKFLOW_RUN,
            action=onfido.WebhookEventType.WORKFLOW_RUN_DOT_COMPLETED,
            object=onfido.WebhookEventPayloadObject(
                id=run, status=stands.status and onfido.WebhookEventObjectStatus(stands.status.value),
                completed_at_iso8601=stands.updated_at, href=f"https://api.eu.onfido.com/v3.6/workflow_runs/{run}",
            ),
            resource=onfido.WebhookEventPayloadResource(
                id=run, applicant_id=stands.applicant_id, workflow_id=stands.workflow_id, tags=stands.tags,
                status=stands.status and onfido.WebhookEventResourceStatus(stands.status.value),
                reasons=stands.reasons, output=stands.output,
            ),
        )  # fmt: skip
        return json.dumps(shown(onfido.WebhookEvent(payload=payload))).encode()

    @property
    def only(self) -> str:
        """The one run that there is."""
        (run,) = self.runs
        return run

    # ── what it answers ────────────────────────────────────────────────────────────────────────────────────────
    async def create_applicant(self, request: Request) -> Response:
        if refusal := await self._refused(request, "create_applicant"):
            return refusal
        asked = await request.json()
        known = {name: asked[name] for name in ("first_name", "last_name", "dob") if name in asked}
        number = str(uuid4())
        self.applicants[number] = onfido.Applicant(
            id=UUID(number), created_at=self._now(), href=f"/v3.6/applicants/{number}", sandbox=True, **known
        )
        self.happened.append("applicant created")
        return self._answer(shown(self.applicants[number]), 201)

    async def list_applicants(self, request: Request) -> Response:
        if refusal := await self._refused(request, "list_applicants"):
            return refusal
        page, size = (int(request.query_params.get(name, usual)) for name, usual in (("page", 1), ("per_page", 20)))
        found = list(reversed(self.applicants.values()))[(page - 1) * size : page * size]
        return self._answer({"applicants": [shown(one) for one in found]})

    async def delete_applicant(self, request: Request) -> Response:
        if refusal := await self._refused(request, "delete_applicant"):
            return refusal
        if self.applicants.pop(request.path_params["applicant_id"], None) is None:
            return _problem(404, "resource_not_found")
        self.happened.append("applicant deleted")
        return Response(status_code=204)

    async def create_workflow_run(self, request: Request) -> Response:
        if refusal := await self._refused(request, "create_workflow_run"):
            return refusal
        asked = await request.json()
        if asked["applicant_id"] not in self.applicants or asked["workflow_id"] != WORKFLOW:
            return _problem(422, "validation_error")
        number = str(uuid4())
        link = asked.get("link", {}) | {"url": f"https://eu.onfido.app/l/{number}"}
        self.runs[number] = onfido.WorkflowRun(
            id=UUID(number), status=onfido.WorkflowRunStatus.AWAITING_INPUT, created_at=self._now(),
            updated_at=self._now(), workflow_version_id=1, sdk_token=None, **(asked | {"link": link}),
        )  # fmt: skip
        self.happened.append("run started")
        answer = shown(self.runs[number])
        if self.at_once:
            self.says(number, self.at_once)
        return self._answer(answer, 201)

    async def list_workflow_runs(self, request: Request) -> Response:
        if refusal := await self._refused(request, "list_workflow_runs"):
            return refusal
        tags = {tag for tag in request.query_params.get("tags", "").split(",") if tag}
        applicant = request.query_params.get("applicant_id")
        found = [
            run
            for run in reversed(self.runs.values())
            if tags <= set(run.tags or ()) and applicant in (None, str(run.applicant_id))
        ]
        return self._answer([shown(run) for run in found])

    async def find_workflow_run(self, request: Request) -> Response:
        if refusal := await self._refused(request, "find_workflow_run"):
            return refusal
        found = self.runs.get(request.path_params["workflow_run_id"])
        if found is None:
            return _problem(404, "resource_not_found")
        return self._answer(shown(found)) if str(found.applicant_id) in self.applicants else _problem(410, "gone")

    # ── shared ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def _refused(self, request: Request, operation: str) -> Response | None:
        if self.troubles:
            return _problem(self.troubles.pop(0), "trouble")
        if request.headers.get("authorization") != f"Token token={TOKEN}":
            return _problem(401, "authorization_error")
        fault = query_fault(operation, {**request.path_params, **request.query_params})
        if request.method == "POST":
            fault = fault or body_fault(operation, await request.body())
        return _problem(422, "validation_error", fault) if fault else None

    def _answer(self, content: object, status: int = 200) -> Response:
        return _problem(self.cut_off.pop(0), "trouble") if self.cut_off else JSONResponse(content, status)

    def _now(self) -> datetime:
        """A minute for everything that happened."""
        return self.began + timedelta(minutes=len(self.happened))


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The header by which a webhook is known to be Onfido's."""
    signature = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {"X-SHA2-Signature": signature, "Content-Type": "application/json"}


def _problem(status: int, kind: str, why: str = "") -> Response:
    error = onfido.Error(error=onfido.ErrorProperties(type=kind, message=why or kind))
    return JSONResponse(shown(error), status)
