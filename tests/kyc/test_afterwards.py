"""What comes after a screening: the month's sample of near misses, and an order for what is open."""

import random
from datetime import date

from kyc.screening import Hit, Policy, Screening, Subject
from kyc.screening.afterwards import Category, NearMiss, near_misses, suggest
from tests.kyc.samples import NOW, a_person, sample_index

POLICY = Policy.read()
TRIAGE = POLICY.model_copy(update={"triage": True})
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def screened(subject: Subject) -> Screening:
    return sample_index().screen(subject, POLICY, NOW)


def markov(**known: object) -> Hit:
    return screened(a_person("Viktor Antonovich Markov", **known)).hits[0]


def a_near_miss() -> Screening:
    """One at 0.65, and what must not be drawn: one at the threshold, one below the zone."""
    hit = markov()
    scores = {0.65: "a", 0.70: "b", 0.59: "c"}
    near = tuple(hit.model_copy(update={"score": s, "match": False, "entry": f"x:{e}"}) for s, e in scores.items())
    return screened(a_person()).model_copy(update={"near": near})


def test_only_what_lies_just_under_the_threshold_is_in_the_sample() -> None:
    drawn = near_misses([("scr_1", a_near_miss())], POLICY, MARCH)

    assert [(miss.ref, miss.subject, miss.hit.entry) for miss in drawn] == [("scr_1", "party_1", "x:a")]


def test_a_sample_is_the_same_in_whatever_order_the_results_come_and_another_each_month() -> None:
    stored = [(f"scr_{n}", a_near_miss()) for n in range(200)]
    shuffled = random.Random(1).sample(stored, len(stored))

    march, again, april = (near_misses(s, POLICY, m) for s, m in ((stored, MARCH), (shuffled, MARCH), (stored, APRIL)))

    assert march == again
    assert len(march) == len(april) == POLICY.near_miss_sample
    assert refs(march) != refs(april)


def refs(drawn: list[NearMiss]) -> set[str]:
    return {miss.ref for miss in drawn}


def test_one_more_result_replaces_at_most_one_of_the_sample() -> None:
    stored = [(f"scr_{n}", a_near_miss()) for n in range(200)]

    before = near_misses(stored, POLICY, MARCH)
    after = near_misses([*stored, ("scr_new", a_near_miss())], POLICY, MARCH)

    assert len(refs(before) - refs(after)) <= 1


def test_triage_is_off_as_shipped() -> None:
    assert suggest([("sig_1", markov())], POLICY) == []


def test_triage_puts_the_corroborated_first_and_says_why() -> None:
    signals = [
        ("sig_alone", markov()),
        ("sig_other", markov(born="1988-05-05")),
        ("sig_same", markov(born="1961-03-14", countries=("RU",))),
    ]

    found = suggest(signals, TRIAGE)

    assert [(s.signal, s.category) for s in found] == [
        ("sig_same", Category.INVESTIGATE),
        ("sig_alone", Category.INCONCLUSIVE),
        ("sig_other", Category.PROBABLE_FALSE_POSITIVE),
    ]
    assert found[0].reasons == ("birth_date_agrees", "country_agrees", "name_exact")
    assert found[1].reasons == ("name_exact", "name_alone")


def test_a_number_that_agrees_outweighs_a_date_that_does_not() -> None:
    hit = markov(born="1988-05-05", identifiers=({"kind": "passport", "value": "99X1204417"},))

    assert suggest([("sig_1", hit)], TRIAGE)[0].category == Category.INVESTIGATE


def test_triage_changes_no_result_and_gives_no_verdict() -> None:
    subject = a_person("Viktor Antonovich Markov", born="1988-05-05")
    plain, ranked = (sample_index().screen(subject, policy, NOW) for policy in (POLICY, TRIAGE))

    assert plain.model_copy(update={"policy": ""}) == ranked.model_copy(update={"policy": ""})
    assert set(suggest([("sig_1", ranked.hits[0])], TRIAGE)[0].model_dump()) == {
        "signal", "category", "reasons", "strength",
    }  # fmt: skip
