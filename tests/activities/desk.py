"""A desk with every deed on it: real PostgreSQL, vendors in memory, and a case to work on."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from activities.accounts import Accounts
from activities.agreements import Agreements
from activities.check_ins import CheckIns
from activities.contract import Party, VisibleMark
from activities.diary import Diary
from activities.documents import Intake
from activities.examination import Examination
from activities.guides import Guides
from activities.identity import Identity
from activities.meetings import Meetings
from activities.reviewing import Reviews
from activities.screening import Screening
from activities.undoing import Undoing
from activities.watching import Lookout
from activities.watchlist import Watchlist, file_source
from kyc import mrz
from kyc.lists import Store
from kyc.screening.reverse import Hashing
from onboarding.case import Address, Client, Company, Moment, Owner, Person, Role
from onboarding.clock import Clock
from onboarding.deeds import Notice
from onboarding.diligence import Handed
from onboarding.errors import NotFound, OnboardingError
from onboarding.plan import Plan, PlannedStep, Step
from records import cases, staff
from records.cases import NewCase, open_case
from records.database import Database
from records.documents import Documents, Incoming
from records.effects import Effects
from records.journal import EntryRow, Journal
from records.objects import Bucket
from tests.fakes import FakeCalendar, FakeDirectory

STORY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
ROOT = Path(__file__).parent.parent.parent
STARTER, OWNER = "staff_starter", "staff_owner"


class MemoryBucket(Bucket):
    """Objects in a dictionary."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    async def put_once(self, key: str, data: bytes) -> None:
        self.objects.setdefault(key, data)

    async def exists(self, key: str) -> bool:
        return key in self.objects

    async def read(self, key: str, size: int) -> Any:
        if key not in self.objects:
            raise NotFound(code="object_not_found")
        yield self.objects[key]

    async def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def upload(self, key: str) -> Any:
        return MemoryUpload(self, key)


class MemoryUpload:
    def __init__(self, bucket: MemoryBucket, key: str) -> None:
        self._bucket, self._key, self._data = bucket, key, bytearray()

    async def write(self, data: bytes) -> None:
        self._data += data

    async def finish(self) -> None:
        self._bucket.objects[self._key] = bytes(self._data)

    async def abort(self) -> None:
        self._data.clear()


class FakeSeal:
    def __init__(self) -> None:
        self.marks: list[VisibleMark] = []
        self.failures: list[OnboardingError] = []

    async def seal(self, pdf: bytes, mark: VisibleMark) -> bytes:
        if self.failures:
            raise self.failures.pop(0)
        self.marks.append(mark)
        return pdf + b"sealed"


class FakeMails:
    def __init__(self) -> None:
        self.notices: list[Notice] = []

    async def send(self, order: Notice) -> None:
        self.notices.append(order)


@dataclass
class Desk:
    database: Database
    journal: Journal
    folder: Path
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    calendar: FakeCalendar = field(default_factory=FakeCalendar)
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    sealer: FakeSeal = field(default_factory=FakeSeal)
    mails: FakeMails = field(default_factory=FakeMails)

    def __post_init__(self) -> None:
        database, journal = self.database, self.journal
        self.pool = ThreadPoolExecutor(1)
        self.effects = Effects(database, journal)
        self.documents = Documents(database, self.bucket, journal)
        self.list_file = self.folder / "sdn.csv"
        self.list_file.write_bytes((ROOT / "docs/samples/lists/sdn.csv").read_bytes())
        self.lists = Store(self.folder / "lists")
        self.watchlist = watchlist = Watchlist(
            self.lists, self.folder / "indexes", self.pool, [file_source(self.list_file)]
        )
        diary = Diary(database, journal.vault, self.effects, self.calendar)
        provider = Party(name="Provider Ltd", lines=["1 High Street", "Dublin", "IE"], contact="hello@provider.example")
        self.intake = Intake(database, journal, self.documents)
        self.examination = Examination(database, journal, watchlist)
        self.identity = Identity(database, journal, self.effects, None)
        self.screening = Screening(database, journal, self.examination, self.identity, ROOT / "kyc" / "policies")
        self.reviews = Reviews(database, journal, ROOT / "kyc" / "policies")
        self.hashing = Hashing(str(self.folder).encode())  # the database may be shared, the secrets are not
        self.lookout = Lookout(
            database, journal, self.examination, watchlist, self.hashing, ROOT / "kyc" / "policies", self.identity
        )
        self.agreements = Agreements(database, journal, self.effects, self.documents, self.sealer, provider, self.pool)
        self.accounts = Accounts(database, journal, self.effects, self.directory)
        self.meetings = Meetings(database, journal, diary)
        self.check_ins = CheckIns(database, journal, diary)
        self.guides = Guides(database, journal)
        self.undoing = Undoing(database, journal, self.effects, self.directory, diary, self.mails)

    async def case(self, client: Client | None = None, playbook: str = "saas") -> str:
        """A case with its plan."""
        async with self.database.session() as session:
            for staff_id in (STARTER, OWNER):
                if not await _known(session, staff_id):
                    await staff.create(
                        session, name=f"Member {staff_id}", email=f"{staff_id}@provider.example", roles=[Role.CSM],
                        staff_id=staff_id,
                    )  # fmt: skip
            new = NewCase(client=client or a_person(), playbook=playbook, started_by=STARTER, owner=OWNER)
            case = (await open_case(session, self.journal, new, at=datetime.now(UTC))).id
            await cases.set_plan(session, case, _plan(case, playbook))
            return case

    async def upload(
        self, case: str, content: bytes, kind: str = "identity", party: str | None = None, type_: str = ""
    ) -> str:
        incoming = Incoming(
            case_id=case, kind=kind, story=STORY, actor=f"client:{case}", party=party, declared_type=type_
        )
        return (await self.documents.store(incoming, _stream(content))).id

    async def client(self, case: str) -> Client:
        async with self.database.session() as session:
            return await cases.client_of(session, self.journal.vault, case)

    async def set_client(self, case: str, client: Client) -> None:
        async with self.database.session() as session:
            await cases.set_client(session, self.journal.vault, case, client)

    async def entries(self, case: str) -> list[EntryRow]:
        async with self.database.session() as session:
            return await self.journal.read(session, case, limit=1000)

    async def said(self, case: str) -> list[str]:
        """What the journal tells, in order."""
        return [entry.what for entry in await self.entries(case)]


