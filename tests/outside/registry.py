"""GLEIF's API: answers as it is documented to, and refuses what its documentation does not know."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.outside.schema import faults

MEDIA = "application/vnd.api+json"
LEI = "529900T8BM49AURSDO55"


@dataclass
class Registered:
    """`records` by LEI. `troubles` are answered first: a status, `slow`, or `cut`."""

    records: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    troubles: list[int | str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/api/v1/lei-records", self.answer)])

    def has(self, lei: str = LEI, **changes: str) -> None:
        self.records[lei] = a_record(lei, **changes)

    async def answer(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if wrong := faults("gleif", asked):
            return _refusal(400, wrong)
        if request.headers.get("accept") != MEDIA:
            return _refusal(406, ["Accept"])
        self.asked.append(asked)
        if self.troubles:
            return await _trouble(self.troubles.pop(0))
        found = [record for record in self.records.values() if _fits(record, asked)][: int(asked.get("page[size]", 15))]
        page = {"currentPage": 1, "perPage": 15, "from": 1, "to": len(found), "total": len(found), "lastPage": 1}
        golden = {"publishDate": "2026-03-02T08:00:00Z"}
        return JSONResponse({"meta": {"goldenCopy": golden, "pagination": page}, "data": found}, media_type=MEDIA)


def _fits(record: dict[str, object], asked: dict[str, str]) -> bool:
    """Filters compare letter by letter."""
    attributes = record["attributes"]
    assert isinstance(attributes, dict)
    entity = attributes["entity"]
    known = {
        "filter[lei]": attributes["lei"],
        "filter[entity.registeredAs]": entity["registeredAs"],
        "filter[entity.jurisdiction]": entity["jurisdiction"],
    }
    return all(asked.get(name, value) == value for name, value in known.items())


def _refusal(status: int, wrong: Sequence[str]) -> Response:
    errors = [{"status": str(status), "title": "Invalid parameter", "detail": each} for each in wrong]
    return JSONResponse({"errors": errors}, status, media_type=MEDIA)


async def _trouble(kind: int | str) -> Response:
    if kind == "slow":
        await asyncio.sleep(1)
    if kind == "cut":
        return Response(b'{"data": [{"type": "lei-re', media_type=MEDIA)
    return PlainTextResponse("Too Many Requests", int(kind) if kind != "slow" else 504)


def a_record(
    lei: str = LEI,
    name: str = "GRUNWATER PELLWORM LIMITED",
    number: str = "123456",
    jurisdiction: str = "IE",
    street: str = "1 Harbour Street",
    entity: str = "ACTIVE",
    registration: str = "ISSUED",
) -> dict[str, object]:
    """One record with the members that GLEIF gives."""
    address = {
        "language": "en", "addressLines": [street], "addressNumber": None, "addressNumberWithinBuilding": None,
        "mailRouting": None, "city": "Dublin", "region": "IE-D", "country": "IE", "postalCode": "D01 F5P2",
    }  # fmt: skip
    return {
        "type": "lei-records",
        "id": lei,
        "attributes": {
            "lei": lei,
            "entity": {
                "legalName": {"name": name, "language": "en"},
                "otherNames": [],
                "transliteratedOtherNames": [],
                "legalAddress": address,
                "headquartersAddress": address,
                "registeredAt": {"id": "RA000402", "other": None},
                "registeredAs": number,
                "jurisdiction": jurisdiction,
                "category": "GENERAL",
                "legalForm": {"id": "ECK2", "other": None},
                "associatedEntity": {"lei": None, "name": None},
                "status": entity,
                "expiration": {"date": None, "reason": None},
                "successorEntities": [],
                "creationDate": "2011-04-05T00:00:00Z",
                "subCategory": None,
                "otherAddresses": [],
                "eventGroups": [],
            },
            "registration": {
                "initialRegistrationDate": "2014-01-02T00:00:00Z",
                "lastUpdateDate": "2025-06-01T10:11:12Z",
                "status": registration,
                "nextRenewalDate": "2026-06-30T00:00:00Z",
                "managingLou": "5493001KJTIIGC8Y1R12",
                "corroborationLevel": "FULLY_CORROBORATED",
                "validatedAt": {"id": "RA000402", "other": None},
                "validatedAs": number,
                "otherValidationAuthorities": [],
            },
            "bic": None,
        },
        "links": {"self": f"https://api.gleif.org/api/v1/lei-records/{lei}"},
    }
