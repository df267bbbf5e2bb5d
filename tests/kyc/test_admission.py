"""Letting lists in: what the settings call a source is where its versions are kept, and nothing puts another out."""

from collections.abc import Sequence
from pathlib import Path

from activities.watchlist import in_force
from kyc.lists import ListSource, Store
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
