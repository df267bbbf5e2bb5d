"""Pages for what is handed in: the list of what is asked for, the uploads, and the profile form."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.portal.access import Visit, Visiting
from api.portal.asked import items_of
from api.portal.handing_in import hand_in
from api.portal.pages.frame import Page, back, fields, first, shown
from api.portal.profile import Profile, form_view, save_draft, submit_form
from api.portal.uploads import take
from api.repeats import Repeated
from onboarding.errors import OnboardingError

router = APIRouter(route_class=Page)

_PERSON = ("name", "given_names", "family_name", "birth_date", "nationality", "phone", "document_number")
_ADDRESS = ("city", "postcode", "country")
_LINES = 2
_OWNERS = 100


@router.get("/documents")
async def list_of_documents(request: Request, visit: Visiting) -> Response:
    async with visit.door.database.session() as session:
        items = await items_of(session, visit)
    return shown(request, "documents.html", visit, items=items)


@router.post("/documents")
async def upload(request: Request, visit: Visiting) -> Response:
    """Streams, as the JSON side does; the hidden fields come before the file."""
    try:
        incoming = await take(request)
        await hand_in(visit, incoming, incoming.key)
    except Repeated:
        pass
    except OnboardingError as error:
        return back("/portal/documents", problem=error.reason)
    return back("/portal/documents", said="document_received")


@router.get("/forms/{form}")
async def form(form: str, request: Request, visit: Visiting, owners: int = 0) -> Response:
    """What is known, and over it what was saved and not sent yet. `owners` is how many rows there shall be."""
    view = await form_view(visit, form)
    filled = _laid_over(view.known, view.draft or {})
    listed = ((filled.get("company") or {}).get("owners") or [])[:_OWNERS]
    rows = [*listed, *[{}] * (min(owners, _OWNERS) - len(listed))] or [{}]
    return shown(request, "profile.html", visit, form=form, filled=filled, owners=rows, saved=view.saved)


@router.post("/forms/{form}")
async def send_form(form: str, request: Request, visit: Visiting) -> Response:
    """Saves first, whatever comes of it: what was typed is never lost."""
    said, page = await fields(request), f"/portal/forms/{form}"
    try:
        profile = Profile.model_validate(_profile(said, visit))
        await save_draft(visit, form, profile)
        if first(said, "do") == "add":
            return back(page, owners=str(len(_owners(said)) + 1))
        if first(said, "do") != "send":
            return back(page, said="draft_saved")
        await submit_form(visit, form, profile, first(said, "key"))
    except Repeated:
        pass
    except ValidationError:
        return back(page, problem="form_invalid")
    except OnboardingError as error:
        return back(page, problem=error.reason)
    return back("/portal/documents", said="form_received")


def _profile(said: dict[str, list[str]], visit: Visit) -> dict[str, Any]:
    profile: dict[str, Any] = {"person": {name: first(said, name) for name in _PERSON} | _address(said, "")}
    if visit.client.kind == "company":
        company = {name: first(said, f"company_{name}") for name in ("name", "registration_number", "country")}
        owners = _owners(said)
        profile["company"] = company | _address(said, "company_") | ({"owners": owners} if owners else {})
    filled: dict[str, Any] = _without_blanks(profile)
    return filled


def _address(said: dict[str, list[str]], prefix: str) -> dict[str, Any]:
    lines = [line.strip() for line in said.get(f"{prefix}line", [])[:_LINES] if line.strip()]
    address = {name: first(said, f"{prefix}address_{name}") for name in _ADDRESS}
    address["country"] = address["country"].upper()
    return {"address": {"lines": lines} | address} if lines or address["city"] else {}


def _owners(said: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Rows that have a name; a share that is a bare number is meant in percent."""
    columns = [said.get(f"owner_{name}", []) for name in ("name", "birth_date", "nationality", "share")]
    rows = []
    for name, born, nationality, share in zip(*columns, strict=False):
        if name.strip():
            person = {"name": name, "birth_date": born, "nationality": nationality.strip().upper()}
            rows.append({"person": person, "share": _share(share.strip())})
    return rows


def _share(text: str) -> str:
    return text if not text or text.endswith("%") or "/" in text else f"{text.replace(',', '.')}%"


def _without_blanks(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _without_blanks(value) for name, value in said.items() if value not in ("", None, {})}
    return [_without_blanks(one) for one in said] if isinstance(said, list) else said


def _laid_over(known: Any, draft: Any) -> Any:
    if isinstance(known, dict) and isinstance(draft, dict):
        return known | {name: _laid_over(known.get(name), value) for name, value in draft.items()}
    return draft
