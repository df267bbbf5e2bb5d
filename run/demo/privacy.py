"""The search for clients in everything that an engineer may read: runs on Temporal, logs and metrics.

Nothing of a client may stand there: not in clear, not in another writing, and not after decoding either.
"""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote, quote_plus

import httpx2
from anyascii import anyascii
from google.protobuf.message import Message as Proto
from temporalio.api.common.v1 import Payload
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, QueryWorkflowRequest
from temporalio.client import Client as Engine
from temporalio.client import WorkflowExecution
from temporalio.service import RPCError

from onboarding.case import Address, Client, Person
from onboarding.settings import Settings
from run.demo.papers import wallet
from run.demo.parts import PARTS, requests

Place = tuple[str, bytes]  # where it stands, and what stands there
_DETAILS = "__temporal_workflow_metadata"  # answers with the current details of a run
_SHORTEST = 4  # letters of a part of a name that is looked for, as a word of its own
_LONG = 6  # letters of one that is looked for in every writing
_GAP = b"\n\0\n"  # nothing that is looked for runs from one place into the next


@dataclass(frozen=True)
class _Needle:
    """`alone`: only as a word of its own, since "tran" stands in every transaction."""

    about: str
    form: str
    content: bytes
    alone: bool = False

    def is_in(self, content: bytes) -> bool:
        if self.content not in content:
            return False
        word = rb"(?<![^\W_])" + re.escape(self.content) + rb"(?![^\W_])"
        return not self.alone or re.search(word, content) is not None


class Watch:
    """Looks for what belongs to these clients; `numbers` are those of their papers, `between` the names of companies
    behind them."""

    def __init__(self, clients: Iterable[Client], numbers: Iterable[str] = (), between: Iterable[str] = ()) -> None:
        said = [pair for client in clients for pair in _values(client)]
        said += [("document number", number) for number in numbers]
        said += [("company", name) for name in between]
        needles = [needle for about, value in said for needle in _forms(about, value)]
        self._needles = list({needle.content: needle for needle in reversed(needles)}.values())

    def leaks(self, places: Iterable[Place]) -> list[str]:
        """What of a client stands where, by the kind of value and its writing; never the value."""
        places = list(places)
        heap = _GAP.join(content.lower() for _, content in places)
        found = [needle for needle in self._needles if needle.is_in(heap)]  # as a rule none: then one look was enough
        return sorted({leak for where, content in places for leak in _leaks(found, where, content.lower())})

    async def search(self, heaps: AsyncIterator[list[Place]]) -> list[str]:
        return [leak async for places in heaps for leak in await asyncio.to_thread(self.leaks, places)]


def of_the_samples() -> Watch:
    """Looks for the clients of the demo."""
    clients = [Client.model_validate(body["client"]) for body in requests("any").values()]
    papers = [paper for part in PARTS for paper in wallet(part.reference).values()]
    between = [each["name"] for paper in papers for each in paper.get("entities", [])]
    return Watch(clients, [paper["number"] for paper in papers if "number" in paper], between)


def _leaks(needles: Iterable[_Needle], where: str, content: bytes) -> Iterator[str]:
    return (f"{where}: {needle.about} ({needle.form})" for needle in needles if needle.is_in(content))


# ── what is looked for ─────────────────────────────────────────────────────────────────────────────────────────────
def _values(client: Client) -> Iterator[tuple[str, str]]:
    people = [client.person]
    if company := client.company:
        people += [owner.person for owner in company.owners]
        yield from (("company", company.name), ("registration number", company.registration_number or ""))
        yield from _place(company.address)
    for person in people:
        yield from _person(person)
        yield from (("part of a name", word) for word in _words(person.name) if len(word) >= _LONG)


def _person(person: Person) -> Iterator[tuple[str, str]]:
    yield from (("name", name) for name in (person.name, person.given_names, person.family_name))
    yield from (("e-mail", person.email or ""), ("telephone", person.phone or ""))
    yield ("document number", person.document_number or "")
    yield from _place(person.address)
    if person.birth_date:
        yield from (("birth date", day) for day in _days(person.birth_date))


def _place(address: Address | None) -> Iterator[tuple[str, str]]:
    if address:
        yield from (("address", line) for line in [*address.lines, address.postcode])


def _days(day: date) -> Iterator[str]:
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d", "%d-%m-%Y"):
        yield day.strftime(form)
    yield from (
        f"{day.day} {day:%B %Y}",
        f"{day:%d %b %Y}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%b %Y}",
    )


