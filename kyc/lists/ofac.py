"""OFAC's SDN and consolidated lists as CSV: the primary file with its alias, address and comment files beside it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kyc.lists import cells, countries, dates
from kyc.lists.cells import Cells
from kyc.lists.entry import Entry, Identifier, Kind, Name, Place, Relation
from kyc.lists.source import File, Gathered, two_versions
from kyc.lists.version import Refused

NOTHING = "-0-"  # OFAC's null
PRIMARY, ALIASES, ADDRESSES, COMMENTS = 12, 5, 6, 2  # columns tell the four files apart
WIDTHS = (PRIMARY, ALIASES, ADDRESSES, COMMENTS)

Remarks = dict[str, list[str]]
Rows = list[list[str]]

# Programmes of the lists that are not the SDN list. Some of their entries stand on both: never a tenth of the SDN's.
_NOT_SDN = {"NS-PLC", "CMIC-EO13959", "561-RELATED", "UKRAINE-EO13662", "FSE-IR", "FSE-SY"}
_SHARE = 0.10


def read(files: list[File]) -> Gathered:
    """Entries of the primary file, completed from the others by their number."""
    refused: list[Refused] = []
    read_from: dict[int, File] = {}
    tables: dict[int, dict[str, Rows]] = {width: defaultdict(list) for width in WIDTHS}
    lines: dict[int, dict[str, list[int]]] = {width: defaultdict(list) for width in WIDTHS}
    for file in files:
        rows = list(_rows(file, refused))
        if rows and (before := read_from.setdefault(len(rows[0][1]), file)) is not file:
            raise two_versions(before, file)
        for line, row in rows:
            tables[len(row)][row[0]].append(row)
            lines[len(row)][row[0]].append(line)
    refused += [
        Refused(read_from[width].name, line, "no_such_entry")
        for width in WIDTHS
        for number in lines[width].keys() - tables[PRIMARY].keys()
        for line in lines[width][number]
    ]
    entries = [_entry("ofac", row, tables) for rows in tables[PRIMARY].values() for row in rows]
    return Gathered(source_of(entry.programmes for entry in entries), entries, refused)


def source_of(entries: Iterable[Sequence[str]]) -> str:
    """The SDN list or the consolidated one of all the others, told from the programmes of the entries."""
    apart = [not _NOT_SDN.isdisjoint(programme.upper() for programme in each) for each in entries]
    return "ofac-consolidated" if sum(apart) > _SHARE * len(apart) else "ofac-sdn"


def apart(files: Sequence[File]) -> list[list[int]]:
    """Which of these files are one list, by their places: each primary file, and what is beside it by its numbers."""
    tables = [[row for _, row in _rows(file, [])] for file in files]
    primary = [place for place, rows in enumerate(tables) if rows and len(rows[0]) == PRIMARY]
    named = {place: source_of(_programmes(row[3]) for row in tables[place]) for place in primary}
    lists = {source: [place for place in primary if named[place] == source] for source in named.values()}
    if len(lists) < 2:
        return [list(range(len(files)))]
    numbers = {source: {row[0] for place in places for row in tables[place]} for source, places in lists.items()}
    for place in range(len(files)):
        if place not in primary:
            known = {source: sum(row[0] in ids for row in tables[place]) for source, ids in numbers.items()}
            lists[max(known, key=lambda source: known[source])].append(place)
    return list(lists.values())


def _rows(file: File, refused: list[Refused]) -> Iterator[tuple[int, list[str]]]:
    """Rows of the file's own width; a row of another width, or without a number, is refused with its line."""
    found = [each for each in cells.read(file.text.rstrip("\x1a\r\n")) if _says(each)]
    widths = Counter(len(each.cells) for each in found if each.whole and len(each.cells) in WIDTHS)
    width = max(widths, key=lambda each: widths[each], default=PRIMARY)
    for line, given, whole in found:
        row = ["" if (text := cell.strip()) == NOTHING else text for cell in given]
        if len(row) != width:
            refused.append(Refused(file.name, line, "wrong_number_of_columns" if whole else "unclosed_quote"))
        elif not row[0].isdigit():
            refused.append(Refused(file.name, line, "no_entry_number"))
        elif width == PRIMARY and not row[1]:
            refused.append(Refused(file.name, line, "no_name"))
        else:
            yield line, row


def _says(row: Cells) -> bool:
    return not row.whole or any(cell.strip() for cell in row.cells)


def _entry(source: str, row: list[str], tables: dict[int, dict[str, Rows]]) -> Entry:
    number = row[0]
    comment = " ".join(r[1] for r in tables[COMMENTS].get(number, ()))
    remarks = _remarks(f"{row[11]} {comment}")
    kind = Kind.of(row[2]) if row[2] else Kind.COMPANY
    addresses = tuple(_address(r) for r in tables[ADDRESSES].get(number, ()) if any(r[2:5]))
    return Entry(
        id=f"{source}:{number}",
        kind=kind,
        names=_names(row[1], tables[ALIASES].get(number, []), remarks),
        born=tuple(span for text in remarks["dob"] if (span := dates.read(text))) if kind == Kind.PERSON else (),
        birth_places=tuple(_place(text) for text in remarks["pob"]),
        countries=countries.codes([*remarks["nationality"], *([row[8]] if kind == Kind.VESSEL else [])]),
        gender=remarks["gender"][0][:1].lower() if remarks["gender"] else "",
        identifiers=_identifiers(row, kind, remarks),
        addresses=addresses,
        programmes=_programmes(row[3]),
        relations=tuple(Relation("linked", name) for name in remarks["linked"]),
        note="; ".join(part for part in (*row[4:11], row[11], comment) if part),
    )


