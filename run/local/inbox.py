"""The pages and the JSON of the mail sink. What is shown came from outside: it runs nothing and loads nothing."""

import html
import re
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import HTMLResponse, PlainTextResponse
from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel, Field
from starlette.middleware.base import RequestResponseEndpoint

Row = tuple[int, str, str, bytes]

_PAGES = Path(__file__).parent / "pages"
_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
_LINK = re.compile(r"https?://[^\s<>\"']+")


class Mails(Protocol):
    def after(self, number: int = 0) -> list[Row]: ...

    def one(self, number: int) -> Row | None: ...

    def clear(self) -> None: ...


class AttachmentOut(BaseModel):
    name: str
    media_type: str
    size: int


class MessageOut(BaseModel):
    """A message as tests and demos read it. `to` are those it was delivered to."""

    id: int
    received: datetime
    message_id: str
    sender: str = Field(serialization_alias="from")
    to: list[str]
    subject: str
    date: str
    text: str
    html: str
    links: list[str]
    attachments: list[AttachmentOut]


def create_inbox(mails: Mails) -> FastAPI:
    app = FastAPI(title="Inbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])  # no foreign page by DNS tricks
    pages = Environment(loader=FileSystemLoader(_PAGES), autoescape=True)
    style = (_PAGES / "inbox.css").read_text(encoding="utf-8")

    def found(number: int) -> tuple[Row, EmailMessage]:
        row = mails.one(number)
        if row is None:
            raise HTTPException(404, "There is no such message.")
        return row, _parse(row[3])

    @app.middleware("http")
    async def guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
        answer = await call_next(request)
        answer.headers.setdefault("Content-Security-Policy", _POLICY)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    @app.get("/healthz")
    def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.get("/")
    def show_list(to: str = "", subject: str = "") -> HTMLResponse:
        shown = [message for message in map(read, mails.after()) if _fits(message, to, subject)]
        return HTMLResponse(pages.get_template("list.html").render(messages=shown, to=to, subject=subject))

    @app.get("/messages/{number}")
    def show_message(number: int) -> HTMLResponse:
        row, message = found(number)
        headers = [(name, str(value)) for name, value in message.items()]
        return HTMLResponse(pages.get_template("message.html").render(message=read(row), headers=headers))

    @app.get("/messages/{number}/html")
    def show_html(number: int) -> HTMLResponse:
        row, _ = found(number)
        body = read(row).html.replace("<head>", '<head><base target="_blank">', 1)  # links leave the frame
        return HTMLResponse(body, headers={"Content-Security-Policy": _MAIL_POLICY})

    @app.get("/messages/{number}/attachments/{place}")
    def download(number: int, place: int) -> Response:
        parts = list(found(number)[1].iter_attachments())
        if not 0 <= place < len(parts):
            raise HTTPException(404, "There is no such attachment.")
        disposition = f"attachment; filename*=UTF-8''{quote(parts[place].get_filename() or 'part', safe='')}"
        return Response(_bytes(parts[place]), 200, {"Content-Disposition": disposition}, "application/octet-stream")

    @app.get("/inbox.css")
    def show_style() -> Response:
        return Response(style, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    @app.get("/favicon.ico")
    def show_icon() -> Response:
        return Response(_ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"})

    @app.get("/api/messages")
    def list_messages(to: str = "", subject: str = "", since: str = "") -> list[MessageOut]:
        """Newest first. `to` and `subject` are looked for within, `since` is a time (ISO 8601) or a message's id."""
        after, moment = _since(since)
        messages = map(read, mails.after(after))
        return [one for one in messages if _fits(one, to, subject) and (moment is None or one.received >= moment)]

    @app.delete("/api/messages", status_code=204)
    def clear() -> None:
        mails.clear()

    return app


def read(row: Row) -> MessageOut:
    number, received, recipients, content = row
    message = _parse(content)
    text, page = _body(message, "plain"), _body(message, "html")
    links = [html.unescape(link) for link in _LINK.findall(re.sub(r"<[^>]*xmlns[^>]*>", "", page))]
    return MessageOut(
        id=number,
        received=datetime.fromisoformat(received),
        message_id=str(message["Message-ID"] or ""),
        sender=str(message["From"] or ""),
        to=recipients.split("\n"),
        subject=str(message["Subject"] or ""),
        date=str(message["Date"] or ""),
        text=text,
        html=page,
        links=list(dict.fromkeys([*_LINK.findall(text), *links])),
        attachments=[
            AttachmentOut(
                name=part.get_filename() or "part", media_type=part.get_content_type(), size=len(_bytes(part))
            )
            for part in message.iter_attachments()
        ],
    )


def _parse(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):  # a charset that nobody knows
        return _bytes(part).decode(errors="replace")


def _bytes(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else part.as_bytes()


def _fits(message: MessageOut, to: str, subject: str) -> bool:
    return any(to.lower() in one.lower() for one in message.to) and subject.lower() in message.subject.lower()


def _since(text: str) -> tuple[int, datetime | None]:
    if not text:
        return 0, None
    if text.isdecimal():
        return int(text), None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that nobody encoded
    except ValueError:
        raise HTTPException(422, "since is a time (ISO 8601) or a message's id.") from None
    if moment.tzinfo is None:
        raise HTTPException(422, "since needs its offset from UTC.")
    return 0, moment


_ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect y="2" width="16" height="12" rx="2" \
fill="#0b5563"/><path d="M1 4l7 5 7-5" fill="none" stroke="#fff" stroke-width="1.5"/></svg>"""
