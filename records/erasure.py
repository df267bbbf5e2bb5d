"""Erasure: what the law no longer lets us keep is made unreadable by destroying its key, and the journal says so."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from records import identity_checks, retention, watching
from records.journal import Journal
from records.retention import Due, Retention
from records.tables import CaseRecord

ERASER = "aboard"


async def erase_due(
    session: AsyncSession, journal: Journal, now: datetime, limit: int = 100, forgetting: Collection[str] = ()
) -> Sequence[Due]:
    """Erases what is due at `now` (real time), class by class, and answers what it was. The KYC file of a client who
    was checked outside waits until that is being forgotten there (`forgetting`)."""
    due = [
        each
        for each in await retention.due(session, now, limit)
        if each.retention is not Retention.KYC
        or each.client_id in forgetting
        or not await identity_checks.of_client(session, each.client_id)
    ]
    for each in due:
        await erase(session, journal, each.client_id, each.retention, now)
    return due


async def erase(session: AsyncSession, journal: Journal, client_id: str, what: Retention, now: datetime) -> None:
    """Destroys one key of a client. With the profile or the KYC file go the keys of its names as well."""
    for case_id in await session.scalars(select(CaseRecord.id).where(CaseRecord.client_id == client_id)):
        await journal.write(
            session, case_id, actor=ERASER, what="erased", reason=what, story=now, key=f"erased:{what}"
        )  # fmt: skip
    await journal.vault.destroy(session, client_id, what)
    if what in (Retention.PROFILE, Retention.KYC):
        await watching.forget(session, client_id)
