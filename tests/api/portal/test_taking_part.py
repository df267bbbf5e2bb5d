"""Signing, choosing a time, reading a guide, answering a survey."""

import pytest

from api.portal.questions import questions
from onboarding.errors import Conflict, Unavailable
from records import agreements, surveys
from records.agreements import AgreementState
from records.links import Purpose
from tests.api.house import FakeEngine
from tests.api.portal.guest import Guest, Host

ANSWERS = {"ces": 6, "first_value": "yes", "blockers": ["none"], "confidence": 4, "promised": "A call on Tuesday"}


async def signing(guest: Guest, agreement: str) -> dict[str, str]:
    text = (await guest.get(f"/agreements/{agreement}")).json()["consent"]
    return {"name": "Zephyrine Q.", "consent_version": text["version"], "consent_sha256": text["sha256"]}


async def consent_of(guest: Guest, agreement: str) -> dict[str, object] | None:
    async with guest.door.database.session() as session:
        return await agreements.consent(session, guest.door.vault, agreement)


async def state_of(guest: Guest, agreement: str) -> AgreementState:
    async with guest.door.database.session() as session:
        return (await agreements.agreement(session, agreement)).state


async def answers_of(guest: Guest, survey: str) -> dict[str, object] | None:
    async with guest.door.database.session() as session:
        return await surveys.answers(session, guest.door.vault, survey)


# ── signing ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_agreement_can_be_read_before_it_is_signed(guest: Guest) -> None:
    agreement = await guest.host.draws_up(guest.case)

    answer = await guest.get(f"/agreements/{agreement}/document")

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


async def test_a_signature_is_evidence_first_and_then_told(guest: Guest) -> None:
    agreement = await guest.host.draws_up(guest.case)

    answer = await guest.post(f"/agreements/{agreement}/signature", await signing(guest, agreement))

    consent = await consent_of(guest, agreement)
    assert answer.status_code == 200
    assert consent is not None
    assert consent["name"] == "Zephyrine Q."
    assert consent["opened_at"] is not None
    evidence = {"agreement": agreement, "consent": answer.json()["consent"]}
    assert guest.told() == [("agreement", "sign", evidence)]


async def test_a_consent_to_other_words_is_refused(guest: Guest) -> None:
    agreement = await guest.host.draws_up(guest.case)
    body = await signing(guest, agreement) | {"consent_sha256": "0" * 64}

    answer = await guest.post(f"/agreements/{agreement}/signature", body)

    assert answer.json()["code"] == "consent_outdated"
    assert await consent_of(guest, agreement) is None


async def test_a_signature_that_the_story_refuses_leaves_no_consent(guest: Guest) -> None:
    agreement = await guest.host.draws_up(guest.case)
    body = await signing(guest, agreement)
    guest.engine.failures.append(Conflict(code="agreement_not_open"))

    answer = await guest.post(f"/agreements/{agreement}/signature", body)

    assert answer.json()["code"] == "agreement_not_open"
    assert await consent_of(guest, agreement) is None
    assert await state_of(guest, agreement) is AgreementState.SENT


async def test_after_an_outage_the_same_signature_goes_through(guest: Guest) -> None:
    agreement = await guest.host.draws_up(guest.case)
    body = await signing(guest, agreement)
    guest.engine.failures.append(Unavailable())
    await guest.post(f"/agreements/{agreement}/signature", body, key="k")

    again = await guest.post(f"/agreements/{agreement}/signature", body, key="k")

    assert again.status_code == 200
    assert await state_of(guest, agreement) is AgreementState.SIGNED


async def test_a_second_signature_that_is_refused_does_not_touch_the_first(guest: Guest) -> None:
    agreement = await guest.host.draws_up(guest.case)
    body = await signing(guest, agreement)
    await guest.post(f"/agreements/{agreement}/signature", body)
    guest.engine.failures.append(Conflict(code="already_answered"))

    again = await guest.post(f"/agreements/{agreement}/signature", body)

    assert again.json()["code"] == "already_answered"
    assert await consent_of(guest, agreement) is not None


async def test_declining_is_told(guest: Guest) -> None:
    agreement = await guest.host.draws_up(guest.case)

    await guest.post(f"/agreements/{agreement}/refusal", {})

    assert guest.told() == [("agreement", "decline", {"agreement": agreement})]
    assert await state_of(guest, agreement) is AgreementState.DECLINED


async def test_the_agreement_of_another_case_is_not_there(guest: Guest, engine: FakeEngine) -> None:
    other = await guest.host.draws_up(await guest.host.opens())

    assert (await guest.get(f"/agreements/{other}")).json()["code"] == "agreement_not_found"
    assert (await guest.get(f"/agreements/{other}/document")).json()["code"] == "agreement_not_found"


# ── meetings and guides ────────────────────────────────────────────────────────────────────────────────────────────
async def test_times_are_shown_on_the_clients_clock(guest: Guest) -> None:
    await guest.host.offers(guest.case)

    meeting = (await guest.get("/meetings")).json()[0]

    assert meeting["slots"][0]["local"] == "Monday, 9 March 2026, 09:00 (Europe/Stockholm)"


