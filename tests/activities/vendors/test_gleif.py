"""The registry of companies against GLEIF's API as it is documented, on a real port."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from activities.seams import RegistryVendor, Standing
from activities.vendors import gleif
from activities.vendors.gleif import Gleif
from onboarding.errors import Invalid, Unavailable
from tests.outside.registry import LEI, Registered
from tests.outside.serving import served

_fits: type[RegistryVendor] = Gleif


@pytest.fixture
def registered() -> Registered:
    return Registered()


@pytest.fixture
async def vendor(registered: Registered) -> AsyncIterator[Gleif]:
    async with served(registered.app) as url:
        vendor = Gleif(f"{url}/api/v1", pace=timedelta(0))
        yield vendor
        await vendor.close()


async def test_a_record_says_each_field_with_its_path_in_the_answer(vendor: Gleif, registered: Registered) -> None:
    registered.has()

    answer = await vendor.by_lei(LEI)

    (record,) = answer.records
    assert record.values == {
        "name": "GRUNWATER PELLWORM LIMITED",
        "registration_number": "123456",
        "registration_authority": "RA000402",
        "lei": LEI,
        "country": "IE",
        "address": "1 Harbour Street, D01 F5P2, Dublin, IE",
        "entity_status": "ACTIVE",
        "registration_status": "ISSUED",
    }
    assert record.places["name"] == "data/0/attributes/entity/legalName/name"
    assert (record.active, record.standing, record.renewal) == (True, Standing.IN_ORDER, "2026-06-30")
    assert LEI.encode() in answer.content
    assert answer.read <= datetime.now(UTC)


async def test_nothing_but_the_number_leaves_the_house(vendor: Gleif, registered: Registered) -> None:
    await vendor.by_lei(LEI)
    await vendor.by_number("123456", "IE")

    assert registered.asked == [
        {"filter[lei]": LEI, "page[size]": "5"},
        {"filter[entity.registeredAs]": "123456", "filter[entity.jurisdiction]": "IE", "page[size]": "5"},
    ]


@pytest.mark.parametrize("declared", ["923609016", "923 609 016", "923-609-016"])
async def test_a_number_is_asked_for_as_its_register_writes_it(
    vendor: Gleif, registered: Registered, declared: str
) -> None:
    registered.has(number="923 609 016", jurisdiction="NO")

    answer = await vendor.by_number(declared, "NO")

    assert [record.id for record in answer.records] == [LEI]


async def test_a_number_of_another_country_is_another_company(vendor: Gleif, registered: Registered) -> None:
    registered.has(jurisdiction="MT")

    assert (await vendor.by_number("123456", "IE")).records == []


@pytest.mark.parametrize(
    ("status", "standing"),
    [("LAPSED", Standing.LAPSED), ("MERGED", Standing.RETIRED), ("PENDING_TRANSFER", Standing.IN_ORDER),
     ("SOMETHING_NEW", Standing.UNKNOWN)],
)  # fmt: skip
async def test_the_standing_of_a_registration(
    vendor: Gleif, registered: Registered, status: str, standing: Standing
) -> None:
    registered.has(registration=status)

    assert [record.standing for record in (await vendor.by_lei(LEI)).records] == [standing]


async def test_a_company_that_is_gone_is_not_active(vendor: Gleif, registered: Registered) -> None:
    registered.has(entity="INACTIVE", registration="RETIRED")

    assert [record.active for record in (await vendor.by_lei(LEI)).records] == [False]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_registry_that_is_busy_or_broken_is_tried_again(
    vendor: Gleif, registered: Registered, status: int
) -> None:
    registered.troubles.append(status)

    with pytest.raises(Unavailable):
        await vendor.by_lei(LEI)


async def test_a_registry_that_does_not_answer_in_time_is_tried_again(vendor: Gleif, registered: Registered) -> None:
    registered.troubles.append("slow")
    vendor._http.timeout = 0.2

    with pytest.raises(Unavailable):
        await vendor.by_lei(LEI)


async def test_a_registry_that_is_not_there_is_tried_again() -> None:
    vendor = Gleif("http://127.0.0.1:9", pace=timedelta(0))

    with pytest.raises(Unavailable):
        await vendor.by_lei(LEI)
    await vendor.close()


async def test_half_an_answer_is_no_answer(vendor: Gleif, registered: Registered) -> None:
    registered.troubles.append("cut")

    with pytest.raises(Invalid) as refused:
        await vendor.by_lei(LEI)
    assert refused.value.reason == "registry_unreadable"


async def test_what_the_registry_refuses_is_not_tried_again(vendor: Gleif) -> None:
    with pytest.raises(Invalid) as refused:
        await vendor.by_lei("no lei")
    assert refused.value.reason == "registry_refused"


def test_requests_keep_the_pace_that_the_registry_asks_for() -> None:
    assert timedelta(minutes=1) / 60 <= gleif.PACE


async def test_what_was_answered_within_the_hour_is_not_asked_for_again(registered: Registered) -> None:
    registered.has(LEI)
    async with served(registered.app) as url:
        vendor = Gleif(f"{url}/api/v1", pace=timedelta(0))

        first, again = await vendor.by_lei(LEI), await vendor.by_lei(LEI)

        await vendor.close()
    assert (again, len(registered.asked)) == (first, 1)
