"""Accounts in any directory that speaks SCIM 2.0 (RFC 7643, RFC 7644)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx2
from pydantic import ValidationError
from scim2_client.engines.httpx2 import AsyncSCIMClient
from scim2_client.errors import RequestNetworkException, SCIMClientException
from scim2_models import (
    Email,
    EnterpriseUser,
    Group,
    GroupMember,
    ListResponse,
    PatchOp,
    PatchOperation,
    ResourceType,
    SCIMException,
    ScimFilter,
    ScimPolicy,
    ScimProvider,
    SearchRequest,
    User,
)

from activities.seams import Account, AccountTaken, CredentialsRefused
from onboarding.errors import Invalid, NotFound, OnboardingError, Unavailable

TIMEOUT = 10  # seconds for one request; the activity's retries are behind it

_PASSING = (408, 412, 429)  # too slow, changed meanwhile, too many: the next attempt may do
_PROVIDER = ScimProvider(
    models=[User, EnterpriseUser, Group],
    resource_types=[ResourceType.from_resource(User[EnterpriseUser]), ResourceType.from_resource(Group)],
    policy=ScimPolicy(unknown=ScimPolicy.Unknown.ignore),  # directories send attributes of their own
)


class Directory:
    """An AccountsVendor. `url` is the SCIM root, such as https://…/scim/v2; close it when done."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx2.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT)
        # what counts as an answer is judged here, by the status alone
        self._scim = AsyncSCIMClient(self._http, provider=_PROVIDER, check_response_status_codes=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def find_user(self, external_id: str) -> Account | None:
        users = await self._search(User[EnterpriseUser], "externalId", external_id)
        if len(users) > 1:
            raise AccountTaken("more than one account carries this external id", code="account_ambiguous")
        return _account(users[0]) if users else None

    async def open_user(self, external_id: str, user_name: str, display_name: str, email: str) -> Account:
        if found := await self.find_user(external_id):
            return found
        try:
            with _our_errors():
                user = User[EnterpriseUser](external_id=external_id, user_name=user_name, active=True)
                user.display_name = display_name
                user.emails = [Email(value=email, primary=True)]
                return _account(cast(User[EnterpriseUser], await self._scim.create(user)))
        except AccountTaken:  # somebody was quicker: we ourselves in another attempt, or a stranger of this name
            found = await self.find_user(external_id)
            if found is None:
                raise AccountTaken from None
            return found

    async def ensure_member(self, group_name: str, account_id: str) -> str:
        group = await self._group(group_name) or await self._open_group(group_name)
        group_id = str(group.id)
        if account_id not in _members(group):
            await self._patch(Group, group_id, "add", "members", [GroupMember(value=account_id)])
        return group_id

    async def leave(self, group_name: str, account_id: str) -> None:
        group = await self._group(group_name)
        if group is not None and account_id in _members(group):
            await self._patch(Group, str(group.id), "remove", f"members[value eq {ScimFilter.quote(account_id)}]", None)

    async def is_active(self, account_id: str) -> bool:
        user = await self._get(User[EnterpriseUser], account_id)
        return user is not None and user.active is not False

    async def deactivate(self, account_id: str) -> None:
        try:
            await self._patch(User[EnterpriseUser], account_id, "replace", "active", False)
        except NotFound:
            return

    async def delete(self, account_id: str) -> None:
        await self._delete(User[EnterpriseUser], account_id)

    async def probe(self, external_id: str, group_name: str) -> list[str]:
        account = await self.find_user(external_id)
        if account is None:
            return ["account_missing"]
        user = await self._get(User[EnterpriseUser], account.id)
        group = await self._group(group_name)
        failed = {
            "account_unreadable": user is None or user.external_id != external_id,
            "account_inactive": user is not None and user.active is False,
            "not_in_group": group is None or account.id not in _members(group),
        }
        return [check for check, has_failed in failed.items() if has_failed]

    async def _group(self, name: str) -> Group | None:
        """The oldest of this name: SCIM does not forbid a second one."""
        groups = await self._search(Group, "displayName", name)
        return min(groups, key=_age, default=None)

    async def _open_group(self, name: str) -> Group:
        """Two who find none both create one; both then see both, keep the oldest, and the other takes its own back."""
        mine: Group | None = None
        try:
            with _our_errors():
                mine = cast(Group, await self._scim.create(Group(display_name=name, external_id=name)))
        except AccountTaken:
            pass  # this directory allows each name once, and somebody was quicker
        oldest = await self._group(name)
        if oldest is None:
            raise Unavailable("a group that was just created is not shown yet")
        if mine is not None and mine.id != oldest.id:
            await self._delete(Group, str(mine.id))
        return oldest

    async def _search(self, model: type[Any], attribute: str, value: str) -> list[Any]:
        wanted: SearchRequest[Any] = SearchRequest(filter=f"{attribute} eq {ScimFilter.quote(value)}")
        with _our_errors():
            page = cast("ListResponse[Any]", await self._scim.query(model, query_parameters=wanted))
        return page.resources or []

    async def _get(self, model: type[Any], resource_id: str) -> Any:
        try:
            with _our_errors():
                return await self._scim.query(model, resource_id)
        except NotFound:
            return None

    async def _patch(self, model: type[Any], resource_id: str, op: str, path: str, value: object) -> None:
        with _our_errors():
            operation: PatchOperation[Any] = PatchOperation(op=PatchOperation.Op(op), path=path, value=value)
            await self._scim.modify(model, resource_id, cast(Any, PatchOp)[model](operations=[operation]))

    async def _delete(self, model: type[Any], resource_id: str) -> None:
        try:
            with _our_errors():
                await self._scim.delete(model, resource_id)
        except NotFound:
            return


@contextmanager
def _our_errors() -> Iterator[None]:
    """The family's errors for the library's. Their texts quote what was sent, so none is passed on or chained."""
    try:
        yield
    except RequestNetworkException:
        raise Unavailable("the directory does not answer") from None
    except ValidationError:
        raise Invalid("a value is none that a directory can hold", code="directory_refused") from None
    except (SCIMException, SCIMClientException) as error:
        raise _judged(error) from None


def _judged(error: SCIMException | SCIMClientException) -> OnboardingError:
    status = _status(error)
    if status >= 500 or status in _PASSING:
        return Unavailable(f"the directory answered {status}")
    if status in (401, 403):
        return CredentialsRefused()
    if status == 404:
        return NotFound("the directory has nothing under this id")
    if status == 409:
        return AccountTaken()
    if status < 400:
        return Invalid("the directory's answer cannot be read", code="directory_unreadable")
    return Invalid(f"the directory refused the request with {status}", code="directory_refused")


def _status(error: SCIMException | SCIMClientException) -> int:
    """Of the HTTP answer; 400 when the library refused before it asked."""
    response = cast(httpx2.Response | None, getattr(error, "source", None))
    return response.status_code if isinstance(response, httpx2.Response) else 400


def _account(user: User[EnterpriseUser]) -> Account:
    return Account(
        id=str(user.id),
        external_id=user.external_id or "",
        user_name=user.user_name or "",
        active=user.active is not False,  # absent means that the directory does not lock anybody out
    )


def _members(group: Group) -> set[str | None]:
    return {member.value for member in group.members or []}


def _age(group: Group) -> tuple[float, str]:
    created = group.meta.created if group.meta else None
    return (created.timestamp() if created else 0.0, str(group.id))