async def test_a_time_is_chosen(guest: Guest) -> None:
    meeting = await guest.host.offers(guest.case)

    await guest.post(f"/meetings/{meeting}/slot", {"slot": "2026-03-09T10:00:00+01:00"})

    [(step, what, evidence)] = guest.told()
    assert (step, what, evidence["meeting"]) == ("kickoff", "choose_slot", meeting)


async def test_a_time_that_was_not_offered_is_refused(guest: Guest) -> None:
    meeting = await guest.host.offers(guest.case)

    answer = await guest.post(f"/meetings/{meeting}/slot", {"slot": "2026-03-09T03:00:00Z"})

    assert answer.json()["code"] == "slot_not_offered"


async def test_the_next_step_leads_to_the_meeting(guest: Guest) -> None:
    await guest.host.finishes(guest.case, "collect")
    meeting = await guest.host.offers(guest.case)

    assert (await guest.get()).json()["next"]["page"] == f"/portal/meetings/{meeting}"


async def test_a_guide_is_acknowledged(guest: Guest) -> None:
    await guest.host.publishes(guest.case)

    await guest.post("/guides/explain/features/reading", {})

    assert guest.told() == [("explain", "acknowledge", {"resource": "features", "choice": None})]


async def test_guides_have_titles_and_progress(guest: Guest) -> None:
    await guest.host.publishes(guest.case)

    [material] = (await guest.get("/guides")).json()

    assert [guide["title"] for guide in material["guides"]] == ["What you can do with it", "Plans and prices"]
    assert material["read"] == 0


async def test_a_guide_that_was_not_published_cannot_be_read(guest: Guest) -> None:
    assert (await guest.post("/guides/explain/features/reading", {})).json()["code"] == "guide_not_found"


# ── surveys ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def link_to(guest: Guest, survey: str) -> str:
    guest.http.headers.pop("Authorization", None)
    return await guest.host.link(guest.case, Purpose.SURVEY, survey, key="survey")


async def test_a_survey_is_answered_without_signing_in(guest: Guest) -> None:
    survey = await guest.host.surveys(guest.case)
    token = await link_to(guest, survey)

    answer = await guest.post(f"/surveys/{token}", {"answers": ANSWERS})

    assert answer.status_code == 200
    assert guest.told() == [("check-in-30", "answer_survey", {"survey": survey})]
    assert await answers_of(guest, survey) == ANSWERS


@pytest.mark.parametrize("kind", ["day-30", "day-60", "day-90", "onboarding-review"])
@pytest.mark.parametrize("language", ["en", "es", "ms"])
async def test_a_survey_has_five_questions_at_most_in_every_language(kind: str, language: str) -> None:
    asked = questions(kind, language)

    assert 1 <= len(asked) <= 5
    assert all(question.text for question in asked)
    assert all(question.options for question in asked if question.kind != "text")


async def test_opening_the_link_of_a_survey_uses_nothing_up(guest: Guest) -> None:
    token = await link_to(guest, await guest.host.surveys(guest.case))

    for _ in range(10):
        await guest.get(f"/surveys/{token}")

    assert (await guest.post(f"/surveys/{token}", {"answers": ANSWERS})).status_code == 200


async def test_answers_can_be_changed_while_the_survey_is_open(guest: Guest) -> None:
    survey = await guest.host.surveys(guest.case)
    token = await link_to(guest, survey)
    await guest.post(f"/surveys/{token}", {"answers": ANSWERS})
    guest.engine.failures.append(Conflict(code="already_answered"))

    answer = await guest.post(f"/surveys/{token}", {"answers": {"ces": 2}})

    assert answer.json()["status"] == "changed"
    assert await answers_of(guest, survey) == {"ces": 2}


async def test_a_survey_answered_after_it_expired_says_so_and_keeps_nothing(guest: Guest) -> None:
    survey = await guest.host.surveys(guest.case)
    token = await link_to(guest, survey)
    guest.engine.failures.append(Conflict(code="survey_expired"))

    answer = await guest.post(f"/surveys/{token}", {"answers": ANSWERS})

    assert (answer.status_code, answer.json()["code"]) == (409, "survey_expired")
    assert await answers_of(guest, survey) is None


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"ces": 8}, "bad_answer"),
        ({"ces": 0}, "bad_answer"),
        ({"ces": True}, "invalid"),
        ({"blockers": ["aliens"]}, "bad_answer"),
        ({"first_value": "maybe"}, "bad_answer"),
        ({"promised": "x" * 2001}, "bad_answer"),
        ({"shoe_size": 44}, "unknown_question"),
        ({"ces": None, "promised": ""}, "nothing_answered"),
    ],
)
async def test_an_answer_that_cannot_be_given_is_refused(guest: Guest, answers: dict[str, object], code: str) -> None:
    token = await link_to(guest, await guest.host.surveys(guest.case))

    assert (await guest.post(f"/surveys/{token}", {"answers": answers})).json()["code"] == code


async def test_who_is_signed_in_answers_without_a_link(guest: Guest) -> None:
    survey = await guest.host.surveys(guest.case)

    assert (await guest.post(f"/my-surveys/{survey}", {"answers": ANSWERS})).status_code == 200


async def test_the_survey_of_another_case_is_not_there(guest: Guest, host: Host) -> None:
    other = await host.surveys(await host.opens())

    assert (await guest.get(f"/my-surveys/{other}")).json()["code"] == "survey_not_found"
