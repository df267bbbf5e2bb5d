"""Screening at the command line: for back-tests, audits and scripts. Files only, no server.

`aboard screen` uses what `aboard lists load` put in force under the state folder, or the files named with `--list`.
"""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kyc.lists import Kept, ListVersion, Store
from kyc.screening import Index, NoIndex, Policy, Scorer, Screening
from kyc.screening import compare as compare_names
from run.answers import Json, LineInvalid, answer_all, or_exit
from run.lines import Row
from run.listing import AsJson, StoreAt, lists, store_at, versions_of
from run.subjects import subject

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(lists, name="lists")

_EXITS = "Exit codes: 0 all lines answered, 1 some refused and the rest answered, 2 nothing could be done."
_File = Annotated[Path, typer.Argument(help="the file, or - for standard input", show_default=False)]
_PolicyAt = Annotated[Path | None, typer.Option("--policy", help="screening policy; the shipped one when left out")]


@app.command(epilog=_EXITS)
def screen(
    file: _File,
    json_: AsJson = False,
    list_: Annotated[list[Path] | None, typer.Option("--list", help="screen against these files instead")] = None,
    store: StoreAt = None,
    policy: _PolicyAt = None,
) -> None:
    """Screen people and companies against the lists in force.

    Lines (or CSV) such as {"id": "7", "name": "Anna Ek", "kind": "person", "birth_date": "1990-01-31", "countries":
    "SE", "passport": "123"}. `hits` are matches, `near` what came close; `incomplete` is not clear and says why. A
    field that is not known, or that cannot be read, is an error of its line.
    """
    with or_exit():
        rules = Policy.read(policy)
        kept = store_at(store)
        current = [version for version in kept.versions() if version.in_force]
        index = Index.build(versions_of(list_)) if list_ else _index(kept, current)
        checked = {} if list_ else {version.source: version.checked for version in current}
    now = datetime.now(UTC)

    def judge(row: Row) -> Json:
        asked = subject(row)
        return {"names": asked.names, **as_json(index.screen(asked, rules, now, checked))}

    columns = ("line", "outcome", "entry", "listed name", "score", "strength", "why")
    answer_all(file, judge, json_, columns, _hit_cells, formats=("jsonl", "csv"))


@app.command(epilog=_EXITS)
def compare(file: _File, json_: AsJson = False, policy: _PolicyAt = None) -> None:
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


def _index(kept: Store, current: Sequence[Kept]) -> Index:
    """The index of what is in force; kept beside the versions until one of them changes."""
    if not current:
        raise NoIndex("no list is in force: load one with `aboard lists load`, or name its files with --list")
    name = hashlib.sha256(" ".join(version.id for version in current).encode()).hexdigest()[:32]
    folder = kept.folder / "index" / name
    return Index.kept(folder, lambda: _said(kept.in_force()))


def _said(versions: Sequence[ListVersion]) -> Sequence[ListVersion]:
    print("Building the index of the lists in force …", file=sys.stderr)
    return versions


def _hit_cells(data: Json) -> Iterator[tuple[str, ...]]:
    shown = [*data["hits"], *data["near"]][:10]
    gaps = ", ".join([*data["not_covered"], *(f"limited: {limit}" for limit in data["limits"])])
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
