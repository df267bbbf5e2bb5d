from dataclasses import replace
from pathlib import Path

from kyc import lists
from kyc.lists import Entry
from kyc.screening import Policy
from kyc.screening.replay import backtest, fingerprint, loses_confirmed, matching_hash
from tests.kyc.samples import NOW, a_person, sample_index, sample_list
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
