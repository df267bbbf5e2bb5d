"""The people behind a company: asked for papers, screened, rated; what may hide an owner is a signal."""

from datetime import date
from typing import Any

import pytest

from activities import owners
from activities.parties import parties_of, required
from activities.profile import BadForm, completed
from onboarding.case import Client, Company, Control, Entity, Holding, Owner, Person, Structure
from onboarding.deeds import Place
from onboarding.diligence import Collecting
from onboarding.plan import Collect
from records import evidence_files, signals
from records.signals import SignalState
from tests.activities.desk import STORY, Desk, a_company, a_person, listed

ON, AMLR = date(2026, 3, 2), date(2027, 7, 10)
COLLECT = Collect(documents={"company": ["identity"]}, needs_owners=True)


def a_layered(*shares: str | None, **structure: Any) -> Client:
    """A company with owners and what stands between; the first owner is on the watch list."""
    people = [listed().person, *(Person(name=f"Quillon Marsh {n}", nationality="IE") for n in range(1, len(shares)))]
    held = [Owner(person=person, share=share) for person, share in zip(people, shares, strict=True)]
    company = Company(name="Grunwater Limited", country="IE", owners=held, structure=Structure(**structure))
    return Client(kind="company", person=a_person().person, company=company, country="IE")


def through(owner: str, share: str, entity: str, onward: str) -> list[Holding]:
    return [
        Holding(owner=owner, owned=entity, share=share),
        Holding(owner=entity, owned="company", share=onward),
    ]


def holding(**changes: Any) -> Client:
    """Owner 1 has 60 % of a holding company that has half of the client; owner 2 has the other half."""
    entity = Entity(name="Vexley Holding BV", country="IE")
    held = [Holding(owner="owner_2", owned="entity_1", share="40%"), *through("owner_1", "60%", "entity_1", "50%")]
    return a_layered("0%", "50%", **({"entities": [entity], "holdings": held} | changes))


def fact(client: Client, on: date = ON) -> str:
    assert client.company
    return owners.fact(client.company, on)


def test_without_a_structure_every_declared_owner_proves_who_they_are() -> None:
    assert required(COLLECT, a_company(("90%", "10%")), ON) == ["profile", "identity:1", "identity:2"]


def test_with_a_structure_the_beneficial_owners_prove_who_they_are() -> None:
    client = a_layered("10%", "90%", managers=[])

    assert required(COLLECT, client, ON) == ["profile", "identity:2"]


def test_a_quarter_makes_an_owner_from_the_day_of_the_regulation() -> None:
    client = a_layered("25%", "75%", managers=[])

    assert required(COLLECT, client, ON) == ["profile", "identity:2"]
    assert required(COLLECT, client, AMLR) == ["profile", "identity:1", "identity:2"]


def test_who_controls_through_a_company_is_asked_though_the_share_is_small() -> None:
    client = a_layered(
        "0%", "70%", entities=[Entity(name="Vexley BV")], holdings=through("owner_1", "51%", "entity_1", "30%")
    )

    assert "identity:1" in required(COLLECT, client, ON)


def test_the_managers_are_asked_where_nobody_owns_enough() -> None:
    client = a_layered("20%", "20%", "20%", "20%", "20%", managers=["owner_3"])

    assert required(COLLECT, client, ON) == ["profile", "identity:3"]
    assert fact(client) == "gaps"


