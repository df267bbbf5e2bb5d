import csv
import re
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

from kyc import lists, risk_policy
from kyc.lists import Entry
from kyc.released import FILE, as_text
from kyc.screening import Index, Policy
from kyc.screening.replay import Past, again, backtest, find, loses_confirmed, matching_hash
from tests.kyc.samples import NOW, SHARED, a_person, needs_real_lists, sample_index, sample_list
from tests.kyc.test_lists import OFAC_XML

POLICY = Policy.read()


def markov() -> Entry:
    return next(entry for entry in sample_list().entries if entry.id == "ofac-sdn:900001")


def test_an_allowance_hash_is_the_same_from_csv_and_xml(tmp_path: Path) -> None:
    (tmp_path / "sdn.xml").write_text(OFAC_XML.replace("THE VETCH", "MARKOW, Wiktor").replace("weak", "strong"))
    (tmp_path / "sdn.csv").write_text(
        '900001,"MARKOV, Viktor Antonovich","individual","DEMO-CYBER",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"'
        'DOB 14 Mar 1961; nationality Russia; Gender Male; Passport 99X1204417 (Russia)."\n'
    )
    (tmp_path / "alt.csv").write_text('900001,1,"aka","MARKOW, Wiktor",-0- \n')
    (from_xml,) = lists.load([tmp_path / "sdn.xml"]).entries
    (from_csv,) = lists.load([tmp_path / "sdn.csv", tmp_path / "alt.csv"]).entries

    party = a_person("Viktor Markov")
    assert matching_hash(party, from_csv) == matching_hash(party, from_xml)


def test_an_allowance_hash_changes_with_either_side() -> None:
    party, entry = a_person("Viktor Markov"), markov()
    hashes = {
        matching_hash(party, entry),
        matching_hash(a_person("Viktor Markov", born="1988-05-05"), entry),
        matching_hash(party, replace(entry, countries=("BY",))),
    }

    assert len(hashes) == 3


def test_a_remark_or_a_programme_leaves_the_allowance_as_it_is() -> None:
    party, entry = a_person("Viktor Markov"), markov()

    assert matching_hash(party, entry) == matching_hash(party, replace(entry, note="new", programmes=("X",)))


def test_a_backtest_tells_gained_and_lost_and_what_bars_it() -> None:
    strict = POLICY.model_copy(update={"threshold": 0.97})
    party = a_person("Viktor Antonovich Markoff")

    (shift,) = backtest(sample_index(), [party, a_person()], POLICY, strict, NOW)

    assert (shift.subject, shift.gained, shift.lost) == ("party_1", (), ("ofac-sdn:900001",))
    assert loses_confirmed([shift], {"party_1": {"ofac-sdn:900001"}}) == [shift]
    assert loses_confirmed([shift], {"party_1": {"ofac-sdn:900008"}}) == []


def a_past(**known: object) -> Past:
    asked = a_person("Viktor Markov", **known)
    return Past(asked=asked, now=NOW, screening=sample_index().screen(asked, POLICY, NOW))


def test_a_screening_that_is_made_again_comes_out_the_same() -> None:
    assert again(sample_index(), a_past(), POLICY) == []


def test_another_policy_shows_what_comes_out_differently() -> None:
    changed = POLICY.model_copy(update={"strength": POLICY.strength.model_copy(update={"base": 0.5})})

    found = again(sample_index(), a_past(), changed)

    assert {each.what for each in found} >= {"policy", "entry ofac-sdn:900001"}
    assert all(each.before != each.after for each in found)


def test_the_size_of_the_list_changes_nothing_that_is_scored_again() -> None:
    others = [replace(entry, id=f"{entry.id}x", names=(replace(entry.names[0], text=f"Unlike Other{n}"),))
              for n, entry in enumerate(sample_list().entries)]  # fmt: skip
    entries = tuple(sorted((*sample_list().entries, *others), key=lambda e: e.id))
    larger = Index.build([replace(sample_list(), entries=entries)])

    found = {each.what for each in again(larger, a_past(), POLICY)}

    assert found == {"list ofac-sdn"}


def test_how_old_a_list_was_is_a_fact_of_that_day() -> None:
    past = a_past()
    gaps = ("list_old:ofac-sdn", "list_missing:un")
    held = past.screening.model_copy(update={"outcome": "incomplete", "not_covered": gaps})

    assert again(sample_index(), past.model_copy(update={"screening": held}), POLICY) == []


def test_every_entry_is_found_by_its_id_and_no_other() -> None:
    ids = [entry.id for entry in sample_list().entries]

    assert [entry.id for number in ids if (entry := find(sample_index(), number))] == ids
    assert find(sample_index(), "ofac-sdn:0") is None
    assert find(sample_index(), "zz:1") is None


