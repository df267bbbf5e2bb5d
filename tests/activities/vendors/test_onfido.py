"""The identity vendor against Onfido's API by its published schema, on a real port."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import onfido
import pytest

from activities.seams import CheckState, CredentialsRefused, IdentityVendor
from activities.vendors.onfido import PAGE, Onfido, address
from onboarding.case import Person
from onboarding.errors import Invalid, NotFound, Unavailable
from tests.outside.onfido import BEGAN, TOKEN, WORKFLOW, OnfidoServer
from tests.outside.serving import served

ANA = Person(name="Ana Sample", given_names="Ana", family_name="Sample", birth_date=date(1985, 5, 17))
BACK = "https://aboard.example/portal"
_fits: type[IdentityVendor] = Onfido


@pytest.fixture
def server() -> OnfidoServer:
    return OnfidoServer()


@pytest.fixture
async def url(server: OnfidoServer) -> AsyncIterator[str]:
    async with served(server.app) as url:
        yield f"{url}/v3.6"


@pytest.fixture
async def vendor(url: str) -> AsyncIterator[Onfido]:
    vendor = Onfido(url, TOKEN, WORKFLOW, BACK)
    yield vendor
    await vendor.close()


async def test_a_run_is_started_for_an_applicant_who_says_what_is_to_be_compared(
    vendor: Onfido, server: OnfidoServer
) -> None:
    opened = await vendor.open("identity_1", ANA, "en")

    run, (applicant,) = server.runs[opened.id], server.applicants.values()
    assert opened.state is CheckState.OPEN
    assert run.link
    assert opened.link == run.link.url
    assert (run.tags, run.link.language, run.link.completed_redirect_url) == (["identity_1"], "en_US", BACK)
    assert (applicant.first_name, applicant.last_name, applicant.dob) == ("Ana", "Sample", date(1985, 5, 17))


async def test_a_language_that_the_vendor_has_not_is_left_to_it(vendor: Onfido, server: OnfidoServer) -> None:
    opened = await vendor.open("identity_1", ANA, "ms")

    link = server.runs[opened.id].link
    assert link
    assert link.language is None


@pytest.mark.parametrize(
    ("person", "names"),
    [
        (Person(name="Ana Maria Sample"), ("Ana Maria", "Sample")),
        (Person(name="Sukarno"), ("-", "Sukarno")),
        (Person(name="A", given_names='Ana "Nan"', family_name="Sam<ple"), ("Ana Nan", "Sample")),
    ],
)
async def test_whatever_a_person_is_called_the_vendor_takes_it(
    vendor: Onfido, server: OnfidoServer, person: Person, names: tuple[str, str]
) -> None:
    await vendor.open("identity_1", person, "en")

    (applicant,) = server.applicants.values()
    assert (applicant.first_name, applicant.last_name) == names


async def test_a_run_is_found_by_our_reference(vendor: Onfido) -> None:
    assert await vendor.find("identity_1") is None

    await vendor.open("identity_2", ANA, "en")
    opened = await vendor.open("identity_1", ANA, "en")

    assert await vendor.find("identity_1") == opened


async def test_an_applicant_of_a_try_that_was_cut_off_is_taken_up(vendor: Onfido, server: OnfidoServer) -> None:
    server.cut_off.append(503)
    with pytest.raises(Unavailable):
        await vendor.open("identity_1", ANA, "en")

    await vendor.open("identity_1", ANA, "en", tried=BEGAN)

    assert server.happened == ["applicant created", "run started"]


async def test_an_applicant_who_has_a_run_or_is_older_or_another_is_not_taken_up(
    vendor: Onfido, server: OnfidoServer
) -> None:
    server.began = BEGAN - timedelta(days=1)
    server.cut_off.append(503)
    with pytest.raises(Unavailable):
        await vendor.open("identity_0", ANA, "en")
    server.began = BEGAN
    await vendor.open("identity_1", ANA, "en")
    server.cut_off.append(503)
    with pytest.raises(Unavailable):
        await vendor.open("identity_2", Person(name="Eva Other"), "en")

    await vendor.open("identity_3", ANA, "en", tried=BEGAN)

    assert len(server.applicants) == 4


async def test_an_applicant_is_found_behind_a_page_of_others(vendor: Onfido, server: OnfidoServer) -> None:
    server.cut_off.append(503)
    with pytest.raises(Unavailable):
        await vendor.open("identity_1", ANA, "en")
    others = [onfido.Applicant(id=uuid4(), first_name="Eva", created_at=BEGAN) for _ in range(PAGE)]
    server.applicants |= {str(other.id): other for other in others}

    await vendor.open("identity_1", ANA, "en", tried=BEGAN)

    assert len(server.applicants) == PAGE + 1


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("processing", "open"), ("awaiting_input", "open"), ("awaiting_client_input", "open"), ("approved", "passed"),
        ("review", "review"), ("declined", "failed"), ("abandoned", "expired"), ("error", "expired"),
    ],
)  # fmt: skip
async def test_every_status_of_the_vendor_has_its_state(
    vendor: Onfido, server: OnfidoServer, status: str, state: str
) -> None:
    opened = await vendor.open("identity_1", ANA, "en")
    server.says(opened.id, status)

    assert (await vendor.get(opened.id)).state == state


def test_no_status_of_the_published_schema_is_forgotten() -> None:
    from activities.vendors.onfido import _STATES

    published = {status.value for status in onfido.WorkflowRunStatus} - {"unknown_default_open_api"}
    assert set(_STATES) == published


async def test_what_the_vendor_read_comes_in_our_words(vendor: Onfido, server: OnfidoServer) -> None:
    opened = await vendor.open("identity_1", ANA, "en")
    server.says(
        opened.id, "review", ["document_damaged"], first_name="ANA", middle_name="MARIA", last_name="SAMPEL",
        date_of_birth="1985-05-17", gender="Female",
        document_numbers=[{"type": "personal_number", "value": "1"}, {"type": "document_number", "value": "PX1234567"}],
    )  # fmt: skip

    got = await vendor.get(opened.id)

    assert got.reasons == ["document_damaged"]
    assert got.said == {
        "name": "ANA MARIA SAMPEL", "given_names": "ANA MARIA", "surname": "SAMPEL", "birth_date": "1985-05-17",
        "number": "PX1234567",
    }  # fmt: skip


@pytest.mark.parametrize("output", [{}, {"document": [1]}, {"document": {"properties": None}}, {"other": {}}])
async def test_a_workflow_that_puts_out_no_document_report_says_nothing_of_the_person(
    vendor: Onfido, server: OnfidoServer, output: dict[str, Any]
) -> None:
    opened = await vendor.open("identity_1", ANA, "en")
    server.says(opened.id, "approved")
    server.runs[opened.id].output = output

    assert (await vendor.get(opened.id)).said == {}


async def test_the_kind_of_the_vendors_own_trouble_is_a_reason(vendor: Onfido, server: OnfidoServer) -> None:
    opened = await vendor.open("identity_1", ANA, "en")
    server.says(opened.id, "error")
    server.runs[opened.id].error = onfido.WorkflowRunError(type="task_timeout", message="Ana Sample took too long")

    assert (await vendor.get(opened.id)).reasons == ["task_timeout"]


async def test_a_status_that_we_do_not_know_is_no_pass(vendor: Onfido, server: OnfidoServer) -> None:
    opened = await vendor.open("identity_1", ANA, "en")
    server.says(opened.id, "unknown_default_open_api")

    with pytest.raises(Invalid):
        await vendor.get(opened.id)


async def test_a_run_without_a_page_for_the_client_is_no_run(vendor: Onfido, server: OnfidoServer) -> None:
    opened = await vendor.open("identity_1", ANA, "en")
    server.runs[opened.id].link = None

    with pytest.raises(Invalid, match="no page"):
        await vendor.get(opened.id)


async def test_closing_takes_the_applicant_away_once(vendor: Onfido, server: OnfidoServer) -> None:
    opened = await vendor.open("identity_1", ANA, "en")

    await vendor.close_inquiry(opened.id)
    await vendor.close_inquiry(opened.id)
    await vendor.close_inquiry("00000000-0000-4000-8000-999999999999")

    assert server.happened == ["applicant created", "run started", "applicant deleted"]
    with pytest.raises(NotFound):
        await vendor.get(opened.id)


async def test_a_check_that_came_to_an_end_is_not_taken_away(vendor: Onfido, server: OnfidoServer) -> None:
    opened = await vendor.open("identity_1", ANA, "en")
    server.says(opened.id, "approved")

    await vendor.close_inquiry(opened.id)

    assert len(server.applicants) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, Unavailable), (503, Unavailable), (403, CredentialsRefused), (404, NotFound), (410, NotFound),
        (422, Invalid),
    ],
)  # fmt: skip
async def test_what_the_vendor_refuses_is_one_of_our_errors(
    vendor: Onfido, server: OnfidoServer, status: int, error: type[Exception]
) -> None:
    server.troubles.append(status)

    with pytest.raises(error):
        await vendor.open("identity_1", ANA, "en")


async def test_a_wrong_token_is_refused(url: str) -> None:
    vendor = Onfido(url, "other", WORKFLOW)

    with pytest.raises(CredentialsRefused):
        await vendor.find("identity_1")
    await vendor.close()


async def test_a_vendor_that_is_not_there_is_tried_again() -> None:
    vendor = Onfido("http://127.0.0.1:9/v3.6", TOKEN, WORKFLOW)

    with pytest.raises(Unavailable):
        await vendor.get("00000000-0000-4000-8000-000000000001")
    await vendor.close()


@pytest.mark.parametrize("region", list(onfido.configuration.Region))
def test_every_region_of_the_vendor_has_its_address(region: onfido.configuration.Region) -> None:
    assert address(region.value) == onfido.Configuration(api_token=TOKEN, region=region).host
