"""Letting lists in: what the settings call a source is where its versions are kept, and nothing puts another out."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from activities.watchlist import in_force
from kyc.lists import Admission, Entry, ListSource, Office, Store
from kyc.screening import Index, Policy
from kyc.screening.admission import admit
from tests.kyc.samples import NOW, a_person

POLICY = Policy.read()
FAMILY = ("Quibble", "Thistle", "Wexford", "Zander", "Yarrow", "Umberto", "Inkwell", "Oxbow", "Perigord", "Lackland")


def a_source(folder: Path, name: str, given: str, families: Sequence[str] = FAMILY) -> ListSource:
    lines = ["id,schema,name,aliases", *(f"Q{n},Person,{given} {family}," for n, family in enumerate(families))]
    (folder / f"{name}.csv").write_text("\n".join(lines), "utf-8")
    return ListSource(name=name, files=(str(folder / f"{name}.csv"),))


def test_two_sets_of_one_publisher_are_two_lists_and_both_are_screened(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    sources = [a_source(tmp_path, "sanctioned", "Bartholomew"), a_source(tmp_path, "exposed", "Clementine")]

    states = [admit(store, source, source.paths, NOW, POLICY).state for source in sources]
    index = Index.build([store.open(version) for version in in_force(store, sources).versions])
    found = index.screen(a_person("Bartholomew Inkwell"), POLICY, NOW)

    assert states == ["in_force", "in_force"]
    assert [hit.entry for hit in found.hits] == ["sanctioned:Q6"]
    assert {used.source for used in found.lists} == {"sanctioned", "exposed"}


class Officials:
    """A list of those who are in office, as it is published from day to day."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "store")
        self.source = ListSource(name="officials", files=(str(folder / "officials.csv"),))

    def publish(self, names: Sequence[str], days: float = 0, *, first: int = 0) -> Admission:
        rows = [
            f"{first + NAMES.index(name)},{name},person,{OFFICES.get(name, 'Minister,2020-01-01,')}" for name in names
        ]
        text = "\n".join(["id,name,kind,office,office_from,office_to", *rows, ""])
        Path(self.source.files[0]).write_text(text, "utf-8")
        return admit(self.store, self.source, self.source.paths, NOW + timedelta(days=days), POLICY)

    def entries(self) -> dict[str, Entry]:
        return {entry.name: entry for entry in self.store.open(self.current).entries}

    @property
    def current(self) -> str:
        return self.store.current("officials") or ""

    def matches(self, name: str, days: float) -> bool:
        index, at = Index.build([self.store.open(self.current)]), NOW + timedelta(days=days)
        return bool(index.screen(a_person(name), POLICY, at).hits)


NAMES = [f"{given} {family}" for given in ("Bartholomew", "Clementine") for family in FAMILY]
GONE, EARLY, LONG_AGO = "Clementine Lackland", "Clementine Perigord", "Clementine Oxbow"
OFFICES = {EARLY: "Minister,2020-01-01,2025-12-31", LONG_AGO: "Minister,2010-01-01,2015-12-31"}


@pytest.fixture
def officials(tmp_path: Path) -> Officials:
    found = Officials(tmp_path)
    assert found.publish(NAMES).state == "in_force"
    return found


def without(*names: str) -> list[str]:
    return [name for name in NAMES if name not in names]


def test_who_is_left_out_of_a_list_of_office_holders_is_watched_for_twelve_months(officials: Officials) -> None:
    officials.publish(without(GONE), days=10)
    officials.publish([*without(GONE)][::-1], days=30)

    left = date(2026, 3, 12)
    assert officials.entries()[GONE].offices == (Office("Minister", date(2020, 1, 1), left),)
    assert officials.store.open(officials.current).former == ("officials:19",)
    assert (officials.matches(GONE, days=300), officials.matches(GONE, days=400)) == (True, False)

    officials.publish(without(GONE, LONG_AGO), days=400)
    assert {GONE, LONG_AGO}.isdisjoint(officials.entries())