def _forms(about: str, value: str) -> Iterator[_Needle]:
    """All in lower case where case carries no meaning; base64 in the three ways that it may begin."""
    value = value.strip()
    if len(value) < _SHORTEST:
        return
    for spelling in {value, anyascii(value)}:
        low = spelling.lower()
        short = len(low) < 8 or low.isalpha()
        yield _Needle(about, "in clear", low.encode(), alone=short)
        yield _Needle(about, "in upper case", spelling.upper().encode().lower(), alone=short)
        yield _Needle(about, "UTF-16", low.encode("utf-16-le"))
        yield _Needle(about, "percent-encoded", quote(low, safe="").lower().encode(), alone=short)
        yield _Needle(about, "percent-encoded", quote_plus(low).lower().encode(), alone=short)
        yield _Needle(about, "escaped", json.dumps(low)[1:-1].encode(), alone=short)
        yield _Needle(about, "hexadecimal", low.encode().hex().encode())
        yield from _base64(about, spelling)
    if about == "name":
        yield from (_Needle("part of a name", "in clear", word.encode(), alone=True) for word in _words(value))
    if digits := re.sub(r"[\s()./-]", "", value) if about == "telephone" else "":
        yield _Needle(about, "digits", digits.encode())


def _words(name: str) -> set[str]:
    both = re.findall(r"[^\W\d_]+", f"{name} {anyascii(name)}".lower())
    return {word for word in both if len(word) >= _SHORTEST}


def _base64(about: str, value: str) -> Iterator[_Needle]:
    """Content is searched in lower case, so this is as well: that finds more, and mixes up nothing of this length."""
    for spelling in {value, value.lower(), value.upper()}:
        raw = spelling.encode()
        for offset in range(3):
            whole = base64.b64encode(b"\0" * offset + raw)
            core = whole[(0, 2, 3)[offset] : (len(raw) + offset) * 8 // 6]
            if len(core) >= 8:
                yield _Needle(about, "base64", core.lower())
                yield _Needle(about, "base64", core.lower().replace(b"+", b"-").replace(b"/", b"_"))


# ── where it is looked for ─────────────────────────────────────────────────────────────────────────────────────────
async def dump(
    engine: Engine, settings: Settings, *, since: datetime | None = None, details: bool = True, disk: bool = True
) -> AsyncIterator[list[Place]]:
    """Everything that may be read: each run as Temporal keeps it and decoded, logs, metrics, and Temporal's disk.

    `since` leaves out the runs that began before. `details` asks each run to tell its current details, which are made
    from its history alone: for one that has ended a worker must play all of it again.
    """
    began = f"StartTime >= '{since.isoformat()}'" if since else None
    async for run in engine.list_workflows(began):
        yield [place async for place in _run(engine, run, details)]
    folders = [settings.home / "logs", settings.home / "temporal"] if disk else [settings.home / "logs"]
    for file in sorted(file for folder in folders for file in folder.iterdir()):
        yield [(f"{file.parent.name}/{file.name}", await asyncio.to_thread(file.read_bytes))]
    async with httpx2.AsyncClient(trust_env=False, timeout=20) as http:
        metrics = f"http://127.0.0.1:{settings.port.metrics}/metrics"
        yield [("the worker's metrics", (await http.get(metrics)).raise_for_status().content)]


async def _run(engine: Engine, run: WorkflowExecution, details: bool) -> AsyncIterator[Place]:
    """Memo, search attributes, summaries, pending deeds with their failures, current details, and the history."""
    handle = engine.get_workflow_handle(run.id, run_id=run.run_id)
    described = await engine.workflow_service.describe_workflow_execution(
        DescribeWorkflowExecutionRequest(namespace=engine.namespace, execution=run.raw_info.execution)
    )
    async for place in _opened(engine, f"{run.id} (described)", described):
        yield place
    if details and (told := await _details(engine, run)):
        async for place in _opened(engine, f"{run.id} (current details)", told):
            yield place
    async for event in handle.fetch_history_events():
        async for place in _opened(engine, f"{run.id} (event {event.event_id})", event):
            yield place


async def _details(engine: Engine, run: WorkflowExecution) -> Proto | None:
    query = WorkflowQuery(query_type=_DETAILS)
    request = QueryWorkflowRequest(namespace=engine.namespace, execution=run.raw_info.execution, query=query)
    try:
        return await engine.workflow_service.query_workflow(request)
    except RPCError:
        return None  # nobody is there who could tell


async def _opened(engine: Engine, where: str, message: Proto) -> AsyncIterator[Place]:
    """The message as it is, and every payload in it after decoding."""
    yield where, message.SerializeToString()
    yield where, str(message).encode()
    codec = engine.data_converter.payload_codec
    for payload in _payloads(message):
        for plain in await codec.decode([payload]) if codec else []:
            yield f"{where}, decoded", plain.SerializeToString()


def _payloads(message: Proto) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        many = value.values() if hasattr(value, "values") else value if field.is_repeated else [value]
        for one in many:
            if isinstance(one, Proto):
                yield from _payloads(one)
