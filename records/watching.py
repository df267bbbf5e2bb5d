"""Whose names are watched for changes of lists, and what Monitoring has to hear of until it has recorded it.

Names are kept as keyed hashes only. They are written when a client is screened and dropped when it is erased.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import any_, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Code, Strict, new_id
from records.rows import Row
from records.tables import NameKey, StirRecord, WatchedName
from records.tables.watching import Hashes


class HashedName(NamedTuple):
    """One reading of one name of a party, in keyed hashes."""

    party: str
    kind: str
    words: Sequence[int]
    marks: str
    wholes: Sequence[int]


class WatchedRow(Row):
    number: int
    client_id: str
    case_id: str
    kind: str
    words: list[int]
    roles: str
    wholes: list[int]
    since: datetime


class Stir(Row):
    """Why the Monitoring of a client is to look again."""

    id: str
    client_id: str
    case_id: str
    cause: str


class NewStir(Strict):
    """`key` makes it one: the same cause for the same client is told once."""

    client_id: str
    case_id: str
    cause: Code
    key: str


async def watch(
    session: AsyncSession,
    client_id: str,
    case_id: str,
    names: Sequence[HashedName],
    words: Mapping[int, Mapping[int, int]],
) -> None:
    """Watches these names of a client from now on, and no others of it; what was watched before keeps its date.

    `words` are the keys of each word, with how many of its letters were left out for each.
    """
    first = await since(session, client_id)
    await session.execute(delete(WatchedName).where(WatchedName.client_id == client_id))
    rows = sorted((key, word, less) for word, keys in words.items() for key, less in keys.items())
    if rows:
        columns = [func.unnest(literal(list(column), Hashes)) for column in zip(*rows, strict=True)]
        new = insert(NameKey).from_select(["key", "word", "less"], select(*columns))
        await session.execute(new.on_conflict_do_nothing())
    for place, name in enumerate(names):
        values = {
            "client_id": client_id, "party": name.party, "place": place, "case_id": case_id, "kind": name.kind,
            "words": list(name.words), "roles": name.marks, "wholes": list(name.wholes),
        }  # fmt: skip
        await session.execute(insert(WatchedName).values(**values, since=first or func.clock_timestamp()))


async def forget(session: AsyncSession, client_id: str) -> None:
    """The client is erased: its names go, and with them the words that nobody else has."""
    gone = await session.scalars(
        delete(WatchedName).where(WatchedName.client_id == client_id).returning(WatchedName.words)
    )
    words = sorted({word for row in gone for word in row})
    shared = select(WatchedName.client_id).where(NameKey.word == any_(WatchedName.words)).exists()
    await session.execute(delete(NameKey).where(NameKey.word.in_(words), ~shared))


async def touched(session: AsyncSession, keys: Sequence[int]) -> Sequence[tuple[int, int, int]]:
    """The words of clients' names that have one of these keys: key, word, letters left out."""
    asked = select(func.unnest(literal(list(keys), Hashes)))
    rows = await session.execute(select(NameKey.key, NameKey.word, NameKey.less).where(NameKey.key.in_(asked)))
    return [(key, word, less) for key, word, less in rows]


async def holders(session: AsyncSession, words: Sequence[int]) -> list[tuple[int, str, str, list[int]]]:
    """Who has these words: word, kind, roles of the parts, and the numbers of all the names of that shape."""
    every = select(
        func.unnest(WatchedName.words).label("word"), WatchedName.kind, WatchedName.roles, WatchedName.number
    ).subquery()
    shape = (every.c.word, every.c.kind, every.c.roles)
    asked = select(func.unnest(literal(list(words), Hashes)))
    rows = await session.execute(
        select(*shape, func.array_agg(every.c.number)).where(every.c.word.in_(asked)).group_by(*shape)
    )
    return [(word, kind, roles, numbers) for word, kind, roles, numbers in rows]


async def watched(session: AsyncSession, numbers: Sequence[int], wholes: Sequence[int]) -> list[WatchedRow]:
    """The names of these numbers, and those that have one of these hashes of the whole."""
    numbered = WatchedName.number.in_(select(func.unnest(literal(list(numbers), Hashes))))
    whole = WatchedName.wholes.op("&&")(literal(list(wholes), Hashes))
    found = [await session.scalars(select(WatchedName).where(condition)) for condition in (numbered, whole)]
    rows = {row.number: WatchedRow.model_validate(row) for rows in found for row in rows}
    return list(rows.values())


async def stir(session: AsyncSession, new: Iterable[NewStir]) -> int:
    """Keeps what Monitoring is to hear of; how many of them were new."""
    rows = [{"id": new_id("stir"), **each.model_dump()} for each in new]
    if not rows:
        return 0
    kept = await session.scalars(insert(StirRecord).values(rows).on_conflict_do_nothing().returning(StirRecord.id))
    return len(kept.all())


async def untold(session: AsyncSession, again_after: timedelta, limit: int = 100) -> list[Stir]:
    """What was never told, and what was told so long ago (real time) that it must have been lost."""
    rows = await session.scalars(
        select(StirRecord)
        .where(
            StirRecord.heard.is_(None),
            or_(StirRecord.told.is_(None), StirRecord.told <= func.clock_timestamp() - again_after),
        )
        .order_by(StirRecord.created, StirRecord.id)
        .limit(limit)
    )
    return [Stir.model_validate(row) for row in rows]


async def told(session: AsyncSession, stir_id: str) -> None:
    await session.execute(update(StirRecord).where(StirRecord.id == stir_id).values(told=func.clock_timestamp()))


async def heard(session: AsyncSession, stir_ids: Sequence[str]) -> None:
    """Said by the workflow's own deed: it has recorded them."""
    await session.execute(
        update(StirRecord)
        .where(StirRecord.id.in_(stir_ids), StirRecord.heard.is_(None))
        .values(heard=func.clock_timestamp())
    )


async def unheard(session: AsyncSession, client_id: str) -> list[str]:
    """The causes that the Monitoring of a client has not recorded yet, the oldest first."""
    query = select(StirRecord.cause).where(StirRecord.client_id == client_id, StirRecord.heard.is_(None))
    return list(await session.scalars(query.order_by(StirRecord.created, StirRecord.id)))


async def is_watched(session: AsyncSession, case_id: str) -> bool:
    """Whether the Monitoring of the client looks at this case."""
    return bool(await session.scalar(select(select(WatchedName).where(WatchedName.case_id == case_id).exists())))


async def since(session: AsyncSession, client_id: str) -> datetime | None:
    """When the names of a client began to be watched (real time)."""
    return await session.scalar(select(func.min(WatchedName.since)).where(WatchedName.client_id == client_id))
