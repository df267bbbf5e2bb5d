"""How a page is made: rendered from a template, with strict headers, and with every error as a page of its own."""

import functools
import re
import secrets
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import ChainableUndefined, Environment, FileSystemLoader

from activities.letters import words as letters
from api.portal.access import Visit
from api.portal.words import knows, say, spoken
from onboarding.errors import Invalid, OnboardingError

_FOLDER = Path(__file__).parents[1]
_CODE = re.compile(r"[a-z0-9_]{1,60}")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
_FILES = {"portal.css": "text/css", "icon.svg": "image/svg+xml"}

router = APIRouter()


class Page(APIRoute):
    """An endpoint whose errors are pages, in the language that the browser asks for."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                response = await answer(request)
            except OnboardingError as error:
                response = fault(request, error)
            except RequestValidationError:
                response = fault(request, Invalid())
            if response.media_type == "application/pdf":  # the browser's own reader needs styles of its own
                response.headers.update({k: v for k, v in _HEADERS.items() if k != "Content-Security-Policy"})
            else:
                response.headers.update(_HEADERS)
            return response

        return handler


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """The style sheet and the icon: everything a page needs besides itself."""
    if name not in _FILES:
        return Response(status_code=404)
    return FileResponse(_FOLDER / "static" / name, media_type=_FILES[name], headers={"Cache-Control": "max-age=3600"})


def show(request: Request, template: str, language: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """The page in this language. `problem` and `said` come as codes in its address, never as words."""

    def t(name: str, /, **more: object) -> str:
        return say(name, language, **more)

    said = _coded(request, "said")
    page = _templates().get_template(template).render(
        t=t, language=language, key=secrets.token_urlsafe(16), problem=_trouble(request, language),
        said=say(f"said.{said}", language) if said and knows(f"said.{said}") else "",
        company=request.app.state.door.provider.name, **facts,
    )  # fmt: skip
    return HTMLResponse(page, status)


def shown(request: Request, template: str, visit: Visit, **facts: Any) -> HTMLResponse:
    """A page for a client who is signed in."""
    return show(request, template, visit.language, visit=visit, **facts)


def fault(request: Request, error: OnboardingError) -> HTMLResponse:
    """The page of an error that has no better place. 401 says how to come in."""
    language = spoken(request.headers.get("accept-language", ""))
    name = "session" if error.status == 401 else "missing" if error.status in (404, 410, 422) else "error"
    return show(request, "fault.html", language, error.status, name=name)


def back(path: str, **codes: str) -> RedirectResponse:
    """After a POST the browser fetches a page, so going back or reloading repeats nothing."""
    return RedirectResponse(f"{path}?{urlencode(codes)}" if codes else path, 303)


async def fields(request: Request) -> dict[str, list[str]]:
    """The fields of a form, each with all its values."""
    form = await request.form()
    return {name: [str(value) for value in form.getlist(name)] for name in form}


def first(said: dict[str, list[str]], name: str) -> str:
    return said.get(name, [""])[0].strip()


def _coded(request: Request, name: str) -> str:
    code = request.query_params.get(name, "")
    return code if _CODE.fullmatch(code) else ""


def _trouble(request: Request, language: str) -> str:
    """What went wrong, and how to mend it, by the reason code."""
    code = _coded(request, "problem")
    if not code:
        return ""
    if knows(f"problem.{code}"):
        return say(f"problem.{code}", language)
    if code in letters.codes():
        reason = letters.explain(code, language)
        return f"{reason.why} {reason.mend}".strip()
    return say("problem.other", language)


@functools.cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
