"""Our papers: the agreement as it is presented, the marks set upon it, the certificate of completion.

Everything comes in by value and goes out as bytes; the same values give the same bytes. Layout is in `templates/*.typ`,
words are in `templates/words.yaml`. Names may be in any script: fonts come from packages, never from the machine.
"""

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import AwareDatetime, Field, model_validator

from activities.typesetting import TEMPLATES, typeset
from onboarding.case import Code, Language, Name, Strict

LARGEST_DRAWING = 200_000  # bytes of PNG
WIDEST_DRAWING = 2_000  # pixels a side
A4_HEIGHT = 841.89  # points

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")
Line = Field(min_length=1, max_length=2_000)


class Place(Strict):
    """A box on a page, in points from the lower left corner, as PDF counts; pages count from one."""

    page: int = Field(ge=1)
    left: float
    bottom: float
    width: float
    height: float


class Template(Strict):
    """What a paper was made from. The hash covers its layout and its words in every language."""

    name: str
    version: str
    sha256: str = Sha256


class Paper(Strict):
    """A finished PDF/A, its hash, and where the signature (if it has one) and the seal belong."""

    pdf: bytes = Field(repr=False)
    sha256: str = Sha256
    pages: int
    template: Template
    seal: Place
    signature: Place | None = None


class ConsentText(Strict):
    """The words that a signer accepts before signing; show exactly these, and keep version and hash as evidence."""

    version: str
    sha256: str = Sha256
    paragraphs: list[str]


class Party(Strict):
    name: Name
    lines: list[Name] = Field(default_factory=list, max_length=8, description="address, one line each")
    registration: str = Field("", max_length=60)
    represented_by: str = Field("", max_length=300, description="who signs, where a company is the party")
    contact: str = Field("", max_length=254, description="where to write to")

    @property
    def signer(self) -> str:
        return self.represented_by or self.name


class Fee(Strict):
    item: Name
    amount: Decimal = Field(ge=0, max_digits=14, decimal_places=2)
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")
    period: Literal["once", "monthly", "yearly", "usage"] = "monthly"


class AgreementText(Strict):
    """All that an agreement says beyond its standard words."""

    agreement_id: str = Field(pattern=r"^[a-z0-9_]{1,60}$")
    made_at: AwareDatetime
    dated: date
    begins: date
    months: int = Field(12, ge=1, le=600)
    notice_days: int = Field(30, ge=0, le=3650)
    law: Name = Field(description="the country whose law governs, in the language of the paper")
    provider: Party
    client: Party
    service: Name
    description: list[str] = Field(default_factory=list, max_length=40)
    fees: list[Fee] = Field(default_factory=list, max_length=40)


class Signature(Strict):
    """The mark of the client: a typed name, and a drawing when the signer made one."""

    name: Name
    at: AwareDatetime
    timezone: str = "UTC"
    consent: str = Field(pattern=r"^[a-z0-9_]{1,60}$", description="id of the recorded consent")
    place: Place
    drawn: bytes | None = Field(None, max_length=LARGEST_DRAWING, repr=False, description="PNG")

    @model_validator(mode="after")
    def _drawing_is_a_small_png(self) -> Self:
        if self.drawn is not None and not _is_small_png(self.drawn):
            raise ValueError("the drawing is not a PNG of at most 2000 by 2000 pixels")
        return self


class VisibleMark(Strict):
    """What a reader sees of a seal, and of the signature that it protects."""

    provider: Name
    place: Place
    language: Language = "en"
    signature: Signature | None = None


class Signer(Strict):
    name: Name
    email: str = Field("", max_length=254)
    address: str = Field("", max_length=45, description="IP address")
    device: str = Field("", max_length=500, description="user agent")
    identified_by: list[Literal["email_link", "document_check", "screening", "vendor", "staff"]] = Field(min_length=1)


class Disclosure(Strict):
    """Which consent text was accepted, and when."""

    version: str
    sha256: str = Sha256
    accepted_at: AwareDatetime