@needs_real_lists
def test_between_two_real_versions_only_what_is_compared_reopens_an_allowance() -> None:
    before, after = (
        lists.load([SHARED / f"watchlists/ofac/sdn_{on}.csv"], checked=NOW) for on in ("2024-03-28", "2024-05-31")
    )
    old, party = {entry.id: entry for entry in before.entries}, a_person("Viktor Markov")
    pairs = [(old[entry.id], entry) for entry in after.entries if entry.id in old]
    reopened = {b.id for a, b in pairs if matching_hash(party, a) != matching_hash(party, b)}
    changed = {b.id for a, b in pairs if a.hash != b.hash}
    compared = {b.id for a, b in pairs if _compared(a) != _compared(b)}

    assert reopened <= changed
    assert reopened <= compared
    assert len(reopened) < len(changed)


def _compared(entry: Entry) -> tuple[object, ...]:
    return entry.kind, entry.names, entry.born, entry.countries, entry.gender, entry.identifiers


def test_the_release_ships_the_policies_whose_hashes_it_names() -> None:
    assert FILE.read_text("utf-8") == as_text(), "run `python -m kyc.released` and commit what it writes"


def test_a_risk_policy_keeps_its_hash_in_its_package() -> None:
    policy = risk_policy.load("standard", "uk")

    assert risk_policy.unpack(policy.package) == policy


_ELEMENT = {"DOB": "dateOfBirthList/dateOfBirthItem/dateOfBirth", "nationality": "nationalityList/nationality/country"}


@needs_real_lists
def test_of_real_entries_csv_and_xml_give_the_same_allowance_hash(tmp_path: Path) -> None:
    rows = [row for row in _real("sdn.csv") if row[2] == "individual" and _plain_remarks(row[11])]
    none: dict[str, list[list[str]]] = {row[0]: [] for row in rows}
    others = none | _by_number(_real("alt.csv"), none.keys())
    for name, kept in (("sdn.csv", rows), ("alt.csv", [alt for group in others.values() for alt in group])):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(kept)
    entries = "".join(_as_xml(row, others[row[0]]) for row in rows)
    (tmp_path / "sdn.xml").write_text(f'<sdnList xmlns="http://x">{_PUBLISHED}{entries}</sdnList>', "utf-8")

    from_csv = lists.load([tmp_path / "sdn.csv", tmp_path / "alt.csv"], checked=NOW).entries
    from_xml = lists.load([tmp_path / "sdn.xml"], checked=NOW).entries

    party = a_person("Viktor Markov")
    assert len(rows) > 100
    assert [matching_hash(party, entry) for entry in from_xml] == [matching_hash(party, entry) for entry in from_csv]


_PUBLISHED = "<publshInformation><Publish_Date>03/02/2021</Publish_Date></publshInformation>"


def _real(name: str) -> list[list[str]]:
    with (SHARED / "watchlists/ofac-2021" / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if len(row) > 4]


def _by_number(rows: list[list[str]], wanted: Container[str]) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for row in rows:
        if row[0] in wanted:
            found.setdefault(row[0], []).append(row)
    return found


def _plain_remarks(text: str) -> bool:
    """Remarks that say a date of birth, a nationality, a gender, and no more."""
    return all(re.fullmatch(r"DOB \d\d \w{3} \d{4}|nationality [A-Z]\w+|Gender \w+", part) for part in _parts(text))


def _parts(text: str) -> list[str]:
    return text.strip().removesuffix(".").split("; ")


def _as_xml(row: list[str], others: list[list[str]]) -> str:
    aka = "".join(f"<aka><uid>{a[1]}</uid><type>a.k.a.</type><category>strong</category>{_name(a[3])}</aka>"
                  for a in others)  # fmt: skip
    return (
        f"<sdnEntry><uid>{row[0]}</uid>{_name(row[1])}<sdnType>Individual</sdnType><programList><program>OTHER</program>"
        f"</programList><akaList>{aka}</akaList>{''.join(map(_remark, _parts(row[11])))}</sdnEntry>"
    )


def _name(text: str) -> str:
    last, _, first = text.partition(", ")
    return f"<firstName>{escape(first)}</firstName><lastName>{escape(last)}</lastName>"


def _remark(part: str) -> str:
    what, _, value = part.partition(" ")
    if what == "Gender":
        return f"<idList><id><uid>1</uid><idType>Gender</idType><idNumber>{value}</idNumber></id></idList>"
    names = _ELEMENT[what].split("/")
    return "".join(f"<{name}>" for name in names) + value + "".join(f"</{name}>" for name in reversed(names))
