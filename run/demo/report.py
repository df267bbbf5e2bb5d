"""What a compliance officer reads at the end of the demo: four clients' files, and commands with what they gave."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from kyc.screening import Policy
from run.caller import Json
from run.demo import own_list
from run.demo.commands import Given
from run.demo.compliance import Account
from run.demo.files import Files
from run.demo.officers import LAXER, STRICTER, Acts
from run.demo.parts import PARTS

Shown = Table | Text

_FRAME = re.compile(r"[\s┏━┳┓┡╇┩└─┴┘]*")  # a line that only frames a table
_SIDES = re.compile(r"\s*[│┃]\s*")
_MOST = 30  # lines of an answer


def tell(files: Files, acts: Acts, account: Account) -> Iterator[Shown]:
    yield Text("\nFor the compliance officer", style="bold")
    yield _head("two-owners", "who is behind it, as it said line by line on the portal")
    yield _owners(files.owned["ownership"])
    yield _matrix(files.owned, "owner_1")
    yield from _silence(files.owned)
    yield _head("two-owners", "what followed when a list had a namesake of its owner")
    yield from _found(files)
    yield _head("near-name", "how the score came about, and what was made of it")
    yield from _scored(files.hit["evidence"])
    yield from _allowed(files.allowed)
    yield _head("listed", "confirmed by two, and reported")
    yield from _scored(files.confirmed["evidence"])
    yield _line(
        _plain(files.report["code"]) + f" to be made by {files.report['due']['effective'][:10]}, for the officer"
    )
    yield _head("withdraws", "what next month's sample of near misses would draw of it")
    for _, miss in account.near:
        yield _line(f"{miss.hit.entry}: score {miss.hit.score:.2f}, {miss.hit.explanation.flip}")
    yield Text("\nCommands, and what they gave", style="bold")
    yield from _commands(acts, account)


def _head(sample: str, words: str) -> Text:
    title = next(part.title for part in PARTS if part.reference == f"sample-{sample}")
    return Text(f"\n{title[0].upper()}{title[1:]}: {words}", style="italic")


def _line(words: str) -> Text:
    return Text(f"  {words}")


def _plain(code: str) -> str:
    return code.replace("_", " ")


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, padding=(0, 2, 0, 1))


def _owners(owned: Json) -> Table:
    table = _table(" party", "share", "owner by", "paths")
    for owner in owned["beneficial_owners"]:
        paths = [f"{' → '.join(path['path'])} {path['share']:.1%}" for path in owner["paths"]]
        grounds = dict.fromkeys(_plain(reason["ground"]) for reason in owner["grounds"])
        table.add_row(f" {owner['id']}", f"{owner['share']:.1%}", ", ".join(grounds), "; ".join(paths))
    for gap in owned["gaps"]:
        table.add_row(f" of {', '.join(gap['parties'])}", f"{gap['share']:.1%}", "", f"{_plain(gap['code'])}")
    return table


def _matrix(owned: Json, party: str) -> Table:
    """Each field by each source: the verdict and where it was read, and no value of the client's."""
    matrix = owned["matrices"][party]
    columns = [said for said in matrix["statements"] if said["values"] and said["source"] != "declared"]
    names = [_plain(said["source"]) + (f" {said['record']}" if said["record"] else "") for said in columns]
    table = _table(f" {party} declared", *names)
    for row in matrix["rows"]:
        cells = [row["cells"].get(_column(said)) for said in columns]
        table.add_row(f" {_plain(row['field'])}", *(escape(_cell(cell)) for cell in cells))
    return table


def _column(said: Json) -> str:
    name = said["document"] or said["record"]
    return f"{said['source']}:{name}" if name and said["source"] != "registry" else str(said["source"])


def _cell(cell: Json | None) -> str:
    if cell is None or cell["value"] is None:
        return ""
    where = cell["provenance"]
    page = f"page {where['page']}, " if where["page"] else ""
    return f"{cell['verdict']} ({page}{where['place']})"


