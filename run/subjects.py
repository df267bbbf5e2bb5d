"""A line of a file as somebody to be screened. What cannot be read is an error and never left out: a birth date that
nobody noticed was wrong, or a column under another name, would weigh on no hit."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from kyc.lists import Kind, country_codes
from kyc.screening import Subject
from kyc.screening.subject import Identifier
from run.answers import LineInvalid
from run.lines import Row

_WORDS = {  # our field → what else people call it; without case, spaces and underscores
    "id": ("id",),
    "name": ("name", "fullname", "caption"),
    "names": ("names", "aliases", "alias", "othernames"),
    "given": ("givennames", "givenname", "firstname", "forenames"),
    "family": ("familyname", "lastname", "surname"),
    "kind": ("kind", "schema", "type", "entitytype"),
    "birth_date": ("birthdate", "born", "dob", "dateofbirth", "birthyear", "yearofbirth"),
    "birth_place": ("birthplace", "placeofbirth", "pob"),
    "countries": ("countries", "country", "countrycode", "nationality", "nationalities", "citizenship", "jurisdiction"),
    "gender": ("gender", "sex"),
    "note": ("note", "notes", "comment", "reference", "title", "address", "addresses", "city", "postcode", "email",
             "phone"),  # for whoever reads the file: nothing of it is compared
    "passport": ("passport", "passportnumber"),
    "national_id": ("nationalid", "idnumber", "identitycard"),
    "tax_id": ("taxid", "taxnumber", "vat"),
    "registration": ("registration", "registrationnumber", "companynumber"),
    "lei": ("lei",), "imo": ("imo", "imonumber"), "mmsi": ("mmsi",), "tail": ("tail", "tailnumber"),
    "wallet": ("wallet",), "bic": ("bic", "swift"),
}  # fmt: skip
_FIELDS = {word: field for field, words in _WORDS.items() for word in words}
_NUMBERS = ("passport", "national_id", "tax_id", "registration", "lei", "imo", "mmsi", "tail", "wallet", "bic")
_ASIDE = ("id", "note")
_WHOLE = ("name", "given", "family", "birth_place")  # a semicolon parts nothing in these
_EITHER = ("party", "legalentity", "legal entity")  # a person or a company
_SEXES: dict[str, Literal["", "m", "f"]] = {
    "m": "m", "male": "m", "man": "m", "f": "f", "female": "f", "woman": "f", "w": "f",
    "x": "", "<": "", "u": "", "unknown": "", "unspecified": "", "other": "", "diverse": "", "d": "",
}  # fmt: skip
_PLAIN = re.compile(r"[\s_-]")

Said = Mapping[str, list[str]]  # the texts of each field


def subject(row: Row) -> Subject:
    """A line as a subject: `name` is one text, `names` are several; several in one cell are parted by semicolons.
    Raises LineInvalid, which says the field and never what stands in it."""
    said = _said(row)
    found = Subject(
        id=str(row.get("id") or ""), kind=_kind(said), names=_names(said), born=_one(said, "birth_date"),
        countries=_countries(said), gender=_sex(said), birth_place=_one(said, "birth_place"),
        identifiers=tuple(Identifier(kind=kind, value=value) for kind in _NUMBERS for value in said.get(kind, ())),
    )  # fmt: skip
    if found.born and found.birth is None:
        raise LineInvalid("birth_date: this is no date that can be read: 1990-01-31, 31/01/1990 or 1990 are")
    return found


def _said(row: Row) -> Said:
    said: dict[str, list[str]] = {}
    for name, value in row.items():
        field = _FIELDS.get(_PLAIN.sub("", name).casefold())
        if field is None and value not in (None, "", []):
            raise LineInvalid(f"{name[:60]}: this field is not known; known are {', '.join(_WORDS)}")
        if field and field not in _ASIDE:
            said.setdefault(field, []).extend(_texts(name, value, apart=field not in _WHOLE))
    return said


def _texts(name: str, value: object, *, apart: bool) -> Iterator[str]:
    if value is None:
        return
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, bool) or not isinstance(each, str | int):
            raise LineInvalid(f"{name[:60]}: a text is expected")
        parts = str(each).split(";") if apart else [str(each)]
        yield from (part.strip() for part in parts if part.strip())


def _names(said: Said) -> tuple[str, ...]:
    whole = " ".join([*said.get("given", ()), *said.get("family", ())])
    names = [*said.get("name", ()), *([whole] if whole else []), *said.get("names", ())]
    if not names:
        raise LineInvalid("a name is expected: `name` is one, `names` are several")
    return tuple(dict.fromkeys(names))


def _kind(said: Said) -> Kind:
    word = _one(said, "kind").casefold()
    kind = Kind.of(word)
    if word and kind is Kind.PARTY and word not in _EITHER:
        raise LineInvalid("kind: this is none that is known: person, company, vessel or aircraft")
    return kind


def _countries(said: Said) -> tuple[str, ...]:
    words = said.get("countries", [])
    for place, word in enumerate(words, 1):
        if not country_codes([word]):
            which = f" (number {place} of {len(words)})" if len(words) > 1 else ""
            raise LineInvalid(f"countries: this is no country that is known{which}: SE, or Sweden, is one")
    return country_codes(words)


def _sex(said: Said) -> Literal["", "m", "f"]:
    word = _one(said, "gender").casefold()
    if word and word not in _SEXES:
        raise LineInvalid("gender: m or f is expected, or x, which counts as not told")
    return _SEXES.get(word, "")


def _one(said: Said, field: str) -> str:
    texts = said.get(field, [])
    if len(set(texts)) > 1:
        raise LineInvalid(f"{field}: one is expected")
    return texts[0] if texts else ""
