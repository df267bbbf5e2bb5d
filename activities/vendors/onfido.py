"""Identity checks by Onfido: runs of a Studio workflow over its API v3.6, results by its webhooks.

https://documentation.onfido.com, and its schema at https://github.com/onfido/onfido-openapi-spec. The API knows no
idempotency keys. A run has our reference as its tag and is found by it; an applicant has no place for one, so what an
earlier try may have left behind is found by what it says. Webhooks only say that something happened: what, is asked
of the API, so that events that come late, twice or out of order do no harm.
"""

import hmac
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

import httpx2
from pydantic import BaseModel, JsonValue, RootModel, ValidationError

from activities.seams import CheckState, CredentialsRefused, Inquiry, VendorWord, WebhookRefused
from onboarding.case import Language, Person
from onboarding.errors import Invalid, NotFound, Unavailable

T = TypeVar("T", bound=BaseModel)

TIMEOUT = 20  # seconds for one request; the activity's retries are behind it
PAGE = 100  # applicants on one page
SKEW = timedelta(minutes=5)  # how far the vendor's clock may be behind ours
NO_NAME = "-"  # both names are required, and some people have one
_PASSING = (408, 409, 425, 429)
_GONE = (404, 410)  # never was, or is deleted or about to be
_STATES = {
    "processing": CheckState.OPEN,
    "awaiting_input": CheckState.OPEN,
    "awaiting_client_input": CheckState.OPEN,
    "approved": CheckState.PASSED,
    "review": CheckState.REVIEW,
    "declined": CheckState.FAILED,
    "abandoned": CheckState.EXPIRED,
    "error": CheckState.EXPIRED,  # the vendor's own trouble: nobody was checked, so another run is due
}
_LANGUAGES: dict[Language, str] = {"en": "en_US", "es": "es_ES"}  # of its page; it has none of the others
_NOT_IN_NAMES = re.compile(r'[!#$%*=<>;{}"]')


class _Link(BaseModel):
    url: str | None = None


class _Error(BaseModel):
    type: str | None = None


class _Run(BaseModel):
    id: UUID
    applicant_id: UUID
    status: str | None = None
    tags: list[str] | None = None
    link: _Link | None = None
    output: dict[str, JsonValue] | None = None
    reasons: list[str] | None = None
    error: _Error | None = None


class _Runs(RootModel[list[_Run]]):
    pass


class _Applicant(BaseModel):
    id: UUID
    first_name: str | None = None
    last_name: str | None = None
    dob: str | None = None
    created_at: datetime | None = None


class _Applicants(BaseModel):
    applicants: list[_Applicant]


class _Number(BaseModel):
    type: str | None = None
    value: str | None = None


class _Properties(BaseModel):
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    date_of_birth: str | None = None
    document_numbers: list[_Number] | None = None


class _Report(BaseModel):
    properties: _Properties


class _Object(BaseModel):
    id: UUID
    status: str | None = None
    completed_at_iso8601: str | None = None


class _Payload(BaseModel):
    resource_type: str
    action: str
    object: _Object


class _Event(BaseModel):
    payload: _Payload


def address(region: str) -> str:
    """Where the API is: Onfido keeps what it is told in the region that it is told it."""
    return f"https://api.{region}.onfido.com/v3.6"


class Onfido:
    """An IdentityVendor; close it when done. `workflow` is what each person goes through, `back` where they are led
    afterwards (empty: they stay)."""

    name = "onfido"

    def __init__(self, url: str, token: str, workflow: str, back: str = "") -> None:
        headers = {"Authorization": f"Token token={token}"}
        self._http = httpx2.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT)
        self._workflow = workflow
        self._back = back

    async def close(self) -> None:
        await self._http.aclose()

    async def find(self, reference: str) -> Inquiry | None:
        found = [run for run in await self._runs({"tags": reference}) if reference in (run.tags or ())]
        return _inquiry(found[0]) if found else None

    async def open(self, reference: str, person: Person, language: Language, tried: datetime | None = None) -> Inquiry:
        said = _declared(person)
        applicant = await self._left_behind(said, tried - SKEW) if tried else None
        if applicant is None:
            applicant = _read(_Applicant, await self._ask("POST", "/applicants", json=said)).id
        order = {
            "workflow_id": self._workflow,
            "applicant_id": str(applicant),
            "tags": [reference],
            "link": self._link(language),
        }
        return _inquiry(_read(_Run, await self._ask("POST", "/workflow_runs", json=order)))

    async def get(self, inquiry: str) -> Inquiry:
        return _inquiry(await self._run(inquiry))

    async def close_inquiry(self, inquiry: str) -> None:
        """A run cannot be stopped; without its applicant nobody can go on with it."""
        with suppress(NotFound):
            if _state(await self._run(inquiry)) is CheckState.OPEN:
                await self.forget(inquiry)

    async def forget(self, inquiry: str) -> None:
        with suppress(NotFound):
            run = await self._run(inquiry)
            await self._ask("DELETE", f"/applicants/{run.applicant_id}")

    async def _run(self, inquiry: str) -> _Run:
        return _read(_Run, await self._ask("GET", f"/workflow_runs/{inquiry}"))

    async def _runs(self, which: dict[str, str]) -> list[_Run]:
        return _read(_Runs, await self._ask("GET", "/workflow_runs", params=which)).root

    async def _left_behind(self, said: dict[str, str], since: datetime) -> UUID | None:
        """The applicant of a try that was cut off: one who says the same, and for whom nobody has started a run."""
        async for each in self._applicants(since):
            if _says(each) == said and not await self._runs({"applicant_id": str(each.id)}):
                return each.id
        return None

    async def _applicants(self, since: datetime) -> AsyncIterator[_Applicant]:
        """The newest come first; those who are older than `since` are not read."""
        for page in count(1):
            params = {"page": page, "per_page": PAGE}
            found = _read(_Applicants, await self._ask("GET", "/applicants", params=params)).applicants
            for each in found:
                if each.created_at and each.created_at < since:
                    return
                yield each
            if len(found) < PAGE:
                return

    def _link(self, language: Language) -> dict[str, str]:
        back = {"completed_redirect_url": self._back} if self._back else {}
        return {"language": _LANGUAGES[language], **back} if language in _LANGUAGES else back

    async def _ask(self, method: str, path: str, **rest: Any) -> httpx2.Response:
        """The library's errors quote what was sent, so none is chained."""
        try:
            answer = await self._http.request(method, path, **rest)
        except httpx2.HTTPError:
            raise Unavailable("the identity vendor does not answer") from None
        _check(answer)
        return answer


