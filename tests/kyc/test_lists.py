"""Loaders: what every published format says, in one shape."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kyc import lists
from kyc.lists import BrokenList, Entry, Identifier, Kind, Name
from kyc.lists.dates import Span, day, read, years
from kyc.lists.together import lists_in
from tests.kyc.published import EU_CSV, UK_CSV, UN_XML, load, only
from tests.kyc.samples import NOW, SHARED, needs_real_lists, sample_list


@needs_real_lists
@pytest.mark.parametrize(
    ("files", "format", "entries"),
    [
        (["ofac/sdn_2024-03-28.csv"], "ofac-csv", 14561),
        (["ofac/sdn_2024-05-31.csv"], "ofac-csv", 14985),
        (["ofac-2021/sdn.csv", "ofac-2021/alt.csv", "ofac-2021/add.csv"], "ofac-csv", 8976),
        ([f"ofac-consolidated/cons_{part}.csv" for part in ("prim", "alt", "add")], "ofac-csv", 442),
        (["un/consolidated_2026-02-27.xml"], "un-xml", 730 + 273),
        (["uk/FCDO_SL_2025-08-11.ods"], "uk-ods", 5300),
        (["canada/sema_2025-05.xml"], "canada-xml", 4759),
        (["pep/us_legislators-current.yaml"], "us-legislators", 537),
    ],
)
def test_real_lists_are_read_whole(files: list[str], format: str, entries: int) -> None:
    version = lists.load([SHARED / "watchlists" / name for name in files], checked=NOW)

    assert (version.format, len(version.entries), len(version.manifest)) == (format, entries, entries)


@needs_real_lists
def test_aliases_and_addresses_are_joined_to_their_entries() -> None:
    folder = SHARED / "watchlists/ofac-2021"
    version = lists.load([folder / "sdn.csv", folder / "alt.csv", folder / "add.csv"], checked=NOW)

    assert sum(name.type != "primary" and not name.weak for e in version.entries for name in e.names) >= 11910
    assert version.refused == ()


def test_the_remarks_of_ofac_are_taken_apart() -> None:
    entry = next(e for e in sample_list().entries if e.id == "ofac-sdn:900022")

    assert entry.names[0] == Name("AL-RAMMUZI, Tariq bin Salim", "primary")
    assert Name("ABU SALIM", "aka", weak=True) in entry.names
    assert entry.born == (day(date(1980, 11, 21)), years(1981))
    assert (entry.countries, entry.gender, entry.birth_places[0].country) == (("YE",), "m", "YE")


def test_identifiers_come_with_kind_and_country() -> None:
    entry = next(e for e in sample_list().entries if e.id == "ofac-sdn:900001")

    assert entry.identifiers == (Identifier("passport", "99X1204417", "RU"),)


OFAC_XML = """<?xml version="1.0"?>
<sdnList xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML">
  <publshInformation><Publish_Date>03/02/2026</Publish_Date><Record_Count>1</Record_Count></publshInformation>
  <sdnEntry><uid>900001</uid><firstName>Viktor Antonovich</firstName><lastName>MARKOV</lastName>
    <sdnType>Individual</sdnType><programList><program>DEMO-CYBER</program></programList>
    <idList><id><uid>1</uid><idType>Passport</idType><idNumber>99X1204417</idNumber><idCountry>Russia</idCountry></id>
      <id><uid>2</uid><idType>Gender</idType><idNumber>Male</idNumber></id></idList>
    <akaList><aka><uid>3</uid><type>a.k.a.</type><category>weak</category><lastName>THE VETCH</lastName></aka></akaList>
    <nationalityList><nationality><country>Russia</country></nationality></nationalityList>
    <dateOfBirthList><dateOfBirthItem><dateOfBirth>14 Mar 1961</dateOfBirth></dateOfBirthItem></dateOfBirthList>
  </sdnEntry>
