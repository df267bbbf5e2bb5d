"""Numbers, mail addresses and postal addresses: whether they can be what they claim to be, by form and check digit.

Nothing here asks anybody whether the thing exists.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Literal, cast

import phonenumbers
import yaml
from pydantic import BaseModel, ConfigDict
from stdnum import get_cc_module, iban, lei
from stdnum.exceptions import ValidationError

from kyc import countries
from onboarding.case import Address

Kind = Literal["lei", "iban", "vat", "company", "person", "phone", "email", "address"]

_MODULES = {"vat": "vat", "company": "businessid", "person": "personalid"}  # python-stdnum's names
_MAILBOX = r"[^\s@\x00-\x1f\"(),:;<>\[\\\]]{1,64}"
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}"


class Check(BaseModel):
    """`normal` is the canonical form where the thing is valid; `reason` says what is wrong: unknown_kind where no
    rule is known for the country (then `valid` is None), else length, format, checksum, component, country."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Kind
    valid: bool | None
    normal: str = ""
    reason: str | None = None


def check_number(kind: Literal["lei", "iban", "vat", "company", "person"], number: str, country: str = "") -> Check:
    """A LEI, an IBAN, or a country's own VAT, company or personal number (`country` is alpha-2)."""
    module = {"lei": lei, "iban": iban}.get(kind) or get_cc_module(country.lower(), _MODULES.get(kind, kind))
    if module is None:
        return Check(kind=kind, valid=None, reason="unknown_kind")
    try:
        return Check(kind=kind, valid=True, normal=str(module.validate(number)))
    except ValidationError as error:
        return Check(kind=kind, valid=False, reason=type(error).__name__.removeprefix("Invalid").lower())


def check_phone(number: str, country: str = "") -> Check:
    """`country` is where a number without international prefix would be dialled."""
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return Check(kind="phone", valid=False, reason="format")
    if not phonenumbers.is_valid_number(parsed):
        return Check(kind="phone", valid=False, reason="component")
    return Check(
        kind="phone", valid=True, normal=phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    )


def check_email(address: str) -> Check:
    """By form alone, in any script; the domain is put in lower case, the mailbox left as it is."""
    local, _, domain = address.partition("@")
    formed = len(address) <= 254 and re.fullmatch(_MAILBOX, local) and re.fullmatch(_DOMAIN, domain)
    if not formed or ".." in local or local[0] == "." or local[-1] == ".":
        return Check(kind="email", valid=False, reason="format")
    return Check(kind="email", valid=True, normal=f"{local}@{domain.lower()}")


def check_address(address: Address) -> Check:
    """The country must exist and the postcode fit it, where the country's form is known."""
    if not countries.is_country(address.country):
        return Check(kind="address", valid=False, reason="country")
    form = _postcodes().get(address.country)
    if form and not re.fullmatch(form, address.postcode.strip().upper()):
        return Check(kind="address", valid=False, reason="postcode")
    return Check(kind="address", valid=True)


@cache
def _postcodes() -> dict[str, str]:
    text = files("kyc").joinpath("tables/postcodes.yaml").read_text(encoding="utf-8")
    return cast(dict[str, str], yaml.safe_load(text)["forms"])
