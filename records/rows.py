"""How rows leave this room: frozen models, never ORM objects."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.errors import NotFound
from records.tables.base import Base

T = TypeVar("T", bound=Base)


class Row(BaseModel):
    """One row as other rooms read it."""

    model_config = ConfigDict(from_attributes=True, frozen=True, hide_input_in_errors=True)


async def found(session: AsyncSession, table: type[T], key: object, code: str) -> T:
    """The row under `key`, fresh from the database, or NotFound with the reason code."""
    row = await session.get(table, key, populate_existing=True)
    if row is None:
        raise NotFound(code=code)
    return row
