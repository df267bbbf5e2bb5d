"""Pages for signing, choosing a time, reading and answering."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.access import TheDoor
from api.portal.access import Visiting
from api.portal.answers import Answers, Respondent, answer, by_link, by_visit, survey_view
from api.portal.bookings import Choice, choose, meeting_view
from api.portal.guides import Reading, acknowledge, material, materials
from api.portal.identity import open_checks
from api.portal.pages.frame import Page, back, fields, first, show, shown
from api.portal.reading import text_of_guide
from api.portal.signing import Signing, agreement_view, decline, read_paper, sign
from api.portal.words import spoken
from api.repeats import Repeated
from onboarding.errors import Gone, NotFound, OnboardingError

router = APIRouter(route_class=Page)


# ── signing ────────────────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/agreements/{agreement}")
async def agreement(agreement: str, request: Request, visit: Visiting) -> Response:
    return shown(request, "agreement.html", visit, agreement=await agreement_view(visit, agreement))


@router.get("/agreements/{agreement}/{paper}")
async def paper(agreement: str, paper: str, visit: Visiting) -> Response:
    return await read_paper(visit, agreement, paper)


@router.post("/agreements/{agreement}")
async def sign_or_decline(agreement: str, request: Request, visit: Visiting) -> Response:
    said, page = await fields(request), f"/portal/agreements/{agreement}"
    try:
        if first(said, "do") == "decline":
            await decline(visit, agreement, first(said, "key"))
            return back(page, said="declined")
        if not first(said, "accept"):
            return back(page, problem="consent_missing")
        body = Signing(
            name=first(said, "name"),
            consent_version=first(said, "consent_version"),
            consent_sha256=first(said, "consent_sha256"),
        )
        await sign(visit, agreement, body, request, first(said, "key"))
    except Repeated:
        pass
    except ValidationError:
        return back(page, problem="name_missing")
    except OnboardingError as error:
        return back(page, problem=error.reason)
    return back(page, said="signed")


# ── identity ───────────────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/identity-check")
async def identity_check(visit: Visiting) -> Response:
    """To the vendor's page of the first check that waits; home when there is none."""
    waiting = await open_checks(visit)
    return RedirectResponse(waiting[0].link if waiting else "/portal", 303)


# ── meetings ───────────────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/meetings/{meeting}")
async def meeting(meeting: str, request: Request, visit: Visiting) -> Response:
    return shown(request, "meeting.html", visit, meeting=await meeting_view(visit, meeting))


@router.post("/meetings/{meeting}")
async def choose_slot(meeting: str, request: Request, visit: Visiting) -> Response:
    said, page = await fields(request), f"/portal/meetings/{meeting}"
    try:
        await choose(visit, meeting, Choice(slot=datetime.fromisoformat(first(said, "slot"))), first(said, "key"))
    except Repeated:
        pass
    except ValueError:
        return back(page, problem="slot_missing")
    except OnboardingError as error:
        return back(page, problem=error.reason)
    return back(page, said="slot_chosen")


# ── guides ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/guides")
async def all_guides(request: Request, visit: Visiting) -> Response:
    return shown(request, "guides.html", visit, materials=await materials(visit))


@router.get("/guides/{step}")
async def guides(step: str, request: Request, visit: Visiting) -> Response:
    return shown(request, "guides.html", visit, materials=[await material(visit, step)])


@router.get("/guides/{step}/{guide}")
async def guide(step: str, guide: str, request: Request, visit: Visiting) -> Response:
    read = await material(visit, step)
    found = next((one for one in read.guides if one.id == guide), None)
    if found is None:
        raise NotFound(code="guide_not_found")
    last = {one.id for one in read.guides if one.read is None} == {guide}
    asks = read.choice is not None and read.chosen is None and last
    text = text_of_guide(guide, visit.language)
    return shown(request, "guide.html", visit, material=read, guide=found, asks=asks, text=text)


@router.post("/guides/{step}/{guide}")
async def has_read(step: str, guide: str, request: Request, visit: Visiting) -> Response:
    said = await fields(request)
    try:
        body = Reading.model_validate({"choice": first(said, "choice") or None})
        await acknowledge(visit, step, guide, body, first(said, "key"))
    except Repeated:
        pass
    except OnboardingError as error:
        return back(f"/portal/guides/{step}/{guide}", problem=error.reason)
    return back(f"/portal/guides/{step}", said="guide_read")


# ── surveys ────────────────────────────────────────────────────────────────────────────────────────────────────────
@router.api_route("/survey/{token}", methods=["GET", "HEAD"])
async def survey(token: str, request: Request, door: TheDoor) -> Response:
    try:
        return await _questions(request, await by_link(door, token))
    except (NotFound, Gone) as error:
        language = spoken(request.headers.get("accept-language", ""))
        return show(request, "gone.html", language, error.status, reason="survey_link", token="", contact=None,
                    renewable=False)  # fmt: skip


@router.post("/survey/{token}")
async def answers(token: str, request: Request, door: TheDoor) -> Response:
    return await _answered(request, await by_link(door, token), f"/portal/survey/{token}")


@router.get("/surveys/{survey}")
async def own_survey(survey: str, request: Request, visit: Visiting) -> Response:
    return await _questions(request, await by_visit(visit, survey))


@router.post("/surveys/{survey}")
async def own_answers(survey: str, request: Request, visit: Visiting) -> Response:
    return await _answered(request, await by_visit(visit, survey), f"/portal/surveys/{survey}")


async def _questions(request: Request, who: Respondent) -> Response:
    view = await survey_view(who)
    return show(request, "survey.html", view.language, survey=view)


async def _answered(request: Request, who: Respondent, page: str) -> Response:
    said = await fields(request)
    asked = (await survey_view(who)).questions
    given = {one.name: said.get(one.name, []) if one.kind == "many" else first(said, one.name) for one in asked}
    try:
        await answer(who, Answers.model_validate({"answers": given}), first(said, "key"))
    except Repeated:
        pass
    except ValidationError:
        return back(page, problem="bad_answer")
    except OnboardingError as error:
        return back(page, problem=error.reason)
    return back(page, said="answered")
