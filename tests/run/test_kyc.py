import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from run.kyc import app

ZONE = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
FACTS = {
    "countries": ["DE"],
    "client_type": "person",
    "product": "software",
    "channel": "in_person",
    "pep": "none",
    "adverse_information": "none",
    "document_quality": "verified",
    "open_signals": 0,
}
MEETS = {"subject": "S", "holdings": [["p", "A", "51%"], ["A", "S", 0.3], ["q", "S", "70%"], ["r", "A", "49%"]]}


def run(tmp_path: Path, command: str, lines: list[Any], *options: str, name: str = "in.jsonl") -> Result:
    path = tmp_path / name
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return CliRunner().invoke(app, [command, str(path), "--on", "2026-07-01", *options])


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_zones_are_answered_as_json_lines_in_order(tmp_path: Path) -> None:
    result = run(tmp_path, "mrz", [{"lines": ZONE, "id": "a"}, {"lines": [ZONE[0], ZONE[1][:-1] + "1"]}], "--json")

    first, second = answers(result)
    assert result.exit_code == 0
    assert (first["line"], first["id"], first["type"], first["valid"]) == (1, "a", "TD3", True)
    assert (second["line"], second["valid"], second["checks"]["comp"]) == (2, False, False)


def test_any_id_comes_back(tmp_path: Path) -> None:
    result = run(tmp_path, "mrz", [{"lines": ZONE, "id": 1.5}, {"lines": ZONE, "id": ["\ud800"]}], "--json")

    assert [answer["id"] for answer in answers(result)] == ["1.5", ["\ud800"]]


def test_bad_lines_are_reported_and_the_rest_is_done(tmp_path: Path) -> None:
    result = run(tmp_path, "mrz", [{"lines": ZONE}, "{broken", {"lines": ["too", "short"]}, {"lines": ZONE}], "--json")

    assert result.exit_code == 1
    assert [answer.get("error", {}).get("code") for answer in answers(result)] == [
        None,
        "line_broken",
        "zone_unreadable",
        None,
    ]
    assert "line 2:" in result.stderr
    assert "line 3:" in result.stderr


def test_owners_by_control_are_found_at_the_command_line(tmp_path: Path) -> None:
    (answer,) = answers(run(tmp_path, "ownership", [MEETS], "--json"))

    owners = {owner["id"]: owner for owner in answer["beneficial_owners"]}
    assert answer["persons"] == {"p": 0.153, "q": 0.7, "r": 0.147}
    assert (owners["p"]["reason"], owners["p"]["exact"]) == ("control", "153/1000")
    assert owners["p"]["paths"] == [{"path": ["p", "A", "S"], "share": 0.153, "exact": "153/1000"}]
    assert answer["gaps"] == []


def test_the_day_decides_the_policy(tmp_path: Path) -> None:
    quarter = {"subject": "S", "holdings": [["p", "S", 0.25], ["q", "S", 0.75]]}
    before, after = answers(run(tmp_path, "ownership", [quarter, quarter | {"on": "2027-07-10"}], "--json"))

    assert [owner["id"] for owner in before["beneficial_owners"]] == ["q"]
    assert [owner["id"] for owner in after["beneficial_owners"]] == ["q", "p"]


def test_sanctioned_owners_block_by_regime(tmp_path: Path) -> None:
    (answer,) = answers(run(tmp_path, "ownership", [MEETS | {"blocked": ["q"]}], "--json"))

    assert {regime: found["subject_blocked"] for regime, found in answer["sanctioned"].items()} == {
        "ofac": True,
        "eu": True,
        "uk": True,
    }


def test_a_rating_says_its_factors_and_what_would_change_it(tmp_path: Path) -> None:
    (answer,) = answers(run(tmp_path, "rate", [FACTS | {"countries": ["VN"]}], "--json"))

    assert (answer["band"], answer["points"], answer["approvals"]) == ("medium", 30, 1)
    assert {"facts": {"country": "not_listed"}, "points": 0, "band": "low"} in answer["changes"]


def test_a_rating_takes_csv_with_empty_cells_for_what_is_not_known(tmp_path: Path) -> None:
    rows = [",".join(FACTS), "DE FR,person,software,in_person,none,none,verified,0", "DE,,software,,,,,"]
    known, unknown = answers(run(tmp_path, "rate", rows, "--json", name="in.csv"))

    assert (known["band"], unknown["band"]) == ("low", "high")
    assert "facts_missing" in unknown["caveats"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"countries": ["XX"]}, "country_unknown"),
        ({"product": "x"}, "risk_fact_unknown"),
        ({"shoe": 1}, "line_invalid"),
    ],
)
def test_facts_that_cannot_be_are_reported(tmp_path: Path, facts: dict[str, Any], code: str) -> None:
    result = run(tmp_path, "rate", [FACTS | facts], "--json")

    assert (result.exit_code, answers(result)[0]["error"]["code"]) == (1, code)


@pytest.mark.parametrize(("command", "line"), [("mrz", {"lines": ZONE}), ("ownership", MEETS), ("rate", FACTS)])
def test_people_get_a_table(tmp_path: Path, command: str, line: dict[str, Any]) -> None:
    result = run(tmp_path, command, [line])

    assert result.exit_code == 0
    assert "┃ line" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [["mrz", "nowhere.jsonl"], ["rate", "IN", "--policy", "none"], ["ownership", "IN", "--policy", "none"]],
)
def test_what_stops_everything_is_one_line_and_exit_code_two(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "in.jsonl").write_text("{}\n")
    result = CliRunner().invoke(app, [str(tmp_path / "in.jsonl") if each == "IN" else each for each in arguments])

    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_standard_input_is_a_file_too() -> None:
    result = CliRunner().invoke(app, ["mrz", "-", "--json"], input=json.dumps({"lines": ZONE}) + "\n")

    assert answers(result)[0]["valid"]
