"""Pages for what is handed in: the list of what is asked for, the uploads, the profile form, and who owns whom."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.portal.access import Visit, Visiting
from api.portal.asked import items_of
from api.portal.handing_in import hand_in
from api.portal.ownership import KINDS, MEANS, MOST, Control, Entity, Holding, Lines, percent, renumbered
from api.portal.pages.frame import Page, back, fields, first, shown
from api.portal.profile import FormView, Profile, check_form, form_view, save_draft, submit_form
from api.portal.uploads import take
from api.repeats import Repeated
from onboarding.errors import NotFound, OnboardingError

router = APIRouter(route_class=Page)

_PERSON = ("name", "given_names", "family_name", "birth_date", "nationality", "phone", "document_number")
_COMPANY = ("name", "registration_number", "vat_number", "lei", "country")
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
    filled = _filled(view)
    listed = ((filled.get("company") or {}).get("owners") or [])[:_OWNERS]
    rows = [*listed, *[{}] * (min(owners, _OWNERS) - len(listed))] or [{}]
    return shown(request, "profile.html", visit, form=form, filled=filled, owners=rows, saved=view.saved)


@router.post("/forms/{form}")
async def send_form(form: str, request: Request, visit: Visiting) -> Response:
    """Saves first, whatever comes of it: what was typed is never lost."""
    said, page = await fields(request), f"/portal/forms/{form}"
    try:
        profile = Profile.model_validate(_profile(said, visit, _structure(await form_view(visit, form))))
        await save_draft(visit, form, profile)
        if first(said, "do") == "add":
            return back(page, owners=str(len(_owners(said)) + 1))
        if first(said, "do") == "ownership":
            return back(f"{page}/ownership")
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


@router.get("/forms/{form}/ownership")
async def ownership(
    form: str, request: Request, visit: Visiting, entities: int = 0, holdings: int = 0, control: int = 0,
    checked: bool = False,
) -> Response:  # fmt: skip
    """The lines as they were saved. `entities`, `holdings` and `control` are how many there shall be; once they were
    `checked`, each says what is wrong with it."""
    lines = Lines.of(_company(visit, await form_view(visit, form)))
    if checked:
        lines.check()
    lines.entities += [Entity() for _ in range(len(lines.entities), min(entities, MOST))]
    lines.holdings += [Holding() for _ in range(len(lines.holdings), max(1, min(holdings, MOST)))]
    lines.control += [Control() for _ in range(len(lines.control), min(control, MOST))]
    return shown(request, "ownership.html", visit, form=form, lines=lines, kinds=KINDS, means=MEANS)


@router.post("/forms/{form}/ownership")
async def send_ownership(form: str, request: Request, visit: Visiting) -> Response:
    """Saves first, as the form does, into the same draft: it is sent with the rest."""
    said, page = await fields(request), f"/portal/forms/{form}/ownership"
    view = await form_view(visit, form)
    known = Lines.of(_company(visit, view))
    if first(said, "owners") not in ("", known.mark):
        return back(page, problem="owners_changed")
    lines = known.told(said)
    draft = _laid_over(view.draft or {}, {"company": _without_blanks(lines.form())})
    try:
        profile = Profile.model_validate(draft)
        await save_draft(visit, form, profile)
        match first(said, "do"):
            case "add_entity":
                return back(page, entities=str(len(lines.entities) + 1))
            case "add_holding":
                return back(page, holdings=str(len(lines.holdings) + 1))
            case "add_control":
                return back(page, control=str(len(lines.control) + 1))
            case "save":
                return back(page, said="draft_saved")
        if not lines.check():
            return back(page, problem="lines_to_mend", checked="1")
        await check_form(visit, form, profile)
    except ValidationError:
        return back(page, problem="form_invalid")
    except OnboardingError as error:
        return back(page, problem=error.reason)
    return back(f"/portal/forms/{form}", said="ownership_saved")


def _company(visit: Visit, view: FormView) -> dict[str, Any]:
    """What is known of the company, under what was saved. NotFound for a person, who has no owners."""
    if visit.client.kind != "company":
        raise NotFound
    return {**(_filled(view).get("company") or {})}


def _structure(view: FormView) -> dict[str, Any]:
    return {**((_filled(view).get("company") or {}).get("structure") or {})}


def _filled(view: FormView) -> dict[str, Any]:
    filled: dict[str, Any] = _laid_over(view.known, view.draft or {})
    return filled


def _profile(said: dict[str, list[str]], visit: Visit, structure: dict[str, Any]) -> dict[str, Any]:
    """`structure` has a page of its own and stays; owners whose row was emptied are gone from it too."""
    profile: dict[str, Any] = {"person": {name: first(said, name) for name in _PERSON} | _address(said, "")}
    if visit.client.kind == "company":
        company = {name: first(said, f"company_{name}") for name in _COMPANY}
        owners = _owners(said)
        profile["company"] = company | _address(said, "company_") | ({"owners": owners} if owners else {})
        profile["company"]["structure"] = renumbered(structure, _places(said)) if owners else structure
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
            rows.append({"person": person, "share": percent(share.strip())})
    return rows


def _places(said: dict[str, list[str]]) -> dict[str, str]:
    """The code that each owner's row has once the empty ones are gone."""
    named = [place for place, name in enumerate(said.get("owner_name", []), 1) if name.strip()]
    codes = {f"owner_{old}": f"owner_{new}" for new, old in enumerate(named, 1)}
    return {f"owner_{place}": "" for place in range(1, _OWNERS + 1)} | codes


def _without_blanks(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _without_blanks(value) for name, value in said.items() if value not in ("", None, {})}
    return [_without_blanks(one) for one in said] if isinstance(said, list) else said


def _laid_over(known: Any, draft: Any) -> Any:
    if isinstance(known, dict) and isinstance(draft, dict):
        return known | {name: _laid_over(known.get(name), value) for name, value in draft.items()}
    return draft
