"""The way in as pages: a link shows a button, and the button opens the client's own page."""

import secrets
from contextlib import suppress

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import TheDoor
from api.door import Door
from api.portal.access import Visiting, cookie_name, forget, remember, visit_of
from api.portal.entrance import Session, enter, page_of
from api.portal.home import contact_of, home_of
from api.portal.newlink import can_renew, renew
from api.portal.pages.frame import Page, back, fields, first, show, shown
from api.portal.words import spoken
from api.repeats import Repeated
from onboarding.errors import OnboardingError
from records import cases
from records.links import LinkRow, LinkUnknown, end_session

router = APIRouter(route_class=Page)


@router.api_route("/enter/{token}", methods=["GET", "HEAD"])
async def knock(token: str, request: Request, door: TheDoor) -> Response:
    """One button. Scanners of mail open links too, so nothing is used up by this."""
    try:
        async with door.database.session() as session:
            link = await door.links.peek(session, token)
            language = (await cases.client_of(session, door.vault, link.case_id)).language
    except OnboardingError as error:
        return await _gone(request, door, token, error)
    return show(request, "enter.html", language, token=token)


@router.post("/enter/{token}")
async def open_page(token: str, request: Request, door: TheDoor) -> Response:
    """The deliberate act: the link becomes a session. The same form again, by reloading, gets the same session."""
    said = await fields(request)
    try:
        answer = (await enter(door, token, first(said, "key") or secrets.token_urlsafe(16))).body
    except Repeated as repeated:
        answer = repeated.answer.body
    except OnboardingError as error:
        return await _gone(request, door, token, error)
    opened = Session.model_validate_json(bytes(answer))
    response = back(opened.to)
    remember(response, door, opened.session)
    return response


@router.post("/link")
async def new_link(request: Request, door: TheDoor) -> Response:
    """Sends a new link to the address that the old one went to."""
    token = first(await fields(request), "token")
    async with door.database.session() as session:
        link = await door.links.known(session, token)
        language = (await cases.client_of(session, door.vault, link.case_id)).language
    await renew(door, link)
    return show(request, "sent.html", language)


@router.post("/leave")
async def leave(request: Request, visit: Visiting) -> Response:
    """Ends the session on this device."""
    async with visit.door.database.session() as session:
        await end_session(session, visit.secret)
    response = show(request, "fault.html", visit.language, name="session")
    forget(response, visit.door)
    return response


async def home(request: Request, visit: Visiting) -> HTMLResponse:
    return shown(request, "home.html", visit, home=await home_of(visit))


router.add_api_route("/home", home, methods=["GET"])


async def _gone(request: Request, door: Door, token: str, error: OnboardingError) -> Response:
    """A link that cannot be used: whoever is signed in goes on, others get a new one or are told whom to ask."""
    async with door.database.session() as session:
        with suppress(LinkUnknown):
            link = await door.links.known(session, token)
            return await _worn(request, door, session, link, token, error)
    language = spoken(request.headers.get("accept-language", ""))
    return show(request, "gone.html", language, 404, reason="link_unknown", token="", contact=None, renewable=False)


async def _worn(
    request: Request, door: Door, session: AsyncSession, link: LinkRow, token: str, error: OnboardingError
) -> Response:
    with suppress(OnboardingError):
        visit = await visit_of(door, request.cookies.get(cookie_name(door), ""))
        if visit.case.id == link.case_id:
            return back(page_of(link.purpose, link.subject))
    language = (await cases.client_of(session, door.vault, link.case_id)).language
    case = await cases.case(session, link.case_id)
    contact = await contact_of(session, case.owner)
    return show(
        request, "gone.html", language, error.status, reason=error.reason, token=token, contact=contact,
        renewable=can_renew(door, link, case),
    )  # fmt: skip
