"""What is looked at in the records at the end: every decision scored again, and the names just under the threshold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from activities import policies
from activities.replaying import Lists, replay
from kyc.lists import Store
from kyc.screening.afterwards import NearMiss, near_misses
from kyc.screening.replay import Past
from onboarding.settings import Settings
from records import reviews, sampling
from records.database import Database
from records.journal import Journal
from run.demo.parts import Part
from run.signing import open_journal


@dataclass
class Account:
    """`replayed` decisions came out the same; `near` are by case what the sample of the month may draw."""

    replayed: int = 0
    near: list[tuple[str, NearMiss]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


async def give(settings: Settings, parts: Mapping[str, Part]) -> Account:
    """Scores the decisions of these cases again."""
    account, database = Account(), Database(settings.database.url.get_secret_value())
    try:
        journal = open_journal(settings)
        lists = Lists(Store(settings.kyc.lists), settings.home / "index", False)
        for case, part in parts.items():
            await _replay(account, database, journal, case, part, lists)
        account.near = [(case, miss) for case, miss in await _near(database, journal) if case in parts]
    finally:
        await database.dispose()
    return account


async def _replay(account: Account, database: Database, journal: Journal, case: str, part: Part, lists: Lists) -> None:
    async with database.session() as session:
        decided = await reviews.decisions(session, case)
        if not decided:
            account.troubles.append(f"{part.title}: nothing was decided")
        elif len(decided[0].reviewers) != part.reviewers:
            account.troubles.append(f"{part.title}: decided by {len(decided[0].reviewers)}, not {part.reviewers}")
        for decision in decided:
            found = await replay(session, journal.vault, decision.id, lists)
            account.replayed += found.state == "same"
            if found.state != "same":
                account.troubles.append(f"{case}: the replay of {decision.id} is {found.state}: {found.why or ''}")


async def _near(database: Database, journal: Journal) -> list[tuple[str, NearMiss]]:
    """What the sample at the beginning of next month will be drawn from, as it would be drawn now: nothing is kept."""
    month = (datetime.now(UTC).date().replace(day=1) + timedelta(days=32)).replace(day=1)
    async with database.session() as session:
        policy = await policies.screening(session)
        stored = [row async for row in sampling.screenings(session, journal.vault, month)]
    case_of = {row.id: row.case_id for row in stored}
    screened = [(row.id, Past.model_validate(row.evidence).screening) for row in stored]
    return [(case_of[miss.ref], miss) for miss in near_misses(screened, policy, month)]
