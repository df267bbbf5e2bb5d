from dataclasses import replace
from pathlib import Path

from kyc import lists, risk_policy
from kyc.lists import Entry
from kyc.released import FILE, as_text
from kyc.screening import Index, Policy
from kyc.screening.replay import Past, again, backtest, find, fingerprint, loses_confirmed, matching_hash
from tests.kyc.samples import NOW, SHARED, a_person, needs_real_lists, sample_index, sample_list
from tests.kyc.test_lists import OFAC_XML

POLICY = Policy.read()


def markov() -> Entry:
    return next(entry for entry in sample_list().entries if entry.id == "ofac-sdn:900001")


def test_the_engine_has_one_fingerprint() -> None:
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 32


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