</sdnList>"""


def test_ofac_xml_says_what_its_csv_says(tmp_path: Path) -> None:
    version = load(tmp_path, "sdn.xml", OFAC_XML)
    entry, same = only(version), next(e for e in sample_list().entries if e.id == "ofac-sdn:900001")

    assert (version.source, version.format, version.list_date) == ("ofac-sdn", "ofac-xml", date(2026, 3, 2))
    assert (entry.id, entry.name, entry.born, entry.countries) == (same.id, same.name, same.born, same.countries)
    assert (entry.identifiers, entry.gender) == (same.identifiers, same.gender)
    assert entry.names[1] == Name("THE VETCH", "aka", weak=True)


def test_un_names_bear_their_script_and_strength_and_births_their_doubt(tmp_path: Path) -> None:
    version = load(tmp_path, "un.xml", UN_XML)
    entry = only(version)

    assert [(n.text, n.type, n.weak) for n in entry.names] == [
        ("TARIQ AL-RAMMUZI", "primary", False),
        ("طارق الرموزي", "original", False),
        ("Abu Salim", "aka", True),
    ]
    assert entry.born == (years(1979, 1981),)
    assert [(r.line, r.reason) for r in version.refused] == [(7, "no_name")]


def test_uk_rows_of_one_id_are_one_entry(tmp_path: Path) -> None:
    version = load(tmp_path, "uk.csv", UK_CSV)
    person, ship = version.entries

    assert (version.format, version.list_date, ship.kind) == ("uk-csv", date(2026, 3, 2), Kind.VESSEL)
    assert [n.text for n in person.names] == ["Viktor MARKOV", "Виктор Марков", "THE VETCH"]
    assert person.names[2].weak
    assert (person.born, person.countries) == ((years(1961),), ("RU",))


UK_XML = """<Designations><Designation><UniqueID>DEM0001</UniqueID><Names><Name>
<Name1>Viktor</Name1><Name6>MARKOV</Name6>
<NameType>Primary name</NameType></Name></Names><NonLatinNames><NonLatinName><NameNonLatinScript>Виктор Марков
</NameNonLatinScript></NonLatinName></NonLatinNames><RegimeName>Demo</RegimeName>
<IndividualEntityShip>Individual</IndividualEntityShip><IndividualDetails><Individual><DOBs><DOB>14/03/1961</DOB></DOBs>
<Nationalities><Nationality>Russia</Nationality></Nationalities></Individual></IndividualDetails></Designation>
</Designations>"""


def test_uk_xml_is_read(tmp_path: Path) -> None:
    entry = only(load(tmp_path, "uk.xml", UK_XML))

    assert (entry.name, entry.names[1].text) == ("Viktor MARKOV", "Виктор Марков")
    assert (entry.born, entry.countries) == ((day(date(1961, 3, 14)),), ("RU",))


EU_XML = """<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-03-02T10:00:00.000+01:00">
<sanctionEntity designationDate="2025-01-07" logicalId="13"><regulation programme="DEM"/><subjectType code="person"/>
<nameAlias wholeName="Leila Haddadin-Qasr" gender="F" strong="true"/><nameAlias wholeName="Lulu" strong="false"/>
<citizenship countryIso2Code="JO"/><birthdate circa="true" year="1974" countryIso2Code="00"/>
<identification number="Z0019937" identificationTypeCode="passport" countryIso2Code="JO"/></sanctionEntity></export>"""


def test_eu_xml_is_read(tmp_path: Path) -> None:
    version = load(tmp_path, "eu.xml", EU_XML)
    entry = only(version)

    assert (version.list_date, entry.id, entry.gender) == (date(2026, 3, 2), "eu-fsf:13", "f")
    assert entry.names == (Name("Leila Haddadin-Qasr"), Name("Lulu", "aka", weak=True))
    assert entry.born == (years(1972, 1976),)
    assert entry.identifiers == (Identifier("passport", "Z0019937", "JO"),)


def test_eu_csv_gathers_the_rows_of_an_entry(tmp_path: Path) -> None:
    version = load(tmp_path, "eu.csv", EU_CSV)
    entry = only(version)

    assert (version.format, version.list_date) == ("eu-csv", date(2026, 3, 2))
    assert (entry.kind, entry.name, entry.born, entry.countries) == (
        Kind.PERSON,
        "Leila Haddadin-Qasr",
        (years(1974),),
        ("JO",),
    )


CANADA = """<data-set><record><Country>Russia / Russie</Country><LastName>Markov</LastName><GivenName>Viktor</GivenName>
<Aliases>Виктор Марков; The Vetch</Aliases><DateOfBirthOrShipBuildDate>1961</DateOfBirthOrShipBuildDate><Item>1</Item>
</record><record><Country>Russia / Russie</Country><EntityOrShip>Grey Petrel</EntityOrShip>
<ShipIMONumber>0000029</ShipIMONumber><DateOfBirthOrShipBuildDate>1980</DateOfBirthOrShipBuildDate></record>
</data-set>"""


def test_canadas_records_are_known_by_regime_and_name(tmp_path: Path) -> None:
    first = load(tmp_path, "ca.xml", CANADA)
    again = load(tmp_path, "ca2.xml", CANADA.replace("<Item>1</Item>", "<Item>9</Item>"))
    kinds = {entry.kind: entry for entry in first.entries}

    assert first.id == again.id
    assert [n.text for n in kinds[Kind.PERSON].names] == ["Viktor Markov", "Виктор Марков", "The Vetch"]
    assert kinds[Kind.VESSEL].born == ()


FTM = [
    {"id": "Q1", "schema": "Person", "properties": {
        "name": ["Emeka Okonjo-Brandt"], "weakAlias": ["The Treasurer"], "birthDate": ["1969"], "topics": ["role.pep"],
        "nationality": ["ng"], "passportNumber": ["A000"]}},
    {"id": "Q2", "schema": "Person", "properties": {"name": ["Ada Okonjo"], "topics": ["role.rca"]}},
    {"id": "L1", "schema": "Family", "properties": {"person": ["Q1"], "relative": ["Q2"]}},
]  # fmt: skip


def test_ftm_entities_bring_topics_and_relatives(tmp_path: Path) -> None:
    text = "\n".join([*map(json.dumps, FTM), "{broken", '{"id": "x"}'])
    version = load(tmp_path, "entities.ftm.json", text)
    first, second = version.entries

    assert (first.topics, second.topics) == (("pep",), ("pep.related",))
    assert (first.relations[0].role, first.relations[0].name) == ("family", "Ada Okonjo")
    assert first.names[1] == Name("The Treasurer", "aka", weak=True)
    assert [(r.line, r.reason) for r in version.refused] == [(4, "not_json"), (5, "no_entity")]


def test_opensanctions_csv_is_read(tmp_path: Path) -> None:
    header = "id,schema,name,aliases,birth_date,countries,sanctions\n"
    text = f'{header}NK-1,Company,Zavod Meteorit,"Meteorite Plant;AO Z",,ru,X\n'
    entry = only(load(tmp_path, "targets.simple.csv", text))

    assert (entry.kind, len(entry.names), entry.countries, entry.topics) == (Kind.COMPANY, 3, ("RU",), ("sanction",))


def test_legislators_are_exposed_by_office(tmp_path: Path) -> None:
    text = (
        "- id: {bioguide: X000001}\n"
        "  name: {first: Ida, last: Invented, nickname: Dee, official_full: Ida Q. Invented}\n"
        "  bio: {birthday: '1970-02-03', gender: F}\n"
        "  terms: [{type: sen, start: '2019-01-03', end: '2025-01-03', state: WA}]\n"
    )
    entry = only(load(tmp_path, "legislators.yaml", text))

    assert (entry.topics, entry.offices[0].end) == (("pep",), date(2025, 1, 3))
    assert [n.text for n in entry.names] == ["Ida Q. Invented", "Ida Invented", "Dee Invented"]


def test_family_and_associates_of_an_own_list_are_entries_of_their_own(tmp_path: Path) -> None:
    header = "name,kind,office,office_to,family,weak_aliases\n"
    text = f"{header}Ida Invented,person,Mayor,2025-06-30,Ola Invented;Per X,Dee\n"
    entry, *related = load(tmp_path, "own.csv", text).entries

    assert [(r.role, r.name) for r in entry.relations] == [("family", "Ola Invented"), ("family", "Per X")]
    assert (entry.topics, entry.offices[0].title, entry.names[1].weak) == (("pep",), "Mayor", True)
    assert [each.name for each in related] == ["Ola Invented", "Per X"]
    assert [(r.role, r.name) for r in related[0].relations] == [("family", "Ida Invented")]
    assert (related[0].topics, related[0].offices[0].title) == (("pep.related",), "Mayor (Ida Invented)")


UN_TWICE = UN_XML.replace("XXe.001", "XXi.001").replace(
    "<FIRST_NAME></FIRST_NAME>", "<FIRST_NAME>GREY BRIDGE</FIRST_NAME>"
)


UK_TWICE = UK_XML.replace("</Designations>", "") + UK_XML.replace("<Designations>", "").replace("Viktor", "Ola")


EU_SECOND = EU_XML[EU_XML.index("<sanctionEntity") : EU_XML.index("</export>")].replace("Leila", "Ola")


TWICE = [
    ("sdn.csv", "".join(f'7,"{name}"' + ",-0- " * 10 + "\n" for name in ("A ONE", "B TWO"))),
    ("sdn.xml", OFAC_XML.replace("</sdnList>", OFAC_XML[OFAC_XML.index("<sdnEntry>") :].replace("MARKOV", "OTHER"))),
    ("un.xml", UN_TWICE),
    ("uk.xml", UK_TWICE),
    ("eu.xml", EU_XML.replace("</export>", f"{EU_SECOND}</export>")),
    ("targets.simple.csv", "id,schema,name,aliases\nQ1,Person,A One,\nQ1,Person,B Two,\n"),
    ("entities.json", "\n".join(json.dumps({**FTM[0], "properties": {"name": [name]}}) for name in ("A One", "B Two"))),
    ("leg.yaml", "".join(f"- id: {{bioguide: A1}}\n  name: {{first: {name}, last: X}}\n" for name in ("Anna", "Bo"))),
    ("own.csv", "id,name\n1,A One\n1,B Two\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), TWICE)
def test_two_records_under_one_id_are_both_kept(tmp_path: Path, name: str, text: str) -> None:
    version = load(tmp_path, name, text)
    store = lists.Store(tmp_path / "store")
    store.admit(version)
    first, second = version.entries

    assert second.id == f"{first.id}-2"
    assert first.name != second.name
    assert (store.versions()[0].entries, store.versions()[0].id) == (2, version.id)
    assert store.open(version.id).entries == version.entries


def test_a_record_that_is_given_twice_is_kept_once(tmp_path: Path) -> None:
    version = load(tmp_path, "own.csv", "id,name\n1,A One\n1-2,C Three\n1,A One\n1,B Two\n")

    assert [(entry.id, entry.name) for entry in version.entries] == [
        ("own:1", "A One"),
        ("own:1-2", "C Three"),
        ("own:1-3", "B Two"),
    ]


CONSOLIDATED = '1,"C ONE","individual","NS-PLC"' + ",-0- " * 8 + "\n"


SDN = '1,"S ONE","individual","SDGT"' + ",-0- " * 8 + '\n2,"S TWO","individual","SDGT"' + ",-0- " * 8 + "\n"


@pytest.mark.parametrize("name", ["cons_prim.csv", "1234abcd-cons_prim.csv", "list.csv"])
def test_the_consolidated_list_is_known_by_what_it_says_whatever_its_file_is_called(tmp_path: Path, name: str) -> None:
    assert only(load(tmp_path, name, CONSOLIDATED)).id == "ofac-consolidated:1"


@pytest.mark.parametrize("name", ["sdn.csv", "cons.csv"])
def test_the_sdn_list_is_known_by_what_it_says_whatever_its_file_is_called(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, name, SDN).source == "ofac-sdn"


def test_ofac_xml_is_known_by_its_programmes_as_well(tmp_path: Path) -> None:
    assert load(tmp_path, "sdn.xml", OFAC_XML.replace("DEMO-CYBER", "NS-PLC")).source == "ofac-consolidated"


@needs_real_lists
def test_both_lists_of_ofac_in_one_folder_are_two_lists_with_their_own_companions(tmp_path: Path) -> None:
    real = [*(SHARED / "watchlists/ofac-2021").iterdir(), *(SHARED / "watchlists/ofac-consolidated").iterdir()]
    for place, path in enumerate(sorted(real)):
        (tmp_path / f"{place}.csv").write_bytes(path.read_bytes())

    versions = [lists.load(each.files, checked=NOW) for each in lists_in(sorted(tmp_path.iterdir()))]

    assert {v.source: (len(v.entries), len(v.files)) for v in versions} == {
        "ofac-sdn": (8976, 3),
        "ofac-consolidated": (442, 3),
    }


@pytest.mark.parametrize(("name", "text"), [("a.xml", UN_XML), ("a.csv", SDN), ("a.xml", EU_XML), ("a.csv", UK_CSV)])
def test_two_versions_of_one_list_are_never_read_as_one(tmp_path: Path, name: str, text: str) -> None:
    paths = [tmp_path / name, tmp_path / f"b{name}"]
    for path in paths:
        path.write_text(text, "utf-8")

    with pytest.raises(BrokenList, match=f"{name} and b{name} are two versions"):
        lists.load(paths)


def test_a_list_and_its_entries_go_by_the_name_that_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("id,name\n1,A One\n")

    version = lists.load([path], source="staff")

    assert (version.source, only(version).id) == ("staff", "staff:1")


@pytest.mark.parametrize("name", ["ofac-sdn", "eu-peps", "uk"])
def test_no_other_list_goes_by_the_name_of_whose_sanctions_reach_what_the_listed_own(tmp_path: Path, name: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text("id,name\n1,A One\n")

    with pytest.raises(BrokenList, match=f"^{name}: only a list of"):
        lists.load([path], source=name)


def test_lists_of_ones_own_are_called_as_their_files_without_the_date(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("own.csv", "Staff 2026-03-02.csv", "staff-20260302.csv", "own_b.csv")]
    for path in paths:
        path.write_text("name\nA One\n")

    assert [each.name for each in lists_in(paths)] == ["own", "own-staff", "own-staff", "own-b"]


def test_an_entry_survives_its_own_json() -> None:
    for entry in sample_list().entries:
        assert Entry.from_json(entry.to_json()) == entry


def test_the_same_content_is_the_same_version_whatever_the_file(tmp_path: Path) -> None:
    one = load(tmp_path, "own.csv", "name,kind\nA One,person\nB Two,person\n")
    other = load(tmp_path, "other.csv", "name,kind\nB Two,person\nA One,person\n")

    assert one.id == other.id


def test_a_diff_tells_added_removed_changed_and_rekeyed(tmp_path: Path) -> None:
    before = load(tmp_path, "a.csv", "id,name\n1,A One\n2,B Two\n3,C Three\n4,D Four\n")
    after = load(tmp_path, "b.csv", "id,name\n1,A One\n2,B Deux\n9,C Three\n5,E Five\n")

    change = lists.diff(before, after)

    assert (change.added, change.removed, change.changed) == (("own:5",), ("own:4",), ("own:2",))
    assert change.rekeyed == (("own:3", "own:9"),)


@needs_real_lists
def test_two_real_versions_differ_as_published() -> None:
    before, after = (
        lists.load([SHARED / f"watchlists/ofac/sdn_{on}.csv"], checked=NOW) for on in ("2024-03-28", "2024-05-31")
    )

    change = lists.diff(before, after)

    assert (len(change.added), len(change.removed), len(change.changed)) == (439, 15, 17)
    assert not change.needs_release


def test_a_kept_version_comes_back_the_same(tmp_path: Path) -> None:
    store = lists.Store(tmp_path)

    store.admit(sample_list())
    again = store.open(sample_list().id[:8])

    assert (again.id, again.entries) == (sample_list().id, sample_list().entries)


def test_a_version_that_loses_a_tenth_waits_for_two_people(tmp_path: Path) -> None:
    store, whole = lists.Store(tmp_path), sample_list()
    cut = replace(whole, entries=whole.entries[:30])
    store.admit(whole)

    assert store.admit(cut).state == "held"
    assert store.admit(cut, ["ana", "ana"]).state == "held"
    assert [v.id for v in store.in_force()] == [whole.id]

    assert store.admit(cut, ["ana", "bo"]).state == "in_force"
    assert [v.id for v in store.in_force()] == [cut.id]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("14 Mar 1961", day(date(1961, 3, 14))),
        ("1961-03-14", day(date(1961, 3, 14))),
        ("14/03/1961", day(date(1961, 3, 14))),
        ("dd/mm/1961", years(1961)),
        ("Mar 1961", Span(date(1961, 3, 1), date(1961, 3, 31))),
        ("circa 1961", years(1959, 1963)),
        ("1960 to 1962", years(1960, 1962)),
        ("between 1960 and 1962", years(1960, 1962)),
        ("31/02/1961", None),
        ("unknown", None),
        ("1961; 1962; 1963", None),
    ],
)
def test_dates_become_the_span_they_may_lie_in(text: str, span: Span | None) -> None:
    assert read(text) == span
