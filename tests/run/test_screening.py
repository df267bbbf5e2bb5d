import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kyc.lists import Store
from run.screening import app
from tests.kyc.samples import SAMPLES, SHARED, needs_real_lists

LIST = [str(SAMPLES / name) for name in ("sdn.csv", "alt.csv", "add.csv")]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def store(tmp_path: Path) -> str:
    folder = str(tmp_path / "lists")
    assert run("lists", "load", *LIST, "--store", folder).exit_code == 0
    return folder


def test_a_load_tells_what_it_read(tmp_path: Path) -> None:
    (told,) = answers(run("lists", "load", *LIST, "--json", "--store", str(tmp_path)))

    assert (told["format"], told["source"], told["entries"], told["names"], told["refused"]) == (
        "ofac-csv",
        "ofac-sdn",
        40,
        89,
        0,
    )
    assert told["state"] == "in_force"


def test_kept_versions_and_their_entries_are_shown(store: str) -> None:
    (kept,) = answers(run("lists", "show", "--json", "--store", store))
    (entry,) = answers(run("lists", "show", "ofac-sdn:900008", "--json", "--store", store))

    assert (kept["entries"], kept["in_force"]) == (40, True)
    assert entry["name"] == "HADDADIN-QASR, Leila"
    assert len(answers(run("lists", "show", kept["version"][:10], "--json", "--store", store))) == 40


@needs_real_lists
def test_a_diff_counts_what_changed(tmp_path: Path) -> None:
    files = [str(SHARED / f"watchlists/ofac/sdn_{on}.csv") for on in ("2024-03-28", "2024-05-31")]

    (told,) = answers(run("lists", "diff", *files, "--json", "--store", str(tmp_path)))

    assert (told["added"], told["removed"], told["changed"]) == (439, 15, 17)


def test_subjects_are_screened_in_order_and_broken_lines_reported(tmp_path: Path, store: str) -> None:
    path = tmp_path / "subjects.jsonl"
    path.write_text(
        '{"id": "a", "name": "Leila Haddadin-Qasr", "kind": "person", "birth_date": "1974-09-02"}\n'
        '{"name": ""}\n{broken\n{"id": "b", "name": "Grace Tan", "countries": ["SG"]}\n'
    )

    result = run("screen", str(path), "--json", "--store", store)
    first, second, third, fourth = answers(result)

    assert result.exit_code == 1
    assert (first["id"], first["outcome"], first["hits"][0]["entry"]) == ("a", "hits", "ofac-sdn:900008")
    assert first["hits"][0]["score"] == 1.0
    assert "birth date: for" in first["hits"][0]["explanation"]["words"]
    assert (second["error"]["code"], third["error"]["code"]) == ("line_invalid", "line_broken")
    assert (fourth["id"], fourth["outcome"]) == ("b", "clear")


def test_a_csv_of_subjects_is_screened_against_files(tmp_path: Path) -> None:
    path = tmp_path / "subjects.csv"
    path.write_text("id,name,schema,passport\n1,Nobody Known,Person,Z0019937\n")

    (told,) = answers(run("screen", str(path), "--json", *(part for name in LIST for part in ("--list", name))))

    assert told["hits"][0]["entry"] == "ofac-sdn:900008"


def test_pairs_are_compared_in_order(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("name1,name2,schema\nSiemens AG,Siemens Aktiengesellschaft,Company\nAnna Ek,Ola Berg,Person\n")

    one, other = answers(run("compare", str(path), "--json"))

    assert (one["match"], other["match"]) == (True, False)
    assert one["score"] == 1.0
    assert "Siemens AG" in one["explanation"]["words"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("screen", "nowhere.jsonl", "--store", "nothing"),
        ("lists", "load", "nowhere.csv"),
        ("lists", "diff", "abc", "def", "--store", "nothing"),
        ("compare", "nowhere.csv"),
    ],
)
def test_what_stops_everything_is_one_line_and_exit_code_two(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_a_broken_file_never_replaces_a_good_one(tmp_path: Path, store: str) -> None:
    broken = tmp_path / "sdn.csv"
    broken.write_bytes((SAMPLES / "sdn.csv").read_bytes()[:900])

    result = run("lists", "load", str(broken), "--json", "--store", store)
    kept = answers(run("lists", "show", "--json", "--store", store))

    assert answers(result)[0]["state"] == "held"
    assert "of 40 entries are gone. Name it with --source if it is another list" in result.stderr
    assert [k["entries"] for k in kept if k["in_force"]] == [40]


def an_own_list(folder: Path, name: str, *names: str) -> str:
    (folder / name).write_text("\n".join(["name", *names, ""]), "utf-8")
    return str(folder / name)


def loaded(*arguments: str) -> dict[str, Any]:
    result = run("lists", "load", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return answers(result)[0]


def test_lists_of_ones_own_do_not_put_each_other_out_of_force(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "lists"))
    loaded(an_own_list(tmp_path, "staff.csv", "Bartholomew Quibble"), *store)
    loaded(an_own_list(tmp_path, "friends.csv", "Clementine Inkwell"), *store)
    loaded(an_own_list(tmp_path, "x.csv", "Dorothea Wexford"), "--source", "partners", *store)

    kept = answers(run("lists", "show", "--json", *store))

    assert [(each["source"], each["in_force"]) for each in kept] == [
        ("own-friends", True),
        ("own-staff", True),
        ("partners", True),
    ]


@pytest.mark.parametrize(("name", "why"), [("Not A Name", "small letters"), ("both", "more than one list")])
def test_a_name_for_a_list_is_refused_where_it_is_none_or_for_two(tmp_path: Path, name: str, why: str) -> None:
    files = [an_own_list(tmp_path, f"{each}.csv", "A One") for each in (("a",) if "Not" in name else ("a", "b"))]

    result = run("lists", "load", *files, "--source", name, "--store", str(tmp_path / "lists"))

    assert (result.exit_code, why in result.stderr) == (2, True)


def test_two_versions_given_together_are_refused_by_their_names_and_neither_is_kept(tmp_path: Path) -> None:
    files = [an_own_list(tmp_path, f"staff-2026-0{month}-01.csv", "A One") for month in (1, 2)]

    result = run("lists", "load", *files, "--store", str(tmp_path / "lists"))

    assert result.exit_code == 2
    assert "staff-2026-01-01.csv and staff-2026-02-01.csv are two versions" in result.stderr
    assert answers(run("lists", "show", "--json", "--store", str(tmp_path / "lists"))) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        ("threshold: [", "this is no YAML: line 1, column 13"),
        ("threshold: 2", "this is no screening policy: name: Field required"),
        ("- a", "this is no screening policy: Input should be a valid dictionary"),
    ],
)
@pytest.mark.parametrize("command", ["screen", "compare"])
def test_a_policy_that_is_none_is_one_line_with_its_place(
    tmp_path: Path, command: str, content: str | None, said: str
) -> None:
    policy, file = tmp_path / "policy.yaml", tmp_path / "in.jsonl"
    file.write_text("{}")
    if content:
        policy.write_text(content)

    result = run(command, str(file), "--policy", str(policy))

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{policy}: {said}")
    assert len(result.stderr.splitlines()) == 1