def test_everybody_with_a_name_behind_the_company_is_screened() -> None:
    client = holding(
        entities=[
            Entity(name="Vexley Holding BV", country="NL"),
            Entity(kind="unknown"),
            Entity(kind="trust", name="T"),
        ]
    )

    assert [party.code for party in parties_of(client, ON)] == [
        "person", "company", "owner_1", "owner_2", "entity_1", "entity_3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("client", "value"),
    [
        (holding(), "transparent"),
        (holding(entities=[Entity(name="Vexley Holding BV", country="NL")]), "cross_border"),
        (holding(control=[Control(controller="owner_1", controlled="owner_2", means="nominee")]), "nominee"),
        (a_layered("45%", "35%", managers=[]), "gaps"),
        (a_layered("10%", managers=[]), "opaque"),
        (
            a_layered("0%", "0%", entities=[Entity(name="A"), Entity(name="B")], holdings=[
                *through("entity_2", "100%", "entity_1", "60%"),
                Holding(owner="entity_1", owned="entity_2", share="100%"),
                Holding(owner="owner_1", owned="company", share="40%"),
            ]),
            "circular",
        ),
        (
            a_layered("0%", "0%", entities=[Entity(name="A"), Entity(name="B")], holdings=[
                *through("owner_1", "100%", "entity_2", "0%"),
                *through("entity_2", "100%", "entity_1", "100%"),
            ]),
            "layered",
        ),
    ],
)  # fmt: skip
def test_the_ownership_weighs_in_the_rating_by_its_heaviest_trait(client: Client, value: str) -> None:
    assert fact(client) == value


@pytest.mark.parametrize(
    ("structure", "code"),
    [
        ({"holdings": [{"owner": "owner_7", "owned": "company", "share": "1%"}]}, "party_unknown"),
        ({"holdings": [{"owner": "owner_1", "owned": "company", "share": "60%"}]}, "shares_exceed_whole"),
        ({"holdings": [{"owner": "owner_1", "owned": "owner_2", "share": "60%"}]}, "structure_broken"),
        ({"holdings": [{"owner": "Anna Maier", "owned": "company", "share": "1%"}]}, "owner_invalid"),
        ({"holdings": [{"owner": "owner_1", "owned": "company", "share": "a lot"}]}, "share_invalid"),
        ({"entities": [{"name": "A", "country": "XX"}]}, "unknown_country"),
        ({"entities": [{"kind": "trust"}]}, "entity_name_missing"),
    ],
)
def test_a_structure_that_cannot_be_is_refused_with_its_reason(structure: dict[str, object], code: str) -> None:
    with pytest.raises(BadForm) as refused:
        completed(a_company(), {"company": {"structure": structure}}, ON)

    assert refused.value.reason == code


def test_a_form_adds_a_structure_to_what_is_known() -> None:
    told: dict[str, object] = {"company": {"structure": {"managers": ["owner_1"]}}}

    client = completed(a_company(), told, ON)

    assert client.company
    assert client.company.structure == Structure(managers=["owner_1"])
    assert len(client.company.owners) == 2


async def examined(desk: Desk, client: Client, turn: int = 1) -> tuple[str, dict[str, dict[str, object]]]:
    """The case, and the evidence of its signals by their codes."""
    case = await desk.case(client)
    await desk.examination.examine(Place(case=case, step="verify", story=STORY), turn, f"verify:{turn}")
    return case, await evidence_of(desk, case)


async def evidence_of(desk: Desk, case: str) -> dict[str, dict[str, object]]:
    async with desk.database.session() as session:
        rows = await signals.signals(session, case)
        return {row.code: await signals.evidence(session, desk.journal.vault, row.id) or {} for row in rows}


async def test_capital_that_may_hide_an_owner_is_a_signal_with_the_paths(desk: Desk) -> None:
    _, found = await examined(desk, a_layered("0%", "60%", managers=[]))

    shown = found["ownership_unassigned"]
    assert (shown["parties"], shown["share"]) == (["company"], "2/5")
    assert isinstance(shown["ownership"], dict)
    assert shown["ownership"]["beneficial_owners"][0]["id"] == "owner_2"


async def test_a_rest_too_small_to_hide_an_owner_is_no_signal(desk: Desk) -> None:
    _, found = await examined(desk, a_layered("0%", "80%", managers=[]))

    assert not [code for code in found if code.startswith("ownership_")]


