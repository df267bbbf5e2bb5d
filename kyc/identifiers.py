"""Numbers, mail addresses and postal addresses: whether they can be what they claim to be, by form and check digit.

Nothing here asks anybody whether the thing exists.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, Literal, cast

import phonenumbers
import yaml
from pydantic import BaseModel, ConfigDict
from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

from kyc import countries
from onboarding.case import Address

NumberKind = Literal["lei", "iban", "vat", "company", "person"]
Validate = Callable[[str], str]  # gives the canonical form or raises
Kind = NumberKind | Literal["phone", "email", "address"]

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


def check_number(kind: NumberKind, number: str, country: str = "") -> Check:
    """A LEI, an IBAN, or a country's own VAT, company or personal number (`country` is alpha-2)."""
    checks = [_checked(kind, number, validate) for validate in _validators(kind, country)]
    if not checks:
        return Check(kind=kind, valid=None, reason="unknown_kind")
    return next((check for check in checks if check.valid), checks[0])


def _validators(kind: NumberKind, country: str) -> list[Validate]:
    if kind in ("lei", "iban"):
        return [import_module(f"stdnum.{kind}").validate]
    if kind == "vat":
        module = get_cc_module(country.lower(), "vat") if countries.is_country(country) else None
        return [module.validate] if module else []
    return [import_module(f"stdnum.{name}").validate for name in _table("identifiers")[kind].get(country, [])]


def _checked(kind: NumberKind, number: str, validate: Validate) -> Check:
    try:
        return Check(kind=kind, valid=True, normal=validate(number))
    except ValidationError as error:
        return Check(kind=kind, valid=False, reason=type(error).__name__.removeprefix("Invalid").lower())


_PERSONS = {"RU": re.compile(r"\d{12}"), "PT": re.compile(r"[123]\d{8}")}  # where both have numbers of one kind


def is_personal(number: str, country: str) -> bool:
    """Whether a company's number can be that of a person, as a sole trader's is in some countries."""
    if (form := _PERSONS.get(country)) and form.fullmatch("".join(char for char in number if char.isdigit())):
        return True
    table = _table("identifiers")
    own = set(table["person"].get(country, [])) - set(table["company"].get(country, []))
    return any(_checked("person", number, import_module(f"stdnum.{name}").validate).valid for name in own)


def written_forms(number: str, country: str) -> list[str]:
    """A company's number as it may stand in a register, which often compares letter by letter: as it was declared,
    bare, and as its country groups it."""
    bare = "".join(char for char in number if char.isalnum())
    modules = [import_module(f"stdnum.{name}") for name in _table("identifiers")["company"].get(country, [])]
    grouped = [module.format(bare) for module in modules if hasattr(module, "format") and module.is_valid(bare)]
    form = _table("identifiers")["grouped"].get(country, "")
    if form.count("#") == len(bare):
        digits = iter(bare)
        grouped.append("".join(next(digits) if mark == "#" else mark for mark in form))
    return list(dict.fromkeys([number.strip(), bare, *grouped]))


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
    form = _table("postcodes")["forms"].get(address.country)
    if form and not re.fullmatch(form, address.postcode.strip().upper()):
        return Check(kind="address", valid=False, reason="postcode")
    return Check(kind="address", valid=True)


@cache
def _table(name: str) -> dict[str, dict[str, Any]]:
    return cast(
        dict[str, dict[str, Any]], yaml.safe_load(files("kyc").joinpath(f"tables/{name}.yaml").read_text("utf-8"))
    )