async def _known(session: Any, staff_id: str) -> bool:
    try:
        await staff.member(session, staff_id)
    except NotFound:
        return False
    return True


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    yield content


def steps_of(playbook: str) -> list[Step]:
    raw = yaml.safe_load((ROOT / "workflows" / "playbooks" / f"{playbook}.yaml").read_text("utf-8"))
    return [Step.model_validate(step) for step in raw["steps"]]


def step_of(playbook: str, key: str) -> Step:
    return next(step for step in steps_of(playbook) if step.key == key)


def _plan(case: str, playbook: str) -> Plan:
    due = Moment(nominal=STORY, effective=STORY)
    planned = [PlannedStep(step=step, owner=OWNER, due=due) for step in steps_of(playbook)]
    clock = Clock(origin=STORY)
    return Plan(
        case=case, client="client_x", playbook=playbook, version=1, hash="0" * 64, clock=clock, facts={},
        steps=planned, made=STORY,
    )  # fmt: skip


def a_person(**changes: object) -> Client:
    person = Person(
        name="Hortensia Vexley",
        given_names="Hortensia",
        family_name="Vexley",
        birth_date=date(1985, 5, 17),
        nationality="IE",
        email="hortensia@vexley.example",
        address=Address(lines=["9 Quay Lane"], city="Galway", postcode="H91 E2K3", country="IE"),
        document_number="PX1234567",
    )
    person = person.model_copy(update=changes)
    return Client(kind="person", person=person, country="IE", timezone="Europe/Dublin")


async def identified(desk: Desk, client: Client, expires: date = date(2031, 1, 1)) -> str:
    """A case whose identity document was accepted."""
    case = await desk.case(client)
    document = await desk.upload(case, pdf(zone(client.person, expires)))
    await desk.intake.check(Handed(case=case, step="collect", story=STORY, item="identity", document=document))
    return case


def listed() -> Client:
    return a_person(
        name="Viktor Antonovich Markov", given_names="Viktor Antonovich", family_name="Markov",
        birth_date=date(1961, 3, 14), nationality=None,
    )  # fmt: skip


def a_company(shares: tuple[str, ...] = ("60%", "40%")) -> Client:
    names = [("Ottilie", "Grunwater"), ("Casimir", "Pellworm")]
    owners = [
        Owner(
            person=Person(
                name=f"{given} {family}", given_names=given, family_name=family, birth_date=date(1970, 1, 2),
                nationality="IE",
            ),
            share=share,
        )
        for (given, family), share in zip(names, shares, strict=False)
    ]  # fmt: skip
    company = Company(name="Grunwater Pellworm Limited", country="IE", owners=owners)
    return Client(kind="company", person=a_person().person, company=company, country="IE", timezone="Europe/Dublin")


def zone(person: Person, expires: date = date(2031, 1, 1)) -> list[str]:
    """The zone of a passport that agrees with what the person declared."""
    assert person.birth_date
    return mrz.write(
        "TD3", surname=person.family_name, given_names=person.given_names, number=person.document_number or "XZ7654321",
        birth_date=person.birth_date, expiry_date=expires, issuer="IRL", sex="F",
    )  # fmt: skip


def pdf(lines: list[str]) -> bytes:
    """One page with these lines as its text."""
    shown = " ".join(f"1 0 0 1 40 {700 - 20 * n} Tm ({line}) Tj" for n, line in enumerate(lines))
    stream = f"BT /F1 10 Tf {shown} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Courier >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        start,
    )


PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 20
