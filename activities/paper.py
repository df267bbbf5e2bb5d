"""Our papers: the agreement as it is presented, the marks set upon it, the certificate of completion.

Everything comes in by value and goes out as bytes; the same values give the same bytes. Layout is in `templates/*.typ`,
words are in `templates/words.yaml`. Names may be in any script: fonts come from packages, never from the machine.
"""

import hashlib
import json
from datetime import date, datetime
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml

from activities.contract import (
    AgreementText,
    CompletionRecord,
    ConsentText,
    Fee,
    Paper,
    Party,
    Place,
    Signature,
    Template,
    VisibleMark,
)
from activities.typesetting import TEMPLATES, typeset
from onboarding.case import Language

A4_HEIGHT = 841.89  # points


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
    return Place(page=found["page"], left=found["x"], bottom=bottom, width=found["width"], height=found["height"])


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
