"""What our papers say, as values: an agreement before it is printed, the marks upon it, the evidence of its signing."""

from datetime import date
from decimal import Decimal
from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from onboarding.case import Code, Language, Name, Strict

LARGEST_DRAWING = 200_000  # bytes of PNG
WIDEST_DRAWING = 2_000  # pixels a side

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")


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


def _is_small_png(drawing: bytes) -> bool:
    sides = drawing[16:20], drawing[20:24]
    starts = drawing.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    return starts and all(0 < int.from_bytes(side) <= WIDEST_DRAWING for side in sides)
