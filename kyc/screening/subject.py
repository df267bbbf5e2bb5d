"""Who is screened, and what came of it: the models that other rooms see."""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from kyc.lists import Kind
from kyc.lists.dates import Span, read
from kyc.screening.scorer import Token
from onboarding.case import Company, Person


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Identifier(_Model):
    """`kind` as in the lists: passport, national_id, tax_id, registration, lei, bic, imo, mmsi, tail, wallet, other."""

    kind: str
    value: str
    country: str = ""


class Subject(_Model):
    """One party to be screened. `born` is a date or a year as text, as precise as it is known; countries are ISO 2."""

    id: str = Field(description="opaque, echoed in the answer")
    kind: Kind = Kind.PARTY
    names: tuple[str, ...] = Field(min_length=1, description="the name first, then former and other names")
    born: str = ""
    countries: tuple[str, ...] = ()
    gender: Literal["", "m", "f"] = ""
    identifiers: tuple[Identifier, ...] = ()
    birth_place: str = ""

    @property
    def birth(self) -> Span | None:
        return read(self.born) if self.born else None

    @classmethod
    def of_person(cls, id: str, person: Person) -> Self:
        given = f"{person.given_names} {person.family_name}".strip()
        names = tuple(dict.fromkeys(name for name in (person.name, given) if name))
        country = {person.nationality, person.address.country if person.address else None} - {None}
        numbers = (Identifier(kind="passport", value=person.document_number),) if person.document_number else ()
        return cls(
            id=id, kind=Kind.PERSON, names=names, born=person.birth_date.isoformat() if person.birth_date else "",
            countries=tuple(sorted(c for c in country if c)), identifiers=numbers,
        )  # fmt: skip

    @classmethod
    def of_company(cls, id: str, company: Company) -> Self:
        number = company.registration_number
        numbers = (Identifier(kind="registration", value=number),) if number else ()
        return cls(id=id, kind=Kind.COMPANY, names=(company.name,), countries=(company.country,), identifiers=numbers)


class Point(_Model):
    """One thing known of both sides: `about` is birth_date, country, gender, identifier or place."""

    about: str
    verdict: Literal["for", "against", "unknown"]
    said: str
    listed: str
    worth: float = 0.0


class Explanation(_Model):
    """Why a hit has its score: `flip` is the smallest change that would turn the outcome, in words."""

    asked: str
    listed: str
    lines: tuple[Token, ...]
    points: tuple[Point, ...] = ()
    remarks: tuple[str, ...] = ()
    flip: str = ""

    @property
    def words(self) -> str:
        """The explanation as a reviewer reads it."""
        from kyc.screening.explain import words

        return words(self)


class Hit(_Model):
    """`score` is the similarity of the names; `strength` the evidence that it is the same party; both from 0 to 1."""

    entry: str
    source: str
    name: str
    kind: Kind
    topics: tuple[str, ...]
    programmes: tuple[str, ...] = ()
    score: float
    strength: float
    match: bool
    weak_alias: bool = False
    content: str = Field(description="hash of the entry's record")
    explanation: Explanation


class ListUsed(_Model):
    source: str
    version: str
    entries: int
    list_date: date | None
    checked: datetime
    age_days: float


class Screening(_Model):
    """`incomplete` is never clear: `not_covered` says what was not looked at and why, as codes. `limits` are scripts of
    the names asked for in which listed names are missed more often than others; the model card says how often."""

    subject: str
    outcome: Literal["clear", "hits", "incomplete"]
    hits: tuple[Hit, ...]
    near: tuple[Hit, ...] = Field(default=(), description="between cutoff and threshold, or a weak alias alone")
    not_covered: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    lists: tuple[ListUsed, ...] = ()
    policy: str = Field(description="hash of the policy")
    candidates: int = 0


class Compared(_Model):
    """Two names against each other, nothing else known of either."""

    score: float
    match: bool
    explanation: Explanation