def _programmes(cell: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in cell.replace("[", "]").split("]") if p.strip())


def _names(primary: str, aliases: Rows, remarks: Remarks) -> tuple[Name, ...]:
    """The primary name, the alias file's (strong unless it says weak), the quoted ones of the remarks (weak)."""
    names = [Name(primary)]
    names += [Name(r[3], _alias_type(r[2]), weak="weak" in (r[2] + r[4]).lower()) for r in aliases if r[3]]
    names += [Name(text, "aka", weak=True) for text in remarks["weak"]]
    names += [Name(text, "fka") for text in remarks["former"]]
    return tuple(dict.fromkeys(names))


def _alias_type(word: str) -> str:
    return "fka" if word.lower().startswith("f") else "aka"


def _address(row: list[str]) -> Place:
    return Place(", ".join(cell for cell in row[2:5] if cell), countries.code(row[4]))


def _place(text: str) -> Place:
    return Place(text, countries.code(text.rsplit(",", 1)[-1]))


_QUOTED = re.compile(r"\b([afn])\.k\.a\.,?\s+'((?:[^']|'(?!\s*(?:[;.)]|$)))+)'", re.IGNORECASE)
_FACTS = (
    ("dob", re.compile(r"^(?:alt\. )?DOB (.+)$")),
    ("pob", re.compile(r"^(?:alt\. )?POB (.+)$")),
    ("nationality", re.compile(r"^(?:alt\. )?(?:nationality|citizen) (.+)$")),
    ("gender", re.compile(r"^Gender (Male|Female)$")),
    ("linked", re.compile(r"^Linked To: (.+)$")),
)


def _remarks(text: str) -> Remarks:
    found: Remarks = defaultdict(list)
    for kind, name in _QUOTED.findall(text):
        found["former" if kind.lower() == "f" else "weak"].append(name.strip())
    found["rest"] = []
    for part in _QUOTED.sub("", text).split(";"):
        fact = part.strip().rstrip(".").strip()
        for key, shape in _FACTS:
            if match := shape.match(fact):
                found[key].append(match[1].strip())
                break
        else:
            found["rest"].append(fact)
    return found


_NUMBERS = (
    ("passport", re.compile(r"\bPassport #?\s*([\w/.-]+)(?: \(([^)]+)\))?", re.IGNORECASE)),
    ("national_id", re.compile(r"\b(?:National ID No\.|Cedula No\.|D\.N\.I\.|C\.U\.R\.P\.|Personal ID Card|"
                               r"Identification Number|National Foreign ID Number) #?\s*([\w/.-]+)(?: \(([^)]+)\))?")),
    ("tax_id", re.compile(r"\b(?:Tax ID No\.|R\.F\.C\.|NIT #|V\.A\.T\. Number|RUC #|RIF #|US FEIN) #?\s*"
                          r"([\w/.-]+)(?: \(([^)]+)\))?")),
    ("registration", re.compile(r"\b(?:Registration Number|Registration ID|Company Number|Business Registration "
                                r"(?:Number|Document #)|C\.R\. No\.|Unified Social Credit Code \(USCC\)|"
                                r"Commercial Registry Number|Matricula Mercantil No|Folio Mercantil No\.|"
                                r"Trade License No\.) ([\w/.-]+)(?: \(([^)]+)\))?")),
    ("lei", re.compile(r"\bLegal Entity (?:Identifier \(LEI\)|Number) ([A-Z0-9]{20})()")),
    ("imo", re.compile(r"\bIMO (?:number )?(\d{7})()")),
    ("mmsi", re.compile(r"\bMMSI\)? (\d{9})()")),
    ("tail", re.compile(r"\bAircraft Tail Number ([\w-]+)()")),
    ("wallet", re.compile(r"\bDigital Currency Address - \w+ ([A-Za-z0-9]{20,})()")),
    ("bic", re.compile(r"\bSWIFT/BIC ([A-Z0-9]{8,11})()")),
    ("email", re.compile(r"\bEmail Address ([^\s;]+@[^\s;]+)()")),
)  # fmt: skip


def _identifiers(row: list[str], kind: Kind, remarks: Remarks) -> tuple[Identifier, ...]:
    found = [
        Identifier(name, match[1].rstrip("."), countries.code(match[2] or ""))
        for fact in remarks["rest"]
        for name, shape in _NUMBERS
        for match in shape.finditer(fact)
        if any(c.isdigit() for c in match[1])
    ]
    if kind == Kind.VESSEL and row[5]:
        found.append(Identifier("call_sign", row[5]))
    if kind == Kind.AIRCRAFT:
        found.append(Identifier("tail", row[1]))
    return tuple(dict.fromkeys(found))
