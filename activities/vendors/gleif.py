"""Companies in the Global LEI Index, by GLEIF's API, which is free and needs no key (data under CC0).

https://documenter.getpostman.com/view/7679680/SVYrrxuU describes it: JSON:API; filters compare letter by letter; no
more than 60 requests a minute. A company has no record there unless it asked for an LEI, so finding nothing by the
registration number says nothing.
"""

from datetime import UTC, datetime, timedelta

import httpx2
from pydantic import BaseModel, Field, ValidationError

from activities.seams import RegistryAnswer, RegistryRecord, Standing
from activities.vendors.paced import Paced
from kyc.identifiers import written_forms
from onboarding.errors import Invalid, Unavailable

ADDRESS = "https://api.gleif.org/api/v1"
PACE = timedelta(seconds=1)  # it takes 60 requests a minute
TIMEOUT = 20  # seconds
KEPT = timedelta(hours=1)  # how long an answer is not asked for again
_MOST = 5  # records of one answer: two are already more than can be told apart
_MEDIA = "application/vnd.api+json"
_PASSING = (408, 429)
_STANDING = {  # of the LEI; what is on its way from one issuer to another is in order
    "ISSUED": Standing.IN_ORDER, "PENDING_TRANSFER": Standing.IN_ORDER, "PENDING_ARCHIVAL": Standing.IN_ORDER,
    "TRANSFERRED": Standing.IN_ORDER, "LAPSED": Standing.LAPSED, "RETIRED": Standing.RETIRED,
    "MERGED": Standing.RETIRED, "DUPLICATE": Standing.RETIRED, "ANNULLED": Standing.RETIRED,
    "CANCELLED": Standing.RETIRED,
}  # fmt: skip


class _Text(BaseModel):
    name: str


class _Authority(BaseModel):
    id: str | None = None
    other: str | None = None


class _Address(BaseModel):
    addressLines: list[str] = Field(default_factory=list)
    city: str | None = None
    region: str | None = None
    country: str
    postalCode: str | None = None


class _Entity(BaseModel):
    legalName: _Text
    legalAddress: _Address
    registeredAt: _Authority | None = None
    registeredAs: str | None = None
    jurisdiction: str | None = None
    status: str | None = None


class _Registration(BaseModel):
    status: str
    nextRenewalDate: str | None = None


class _Attributes(BaseModel):
    lei: str
    entity: _Entity
    registration: _Registration


class _Record(BaseModel):
    attributes: _Attributes


class _Answer(BaseModel):
    data: list[_Record]


class Gleif(Paced):
    """A RegistryVendor; close it when done. A company's LEI or number in the address is public data of a company;
    numbers that can be a person's are not asked for."""

    name = "gleif"

    def __init__(self, url: str = ADDRESS, pace: timedelta = PACE, kept: timedelta = KEPT) -> None:
        http = httpx2.AsyncClient(timeout=TIMEOUT, headers={"Accept": _MEDIA})
        super().__init__(f"{url.rstrip('/')}/lei-records", pace, http, "the registry does not answer")
        self._kept = kept
        self._known: dict[tuple[str, ...], RegistryAnswer] = {}

    async def by_lei(self, lei: str) -> RegistryAnswer:
        return await self._find({"filter[lei]": lei})

    async def by_number(self, number: str, country: str) -> RegistryAnswer:
        """Registers write one number in several ways, and the filter knows one: each is asked until one answers."""
        answer = None
        for form in written_forms(number, country):
            answer = await self._find({"filter[entity.registeredAs]": form, "filter[entity.jurisdiction]": country})
            if answer.records:
                break
        assert answer  # a number has one form at least
        return answer

    async def _find(self, asked: dict[str, str]) -> RegistryAnswer:
        """A deed that was broken off while it waited for its turn finds here what it was told before."""
        self._known = {key: each for key, each in self._known.items() if datetime.now(UTC) - each.read < self._kept}
        key = tuple(asked.values())
        if key not in self._known:
            answer = await self._get({**asked, "page[size]": str(_MOST)})
            self._known[key] = RegistryAnswer(answer.content, datetime.now(UTC), asked, _read(answer))
        return self._known[key]


def _read(answer: httpx2.Response) -> list[RegistryRecord]:
    if answer.status_code >= 500 or answer.status_code in _PASSING:
        raise Unavailable(f"the registry answered {answer.status_code}")
    if answer.status_code != 200:
        raise Invalid(f"the registry answered {answer.status_code}", code="registry_refused")
    try:
        found = _Answer.model_validate_json(answer.content).data
    except ValidationError:
        raise Invalid("the registry's answer cannot be read", code="registry_unreadable") from None
    return [_record(at, each.attributes) for at, each in enumerate(found)]


def _record(at: int, said: _Attributes) -> RegistryRecord:
    entity, registration = said.entity, said.registration
    address = entity.legalAddress
    authority = entity.registeredAt or _Authority()
    read = {
        "name": (entity.legalName.name, "entity/legalName/name"),
        "registration_number": (entity.registeredAs, "entity/registeredAs"),
        "registration_authority": (authority.id or authority.other, "entity/registeredAt"),
        "lei": (said.lei, "lei"),
        "country": ((entity.jurisdiction or address.country)[:2], _seat(entity)),
        "address": (_one_line(address), "entity/legalAddress"),
        "entity_status": (entity.status, "entity/status"),
        "registration_status": (registration.status, "registration/status"),
    }
    values = {field: value for field, (value, _) in read.items() if value}
    return RegistryRecord(
        id=said.lei,
        values=values,
        places={field: f"data/{at}/attributes/{read[field][1]}" for field in values},
        active=entity.status != "INACTIVE",
        standing=_STANDING.get(registration.status, Standing.UNKNOWN),
        renewal=(registration.nextRenewalDate or "")[:10],
    )


def _seat(entity: _Entity) -> str:
    return "entity/jurisdiction" if entity.jurisdiction else "entity/legalAddress/country"


def _one_line(address: _Address) -> str:
    parts = (*address.addressLines, address.postalCode, address.city, address.country)
    return ", ".join(part for part in parts if part)