async def test_sanctions_on_an_owner_reach_the_company_through_a_holding(desk: Desk) -> None:
    case, found = await examined(desk, holding())

    shown = found["owned_by_sanctioned"]
    assert shown["regime"] == "ofac"
    assert shown["listed"] == ["owner_1"]
    assert [step["party"] for step in shown["steps"]] == ["entity_1", "company"]  # type: ignore[attr-defined]  # evidence is JSON
    async with desk.database.session() as session:
        kinds = {row.kind for row in await signals.signals(session, case)}
    assert {"list_hit", "sanctioned_ownership"} <= kinds


async def test_sanctions_on_who_holds_less_than_half_reach_nothing(desk: Desk) -> None:
    _, found = await examined(desk, a_layered("49%", "51%", managers=[]))

    assert "list_hit" in found
    assert not [code for code in found if "sanctioned" in code]


async def test_of_a_company_held_by_somebody_listed_with_an_unknown_share_nobody_can_say(desk: Desk) -> None:
    _, found = await examined(desk, a_layered(None, "40%", managers=[]))

    shown = found["may_be_owned_by_sanctioned"]
    assert (shown["regime"], shown["listed"], shown["undecided"]) == ("ofac", ["owner_1"], ["company"])
    assert "owned_by_sanctioned" not in found


async def test_a_hit_that_was_cleared_blocks_no_company(desk: Desk) -> None:
    case = await desk.case(a_layered("49%", "51%", managers=[]))
    place = Place(case=case, step="verify", story=STORY)
    screened = await desk.examination.examine(place, 1, "verify:1")
    async with desk.database.session() as session:
        for hit in screened.sanctions:
            await signals.judge(session, hit, SignalState.CLEARED, reason="other_person", reviewer="staff_r1")
    await desk.set_client(case, holding())

    await desk.examination.examine(place, 2, "verify:2")

    assert not [code for code in await evidence_of(desk, case) if "sanctioned" in code]


async def test_the_file_of_an_examination_shows_every_party_and_the_ownership(desk: Desk) -> None:
    case, _ = await examined(desk, holding())

    async with desk.database.session() as session:
        kept = await evidence_files.last(session, desk.journal.vault, case)

    assert kept
    matrices, ownership = kept.content["matrices"], kept.content["ownership"]
    assert isinstance(matrices, dict)
    assert isinstance(ownership, dict)
    assert sorted(matrices) == ["company", "owner_1", "owner_2", "person"]
    assert ownership["beneficial_owners"][0]["paths"]


async def test_the_papers_that_are_lacking_follow_the_structure(desk: Desk) -> None:
    case = await desk.case(a_layered("10%", "90%", managers=[]))

    lacking = await desk.intake.lacking(Collecting(case=case, step="collect", story=STORY, collect=COLLECT))

    assert lacking.items == ["profile", "identity:2"]


def higher_risk(client: Client) -> Client:
    assert client.company
    return client.model_copy(update={"company": client.company.model_copy(update={"category": "higher_risk"})})


def test_of_a_company_of_higher_risk_fifteen_percent_make_an_owner() -> None:
    client = a_layered("16%", "14%", "70%", managers=[])

    assert required(COLLECT, client, ON) == ["profile", "identity:3"]
    assert required(COLLECT, higher_risk(client), ON) == ["profile", "identity:1", "identity:3"]


def test_what_may_hide_an_owner_of_fifteen_percent_is_a_doubt_there() -> None:
    client = a_layered("80%", managers=[])
    assert client.company
    stricter = higher_risk(client).company
    assert stricter

    assert owners.doubts(owners.ownership_of(client.company, ON)) == []
    assert [gap.code for gap in owners.doubts(owners.ownership_of(stricter, ON))] == ["unassigned"]


def test_the_client_s_own_form_leaves_the_category_as_it_is() -> None:
    client = higher_risk(a_layered("60%", "40%"))

    said = completed(client, {"company": {"registration_number": "123456"}}, ON)

    assert said.company
    assert said.company.category == "higher_risk"
