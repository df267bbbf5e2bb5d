"""What compliance must have done and found in the demo: silent when it is so, named when it is not."""

from dataclasses import replace
from typing import Any

import pytest

from kyc.lists import Kind
from kyc.screening import Hit
from kyc.screening.afterwards import NearMiss
from kyc.screening.subject import Explanation
from run.demo import own_list
from run.demo.commands import Given
from run.demo.compliance import Account
from run.demo.files import Files, faults
from run.demo.officers import LAXER, STRICTER, Acts

COMPANY, WITHDRAWN = "case_company", "case_withdrawn"
HANDED = "nothing was handed to the auditor"


def gave(*said: str, exit: int = 0) -> Given:
    return Given("aboard", exit, list(said))


ACTS = Acts(
    held="v2",
    missing=[1, 0],
    allowance="in_force",
    refused="loses_confirmed",
    given={
        "sources": gave("own loses_too_much"),
        "diff": gave(f"+ {own_list.NEWCOMER}"),
        "lookback": gave(COMPANY),
        "ownership": gave("blocked by eu"),
        f"backtest {STRICTER}": gave("lost: 0", "gained: 1", "loses_confirmed: 0"),
        f"backtest {LAXER}": gave("lost: 2", "gained: 0", "loses_confirmed: 1", exit=1),
    },
)


def a_statement(source: str, silent: str | None = None) -> dict[str, Any]:
    return {"source": source, "silent": silent}


def a_signal(kind: str, state: str = "cleared") -> dict[str, Any]:
    return {"signal": {"kind": kind, "state": state}}


def a_change(before: str, band: str, review: str) -> dict[str, Any]:
    return {"case_id": COMPANY, "resources": {"before": before, "band": band, "next_review": review}}


FILES = Files(
    owned={
        "ownership": {
            "beneficial_owners": [
                {"id": "owner_1", "reason": "ownership", "exact": "67/100"},
                {"id": "owner_2", "reason": "control", "exact": "153/1000"},
            ]
        },
        "matrices": {
            "company": {"statements": [a_statement("registry", "no_registry_is_asked")]},
            "owner_1": {
                "columns": ["declared", f"list:{own_list.NEWCOMER}"],
                "statements": [a_statement("declared"), a_statement("registry", "persons_are_not_asked_for")],
            },
        },
    },
    found=[a_signal("list_hit"), a_signal("sanctioned_ownership")],
    bands=[a_change("medium", "high", "2027-03-01"), a_change("high", "medium", "2029-03-01")],
    hit={},
    allowed={"passed_over": [{"entry": "ofac-sdn:1"}]},
    confirmed={},
    report={},
)


def near(case: str = WITHDRAWN) -> Account:
    """An account that tells of one near miss."""
    hit = Hit(
        entry="own:h-003", source="own", name="Connor Holleran Byrne", kind=Kind.PERSON, topics=(), score=0.67,
        strength=0.07, match=False, content="0", explanation=Explanation(asked="", listed="", lines=()),
    )  # fmt: skip
    return Account(near=[(case, NearMiss(ref="screening_1", subject="person", hit=hit))])


def found(acts: Acts = ACTS, files: Files = FILES, account: Account | None = None) -> list[str]:
    """Without what is always missing here: a dossier needs a decision."""
    return [fault for fault in faults(files, acts, account or near(), WITHDRAWN) if fault != HANDED]


def test_what_is_as_it_should_be_has_no_faults() -> None:
    assert found() == []
    assert HANDED in faults(FILES, ACTS, near(), WITHDRAWN)


@pytest.mark.parametrize(
    ("acts", "fault"),
    [
        (replace(ACTS, missing=[0, 0]), "the list that was held: so many more had to let it in: [0, 0]"),
        (replace(ACTS, refused=""), "a policy that loses a confirmed hit was refused with nothing"),
        (replace(ACTS, allowance="proposed"), "the hit that two people allowed is proposed"),
        (replace(ACTS, given={**ACTS.given, "lookback": gave("0 clients")}), f"does not tell of {COMPANY}"),
        (replace(ACTS, given={**ACTS.given, "ownership": gave("33.00%")}), "sanctions reached nobody"),
        (replace(ACTS, given={**ACTS.given, f"backtest {LAXER}": gave("lost: 0")}), "a laxer policy on the past"),
    ],
)
def test_what_compliance_did_not_do_is_named(acts: Acts, fault: str) -> None:
    assert [each for each in found(acts) if fault in each]


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (FILES._replace(bands=FILES.bands[:1]), "the company's band changed so: [('medium', 'high')]"),
        (FILES._replace(found=[a_signal("list_hit", "open")]), "a namesake on a list came to [('list_hit', 'open')]"),
        (FILES._replace(allowed={"passed_over": []}), "the hit that two people allowed is in_force, passed over []"),
    ],
)
def test_what_the_files_do_not_hold_is_named(files: Files, fault: str) -> None:
    assert fault in found(files=files)


def test_a_name_just_under_the_threshold_that_is_not_found_is_named() -> None:
    assert found(account=near("case_other")) == ["near misses were found of ['case_other']"]
