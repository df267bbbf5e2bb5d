"""`aboard lists load`, `show`, `diff`: versions of watch lists at the command line, from files and without a server.

Versions are kept under the state folder unless another is named. A list that a service there keeps fresh is the
service's alone: it is changed by its source, and let in by the two people whom the service knows.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kyc import lists as watch_lists
from kyc.lists import Admission, BrokenList, ListVersion, Refused, Store, Unread
from kyc.lists.formats import READERS
from kyc.lists.sources import NAMED
from kyc.lists.together import lists_in
from kyc.screening import Policy
from kyc.screening.admission import with_those_who_left
from kyc.screening.quality import check
from onboarding.errors import Invalid, NotFound
from onboarding.settings import Settings
from run.answers import Json, or_exit

lists = typer.Typer(no_args_is_help=True, add_completion=False, help="Load, show and compare versions of watch lists.")

AsJson = Annotated[bool, typer.Option("--json", help="JSON Lines instead of a table, in the order of the input")]
StoreAt = Annotated[
    Path | None, typer.Option("--store", help="folder of the kept versions; under the state folder when left out")
]
SHOWN = 20  # refused records on a terminal; the rest are counted

Tell = Callable[[str], None]


class BadSource(Invalid):
    """A list goes by small letters, digits and hyphens, 40 at most."""

    code = "bad_source"


class KeptByService(Invalid):
    """A service keeps this list fresh."""

    code = "kept_by_service"


class NotInForce(NotFound):
    """No list in force has this entry."""

    code = "no_entry"


@lists.command("load")
def load(
    files: Annotated[list[Path], typer.Argument(help="files of one list or of several", show_default=False)],
    format: Annotated[str | None, typer.Option(help=f"{', '.join(sorted(READERS))}; told from the content")] = None,
    source: Annotated[str | None, typer.Option(help="what the list is to be called here")] = None,
    json_: AsJson = False,
    store: StoreAt = None,
    released_by: Annotated[
        list[str] | None, typer.Option(help="twice: who lets in a version that loses over 10 %, where no service does")
    ] = None,
    self_test: Annotated[bool, typer.Option(help="screen 500 misspelled entries of its own first")] = True,
) -> None:
    """Load lists: each becomes a version, kept, and put in force unless it loses too much or cannot find its own."""
    kept, policy = store_at(store), Policy.read()
    with or_exit(), _progress() as tell:
        versions = versions_of(files, format, source, tell)
        for each in versions:
            _ours(kept, each.source)
        for each in versions:
            version = with_those_who_left(kept, each, policy)
            tell(f"{version.source}: screening misspelled entries of its own")
            tested = check(version, policy) if self_test else None
            tell(f"{version.source}: keeping it")
            admitted = kept.admit(version, released_by or ())
            facts = _facts(version) | {
                "state": admitted.state,
                "self_test": {"asked": tested.asked, "found": tested.found} if tested else None,
            }
            columns = ("source", "format", "entries", "names", "refused", "unread", "former", "version", "state")
            print_rows([facts], json_, columns)
            _say(version, json_)
            _say_held(admitted)


@lists.command("show")
def show(
    what: Annotated[str | None, typer.Argument(help="an entry's id, or a version; all versions when left out")] = None,
    json_: AsJson = False,
    store: StoreAt = None,
) -> None:
    """Show the kept versions, the entries of one, or one entry."""
    kept = store_at(store)
    with or_exit():
        if what is None:
            rows = [{**asdict(k), "version": k.id} for k in kept.versions()]
            columns = ("source", "version", "entries", "names", "refused", "list_date", "since", "checked", "in_force")
            print_rows(rows, json_, columns)
            return
        entries = _entry(kept, what) if ":" in what else kept.open(what).entries
        rows = [json.loads(entry.to_json()) | {"name": entry.name} for entry in entries]
        print_rows(rows, json_, ("id", "kind", "name", "born", "countries", "programmes"))


@lists.command("diff")
def diff(
    before: Annotated[str, typer.Argument(help="a kept version, or a file", show_default=False)],
    after: Annotated[str, typer.Argument(help="a kept version, or a file", show_default=False)],
    json_: AsJson = False,
    store: StoreAt = None,
) -> None:
    """What changed from one version of a list to another."""
    kept = store_at(store)
    with or_exit():
        old, new = _two(kept, before, after)
        change = watch_lists.diff(old, new)
    ids = {"added": change.added, "removed": change.removed, "changed": change.changed}
    facts: Json = {name: len(found) for name, found in ids.items()}
    facts |= {"rekeyed": len(change.rekeyed), "needs_release": change.needs_release, "before": old.id, "after": new.id}
    if json_:
        print(json.dumps(facts | {"ids": ids | {"rekeyed": change.rekeyed}}, ensure_ascii=False))
        return
    print_rows([facts], False, ("added", "removed", "changed", "rekeyed", "needs_release"))
    names = {entry.id: entry.name for version in (old, new) for entry in version.entries}
    for sign, found in zip("+-~", ids.values(), strict=True):
        for number in found:
            print(f"{sign} {number} {names[number]}")


def store_at(folder: Path | None) -> Store:
    return Store(folder or Settings().home / "lists")


def versions_of(
    files: Sequence[Path], format: str | None = None, source: str | None = None, tell: Tell = lambda what: None
) -> list[ListVersion]:
    """The lists that these files are, each read. Raises BrokenList, also where two would go by one name."""
    found = lists_in(files, format)
    if source and (len(found) > 1 or not NAMED.fullmatch(source)):
        raise BadSource("files of more than one list cannot go by one name" if len(found) > 1 else None)
    versions: dict[str, ListVersion] = {}
    for each in found:
        tell(f"{each.files[0].name}: reading it")
        version = watch_lists.load(each.files, each.format, source=source or each.name)
        if before := versions.get(version.source):
            both = f"{before.files[0]} and {version.files[0]}"
            raise BrokenList(f"{both} are two versions, or two lists: load them one by one", code="two_versions")
        versions[version.source] = version
    return list(versions.values())


def print_rows(rows: Sequence[Json], as_json: bool, columns: tuple[str, ...]) -> None:
    if as_json:
        for row in rows:
            print(json.dumps(row, default=str, ensure_ascii=False))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    Console().print(table)


def _ours(kept: Store, source: str) -> None:
    """A version that nobody at the service has seen must not come in force there from a shell. Raises KeptByService."""
    if kept.answered(source):
        raise KeptByService(
            f"{source} is kept fresh by a service: change its files, let in what is held with `aboard lists release`, "
            "or keep versions of your own elsewhere with --store"
        )


def _facts(version: ListVersion) -> Json:
    return {
        "format": version.format, "source": version.source, "entries": len(version.entries), "names": version.names,
        "refused": len(version.refused), "unread": len(version.unread), "former": len(version.former),
        "version": version.id, "files": version.files,
        "list_date": version.list_date.isoformat() if version.list_date else None,
        "refusals": [asdict(refused) for refused in version.refused],
        "not_read": [asdict(unread) for unread in version.unread],
    }  # fmt: skip


def _say(version: ListVersion, as_json: bool) -> None:
    """What was refused, and what of the rest could not be read, by file and line."""
    said: list[Refused | Unread] = [] if as_json else [*version.refused, *version.unread]
    for each in said[:SHOWN]:
        print(f"{each.file}, line {each.line}: {each.reason}", file=sys.stderr)
    if len(said) > SHOWN:
        print(f"and {len(said) - SHOWN} more, which --json tells one by one", file=sys.stderr)


def _say_held(admitted: Admission) -> None:
    """What is in force stays; whoever meant another list is told how to say so."""
    if admitted.state == "held" and admitted.change:
        lost, before = admitted.change.lost, admitted.change.before
        print(
            f"it is held: {lost} of {before} entries are gone. Name it with --source if it is another list",
            file=sys.stderr,
        )


def _two(kept: Store, before: str, after: str) -> list[ListVersion]:
    """Both versions; a file goes by the name under which the other one is kept."""
    known = [None if Path(text).is_file() else kept.open(text) for text in (before, after)]
    name = next((version.source for version in known if version), "")
    return [
        version or watch_lists.load([Path(text)], source=name)
        for version, text in zip(known, (before, after), strict=True)
    ]


def _entry(kept: Store, number: str) -> list[watch_lists.Entry]:
    found = [entry for version in kept.in_force() for entry in version.entries if entry.id == number]
    if not found:
        raise NotInForce(f"no list in force has an entry {number}")
    return found


@contextmanager
def _progress() -> Iterator[Tell]:
    """What is being done, on a terminal's error channel; nothing where that is a file or a pipe."""
    console = Console(stderr=True)
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal,
        redirect_stdout=sys.stdout.isatty(),
    ) as progress:  # fmt: skip
        task = progress.add_task("", total=None)
        yield lambda what: progress.update(task, description=what)


def _cell(value: Any) -> str:
    return ", ".join(map(_cell, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