def test_an_unchanged_list_that_is_loaded_again_is_as_young_as_its_last_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, path = ("--store", str(tmp_path / "lists")), an_own_list(tmp_path, "own.csv", "Bartholomew Quibble")
    (tmp_path / "one.jsonl").write_text('{"name": "Grace Tan"}')
    first, again = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)
    seen = []
    for loaded_at, screened in ((first, first), (None, again), (again, again)):
        if loaded_at:
            at(monkeypatch, loaded_at)
            loaded(path, *store)
        at(monkeypatch, screened)
        seen += answers(run("screen", str(tmp_path / "one.jsonl"), "--json", *store))
    (kept,) = answers(run("lists", "show", "--json", *store))

    assert [each["outcome"] for each in seen] == ["clear", "incomplete", "clear"]
    assert seen[1]["not_covered"] == ["list_old:own"]
    assert [datetime.fromisoformat(kept[when]) for when in ("since", "checked")] == [first, again]


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Then":
            return cls.fromtimestamp(now.timestamp(), tz)

    monkeypatch.setattr("run.screening.datetime", Then)
    monkeypatch.setattr("kyc.lists.formats.datetime", Then)


def test_a_list_that_a_service_keeps_fresh_is_not_changed_from_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    store = ("--store", str(folder))
    whole = loaded(an_own_list(tmp_path, "own.csv", *(f"Person Number{n} Quibble" for n in range(9))), *store)
    Store(folder).answer("own", "own", datetime(2026, 3, 2, tzinfo=UTC))
    cut = an_own_list(tmp_path, "own.csv", "Bartholomew Quibble")

    result = run("lists", "load", cut, "--released-by", "a", "--released-by", "b", "--no-self-test", *store)

    assert (result.exit_code, "aboard lists release" in result.stderr) == (2, True)
    assert Store(folder).current("own") == whole["version"]
    assert Store(folder).held("own") is None


def test_an_entry_that_no_list_has_is_an_error(store: str) -> None:
    result = run("lists", "show", "un-sc:nope", "--store", store)

    assert (result.exit_code, result.stderr.strip()) == (2, "no list in force has an entry un-sc:nope")


def test_a_file_is_compared_with_a_kept_version_under_its_name(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "lists"))
    kept = loaded(an_own_list(tmp_path, "staff.csv", "Bartholomew Quibble", "Dorothea Wexford"), *store)
    newer = an_own_list(tmp_path, "newer.csv", "Bartholomew Quibble", "Clementine Inkwell")

    (told,) = answers(run("lists", "diff", kept["version"], newer, "--json", *store))

    assert (told["added"], told["removed"], told["rekeyed"]) == (1, 1, 0)


def test_a_load_says_by_line_what_it_refused_and_what_it_could_not_read(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("name,birth_date\nA One,31/31/1990\n,1990\n")

    result = run("lists", "load", str(path), "--store", str(tmp_path / "lists"))

    assert result.stderr.splitlines() == ["own.csv, line 3: no_name", "own.csv, line 2: unreadable_birth_date"]


@pytest.mark.parametrize("command", [("lists", "load", *LIST), ("screen", "people.jsonl", "--list", LIST[0])])
def test_answers_go_where_they_are_sent_while_a_terminal_shows_the_progress(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "people.jsonl").write_text('{"name": "Leila Haddadin-Qasr"}\n')
    terminal, shown = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "run.cli", *command, "--json", "--store", "kept"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=shown, check=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm"},
        )  # fmt: skip
    finally:
        os.close(shown)
        os.close(terminal)

    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 1
