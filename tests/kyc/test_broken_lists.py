"""Loaders: what is broken is refused with its line, and spoils nothing else."""

import json
import zipfile
from pathlib import Path

import pytest

from kyc import lists
from kyc.lists import BrokenList
from tests.kyc.published import EU_CSV, UK_CSV, UN_XML, load, refusals, unread


@pytest.mark.parametrize(
    ("name", "on"), [("own_2024-13-45.csv", None), ("own_2024-13-45_2024-02-29.csv", "2024-02-29")]
)
def test_digits_in_the_name_of_a_file_that_are_no_day_are_no_date(tmp_path: Path, name: str, on: str | None) -> None:
    found = load(tmp_path, name, "name\nA One\n").list_date

    assert (found.isoformat() if found else None) == on


def test_odd_properties_of_an_entity_are_told_and_its_names_are_kept(tmp_path: Path) -> None:
    lines = [
        {"id": "Q1", "schema": "Person", "properties": {"name": "Ivan Petrov", "birthDate": None}},
        {"id": "Q2", "schema": "Person", "properties": {"name": ["Anna Ek", {"a": 1}], "topics": [["x"]]}},
        {"id": 3, "schema": ["x"], "properties": []},
        {"id": "Q4", "schema": "Person", "properties": {"name": 7.5, "alias": [None]}},
        {"id": "Q5", "schema": "Person", "properties": {}},
        {"id": None, "schema": "Person", "properties": {}},
    ]
    version = load(tmp_path, "entities.json", "\n".join(map(json.dumps, [*lines[:5], lines[5]])) + "\n" + "[" * 100_000)

    assert [entry.name for entry in version.entries] == ["Ivan Petrov", "Anna Ek", "7.5"]
    assert refusals(version) == [(3, "no_entity"), (6, "no_entity"), (7, "not_json"), (5, "no_name")]
    assert unread(version) == [(2, "unreadable_name"), (2, "unreadable_topics"), (4, "unreadable_alias")]


def test_odd_records_of_a_yaml_are_refused_with_their_lines(tmp_path: Path) -> None:
    text = (
        "- id: {bioguide: A1}\n  name: Anna\n- id: 5\n  name: {first: x}\n- just words\n- id: {govtrack: 1}\n"
        "- id: {bioguide: A2}\n  name: {first: 1, last: Two}\n- id: {bioguide: A3}\n  name: {first: Bo, last: Ek}\n"
        "  terms: [5]\n- id: {bioguide: A4}\n  bio: {birthday: 2024-13-45}\n- id: {bioguide: A5}\n  name: {}\n"
    )
    version = load(tmp_path, "leg.yaml", text)

    assert [entry.name for entry in version.entries] == ["1 Two"]
    assert sorted(refusals(version)) == [
        (1, "odd_record"), (3, "odd_record"), (5, "odd_record"), (6, "no_id"), (9, "odd_record"), (12, "odd_record"),
        (14, "no_name"),
    ]  # fmt: skip


STRAY = (
    '1,"unclosed,individual,X{nothing}\n2,"B, C","individual","X"{nothing}\n'
    '3,"D, E","individual","X"{nothing}\n4,F,"individual,X{nothing}\n5,G,individual,X{nothing}\n'
).format(nothing=",-0-" * 8)


def test_a_quote_that_nobody_closes_spoils_its_own_line_alone(tmp_path: Path) -> None:
    version = load(tmp_path, "sdn.csv", STRAY)

    assert [entry.name for entry in version.entries] == ["B, C", "D, E", "G"]
    assert refusals(version) == [(1, "unclosed_quote"), (4, "unclosed_quote")]


def test_an_alias_of_an_entry_that_is_not_there_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "sdn.csv").write_text(STRAY)
    (tmp_path / "alt.csv").write_text('2,7,"aka","BEE",-0-\n1,8,"aka","LOST",-0-\n')

    version = lists.load([tmp_path / "sdn.csv", tmp_path / "alt.csv"])

    assert [name.text for name in version.entries[0].names] == ["B, C", "BEE"]
    assert ("alt.csv", 2, "no_such_entry") in [(each.file, each.line, each.reason) for each in version.refused]


