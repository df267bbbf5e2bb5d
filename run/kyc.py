"""The judgement at the command line: for back-tests, audits and scripts. It takes policy files, and no server.

Every command reads JSON Lines and answers each line in order, with `--json` as JSON Lines again, a refused line as
`{"line": n, "error": {"code": …, "message": …}}`. Exit codes: 0 every line was answered, 1 some were refused and the
rest answered, 2 nothing could be done (no such file, an empty one, an unknown policy, a wrong option).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from kyc import mrz as zones
from kyc import ownership as owners
from kyc import rating
from kyc.risk_policy import FOLDER
from run.answers import Json, LineInvalid, answer_all, or_exit
from run.lines import Row

app = typer.Typer(no_args_is_help=True, add_completion=False)

_REACHED = {True: "blocked", None: "may be blocked"}
_EXITS = "Exit codes: 0 all lines answered, 1 some refused and the rest answered, 2 nothing could be done."
_File = Annotated[Path, typer.Argument(help="the file, or - for standard input", show_default=False)]
_AsJson = Annotated[bool, typer.Option("--json", help="JSON Lines instead of a table, in the order of the input")]
_On = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="the day to judge by; today when it is left out")
]


@app.command(epilog=_EXITS)
def mrz(file: _File, json_: _AsJson = False, on: _On = None) -> None:
    """Read machine-readable zones.

    Lines such as {"lines": ["P<UTO…", "L898902C3…"]} give type, valid, checks, fields, warnings and suggestions.
    """
    today = _day(on)

    def judge(row: Row) -> Json:
        lines = row.get("lines")
        if not isinstance(lines, str) and not (isinstance(lines, list) and all(isinstance(x, str) for x in lines)):
            raise LineInvalid("the lines of the zone are expected: a list of texts")
        return zones.read(lines, today).model_dump(mode="json")

    columns = ("line", "type", "valid", "name", "document", "born", "expires", "remarks")
    answer_all(file, judge, json_, columns, _zone_cells)


@app.command(epilog=_EXITS)
def ownership(
    file: _File,
    json_: _AsJson = False,
    on: _On = None,
    policy: Annotated[str | None, typer.Option(help="eu-amld or eu-amlr; by the day when it is left out")] = None,
) -> None:
    """Find beneficial owners, control, gaps, and what sanctions on owners reach.

    Lines such as {"subject": "S", "holdings": [["anna", "S", "51%"]], "control": [["bo", "S", "veto"]], "parties":
    {"T": {"kind": "trust", "trustee": "cy"}}, "managers": ["di"], "together": [["anna", "bo"]], "blocked": ["anna"]}.
    Shares are 1/3, 0.25 or 25 %, and a fourth word makes a holding count for capital, votes or profit alone.
    """
    today = _day(on)

    def judge(row: Row) -> Json:
        day, name = row.get("on"), row.get("policy", policy)
        try:
            judged_on = today if day is None else date.fromisoformat(day)
        except (TypeError, ValueError):
            raise LineInvalid("on: a date is expected, such as 2027-07-10") from None
        if name is not None and not isinstance(name, str):
            raise LineInvalid("policy: the name of a policy is expected")
        known = {key: value for key, value in row.items() if key != "id"}
        return owners.as_json(owners.beneficial_owners(owners.parse(known), judged_on, name))

    with or_exit():
        owners.policy_named(today, policy)
    answer_all(file, judge, json_, ("line", "subject", "owner", "share", "why", "paths", "open"), _owner_cells)


@app.command(epilog=_EXITS)
def rate(
    file: _File,
    json_: _AsJson = False,
    on: _On = None,
    policy: Annotated[str, typer.Option(help="name of the risk policy")] = "standard",
    jurisdiction: Annotated[str, typer.Option(help="eu, uk or us, or one of your own")] = "eu",
    policies: Annotated[Path, typer.Option(help="folder of the risk policies", show_default=False)] = FOLDER,
) -> None:
    """Rate clients: factors, points, band, diligence, approvals, next review, and what would change the band.

    Lines (or CSV) such as {"countries": ["DE"], "client_type": "person", "product": "software", "channel":
    "remote_verified", "pep": "none", "adverse_information": "none", "document_quality": "verified",
    "open_signals": 0}. What is left out is not known, and counts as the worst.
    """
    today = _day(on)
    with or_exit():
        rules = rating.load(policy, jurisdiction, policies)

    def judge(row: Row) -> Json:
        return rating.rate(_facts(row, today), rules).model_dump(mode="json")

    columns = ("line", "band", "points", "factors", "diligence", "approvals", "next review", "would change it")
    answer_all(file, judge, json_, columns, _rating_cells, formats=("jsonl", "csv"))


def _day(on: datetime | None) -> date:
    return (on or datetime.now(UTC)).date()


def _facts(row: Row, today: date) -> rating.RiskFacts:
    """A line as facts: empty cells of a CSV are unknown, its countries stand in one cell."""
    said = {name: value for name, value in row.items() if value != "" and name != "id"}
    country = said.pop("country", None)
    countries = said.get("countries", country)
    if isinstance(countries, str):
        countries = countries.replace(",", " ").replace(";", " ").split()
    try:
        return rating.RiskFacts.model_validate({"on": today} | said | {"countries": countries})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5])
        raise LineInvalid(wrong) from None


def _zone_cells(zone: Json) -> Iterator[tuple[str, ...]]:
    fields: Mapping[str, Any] = zone["fields"]
    failed = [f"check digit {name}" for name, holds in zone["checks"].items() if not holds]
    remarks = failed + [f"{each['code']} ({each['field']})" for each in zone["warnings"]]
    remarks += [_meant(each) for each in zone["suggestions"]]
    yield (
        zone["type"],
        "yes" if zone["valid"] else "no",
        f"{fields['surname']}, {fields['given_names']}",
        f"{fields['number']} {fields['issuer']}",
        fields["birth_date"] or fields["birth_text"],
        fields["expiry_date"] or fields["expiry_text"],
        "\n".join(remarks),
    )


def _meant(suggestion: Json) -> str:
    if suggestion["code"] == "transliteration":
        return "{read}: {meant}?".format_map(suggestion)
    if suggestion["code"] != "optical":
        return str(suggestion["message"])
    return "line {line}, column {column}: {read} for {meant}?".format_map(suggestion)


def _owner_cells(data: Json) -> Iterator[tuple[str, ...]]:
    gaps = "\n".join(f"{gap['code']}: {', '.join(gap['parties'])} ({gap['share']:.2%})" for gap in data["gaps"])
    sanctioned = {regime: each["subject_blocked"] for regime, each in data.get("sanctioned", {}).items()}
    reach = [f"{_REACHED[said]} by {regime}" for regime, said in sanctioned.items() if said is not False]
    open_ = "\n".join([gaps, *reach]).strip()
    if not data["beneficial_owners"]:
        yield data["subject"], "nobody found", "", "", "", open_
    for owner in data["beneficial_owners"]:
        paths = [f"{' → '.join(path['path'])} {path['share']:.2%}" for path in owner["paths"][:5]]
        paths += [f"{len(owner['paths']) - 5} more"] if len(owner["paths"]) > 5 else []
        paths += [f"through cycles {owner['through_cycles']:.2%}"] if owner["through_cycles"] else []
        why = "\n".join(dict.fromkeys(f"{each['ground']}, {each['article']}" for each in owner["grounds"]))
        yield data["subject"], owner["id"], f"{owner['share']:.2%}", why, "\n".join(paths), open_


def _rating_cells(data: Json) -> Iterator[tuple[str, ...]]:
    factors = [f"{each['why']} {each['points']}" for each in data["factors"] if each["points"] or each["at_least"]]
    changes = [
        f"{', '.join(f'{name} {value}' for name, value in each['facts'].items())}: {each['band']}"
        for each in data["changes"]
    ]
    yield (
        data["band"],
        str(data["points"]),
        "\n".join([*factors, *data["caveats"]]),
        data["diligence"],
        str(data["approvals"]),
        data["next_review"],
        "\n".join(changes[:6]),
    )
