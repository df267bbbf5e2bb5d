"""The files of the clients at the end, as a reviewer reads them, and what compliance must have done and found."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from run.caller import Json
from run.demo import own_list
from run.demo.compliance import Account
from run.demo.desk import Staff
from run.demo.officers import LAXER, STRICTER, Acts

_BANDS = [("medium", "high"), ("high", "medium")]  # of the company, while its owner has a namesake on a list
_OWNERS = {"owner_1": ("ownership", "67/100"), "owner_2": ("control", "153/1000")}
_NEWLY_FOUND = {"list_hit", "sanctioned_ownership"}


class Files(NamedTuple):
    """`owned` is the company's evidence, `found` the signals of its monitoring, `bands` the tasks that told of another
    band, `hit` what the near name's hit says of itself, `allowed` what is passed over of it; `confirmed` is the hit of
    the listed person, and `report` the task that it left."""

    owned: Json
    found: Sequence[Json]
    bands: Sequence[Json]
    hit: Json
    allowed: Json
    confirmed: Json
    report: Json


async def read(staff: Staff, cases: Mapping[str, str]) -> Files:
    """`cases` by the reference of their sample."""
    company, near, listed = (cases[f"sample-{name}"] for name in ("two-owners", "near-name", "listed"))
    senior = staff.as_("senior")
    tasks = (await senior.get("/tasks", case=listed))["tasks"]
    return Files(
        owned=await senior.get(f"/cases/{company}/evidence"),
        found=await _signals(staff, company, *_NEWLY_FOUND),
        bands=[task for task in staff.seen.bands if task["case_id"] == company],
        hit=(await _signals(staff, near, "list_hit"))[0],
        allowed=await senior.get(f"/cases/{near}/allowances"),
        confirmed=(await _signals(staff, listed, "list_hit"))[0],
        report=next(task for task in tasks if task["code"] == "blocking_report"),
    )


async def _signals(staff: Staff, case: str, *kinds: str) -> list[Json]:
    """Those of these kinds that were ever raised, as the file of any review has them."""
    senior = staff.as_("senior")
    found = (await senior.get("/reviews", case=case, state="all"))["reviews"]
    signals = (await senior.get(f"/reviews/{found[0]['id']}"))["signals"]
    return [one for one in signals if one["signal"]["kind"] in kinds]


def faults(files: Files, acts: Acts, account: Account, withdrawn: str) -> Iterator[str]:
    """What is not as it should be. `withdrawn` is the case whose name is just under the threshold."""
    yield from _of_ownership(files.owned)
    yield from _of_watching(files)
    yield from _of_the_list(acts, files.bands[0]["case_id"] if files.bands else "?")
    yield from _of_policies(acts)
    if acts.allowance != "in_force" or not files.allowed["passed_over"]:
        yield f"the hit that two people allowed is {acts.allowance}, passed over {files.allowed['passed_over']}"
    if withdrawn not in {case for case, _ in account.near}:
        yield f"near misses were found of {sorted(case for case, _ in account.near)}"
    yield from acts.handed.faults() if acts.handed else ["nothing was handed to the auditor"]
    reached = acts.given["ownership"]
    if reached.exit or not any("blocked by eu" in line for line in reached.said):
        yield f"sanctions reached nobody: {reached}"


def _of_ownership(owned: Json) -> Iterator[str]:
    found = {one["id"]: (one["reason"], one["exact"]) for one in owned["ownership"]["beneficial_owners"]}
    if found != _OWNERS:
        yield f"the owners behind the company are {found}"
    silent = {party: _silence(owned, party) for party in ("company", "owner_1")}
    if silent != {"company": "no_registry_is_asked", "owner_1": "persons_are_not_asked_for"}:
        yield f"of the registry the matrices say {silent}"
    if f"list:{own_list.NEWCOMER}" not in owned["matrices"]["owner_1"]["columns"]:
        yield "the list is no column of the owner's matrix"


def _silence(owned: Json, party: str) -> str | None:
    told = owned["matrices"][party]["statements"]
    said: str | None = next((each["silent"] for each in told if each["source"] == "registry"), None)
    return said


def _of_watching(files: Files) -> Iterator[str]:
    found = {(one["signal"]["kind"], one["signal"]["state"]) for one in files.found}
    if found != {(kind, "cleared") for kind in _NEWLY_FOUND}:
        yield f"a namesake on a list came to {sorted(found)}"
    bands = [(task["resources"]["before"], task["resources"]["band"]) for task in files.bands]
    if bands != _BANDS:
        yield f"the company's band changed so: {bands}"
    elif not files.bands[0]["resources"]["next_review"] < files.bands[1]["resources"]["next_review"]:
        yield "a higher band did not bring the next review nearer"


def _of_the_list(acts: Acts, watched: str) -> Iterator[str]:
    if acts.missing != [1, 0]:
        yield f"the list that was held: so many more had to let it in: {acts.missing}"
    for name, wanted in (("sources", "loses_too_much"), ("diff", own_list.NEWCOMER), ("lookback", watched)):
        if acts.given[name].exit or not any(wanted in line for line in acts.given[name].said):
            yield f"{acts.given[name]} does not tell of {wanted}"


def _of_policies(acts: Acts) -> Iterator[str]:
    stricter, laxer = (acts.given[f"backtest {threshold}"] for threshold in (STRICTER, LAXER))
    if stricter.exit or "gained: 0" in stricter.said or "lost: 0" not in stricter.said:
        yield f"a stricter policy on the past: {stricter}"
    if laxer.exit != 1 or "loses_confirmed: 0" in laxer.said:
        yield f"a laxer policy on the past: {laxer}"
    if acts.refused != "loses_confirmed":
        yield f"a policy that loses a confirmed hit was refused with {acts.refused or 'nothing'}"