def test_in_a_list_with_a_header_too_and_a_cell_of_several_lines_is_one(tmp_path: Path) -> None:
    text = 'id,name,note\n1,"A One,x\n2,B Two,"two\nlines"\n3,"C Three",\n4,"D "Four" Five",x\n'
    version = load(tmp_path, "own.csv", text)

    assert [(entry.name, entry.note) for entry in version.entries] == [
        ("B Two", "two lines"),
        ("C Three", ""),
        ('D Four" Five"', "x"),
    ]
    assert refusals(version) == [(2, "unclosed_quote")]


NO_NAMES = [
    ("uk.csv", UK_CSV.replace("GREY PETREL", ""), 5),
    ("eu.csv", EU_CSV + "02/03/2026;14;person;P;DEM;;;1974;\n", 5),
    ("targets.simple.csv", "id,schema,name,aliases\nQ1,Person,A One,\nQ2,Person,,\n", 3),
]


@pytest.mark.parametrize(("name", "text", "line"), NO_NAMES)
def test_an_entry_without_a_name_is_refused_with_its_line(tmp_path: Path, name: str, text: str, line: int) -> None:
    assert refusals(load(tmp_path, name, text)) == [(line, "no_name")]


def test_what_an_own_list_says_in_no_known_way_is_told_by_line_and_the_name_is_kept(tmp_path: Path) -> None:
    text = (
        "name,kind,birth_date,office,office_to,countries,gender,nickname\n"
        "A One,person,31/31/1990,Mayor,someday,Narnia;SE,m,Al\n"
        "B Two,alien,1990-01-31,,,SE,?,\nC Three,company,,,2020-01-01,,,\n"
    )
    version = load(tmp_path, "own.csv", text)

    assert {entry.name for entry in version.entries} == {"A One", "B Two", "C Three"}
    assert sorted(unread(version)) == [
        (1, "unknown_column:nickname"), (2, "unreadable_birth_date"), (2, "unreadable_country"),
        (2, "unreadable_office_to"), (3, "unreadable_gender"), (3, "unreadable_kind"),
    ]  # fmt: skip
    assert refusals(version) == []


def test_a_broken_line_is_refused_with_its_number_and_the_rest_is_read(tmp_path: Path) -> None:
    nothing = ",-0- " * 10
    text = f'1,"A ONE"{nothing}\n2,"B TWO",-0- \n3,"C THREE"{nothing}\n'
    version = load(tmp_path, "sdn.csv", text)

    assert [e.name for e in version.entries] == ["A ONE", "C THREE"]
    assert [(r.line, r.reason) for r in version.refused] == [(2, "wrong_number_of_columns")]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("un.xml", UN_XML[:300], "broken_xml"),
        ("un.xml", UN_XML.replace("<CONS", '<!DOCTYPE x [<!ENTITY a "b">]><CONS', 1), "has_doctype"),
        ("list.txt", "nothing that anybody publishes", "unknown_format"),
        ("other.xml", "<rss><item/></rss>", "unknown_format"),
        ("empty.csv", "", "bad_size"),
        ("own.csv", "name,kind\n", "no_entries"),
    ],
)
def test_a_broken_file_is_a_clear_error(tmp_path: Path, name: str, text: str, code: str) -> None:
    with pytest.raises(BrokenList) as refusal:
        load(tmp_path, name, text)

    assert refusal.value.reason == code
    assert name in refusal.value.message


def test_a_zip_that_is_no_spreadsheet_is_a_clear_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.ods", "w") as archive:
        archive.writestr("a.txt", "b")

    with pytest.raises(BrokenList, match="no whole spreadsheet"):
        lists.load([tmp_path / "x.ods"])


def test_no_external_entity_is_ever_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("42")
    type_ = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{tmp_path}/secret">]>'
    text = type_ + UN_XML.replace("TARIQ", "&a;")

    with pytest.raises(BrokenList):
        load(tmp_path, "un.xml", text)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00" * 50, b"PK\x03\x04junk", b"<", b"{", b"- id:\n  :", b'"'])
def test_any_bytes_give_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list").write_bytes(content)

    with pytest.raises(BrokenList):
        lists.load([tmp_path / "list"])