class OnfidoWebhook:
    """A Webhook. The header is the hex HMAC-SHA256 of the body under the webhook's token.

    No time is signed and an event has no id: it is told from others by all that it says of itself, so one that was
    caught and is sent again is the one that was here before.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def read(self, headers: Mapping[str, str], body: bytes) -> VendorWord | None:
        expected = hmac.new(self._token, body, sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), headers.get("x-sha2-signature", "").encode()):
            raise WebhookRefused
        try:
            event = _Event.model_validate_json(body).payload
        except ValidationError:
            return None  # signed, and about something else than a run
        if event.resource_type != "workflow_run":
            return None
        run = str(event.object.id)
        told = f"{event.action}\n{run}\n{event.object.status}\n{event.object.completed_at_iso8601}"
        return VendorWord(sha256(told.encode()).hexdigest(), event.action, run)


def _declared(person: Person) -> dict[str, str]:
    """What the vendor compares the document with; nothing that it does not need."""
    given, family = person.given_names, person.family_name
    if not (given and family):
        given, _, family = person.name.rpartition(" ")
    names = {"first_name": _plain(given), "last_name": _plain(family)}
    return names | ({"dob": person.birth_date.isoformat()} if person.birth_date else {})


def _plain(name: str) -> str:
    """Without the signs that the vendor refuses."""
    return _NOT_IN_NAMES.sub("", name).strip() or NO_NAME


def _says(applicant: _Applicant) -> dict[str, str]:
    return applicant.model_dump(include={"first_name", "last_name", "dob"}, exclude_none=True)


def _inquiry(run: _Run) -> Inquiry:
    state, link = _state(run), (run.link and run.link.url) or ""
    if run.status == "awaiting_input" and not link:
        raise Invalid("the identity vendor names no page for the client", code="identity_link_missing")
    reasons = [*(run.reasons or ()), run.error and run.error.type]
    return Inquiry(str(run.id), state, link, _read_of(run), [reason for reason in reasons if reason])


def _state(run: _Run) -> CheckState:
    state = _STATES.get(run.status or "")
    if state is None:
        raise Invalid("the identity vendor names a status that we do not know", code="identity_status_unknown")
    return state


def _read_of(run: _Run) -> dict[str, str]:
    """What it read of the document, where the workflow puts its document report out as `document`."""
    try:
        read = _Report.model_validate((run.output or {}).get("document")).properties
    except ValidationError:
        return {}
    given = " ".join(filter(None, (read.first_name, read.middle_name)))
    numbers = [each.value for each in read.document_numbers or () if each.type == "document_number"]
    said = {
        "name": " ".join(filter(None, (given, read.last_name))),
        "given_names": given,
        "surname": read.last_name,
        "birth_date": read.date_of_birth,
        "number": numbers[0] if numbers else None,
    }
    return {name: value for name, value in said.items() if value}


def _check(answer: httpx2.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status >= 500 or status in _PASSING:
        raise Unavailable(f"the identity vendor answered {status}")
    if status in (401, 403):
        raise CredentialsRefused
    if status in _GONE:
        raise NotFound("the identity vendor has nothing under this id")
    raise Invalid(f"the identity vendor refused the request with {status}", code="identity_vendor_refused")


def _read(model: type[T], answer: httpx2.Response) -> T:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        raise Invalid("the identity vendor's answer cannot be read", code="identity_vendor_unreadable") from None