class Event(Strict):
    """One entry of the evidence. `opened` is a deliberate act of the signer, never a fetch by a mail scanner."""

    at: AwareDatetime
    kind: Literal["sent", "opened", "consented", "signed", "declined", "sealed"]
    actor: Literal["client", "provider", "system"]
    detail: dict[Code, str] = Field(default_factory=dict, description="goes into the attached log only")


class SealRecord(Strict):
    by: Name
    level: str
    stamped_at: AwareDatetime


class CompletionRecord(Strict):
    """The evidence of one signed agreement; it is printed, and attached whole as JSON."""

    certificate_id: str = Field(pattern=r"^[a-z0-9_]{1,60}$")
    agreement_id: str
    case_id: str
    provider: Name
    title: Name
    pages: int
    template: Template
    presented_sha256: str = Sha256
    produced_sha256: str = Sha256
    signers: list[Signer] = Field(min_length=1, max_length=20)
    disclosure: Disclosure
    events: list[Event] = Field(min_length=1, max_length=500)
    seal: SealRecord
    timezone: str = Field("UTC", max_length=64)
    issued_at: AwareDatetime


def agreement_pdf(data: AgreementText, language: Language) -> Paper:
    """The agreement as it is presented for signature: PDF/A-2a, tagged, with room for the mark and the seal."""
    words = _words("agreement", language)
    blanks = {
        "provider": data.provider.name,
        "begins": _day(data.begins, language),
        "months": str(data.months),
        "notice": str(data.notice_days),
        "law": data.law,
    }
    fees = [
        {"item": fee.item, "charged": words["period"][fee.period], "amount": _money(fee, language)} for fee in data.fees
    ]
    said = {
        "number": data.agreement_id,
        "short_provider": data.provider.name[:80],
        "dated": _day(data.dated, language),
        "provider": data.provider.model_dump() | {"signer": data.provider.signer},
        "client": data.client.model_dump() | {"signer": data.client.signer},
        "service": {"name": data.service, "description": data.description},
        "fees": fees,
        "clauses": [[title, text.format_map(blanks)] for title, text in words["clauses"]],
        "consent": consent_text(data.provider, language).paragraphs,
        "words": words | {"service_lead": words["service_lead"].format_map(blanks)},
    }
    return _paper("agreement", said, language, data.made_at)


def consent_text(provider: Party, language: Language) -> ConsentText:
    """The disclosure that stands in the agreement and on the signing page alike."""
    contact = provider.contact or provider.name
    paragraphs = [text.format(provider_contact=contact) for text in _words("agreement", language)["consent_text"]]
    digest = hashlib.sha256("\n\n".join(paragraphs).encode()).hexdigest()
    return ConsentText(version=template("agreement").version, sha256=digest, paragraphs=paragraphs)


def certificate_pdf(data: CompletionRecord, language: Language) -> Paper:
    """The certificate of completion: PDF/A-3a with the whole record attached as `events.json`."""
    words = _words("certificate", language)
    zone = ZoneInfo(data.timezone)
    signers = [
        signer.model_dump() | {"identified": [words["identified_by"][way] for way in signer.identified_by]}
        for signer in data.signers
    ]
    events = [
        {
            "at": _moment(event.at, zone, language),
            "what": words["kinds"][event.kind],
            "who": words["actors"][event.actor],
        }
        for event in data.events
    ]
    said = {
        "number": data.certificate_id,
        "short_provider": data.provider[:80],
        "title": data.title,
        "agreement": data.agreement_id,
        "case": data.case_id,
        "pages": data.pages,
        "agreement_template": f"{data.template.name} {data.template.version} · {data.template.sha256[:16]}",
        "presented_sha256": data.presented_sha256,
        "produced_sha256": data.produced_sha256,
        "signers": signers,
        "disclosure": {
            "version": data.disclosure.version,
            "sha256": data.disclosure.sha256,
            "accepted": _moment(data.disclosure.accepted_at, zone, language),
        },
        "events": events,
        "seal": {
            "by": data.seal.by,
            "level": data.seal.level,
            "stamped": _moment(data.seal.stamped_at, zone, language),
        },
        "issued": _moment(data.issued_at, zone, language),
        "words": words | {"zone": words["zone"].format(zone=data.timezone)},
    }
    log = json.dumps(data.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True)
    return _paper("certificate", said, language, data.issued_at, log)


