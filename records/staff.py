"""Staff: who they are, what they may do, and the tokens they sign in with. Only a token's hash is stored."""

import secrets
from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Role, new_id
from onboarding.errors import Conflict, Unauthenticated
from records.rows import Row, found
from records.tables import StaffRecord

_AT_WORK = select(StaffRecord.id, StaffRecord.name, StaffRecord.email, StaffRecord.roles).where(
    StaffRecord.disabled.is_(None)
)
_BY_TOKEN = _AT_WORK.where(StaffRecord.token_hash == bindparam("token_hash"))  # built once: every request asks it


class StaffRow(Row):
    id: str
    name: str
    email: str
    roles: list[Role]


class StaffExists(Conflict):
    """There is a member of staff under this id, or with this token, already."""

    code = "staff_exists"


async def create(
    session: AsyncSession,
    *,
    name: str,
    email: str,
    roles: Sequence[Role],
    staff_id: str | None = None,
    token: str | None = None,
) -> tuple[str, str]:
    """A new member of staff: id and token. The token is shown this once; give one where it must be known before."""
    secret = token or secrets.token_urlsafe(32)
    row = StaffRecord(
        id=staff_id or new_id("staff"), name=name, email=email, roles=list(roles), token_hash=_hash(secret)
    )
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise StaffExists from error
    return row.id, secret


async def authenticate(session: AsyncSession, token: str) -> StaffRow:
    """Who this token belongs to; Unauthenticated for one that is unknown or of somebody disabled."""
    found = await session.execute(_BY_TOKEN, {"token_hash": _hash(token)})
    row = found.one_or_none()
    if row is None:
        raise Unauthenticated
    return StaffRow.model_validate(row)


async def renew_token(session: AsyncSession, staff_id: str) -> str:
    """A new token; the old one is worth nothing from now on."""
    secret = secrets.token_urlsafe(32)
    (await found(session, StaffRecord, staff_id, "staff_not_found")).token_hash = _hash(secret)
    await session.flush()
    return secret


async def disable(session: AsyncSession, staff_id: str) -> None:
    await session.execute(
        update(StaffRecord)
        .where(StaffRecord.id == staff_id, StaffRecord.disabled.is_(None))
        .values(disabled=func.clock_timestamp())
    )


async def member(session: AsyncSession, staff_id: str) -> StaffRow:
    return StaffRow.model_validate(await found(session, StaffRecord, staff_id, "staff_not_found"))


async def members(session: AsyncSession, role: Role | None = None) -> list[StaffRow]:
    """Those who are not disabled, with this role when one is given, in the order of their ids."""
    query = _AT_WORK.order_by(StaffRecord.id)
    if role is not None:
        query = query.where(StaffRecord.roles.contains([role]))
    return [StaffRow.model_validate(row) for row in await session.execute(query)]


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
