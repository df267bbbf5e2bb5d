"""Nothing personal stands in clear in any column of any table. The search is itself tried on a planted leak."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import CheckInOutcome, Holder, Moment
from records import agreements, cases, check_ins, forms, handed_in, inbox, links, signals, surveys, tasks
from records.journal import Journal
from records.tables import Base, DocumentRecord
from tests.records.samples import STORY, a_case, a_client

PERSONAL = [
    "zephyrine", "quillfeather", "balthasar", "nimbus", "1971-08-23", "1966-02-27", "46700999111", "vintergatan",
    "ystadsby", "xq7719283", "559988-7766", "p<swe",
]  # fmt: skip


async def leaks(session: AsyncSession) -> list[str]:
    """Each `table.column` in which a word about the client can be read: as text, in JSON or as plain bytes."""
    found = []
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            name = f'"{column.name}"'
            shown = f"encode({name}, 'escape')" if column.type.python_type is bytes else f"{name}::text"
            values = await session.scalars(text(f"SELECT lower({shown}) FROM {table.name} WHERE {name} IS NOT NULL"))
            if any(word in value for value in values for word in PERSONAL):
                found.append(f"{table.name}.{column.name}")
    return found


@pytest.fixture
async def case_id(session: AsyncSession, journal: Journal) -> str:
    """A case into which a client's data went by every way that there is."""
    vault, client = journal.vault, a_client()
    case_id = await a_case(session, journal, reference="crm-771")
    content: dict[str, object] = client.model_dump(mode="json")
    words = client.model_dump_json()

    await cases.set_client(session, vault, case_id, client)
    await journal.write(session, case_id, actor="aboard", what="changed", story=STORY, detail=content)
    await tasks.add_note(session, vault, case_id, author="staff_1", text=words)
    await forms.save_draft(session, vault, case_id, "profile", content)
    await forms.submit(session, vault, case_id, "owners", content)
    await inbox.receive(session, vault, vendor="v", event="e", case_id=case_id, kind="k", payload=content)
    await _judged(session, journal, case_id, content)
    await _engaged(session, journal, case_id, content)
    return case_id


async def _judged(session: AsyncSession, journal: Journal, case_id: str, content: dict[str, object]) -> None:
    session.add(
        DocumentRecord(
            id="document_1", case_id=case_id, kind="identity", state="received", object_key=f"{case_id}/document_1",
            media_type="image/png", size=1, digest="0", retention="kyc", uploaded_story=STORY,
        )
    )  # fmt: skip
    await session.flush()
    await handed_in.save_extracted(session, journal.vault, "document_1", {"mrz": "P<SWEQUILLFEATHER<<ZEPHYRINE"})
    await signals.add_signal(
        session,
        journal.vault,
        signals.NewSignal(case_id=case_id, key="hit:1", round=1, kind="list_hit", code="name_near", evidence=content),
    )
    await signals.add_screening(
        session,
        journal.vault,
        signals.NewScreening(
            case_id=case_id, key="1:main:sdn", round=1, party="main", list_name="sdn", outcome="hits", evidence=content
        ),
    )


async def _engaged(session: AsyncSession, journal: Journal, case_id: str, content: dict[str, object]) -> None:
    vault = journal.vault
    agreement = await agreements.draft(session, case_id, "agreement", template="saas", version="1")
    await agreements.set_document(session, vault, agreement, f"{case_id}/a.pdf", b"Zephyrine")
    await agreements.set_agreement_state(session, agreement, agreements.AgreementState.SENT)
    await agreements.record_consent(session, vault, agreement, content)
    survey = await surveys.open_survey(session, case_id, "day30", "pulse", opened=STORY, expires=STORY)
    await surveys.save_answers(session, vault, survey, content)
    moment = Moment(nominal=STORY, effective=STORY)
    check_in = await check_ins.plan_check_in(
        session, check_ins.NewCheckIn(case_id=case_id, step="day30", day=30, due=moment, dates={"brief_at": STORY})
    )
    await check_ins.save_brief(session, vault, check_in, content)
    await check_ins.set_check_in_outcome(session, check_in, CheckInOutcome.RED, reasons=["no_use"], story=STORY)
    door = links.Links(bytes(32))
    link = await door.create(session, case_id, links.Purpose.PORTAL, key="w", valid_for=timedelta(days=1))
    await door.exchange(session, await door.mint(session, link))
    task = tasks.NewTask(
        case_id=case_id, step="documents", key="1", code="upload", role="client", holder=Holder.CLIENT,
        opened_story=STORY,
    )  # fmt: skip
    await tasks.open_task(session, task)


async def test_no_column_of_any_table_tells_about_the_client(session: AsyncSession, case_id: str) -> None:
    assert await leaks(session) == []


@pytest.mark.parametrize(
    ("plant", "where"),
    [
        ("UPDATE cases SET reason = 'for Zephyrine'", "cases.reason"),
        ('UPDATE cases SET facts = \'{"name": "Quillfeather"}\'', "cases.facts"),
        ("UPDATE notes SET text = convert_to('Ystadsby', 'UTF8')", "notes.text"),
        ("UPDATE tasks SET resources = '[\"1971-08-23\"]'", "tasks.resources"),
    ],
)
async def test_the_search_finds_a_planted_leak(session: AsyncSession, case_id: str, plant: str, where: str) -> None:
    await session.execute(text(plant))

    assert await leaks(session) == [where]


async def test_the_search_looks_into_every_table_of_the_database(session: AsyncSession) -> None:
    there = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))

    assert set(there) == {*Base.metadata.tables, "alembic_version"}