def signature_mark(signature: Signature, language: Language) -> bytes:
    """One small page with the client's mark, to be set upon the agreement."""
    said = {
        "kind": "signature",
        "name": signature.name,
        "at": _moment(signature.at, ZoneInfo(signature.timezone), language),
        "consent": signature.consent,
        "drawn": signature.drawn is not None,
    }
    return _mark(said, signature.place, language, signature.at, signature.drawn or b"")


def seal_mark(mark: VisibleMark, at: datetime) -> bytes:
    """One small page with the words of the provider's seal."""
    return _mark({"kind": "seal", "name": mark.provider}, mark.place, mark.language, at)


def template(name: Literal["agreement", "certificate", "mark"]) -> Template:
    """The template that is in force now; pin it with what is made from it."""
    layout = b"".join((TEMPLATES / file).read_bytes() for file in ("paper.typ", f"{name}.typ"))
    words = json.dumps([_book()[name], _book()["months"], _book()["date"]], sort_keys=True).encode()
    return Template(name=name, version=_book()[name]["version"], sha256=hashlib.sha256(layout + words).hexdigest())


def _paper(
    name: Literal["agreement", "certificate"], said: dict[str, Any], language: Language, at: datetime, log: str = ""
) -> Paper:
    made_from = template(name)
    said |= {"language": language, "template": made_from.model_dump()}
    standard: Literal["a-2a", "a-3a"] = "a-3a" if log else "a-2a"
    printed = typeset(TEMPLATES / f"{name}.typ", said, at, standard, {"log": log})
    seal = printed.find("<seal-place>")
    return Paper(
        pdf=printed.pdf,
        sha256=hashlib.sha256(printed.pdf).hexdigest(),
        pages=seal["pages"],
        template=made_from,
        seal=_place(seal),
        signature=_place(printed.find("<signature-place>")) if name == "agreement" else None,
    )


def _place(found: dict[str, Any]) -> Place:
    bottom = A4_HEIGHT - found["y"] - found["height"]  # the typesetter counts from the top, PDF from the bottom
    return Place(
        page=found["page"], left=found["x"], bottom=bottom, width=found["width"], height=found["height"]
    )


def _mark(said: dict[str, Any], place: Place, language: Language, at: datetime, drawn: bytes = b"") -> bytes:
    said |= {
        "words": _words("mark", language),
        "language": language,
        "width": place.width,
        "height": place.height,
    }
    return typeset(TEMPLATES / "mark.typ", said, at, "a-2b", {"drawn": json.dumps(list(drawn))}).pdf


@cache
def _book() -> dict[str, Any]:
    book: dict[str, Any] = yaml.safe_load((TEMPLATES / "words.yaml").read_text(encoding="utf-8"))
    return book


def _words(paper: str, language: Language) -> dict[str, Any]:
    words: dict[str, Any] = _book()[paper][language]
    return words


def _day(day: date, language: Language) -> str:
    pattern: str = _book()["date"][language]
    return pattern.format(day=day.day, month=_book()["months"][language][day.month - 1], year=day.year)


def _moment(at: datetime, zone: ZoneInfo, language: Language) -> str:
    there = at.astimezone(zone)
    offset = f"{there:%z}"
    distance = "" if offset == "+0000" else f"{offset[:3]}:{offset[3:]}"
    return f"{_day(there.date(), language)}, {there:%H:%M:%S} UTC{distance}"


def _money(fee: Fee, language: Language) -> str:
    amount = f"{fee.amount:,.2f}"
    if language == "es":
        amount = amount.translate(str.maketrans(",.", ".,"))
    return f"{amount} {fee.currency}"


def _is_small_png(drawing: bytes) -> bool:
    sides = drawing[16:20], drawing[20:24]
    starts = drawing.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    return starts and all(0 < int.from_bytes(side) <= WIDEST_DRAWING for side in sides)