def _silence(owned: Json) -> Iterator[Text]:
    """Why a source says nothing of a party: silence is never taken for good news."""
    for party, matrix in owned["matrices"].items():
        for said in matrix["statements"]:
            if said["silent"]:
                yield _line(f"{party}, {said['source']}: {_plain(said['silent'])}")


def _found(files: Files) -> Iterator[Text]:
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in files.found:
        apart, what = _what(one)
        told[what, f"{one['signal']['state']}, {_plain(one['signal']['reason'])}"].append(apart)
    for (what, judged), each in told.items():
        yield _line(f"{what.format(', '.join(sorted(each)))}: {judged}")
    for task in files.bands:
        said = task["resources"]
        yield _line(f"band {said['before']} → {said['band']}, next review due {said['next_review']}")


def _what(one: Json) -> tuple[str, str]:
    """What differs among signals of one sort (the party, the regime), and what they have in common."""
    signal, about = one["signal"], one["evidence"]
    if signal["kind"] == "list_hit":
        return signal["party"], f"{about['entry']} bears the name of {{}}"
    steps = [
        f"{' + '.join(step['by'])} → {step['party']} {float(Fraction(step['share'])):.0%}" for step in about["steps"]
    ]
    return about["regime"], f"sanctions would reach the {signal['party']} ({'; '.join(steps)}; {{}})"


def _scored(hit: Json) -> Iterator[Text]:
    yield _line(f"{hit['entry']}: score {hit['score']:.2f} (names), strength {hit['strength']:.2f} (evidence)")
    yield from (_line(line) for line in str(hit["words"]).splitlines())


def _allowed(allowed: Json) -> Iterator[Text]:
    for row in allowed["allowances"]:
        two = f"{row['proposed_by']} and {row['approved_by']}"
        yield _line(f"passed over from now on ({_plain(row['reason'])}) by {two}, until {row['expires_story'][:10]}")
    for row in allowed["passed_over"]:
        yield _line(f"looked at again after day 90, {row['entry']} raised no signal")


def _commands(acts: Acts, account: Account) -> Iterator[Text]:
    handed = acts.handed
    assert handed, "compliance has come to the end of its work"
    given: Mapping[str, Given] = {**acts.given, **handed.given}
    yield from _said(given["sources"], keep=f"│ {own_list.NAME} ")
    yield _line(f"$ aboard lists release {acts.held}")
    yield _line(f"  twice, by two people: {acts.missing[0]} more must, then it is in force")
    yield from _said(given["diff"])
    yield from _said(given["lookback"])
    yield from _said(
        given[f"backtest {STRICTER}"], f"threshold {STRICTER:.2f} instead of {Policy.read().threshold:.2f}"
    )
    yield from _said(given[f"backtest {LAXER}"], f"threshold {LAXER:.2f}; exit code {given[f'backtest {LAXER}'].exit}")
    yield _line(f"  and `aboard policy activate` is refused: {_plain(acts.refused)}")
    yield from _said(given["ownership"])
    yield from _said(given["due"], keep=handed.client)
    yield from _said(given["replay"])
    yield _line(f"  So do all {account.replayed} decisions on the six clients.")
    yield from _said(given["dossier"])
    yield from _said(given["verify"], "elsewhere, with neither server nor database")


def _said(given: Given, note: str = "", keep: str = "") -> Iterator[Text]:
    """Of a table its head and its rows; of these, those with the word that is kept."""
    yield _line(f"$ {given.typed}" + (f"   # {note}" if note else ""))
    for line in given.said[:_MOST]:
        if not _FRAME.fullmatch(line) and (keep in line or "┃" in line):
            inner = "  ".join(part for part in _SIDES.split(line) if part)
            yield _line(f"  {inner.lstrip() if len(inner) - len(inner.lstrip()) > 8 else inner}")
