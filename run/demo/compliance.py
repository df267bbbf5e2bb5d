"""What a compliance officer is shown at the end: every decision scored again, and one handed over as a bundle."""

from dataclasses import dataclass, field
from pathlib import Path

from activities import dossier
from activities.replaying import Lists, replay
from kyc.lists import Store
from onboarding.settings import Settings
from records import reviews
from records.database import Database
from records.journal import Journal
from run.journals import trusted
from run.signing import open_journal


@dataclass
class Account:
    """`replayed` decisions came out the same; `bundle` is the dossier of one of them, verified."""

    replayed: int = 0
    bundle: Path | None = None
    troubles: list[str] = field(default_factory=list)


async def give(settings: Settings, cases: list[str], shown: str) -> Account:
    """Scores the decisions of these cases again; `shown` is the one whose last decision goes into a bundle."""
    account, database = Account(), Database(settings.database.url.get_secret_value())
    try:
        journal = open_journal(settings)
        lists = Lists(Store(settings.kyc.lists), settings.home / "index", False)
        for case in cases:
            await _replay(account, database, journal, case, lists)
        await _bundle(account, database, journal, shown, settings)
    finally:
        await database.dispose()
    return account


async def _replay(account: Account, database: Database, journal: Journal, case: str, lists: Lists) -> None:
    async with database.session() as session:
        decided = await reviews.decisions(session, case)
        if not decided:
            account.troubles.append(f"{case}: nothing was decided")
        for decision in decided:
            found = await replay(session, journal.vault, decision.id, lists)
            account.replayed += found.state == "same"
            if found.state != "same":
                account.troubles.append(f"{case}: the replay of {decision.id} is {found.state}: {found.why or ''}")


async def _bundle(account: Account, database: Database, journal: Journal, case: str, settings: Settings) -> None:
    async with database.session() as session:
        decided = await reviews.decisions(session, case)
        raw = await dossier.gather(session, journal, decided[-1].id)
    account.troubles += dossier.verify(raw, trusted(settings.keys.journal_trust))
    folder = settings.home / "demo"
    folder.mkdir(mode=0o700, exist_ok=True)
    account.bundle = folder / f"{case}-dossier.zip"
    account.bundle.touch(mode=0o600)
    account.bundle.write_bytes(raw)
