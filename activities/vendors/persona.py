"""Identity checks by Persona: inquiries over its API, results by its webhooks (https://docs.withpersona.com).

An inquiry is found by our reference id. Webhooks only say that something happened: what, is asked of the API, so that
events that come late, twice or out of order do no harm.
"""

import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx2
from pydantic import BaseModel, Field, ValidationError

from activities.seams import CheckState, CredentialsRefused, Inquiry, VendorWord, WebhookRefused
from onboarding.case import Person
from onboarding.errors import Invalid, NotFound, OnboardingError, Unavailable

T = TypeVar("T", bound=BaseModel)

VERSION = "2025-12-08"  # of the API; newer ones are opted into
TIMEOUT = 20  # seconds for one request; the activity's retries are behind it
TOLERANCE = timedelta(minutes=5)  # how old, or how far ahead, a webhook's time may be
_PASSING = (408, 409, 425, 429)
_OVER = (404, 409, 410, 422)  # an inquiry that cannot be expired any more
_STATES = {
    "created": CheckState.OPEN,
    "pending": CheckState.OPEN,
    "completed": CheckState.PASSED,
    "approved": CheckState.PASSED,
    "needs_review": CheckState.REVIEW,
    "failed": CheckState.FAILED,
    "declined": CheckState.FAILED,
    "expired": CheckState.EXPIRED,
}
_FIELDS = {
    "name-first": "given_names",
    "name-last": "surname",
    "birthdate": "birth_date",
    "identification-number": "number",
}
_SIGNED = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


class _Field(BaseModel):
    value: Any = None  # a text, a number or a list, by the template


class _Attributes(BaseModel):
    status: str
    reference_id: str | None = Field(default=None, alias="reference-id")
    fields: dict[str, _Field] = Field(default_factory=dict)


class _Resource(BaseModel):
    id: str
    type: str
    attributes: _Attributes


class _One(BaseModel):
    data: _Resource


class _Many(BaseModel):
    data: list[_Resource]


class _EventAttributes(BaseModel):
    name: str
    payload: _One


class _EventResource(BaseModel):
    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")
    attributes: _EventAttributes


class _Event(BaseModel):
    data: _EventResource


class Persona:
    """An IdentityVendor; close it when done."""

    name = "persona"

    def __init__(self, url: str, token: str, template: str, link: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Persona-Version": VERSION, "Key-Inflection": "kebab"}
        self._http = httpx2.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=TIMEOUT)
        self._template = template
        self._link = link

    async def close(self) -> None:
        await self._http.aclose()

    async def find(self, reference: str) -> Inquiry | None:
        answer = await self._ask("GET", "/inquiries", params={"filter[reference-id]": reference})
        found = _read(_Many, answer).data
        return self._inquiry(found[0]) if found else None

    async def open(self, reference: str, person: Person) -> Inquiry:
        attributes = {
            "inquiry-template-id": self._template,
            "reference-id": reference,
            "fields": dict(_prefilled(person)),
        }
        headers = {"Idempotency-Key": reference}
        answer = await self._ask("POST", "/inquiries", json={"data": {"attributes": attributes}}, headers=headers)
        return self._inquiry(_read(_One, answer).data)

    async def get(self, inquiry: str) -> Inquiry:
        return self._inquiry(_read(_One, await self._ask("GET", f"/inquiries/{inquiry}")).data)

    async def close_inquiry(self, inquiry: str) -> None:
        answer = await self._send("POST", f"/inquiries/{inquiry}/expire")
        if answer.status_code not in _OVER:
            _check(answer)

    async def _ask(self, method: str, path: str, **rest: Any) -> httpx2.Response:
        answer = await self._send(method, path, **rest)
        _check(answer)
        return answer

    async def _send(self, method: str, path: str, **rest: Any) -> httpx2.Response:
        """The library's errors quote what was sent, so none is chained."""
        try:
            return await self._http.request(method, path, **rest)
        except httpx2.HTTPError:
            raise Unavailable("the identity vendor does not answer") from None

    def _inquiry(self, found: _Resource) -> Inquiry:
        state = _STATES.get(found.attributes.status)
        if state is None:
            raise Invalid("the identity vendor names a status that we do not know", code="identity_status_unknown")
        link = f"{self._link}?{urlencode({'inquiry-id': found.id})}"
        return Inquiry(found.id, state, link, _said(found.attributes.fields))


class PersonaWebhook:
    """A Webhook. The header is `t=<unix time>,v1=<hex>`, the HMAC-SHA256 of `<t>.<body>` under the webhook's secret;
    while a secret is rotated there are two, parted by a space."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VendorWord | None:
        said = _SIGNED.findall(headers.get("persona-signature", ""))
        if not any(self._holds(sent, signature, body, now) for sent, signature in said):
            raise WebhookRefused
        try:
            event = _Event.model_validate_json(body).data
        except ValidationError:
            return None  # signed, and about something else than an inquiry
        inquiry = event.attributes.payload.data
        if inquiry.type != "inquiry" or not inquiry.attributes.reference_id:
            return None
        return VendorWord(event.id, event.attributes.name, inquiry.attributes.reference_id)

    def _holds(self, sent: str, signature: str, body: bytes, now: datetime) -> bool:
        expected = hmac.new(self._secret, sent.encode() + b"." + body, sha256).hexdigest()
        fresh = abs(now.timestamp() - int(sent)) <= TOLERANCE.total_seconds()
        return hmac.compare_digest(expected, signature) and fresh


def _prefilled(person: Person) -> Iterator[tuple[str, str]]:
    """What the vendor compares the document with; nothing that it does not need."""
    if person.given_names and person.family_name:
        yield "name-first", person.given_names
        yield "name-last", person.family_name
    if person.birth_date:
        yield "birthdate", person.birth_date.isoformat()


def _said(fields: Mapping[str, _Field]) -> dict[str, str]:
    read = {ours: fields[theirs].value for theirs, ours in _FIELDS.items() if theirs in fields}
    said = {name: value for name, value in read.items() if isinstance(value, str) and value}
    full = f"{said.get('given_names', '')} {said.get('surname', '')}".strip()
    return {"name": full, **said} if full else said


def _check(answer: httpx2.Response) -> None:
    if not answer.is_success:
        raise _judged(answer.status_code)


def _judged(status: int) -> OnboardingError:
    if status >= 500 or status in _PASSING:
        return Unavailable(f"the identity vendor answered {status}")
    if status in (401, 403):
        return CredentialsRefused()
    if status == 404:
        return NotFound("the identity vendor has nothing under this id")
    return Invalid(f"the identity vendor refused the request with {status}", code="identity_vendor_refused")


def _read(model: type[T], answer: httpx2.Response) -> T:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        raise Invalid("the identity vendor's answer cannot be read", code="identity_vendor_unreadable") from None
