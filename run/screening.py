"""Lists and screening at the command line: for back-tests, audits and scripts. Files only, no server.

`aboard lists load` keeps versions of lists under the state folder; `aboard screen` uses what is in force there, or the
files named with `--list`.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from kyc import lists as watch_lists
from kyc.lists import BrokenList, ListVersion, Store
from kyc.lists.formats import READERS
from kyc.lists.sources import NAMED
from kyc.lists.together import lists_in
from kyc.screening import Index, NoIndex, Policy, Scorer, Screening
from kyc.screening import compare as compare_names
from kyc.screening.quality import check
from onboarding.errors import Invalid
from onboarding.settings import Settings
from run.answers import Json, LineInvalid, answer_all, or_exit
from run.lines import Row
from run.subjects import subject

app = typer.Typer(no_args_is_help=True, add_completion=False)
lists = typer.Typer(no_args_is_help=True, add_completion=False, help="Load, show and compare versions of watch lists.")
app.add_typer(lists, name="lists")

_EXITS = "Exit codes: 0 all lines answered, 1 some refused and the rest answered, 2 nothing could be done."
_File = Annotated[Path, typer.Argument(help="the file, or - for standard input", show_default=False)]
_AsJson = Annotated[bool, typer.Option("--json", help="JSON Lines instead of a table, in the order of the input")]
_StoreAt = Annotated[
    Path | None, typer.Option("--store", help="folder of the kept versions; under the state folder when left out")
]
_PolicyAt = Annotated[Path | None, typer.Option("--policy", help="screening policy; the shipped one when left out")]


class BadSource(Invalid):
    """A list goes by small letters, digits and hyphens, 40 at most."""

    code = "bad_source"


@lists.command("load")
def load(
    files: Annotated[list[Path], typer.Argument(help="files of one list or of several", show_default=False)],
    format: Annotated[str | None, typer.Option(help=f"{', '.join(sorted(READERS))}; told from the content")] = None,
    source: Annotated[str | None, typer.Option(help="what the list is to be called here")] = None,
    json_: _AsJson = False,
    store: _StoreAt = None,
    released_by: Annotated[list[str] | None, typer.Option(help="who lets in a version that loses over 10 %")] = None,
    self_test: Annotated[bool, typer.Option(help="screen 500 misspelled entries of its own first")] = True,
) -> None:
    """Load lists: each becomes a version, kept, and put in force unless it loses too much or cannot find its own."""
    kept = _store(store)
    with or_exit():
        for version in versions_of(files, format, source):
            tested = check(version, Policy.read()) if self_test else None
            admitted = kept.admit(version, released_by or ())
            facts = _facts(version) | {
                "state": admitted.state,
                "self_test": {"asked": tested.asked, "found": tested.found} if tested else None,
            }
            _print([facts], json_, ("source", "format", "entries", "names", "refused", "version", "state"))
            for refused in () if json_ else version.refused:
                print(f"{refused.file}, line {refused.line}: {refused.reason}", file=sys.stderr)


@lists.command("show")
def show(
    what: Annotated[str | None, typer.Argument(help="an entry's id, or a version; all versions when left out")] = None,
    json_: _AsJson = False,
    store: _StoreAt = None,
) -> None:
    """Show the kept versions, the entries of one, or one entry."""
    kept = _store(store)
    with or_exit():
        if what is None:
            rows = [{**asdict(k), "version": k.id} for k in kept.versions()]
            columns = ("source", "version", "entries", "names", "refused", "list_date", "checked", "in_force")
            _print(rows, json_, columns)
            return
        entries = _entry(kept, what) if ":" in what else kept.open(what).entries
        rows = [json.loads(entry.to_json()) | {"name": entry.name} for entry in entries]
        _print(rows, json_, ("id", "kind", "name", "born", "countries", "programmes"))


@lists.command("diff")
def diff(
    before: Annotated[str, typer.Argument(help="a kept version, or a file", show_default=False)],
    after: Annotated[str, typer.Argument(help="a kept version, or a file", show_default=False)],
    json_: _AsJson = False,
    store: _StoreAt = None,
) -> None:
    """What changed from one version of a list to another."""
    kept = _store(store)
    with or_exit():
        old, new = (_version(kept, text) for text in (before, after))
        change = watch_lists.diff(old, new)
    ids = {"added": change.added, "removed": change.removed, "changed": change.changed}
    facts: Json = {name: len(found) for name, found in ids.items()}
    facts |= {"rekeyed": len(change.rekeyed), "needs_release": change.needs_release, "before": old.id, "after": new.id}
    if json_:
        print(json.dumps(facts | {"ids": ids | {"rekeyed": change.rekeyed}}, ensure_ascii=False))
        return
    _print([facts], False, ("added", "removed", "changed", "rekeyed", "needs_release"))
    names = {entry.id: entry.name for version in (old, new) for entry in version.entries}
    for sign, found in zip("+-~", ids.values(), strict=True):
        for number in found:
            print(f"{sign} {number} {names[number]}")


@app.command(epilog=_EXITS)
def screen(
    file: _File,
    json_: _AsJson = False,
    list_: Annotated[list[Path] | None, typer.Option("--list", help="screen against these files instead")] = None,
    store: _StoreAt = None,
    policy: _PolicyAt = None,
) -> None:
    """Screen people and companies against the lists in force.

    Lines (or CSV) such as {"id": "7", "name": "Anna Ek", "kind": "person", "birth_date": "1990-01-31", "countries":
    "SE", "passport": "123"}. `hits` are matches, `near` what came close; `incomplete` is not clear and says why. A
    field that is not known, or that cannot be read, is an error of its line.
    """
    with or_exit():
        rules = Policy.read(policy)
        index = _index(list_ or [], _store(store))
    now = datetime.now(UTC)

    def judge(row: Row) -> Json:
        asked = subject(row)
        return {"names": asked.names, **as_json(index.screen(asked, rules, now))}

    columns = ("line", "outcome", "entry", "listed name", "score", "strength", "why")
    answer_all(file, judge, json_, columns, _hit_cells, formats=("jsonl", "csv"))


@app.command(epilog=_EXITS)
def compare(file: _File, json_: _AsJson = False, policy: _PolicyAt = None) -> None:
    """Compare pairs of names: CSV (or JSON Lines) with name1, name2 and schema give score, match and explanation."""
    with or_exit():
        scorer = Scorer(Policy.read(policy))

    def judge(row: Row) -> Json:
        one, other = (row.get(name) for name in ("name1", "name2"))
        if not isinstance(one, str) or not isinstance(other, str):
            raise LineInvalid("name1 and name2 are expected, and may have a schema such as Person or Company")
        found = compare_names(one, other, str(row.get("schema") or ""), scorer)
        explanation = found.explanation.model_dump(mode="json") | {"words": found.explanation.words}
        return {"name1": one, "name2": other, **found.model_dump(mode="json"), "explanation": explanation}

    answer_all(file, judge, json_, ("line", "score", "match", "why"), _pair_cells, formats=("jsonl", "csv"))


def as_json(found: Screening) -> Json:
    """A screening as the commands print it, each explanation in words beside its parts."""
    data = found.model_dump(mode="json")
    for group, hits in (("hits", found.hits), ("near", found.near)):
        for shown, hit in zip(data[group], hits, strict=True):
            shown["explanation"]["words"] = hit.explanation.words
    return data


def _store(folder: Path | None) -> Store:
    return Store(folder or Settings().home / "lists")


def versions_of(files: Sequence[Path], format: str | None = None, source: str | None = None) -> list[ListVersion]:
    """The lists that these files are, each read. Raises BrokenList, also where two would go by one name."""
    found = lists_in(files, format)
    if source and (len(found) > 1 or not NAMED.fullmatch(source)):
        raise BadSource("files of more than one list cannot go by one name" if len(found) > 1 else None)
    versions = [watch_lists.load(each.files, each.format, source=source or each.name) for each in found]
    for place, version in enumerate(versions):
        before = next((each for each in versions[:place] if each.source == version.source), None)
        if before:
            files_ = f"{before.files[0]} and {version.files[0]}"
            raise BrokenList(f"{files_} are two versions, or two lists: load them one by one", code="two_versions")
    return versions


def _facts(version: ListVersion) -> Json:
    return {
        "format": version.format, "source": version.source, "entries": len(version.entries), "names": version.names,
        "refused": len(version.refused), "version": version.id, "files": version.files,
        "list_date": version.list_date.isoformat() if version.list_date else None,
        "refusals": [asdict(refused) for refused in version.refused],
    }  # fmt: skip


def _version(kept: Store, text: str) -> ListVersion:
    return watch_lists.load([Path(text)]) if Path(text).is_file() else kept.open(text)


def _entry(kept: Store, number: str) -> list[watch_lists.Entry]:
    return [entry for version in kept.in_force() for entry in version.entries if entry.id == number]


def _index(files: Sequence[Path], kept: Store) -> Index:
    """The index of these files, or of what is in force; kept beside the versions until one of them changes."""
    if files:
        return Index.build(versions_of(files))
    current = [version for version in kept.versions() if version.in_force]
    if not current:
        raise NoIndex("no list is in force: load one with `aboard lists load`, or name its files with --list")
    name = hashlib.sha256(" ".join(version.id for version in current).encode()).hexdigest()[:32]
    folder = kept.folder / "index" / name
    try:
        return Index.open(folder)
    except NoIndex:
        print("Building the index of the lists in force …", file=sys.stderr)
        return Index.build(kept.in_force(), folder)


def _hit_cells(data: Json) -> Iterator[tuple[str, ...]]:
    shown = [*data["hits"], *data["near"]][:10]
    gaps = ", ".join(data["not_covered"])
    if not shown:
        yield data["outcome"], "", "", "", "", gaps
    for hit in shown:
        facts = hit["explanation"]["words"].split("\n")[1:]
        why = "\n".join(fact for fact in facts if "is the same as" not in fact)
        yield (
            data["outcome"] if hit["match"] else f"{data['outcome']} (near)",
            hit["entry"], hit["name"], f"{hit['score']:.2f}", f"{hit['strength']:.2f}", f"{gaps}\n{why}".strip(),
        )  # fmt: skip


def _pair_cells(data: Json) -> Iterator[tuple[str, ...]]:
    yield f"{data['score']:.2f}", "yes" if data["match"] else "no", data["explanation"]["words"]


def _print(rows: Sequence[Json], as_json: bool, columns: tuple[str, ...]) -> None:
    if as_json:
        for row in rows:
            print(json.dumps(row, default=str, ensure_ascii=False))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    Console().print(table)


def _cell(value: Any) -> str:
    return ", ".join(map(_cell, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
