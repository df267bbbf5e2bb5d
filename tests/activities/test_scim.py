"""Accounts: one contract for the SCIM client on a real server and for the fake; then what only the client can show."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from activities.seams import AccountsVendor, AccountTaken, CredentialsRefused
from activities.vendors.scim import Directory
from onboarding.case import new_id
from onboarding.errors import Invalid, NotFound, OnboardingError, Unavailable
from onboarding.settings import Directory as DirectorySettings
from run.local.stack import Stack
from tests.conftest import free_ports
from tests.fakes import FakeDirectory

MAIL = "mei.lin@example.com"
NAME = "Tan Mei Lin"


@pytest.fixture(scope="module")
async def server(stack: Stack) -> DirectorySettings:
    return (await stack.start("directory")).settings.directory


@pytest.fixture
async def directory(server: DirectorySettings) -> AsyncIterator[Directory]:
    directory = Directory(server.url, server.token.get_secret_value())
    yield directory
    await directory.close()


@pytest.fixture(params=["real", "fake"])
def accounts(request: pytest.FixtureRequest, directory: Directory) -> AccountsVendor:
    return directory if request.param == "real" else FakeDirectory()


def user_name(case: str) -> str:
    return f"c-{case.removeprefix('case_')}"


async def opened(accounts: AccountsVendor) -> tuple[str, str]:
    case = new_id("case")
    return case, (await accounts.open_user(case, user_name(case), NAME, MAIL)).id


async def test_an_opened_account_is_found_by_its_external_id(accounts: AccountsVendor) -> None:
    case = new_id("case")

    account = await accounts.open_user(case, user_name(case), NAME, MAIL)

    assert await accounts.find_user(case) == account
    assert (account.external_id, account.user_name, account.active) == (case, user_name(case), True)


async def test_nobody_is_found_before_he_is_opened(accounts: AccountsVendor) -> None:
    assert await accounts.find_user(new_id("case")) is None


async def test_opening_again_returns_the_account_that_is_there(accounts: AccountsVendor) -> None:
    case, account_id = await opened(accounts)

    again = await accounts.open_user(case, user_name(case), "Another Name", MAIL)

    assert again.id == account_id


async def test_twenty_who_open_at_once_open_one_account(accounts: AccountsVendor) -> None:
    case = new_id("case")

    answers = await asyncio.gather(*(accounts.open_user(case, user_name(case), NAME, MAIL) for _ in range(20)))

    assert {account.id for account in answers} == {(await accounts.open_user(case, user_name(case), NAME, MAIL)).id}


async def test_a_user_name_of_somebody_else_is_taken(accounts: AccountsVendor) -> None:
    case, _ = await opened(accounts)

    with pytest.raises(AccountTaken):
        await accounts.open_user(new_id("case"), user_name(case).upper(), NAME, MAIL)


async def test_a_member_that_is_added_twice_is_in_the_same_group(accounts: AccountsVendor) -> None:
    case, account_id = await opened(accounts)
    group = new_id("group")

    first = await accounts.ensure_member(group, account_id)
    second = await accounts.ensure_member(group, account_id)

    assert first == second
    assert await accounts.probe(case, group) == []


async def test_an_account_that_left_its_group_is_out_however_often_it_leaves(accounts: AccountsVendor) -> None:
    case, account_id = await opened(accounts)
    group = new_id("group")
    await accounts.ensure_member(group, account_id)

    await accounts.leave(group, account_id)
    await accounts.leave(group, account_id)
    await accounts.leave(new_id("group"), account_id)

    assert await accounts.probe(case, group) == ["not_in_group"]


async def test_members_that_are_added_at_once_are_all_in_one_group(accounts: AccountsVendor) -> None:
    cases = [await opened(accounts) for _ in range(12)]
    group = new_id("group")

    ids = await asyncio.gather(*(accounts.ensure_member(group, account_id) for _, account_id in cases))

    assert len(set(ids)) == 1
    assert [await accounts.probe(case, group) for case, _ in cases] == [[]] * 12


async def test_a_deactivated_account_is_there_and_not_active(accounts: AccountsVendor) -> None:
    case, account_id = await opened(accounts)

    await accounts.deactivate(account_id)

    account = await accounts.find_user(case)
    assert account is not None
    assert not account.active
    assert not await accounts.is_active(account_id)


async def test_undoing_twice_is_undoing_once(accounts: AccountsVendor) -> None:
    case, account_id = await opened(accounts)

    for _ in range(2):
        await accounts.deactivate(account_id)
        await accounts.delete(account_id)

    assert await accounts.find_user(case) is None
    assert not await accounts.is_active(account_id)


async def test_the_trial_names_what_is_missing(accounts: AccountsVendor) -> None:
    case, account_id = await opened(accounts)
    await accounts.deactivate(account_id)

    assert await accounts.probe(case, new_id("group")) == ["account_inactive", "not_in_group"]
    assert await accounts.probe(new_id("case"), new_id("group")) == ["account_missing"]


async def test_twenty_who_open_at_once_leave_one_row(directory: Directory, server: DirectorySettings) -> None:
    case = new_id("case")

    await asyncio.gather(*(directory.open_user(case, user_name(case), NAME, MAIL) for _ in range(20)))

    assert len(await found(server, "Users", f'externalId eq "{case}"')) == 1


async def test_members_that_are_added_at_once_leave_one_group(directory: Directory, server: DirectorySettings) -> None:
    cases = [await opened(directory) for _ in range(12)]
    name = new_id("group")

    await asyncio.gather(*(directory.ensure_member(name, account_id) for _, account_id in cases))
    await asyncio.gather(*(directory.ensure_member(name, account_id) for _, account_id in cases))

    groups = await found(server, "Groups", f'displayName eq "{name}"')
    assert [len(group["members"]) for group in groups] == [12]


async def test_a_group_that_the_customer_made_is_used(directory: Directory, server: DirectorySettings) -> None:
    _, account_id = await opened(directory)
    name = new_id("group") + ' of "friends"'
    async with client(server) as http:
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name}
        made = (await http.post("Groups", json=body)).json()

    assert await directory.ensure_member(name, account_id) == made["id"]


async def test_two_accounts_of_one_external_id_need_a_person(directory: Directory, server: DirectorySettings) -> None:
    case = new_id("case")
    async with client(server) as http:
        for _ in range(2):
            body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": new_id("u")}
            await http.post("Users", json={**body, "externalId": case})

    with pytest.raises(AccountTaken) as refusal:
        await directory.find_user(case)
    assert refusal.value.reason == "account_ambiguous"


async def test_a_directory_that_is_down_may_be_asked_again() -> None:
    nobody = Directory(f"http://127.0.0.1:{free_ports().directory}/scim/v2", "token")

    with pytest.raises(Unavailable):
        await nobody.find_user(new_id("case"))

    await nobody.close()


async def test_a_wrong_token_is_not_tried_again(server: DirectorySettings) -> None:
    stranger = Directory(server.url, "wrong")

    with pytest.raises(CredentialsRefused) as refusal:
        await stranger.find_user(new_id("case"))

    assert not refusal.value.retryable
    await stranger.close()


async def test_what_the_directory_cannot_hold_is_refused_without_being_repeated(directory: Directory) -> None:
    case = new_id("case")

    with pytest.raises(Invalid) as refusal:
        await directory.open_user(case, user_name(case), f"{NAME}\0", MAIL)

    assert NAME not in told(refusal.value)


@pytest.mark.parametrize(
    ("status", "error", "retryable"),
    [
        (500, Unavailable, True),
        (503, Unavailable, True),
        (429, Unavailable, True),
        (412, Unavailable, True),
        (403, CredentialsRefused, False),
        (404, NotFound, False),
        (400, Invalid, False),
        (200, Invalid, False),
        (302, Invalid, False),
    ],
)
async def test_an_answer_is_judged_by_its_status(status: int, error: type[OnboardingError], retryable: bool) -> None:
    async with a_vendor_that_answers(status, f"<p>{NAME}</p>") as url:
        directory = Directory(url, "token")
        with pytest.raises(error) as refusal:
            await directory.open_user("case_x", "c-x", NAME, MAIL)
        await directory.close()

    assert type(refusal.value) is error
    assert refusal.value.retryable is retryable
    assert NAME not in told(refusal.value)
    assert MAIL not in told(refusal.value)


def told(error: BaseException) -> str:
    """All that a log line could show of an error: its text, its notes, and those of the errors behind it."""
    return "".join(traceback.format_exception(error, chain=True))


def client(server: DirectorySettings) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {server.token.get_secret_value()}", "Content-Type": "application/scim+json"}
    return httpx2.AsyncClient(base_url=f"{server.url}/", headers=headers)


async def found(server: DirectorySettings, endpoint: str, wanted: str) -> list[dict[str, Any]]:
    async with client(server) as http:
        answer = await http.get(f"{endpoint}", params={"filter": wanted})
    return list(answer.json()["Resources"])


@asynccontextmanager
async def a_vendor_that_answers(status: int, body: str) -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        writer.write(f"{head}\r\n{body}".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
