"""The registry column: what a public registry says of a company, signals where it is not in order, and why it was not
asked. A search that failed holds."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256

import pytest

from activities.dossier import _answers_wrong, gather, verify
from activities.registry import Registry
from activities.vendors.gleif import Gleif
from api.evidence import Evidence
from kyc.evidence import Matrix, Verdict
from onboarding.case import Address, Client, Entity, Holding, Structure
from onboarding.deeds import Place
from onboarding.diligence import Screened
from records import basis, evidence_files, signals
from records.signals import SignalRow
from records.tables import SignalRecord
from tests.activities.desk import STORY, Desk, a_company, a_person
from tests.activities.test_basis import decided
from tests.activities.test_screening import verifying
from tests.outside.registry import LEI, Registered
from tests.outside.serving import served

ADDRESS = Address(lines=["1 Harbour Street"], city="Dublin", postcode="D01 F5P2", country="IE")


@pytest.fixture
def registered() -> Registered:
    return Registered()


@pytest.fixture
async def asking(desk: Desk, registered: Registered) -> AsyncIterator[Desk]:
    """A desk that asks the registry."""
    async with served(registered.app) as url:
        vendor = Gleif(f"{url}/api/v1", pace=timedelta(0), kept=timedelta(0))
        desk.examination._registry = Registry(vendor)
        yield desk
        await vendor.close()


def declared(**changes: object) -> Client:
    client = a_company()
    assert client.company
    fields = {"lei": LEI, "registration_number": "123456", "address": ADDRESS}
    company = client.company.model_copy(update=fields | changes)
    return client.model_copy(update={"company": company})


async def examine(desk: Desk, case: str, turn: int = 1) -> Screened:
    return await desk.examination.examine(Place(case=case, step="verify", story=STORY), turn, f"verify:{turn}")


async def shown(desk: Desk, case: str) -> Evidence:
    async with desk.database.session() as session:
        kept = await evidence_files.last(session, desk.journal.vault, case)
    assert kept
    return Evidence.model_validate({"round": kept.round, "at": kept.at, **kept.content})


async def matrix(desk: Desk, case: str, party: str = "company") -> Matrix:
    return (await shown(desk, case)).matrices[party]


async def silent(desk: Desk, case: str, party: str = "company") -> str | None:
    table = await matrix(desk, case, party)
    assert "registry" in table.columns
    return table.statements[table.columns.index("registry")].silent


async def found(desk: Desk, case: str) -> list[SignalRow]:
    async with desk.database.session() as session:
        return [row for row in await signals.signals(session, case) if row.party == "company"]


async def codes(desk: Desk, case: str) -> list[str]:
    return sorted(row.code for row in await found(desk, case))


async def test_each_field_has_its_verdict_and_says_where_it_was_read(asking: Desk, registered: Registered) -> None:
    registered.has()
    case = await asking.case(declared())

    await examine(asking, case)

    evidence = await shown(asking, case)
    answer, row = evidence.registry["company"], evidence.matrices["company"].row("name")
    assert row
    cell = row.cells["registry"]
    assert (cell.value, cell.verdict) == ("GRUNWATER PELLWORM LIMITED", Verdict.MATCH)
    assert (cell.provenance.record, cell.provenance.place) == (LEI, "data/0/attributes/entity/legalName/name")
    assert cell.provenance.answer == answer.sha256 == sha256(answer.answer.encode()).hexdigest()
    assert cell.provenance.read == answer.read


async def test_a_company_that_is_as_it_says_raises_nothing(asking: Desk, registered: Registered) -> None:
    registered.has()
    case = await asking.case(declared())

    await examine(asking, case)

    assert await codes(asking, case) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "Another Name Limited"}, "name_differs"),
        ({"number": "654987"}, "registration_number_differs"),
        ({"jurisdiction": "MT"}, "country_differs"),
        ({"street": "Level 3, 40 Castle Yard"}, ""),  # the town and its code still agree
        ({"entity": "INACTIVE"}, "registry_inactive"),
        ({"registration": "LAPSED"}, "registry_lapsed"),
        ({"registration": "ANNULLED"}, "registry_retired"),
        ({"registration": "NEW_WORD"}, "registry_standing_unknown"),
    ],
)
async def test_what_the_registry_says_otherwise_is_for_a_reviewer(
    asking: Desk, registered: Registered, changes: dict[str, str], code: str
) -> None:
    registered.has(**changes)
    case = await asking.case(declared())

    screened = await examine(asking, case)

    assert await codes(asking, case) == ([code] if code else [])
    assert {row.id for row in await found(asking, case)} <= set(screened.signals)


async def test_an_lei_that_the_registry_does_not_know_is_for_a_reviewer(asking: Desk) -> None:
    case = await asking.case(declared())

    await examine(asking, case)

    assert (await silent(asking, case), await codes(asking, case)) == ("not_in_registry", ["lei_not_in_registry"])


async def test_a_company_without_an_lei_is_looked_for_by_its_number(asking: Desk, registered: Registered) -> None:
    registered.has()
    case = await asking.case(declared(lei=None))

    await examine(asking, case)

    row = (await matrix(asking, case)).row("lei")
    assert row
    assert row.cells["registry"].value == LEI


async def test_a_number_that_the_registry_does_not_know_speaks_against_nobody(asking: Desk) -> None:
    case = await asking.case(declared(lei=None))

    await examine(asking, case)

    assert (await silent(asking, case), await codes(asking, case)) == ("not_in_registry", [])


async def test_two_records_of_one_number_are_not_chosen_from(asking: Desk, registered: Registered) -> None:
    registered.has()
    registered.has("5493001KJTIIGC8Y1R12")
    case = await asking.case(declared(lei=None))

    await examine(asking, case)

    assert (await silent(asking, case), await codes(asking, case)) == ("several_records", ["registry_ambiguous"])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"lei": None, "registration_number": None}, "no_number_declared"),
        ({"lei": "Hortensia Vexley"}, "lei_invalid"),
        ({"lei": None, "registration_number": "see the letter of Hortensia"}, "number_unreadable"),
        ({"lei": None, "registration_number": "811228-9874", "country": "SE"}, "number_may_be_a_persons"),
    ],
)
async def test_where_nothing_can_be_asked_the_column_says_why(
    asking: Desk, registered: Registered, changes: dict[str, object], why: str
) -> None:
    case = await asking.case(declared(**changes))

    await examine(asking, case)

    assert (await silent(asking, case), registered.asked) == (why, [])


async def test_persons_are_not_asked_for(asking: Desk, registered: Registered) -> None:
    case = await asking.case(a_person())

    await examine(asking, case)

    assert (await silent(asking, case, "person"), registered.asked) == ("persons_are_not_asked_for", [])


async def test_switched_off_the_column_says_so(desk: Desk) -> None:
    case = await desk.case(declared())

    await examine(desk, case)

    assert await silent(desk, case) == "no_registry_is_asked"
    assert (await shown(desk, case)).registry == {}


async def test_a_company_between_has_a_matrix_once_the_registry_speaks(asking: Desk, registered: Registered) -> None:
    registered.has(name="PELLWORM HOLDING LIMITED", number="77777")
    between = Entity(name="Pellworm Holding Limited", country="IE", registration_number="77777")
    holding = Holding(owner="entity_1", owned="company", share="10%")
    case = await asking.case(declared(lei=None, owners=[], structure=Structure(entities=[between], holdings=[holding])))

    await examine(asking, case)

    row = (await matrix(asking, case, "entity_1")).row("name")
    assert row
    assert row.cells["registry"].verdict is Verdict.MATCH


@pytest.mark.parametrize("trouble", [429, 503, "cut"])
async def test_a_search_that_failed_holds_the_case_and_is_made_up_for(
    asking: Desk, registered: Registered, trouble: int | str
) -> None:
    registered.has()
    case = await asking.case(declared())
    registered.troubles.append(trouble)

    held = await examine(asking, case)
    again = await examine(asking, case)

    assert (held.held, again.held) == ("registry_search_failed", None)


async def test_what_is_kept_in_the_open_does_not_name_the_company(asking: Desk, registered: Registered) -> None:
    registered.has(name="Another Name Limited", registration="LAPSED")
    case = await asking.case(declared())
    await examine(asking, case)

    rows = await found(asking, case)
    async with asking.database.session() as session:
        kept = [await session.get_one(SignalRecord, row.id) for row in rows]
    assert len(kept) == 2
    for each in kept:
        assert LEI not in each.key
        assert LEI.encode() not in each.evidence


async def test_a_judged_difference_is_the_same_signal_until_the_record_changes(
    asking: Desk, registered: Registered
) -> None:
    registered.has(registration="LAPSED")
    case = await asking.case(declared())
    first = await examine(asking, case)

    again = await examine(asking, case, turn=2)
    registered.has(registration="LAPSED", name="Grunwater Pellworm Ltd")
    changed = await examine(asking, case, turn=3)

    assert again == first
    assert len(changed.signals) > len(first.signals)


async def test_a_lapsed_registration_weighs_like_an_expired_document(asking: Desk, registered: Registered) -> None:
    registered.has(registration="LAPSED")
    case = await asking.case(declared())
    await asking.screening.screen(verifying(case))

    await asking.screening.rate(verifying(case))

    async with asking.database.session() as session:
        (rating,) = await signals.ratings(session, case)
    factors = {str(factor["code"]): factor["value"] for factor in rating.factors}
    assert factors["document_quality"] == "expired"


async def test_what_the_registry_answered_is_in_the_dossier_and_proved_without_us(
    asking: Desk, registered: Registered
) -> None:
    registered.has(registration="LAPSED")
    decision = await decided(asking, await asking.case(declared()))
    registered.has(name="Another Name Limited")  # what it says later is nothing to this decision

    async with asking.database.session() as session:
        raw = await gather(session, asking.journal, decision)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        answer, kept = (
            archive.read("registry/company.json"),
            json.loads(archive.read("basis.json"))["content"]["evidence"],
        )

    assert verify(raw, asking.journal.public) == []
    assert json.loads(answer)["data"][0]["attributes"]["registration"]["status"] == "LAPSED"
    assert sha256(answer).hexdigest() == kept["content"]["registry"]["company"]["sha256"]


async def test_an_answer_that_is_not_the_one_that_was_noted_is_found_in_a_bundle_that_we_signed(
    asking: Desk, registered: Registered
) -> None:
    registered.has()
    case = await asking.case(declared())
    decision = await decided(asking, case)
    async with asking.database.session() as session:
        content, _ = await basis.content(session, asking.journal.vault, decision)
    bundle = {"registry/company.json": b"{}"}

    assert list(_answers_wrong(bundle, content)) == ["answer_changed: company"]
    content["evidence"]["content"]["registry"] = {}  # type: ignore[index]  # it is JSON
    assert list(_answers_wrong({}, content)) == ["answer_missing: company"]


async def test_a_list_that_matches_is_a_column_too(desk: Desk) -> None:
    client = a_person(name="Viktor Antonovich Markov", given_names="Viktor Antonovich", family_name="Markov")
    case = await desk.case(client)

    await examine(desk, case)

    table = await matrix(desk, case, "person")
    (column,) = [each for each in table.columns if each.startswith("list:")]
    name, born = table.row("name"), table.row("birth_date")
    assert name and born
    assert name.cells[column].verdict is Verdict.MATCH
    assert (born.cells[column].verdict, born.cells[column].provenance.place) == (Verdict.CONFLICT, "born/0")
    assert "birth_date_differs" not in await codes(desk, case)
