"""What an agreement says beyond its standard words: the terms, as data, and the client as its party."""

from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Literal

import yaml

from activities.contract import AgreementText, Fee, Party
from onboarding.case import Address, Client, Language, Strict
from onboarding.errors import Invalid

Spoken = dict[Language, str]


class UnknownTerms(Invalid):
    """There are no terms of this name."""

    code = "unknown_terms"


class TermFee(Strict):
    item: Spoken
    amount: Decimal
    currency: str
    period: Literal["once", "monthly", "yearly", "usage"]


class Terms(Strict):
    """`law` is the country whose law governs; every text is there in every language."""

    law: Spoken
    months: int
    notice_days: int
    service: Spoken
    description: dict[Language, list[str]]
    fees: list[TermFee]


def terms_named(name: str) -> Terms:
    """The terms of `terms/<name>.yaml`."""
    file = files("activities") / "terms" / f"{name}.yaml"
    if not file.is_file():
        raise UnknownTerms
    return Terms.model_validate(yaml.safe_load(file.read_text("utf-8")))


def agreement_text(
    agreement: str, made: datetime, day: date, provider: Party, client: Client, terms: Terms
) -> AgreementText:
    """`made` is story time, `day` the day that it is where the client lives."""
    language = client.language
    return AgreementText(
        agreement_id=agreement,
        made_at=made,
        dated=day,
        begins=day,
        months=terms.months,
        notice_days=terms.notice_days,
        law=terms.law[language],
        provider=provider,
        client=party_of(client),
        service=terms.service[language],
        description=terms.description[language],
        fees=[
            Fee(item=fee.item[language], amount=fee.amount, currency=fee.currency, period=fee.period)
            for fee in terms.fees
        ],
    )


def party_of(client: Client) -> Party:
    """The client as a party: a company by the person who stands for it."""
    person, company = client.person, client.company
    if company is None:
        return Party(name=person.name, lines=_lines(person.address), contact=person.email or "")
    return Party(
        name=company.name,
        lines=_lines(company.address),
        registration=company.registration_number or "",
        represented_by=person.name,
        contact=person.email or "",
    )


def _lines(address: Address | None) -> list[str]:
    if address is None:
        return []
    town = f"{address.postcode} {address.city}".strip()
    return [*address.lines, town, address.country]
