"""What a compliance officer reads at the end of the demo: two clients' files, and commands with what they gave."""

import re
from collections.abc import Iterator, Mapping, Sequence

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from run.caller import Json
from run.demo import own_list
from run.demo.commands import Given
from run.demo.compliance import Account
from run.demo.files import Files
from run.demo.officers import LAXER, STRICTER, Acts
from run.demo.parts import PARTS

Shown = Table | Text

_FRAME = re.compile(r"[\s┏━┳┓┡╇┩└─┴┘]*")  # lines that only frame a table
_SIDES = re.compile(r"\s*[│┃]\s*")


def tell(files: Files, acts: Acts, account: Account) -> Iterator[Shown]:
    yield _title("For the compliance officer")
    yield _head("sample-two-owners", "who is behind it, as the client said it line by line on the portal")
    yield _owners(files.owned["ownership"])
    yield _matrix(files.owned, "owner_1")
    yield from _watched(files)
    yield _head("sample-near-name", "how its score came about, and what two people made of it")
    yield from _hit(files)
    yield _head("sample-withdraws", "what the month's sample of near misses would draw of this run")
    yield from (
        _line(f"{miss.hit.entry} {miss.hit.score:.2f}: {miss.hit.explanation.flip}") for _, miss in account.near
    )
    yield _title("Commands, and what they gave")
    yield from _commands(acts, account)


def _title(words: str) -> Text:
    return Text(f"\n{words}", style="bold")


def _head(reference: str, words: str) -> Text:
    title = next(part.title for part in PARTS if part.reference == reference)
    return Text(f"\n{title[0].upper()}{title[1:]}: {words}", style="italic")


def _line(words: str) -> Text:
    return Text(f"  {words}")


def _owners(owned: Json) -> Table:
    table = Table("party", "share", "owner by", "by which paths", box=None, pad_edge=True)
    for owner in owned["beneficial_owners"]:
        paths = [f"{' → '.join(path['path'])} {path['share']:.1%}" for path in owner["paths"]]
        grounds = dict.fromkeys(reason["ground"].replace("_", " ") for reason in owner["grounds"])
        table.add_row(owner["id"], f"{owner['share']:.1%}", ", ".join(grounds), "; ".join(paths))
    for gap in owned["gaps"]:
        table.add_row(
            ", ".join(gap["parties"]), f"{gap['share']:.1%}", gap["code"].replace("_", " "), "held by nobody known"
        )
    return table


def _matrix(owned: Json, party: str) -> Table:
    """Each field by each source: the verdict and where it was read, and no value of the client's."""
    matrix = owned["matrices"][party]
    silent = {said["source"]: said["silent"] for said in matrix["statements"] if said["silent"]}
    columns = [column for column in matrix["columns"] if column != "declared"]
    table = Table(f"evidence of {party}", *(column.split(":", 1)[-1] for column in columns), box=None, pad_edge=True)
    for row in matrix["rows"]:
        table.add_row(row["field"], *(_cell(row["cells"].get(column), silent.get(column)) for column in columns))
    return table


def _cell(cell: Json | None, silent: str | None) -> str:
    if cell is None or cell["value"] is None:
        return escape(silent.replace("_", " ")) if silent else "-"
    where = cell["provenance"]
    return f"{cell['verdict']}, " + (f"p. {where['page']}, " if where["page"] else "") + str(where["place"])


def _watched(files: Files) -> Iterator[Text]:
    company = files.owned["matrices"]["company"]["statements"]
    silent = next(said["silent"] for said in company if said["source"] == "registry")
    yield _line(f"evidence of company: registry: {silent.replace('_', ' ')} (ABOARD_REGISTRY_VENDOR)")
    for one in files.found:
        signal, about = one["signal"], one["evidence"]
        what = about.get("entry") or f"{about['regime']}: {', '.join(step['party'] for step in about['steps'])}"
        yield _line(
            f"{signal['kind'].replace('_', ' ')} of {signal['party']} ({what}): {signal['state']}, {signal['reason']}"
        )
    for task in files.bands:
        said = task["resources"]
        yield _line(f"band {said['before']} → {said['band']}, next review due {said['next_review']}")


def _hit(files: Files) -> Iterator[Text]:
    hit = files.hit
    yield _line(f"{hit['entry']}: score {hit['score']:.2f} (names), strength {hit['strength']:.2f} (evidence)")
    yield from (_line(line) for line in str(hit["words"]).splitlines())
    for row in files.allowed["allowances"]:
        two = f"{row['proposed_by']} and {row['approved_by']}"
        yield _line(f"allowed by {two} for {row['reason']}, until {row['expires_story'][:10]}")
    for row in files.allowed["passed_over"]:
        yield _line(f"passed over when the client was looked at again: {row['entry']}")


def _commands(acts: Acts, account: Account) -> Iterator[Text]:
    given: Mapping[str, Given] = acts.given
    yield from _said(given["sources"], keep=own_list.NAME)
    yield _line(
        f"$ aboard lists release {acts.held}   (by two people: {acts.missing[0]} more must, then {acts.missing[1]})"
    )
    for name in ("diff", "lookback", f"backtest {STRICTER}", f"backtest {LAXER}"):
        yield from _said(given[name])
    yield _line(f"  and putting it in force was refused: {acts.refused}")
    for each in (given["ownership"], *account.given):
        yield from _said(each)
    yield _line(f"{account.replayed} decisions were scored again and came out the same.")


def _said(given: Given, keep: str = "") -> Iterator[Text]:
    yield _line(f"$ {given.typed}" + (f"   exit code {given.exit}" if given.exit else ""))
    rows: Sequence[str] = [line for line in given.said if not _FRAME.fullmatch(line)]
    for row in rows:
        if keep in row:
            yield _line("  " + "  ".join(part for part in _SIDES.split(row) if part))
