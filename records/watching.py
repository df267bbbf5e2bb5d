"""Whose names are watched for changes of lists, and what Monitoring has to hear of until it has recorded it.

Names are kept as keyed hashes only. They are written when a client is screened and dropped when it is erased.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, any_, delete, func, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Code, Strict, new_id
from records.rows import Row
from records.sealing import client_id_of
from records.tables import NameKey, StirRecord, WatchedName
from records.tables.watching import Hashes


class HashedName(NamedTuple):
    """One reading of one name of a party, in keyed hashes."""

    party: str
    kind: str
    words: Sequence[int]
    marks: str
    wholes: Sequence[int]


class Holding(NamedTuple):
    """Who has which word in this place, of all watched names of one kind and marks; names are numbers, one for each
    word."""

    kind: str
    marks: str
    place: int
    words: Sequence[int]
    names: Sequence[int]


class WatchedRow(Row):
    """A watched name as it is answered for: whose it is, and since when."""

    number: int
    client_id: str
    case_id: str
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


async def touched(session: AsyncSession, keys: Sequence[int]) -> Iterable[tuple[int, int, int]]:
    """The words of clients' names that have one of these keys: key, word, letters left out."""
    columns = [func.array_agg(column) for column in (NameKey.key, NameKey.word, NameKey.less)]  # read faster than rows
    found = (await session.execute(select(*columns).where(NameKey.key.in_(_listed(keys))))).one()
    return zip(*(column or () for column in found), strict=True)


async def holders(session: AsyncSession, words: Sequence[int]) -> list[Holding]:
    """Who has these words, and where in the name."""
    word = func.unnest(WatchedName.words).table_valued("word", with_ordinality="place").render_derived()
    shape = (WatchedName.kind, WatchedName.roles, word.c.place - 1)
    found = select(*shape, func.array_agg(word.c.word), func.array_agg(WatchedName.number)).join_from(
        WatchedName, word, true()
    )
    rows = await session.execute(found.where(word.c.word.in_(_listed(words))).group_by(*shape))
    return [Holding(kind, marks, place, words, names) for kind, marks, place, words, names in rows]


async def words(session: AsyncSession, numbers: Iterable[int]) -> list[tuple[int, list[int]]]:
    """All words of these names, by the number of the name."""
    found = select(WatchedName.number, WatchedName.words).where(WatchedName.number.in_(_listed(numbers)))
    return [(number, having) for number, having in await session.execute(found)]


async def whole(session: AsyncSession, wholes: Sequence[int]) -> Sequence[int]:
    """The names, by number, that have one of these hashes of the whole."""
    asked = func.unnest(literal(list(wholes), Hashes)).table_valued("whole").render_derived()
    having = WatchedName.wholes.op("@>")(array([asked.c.whole]))  # one by one, so that the index answers
    return (await session.scalars(select(WatchedName.number).join_from(asked, WatchedName, having))).all()


async def watched(session: AsyncSession, numbers: Iterable[int]) -> list[WatchedRow]:
    """Whose these names are."""
    found = await session.scalars(select(WatchedName).where(WatchedName.number.in_(_listed(numbers))))
    return [WatchedRow.model_validate(row) for row in found]


def _listed(numbers: Iterable[int]) -> Select[tuple[int]]:
    return select(func.unnest(literal(list(numbers), Hashes)))


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
    """Whether the client of this case is watched: its Monitoring looks at every case of it."""
    client_id = await client_id_of(session, case_id)
    return await since(session, client_id) is not None


async def since(session: AsyncSession, client_id: str) -> datetime | None:
    """When the names of a client began to be watched (real time)."""
    return await session.scalar(select(func.min(WatchedName.since)).where(WatchedName.client_id == client_id))