def test_so_is_a_person_whom_a_flat_file_lists_for_no_reason_that_it_gives(tmp_path: Path) -> None:
    store, source = Store(tmp_path / "store"), a_source(tmp_path, "exposed", "Clementine", NAMES)
    admit(store, source, source.paths, NOW, POLICY)
    a_source(tmp_path, "exposed", "Clementine", NAMES[:-1])
    admit(store, source, source.paths, NOW + timedelta(days=10), POLICY)

    version = store.open(store.current("exposed") or "")
    (gone,) = (entry for entry in version.entries if entry.id in version.former)

    assert (gone.id, gone.topics, gone.offices) == (
        "exposed:Q19",
        ("listed",),
        (Office("left the list", None, date(2026, 3, 12)),),
    )


def test_who_is_delisted_as_sanctioned_goes_at_once(tmp_path: Path) -> None:
    store, source = Store(tmp_path / "store"), ListSource(name="sanctioned", files=(str(tmp_path / "s.csv"),))
    for names in (NAMES, NAMES[:-1]):
        rows = [f"Q{NAMES.index(name)},{name},sanction" for name in names]
        (tmp_path / "s.csv").write_text("\n".join(["id,name,topics", *rows]), "utf-8")
        admit(store, source, source.paths, NOW, POLICY)

    assert len(store.open(store.current("sanctioned") or "").entries) == len(NAMES) - 1


def test_an_end_of_office_that_the_list_gave_stands(officials: Officials) -> None:
    officials.publish(without(EARLY), days=10)

    assert officials.entries()[EARLY].offices[0].end == date(2025, 12, 31)


def test_who_comes_back_is_in_office_again(officials: Officials) -> None:
    officials.publish(without(GONE), days=10)
    officials.publish(NAMES, days=20)

    assert officials.entries()[GONE].offices[0].end is None
    assert officials.store.open(officials.current).former == ()


def test_an_entry_under_another_id_has_not_left(officials: Officials) -> None:
    officials.publish(NAMES, days=10, first=100)

    assert len(officials.entries()) == len(NAMES) == len(officials.store.open(officials.current).entries)


def test_a_list_of_office_holders_that_breaks_off_is_held_all_the_same_and_stays_one_version(
    officials: Officials,
) -> None:
    before = officials.current
    held = []
    for day in (10, 11):
        assert officials.publish(NAMES[:10], days=day).state == "held"
        held.append(officials.store.held("officials"))

    assert held[0] == held[1]
    assert officials.current == before


def test_those_whose_time_is_over_are_no_loss(officials: Officials) -> None:
    stay = without(*NAMES[-4:-3])
    officials.publish(stay, days=10)
    officials.publish(stay[:-1], days=20)
    officials.publish(stay[:-2], days=30)

    assert officials.publish(stay[:-2][::-1], days=500).state == "in_force"
    assert officials.publish([*stay[:-2], GONE], days=501).state == "in_force"
    assert len(officials.entries()) == len(stay) - 1


def test_what_was_held_is_forgotten_when_the_list_is_whole_again(officials: Officials) -> None:
    officials.publish(NAMES[:10], days=1)

    assert officials.publish(NAMES, days=2).state == "in_force"
    assert officials.store.held("officials") is None


def test_a_version_that_is_checked_again_is_kept_since_its_first_time(officials: Officials) -> None:
    officials.publish(NAMES, days=5)

    (kept,) = officials.store.versions("officials")
    assert (kept.since, kept.checked) == (NOW, NOW + timedelta(days=5))
    assert officials.store.open(officials.current).checked == NOW


def test_refused_records_are_kept_with_their_lines(tmp_path: Path) -> None:
    store, source = Store(tmp_path / "store"), a_source(tmp_path, "sanctioned", "Bartholomew", [*FAMILY])
    text = source.paths[0].read_text("utf-8")
    source.paths[0].write_text(f"{text}\n,Person,No Id,\n", "utf-8")

    admit(store, source, source.paths, NOW, POLICY)
    version = store.open(store.current("sanctioned") or "")

    assert [(each.line, each.reason) for each in version.refused] == [(12, "no_id")]
    assert store.versions()[0].refused == 1


def test_what_a_shell_put_in_force_is_tried_before_a_service_uses_it(
    officials: Officials, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    monkeypatch.setattr("kyc.screening.admission.check", lambda version, policy: tried.append(version.id))
    (officials.store.folder / "answers" / "officials").unlink()

    officials.publish(NAMES, days=1)
    officials.publish(NAMES, days=2)

    assert tried == [officials.current]
