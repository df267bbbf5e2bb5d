"""What an auditor is handed of a client who was refused, by the commands themselves: the decision scored again, its
dossier, and until when what is known of the client is kept."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from onboarding.settings import Settings
from records import cases
from records.database import Database
from records.retention import YEARS, Regime
from run.demo.commands import Given, given


@dataclass
class Handed:
    """`bundle` is the dossier, which is about `client`; `given` are the commands by what they were for."""

    bundle: Path
    client: str
    given: dict[str, Given] = field(default_factory=dict)

    def faults(self) -> list[str]:
        failed = [str(each) for each in self.given.values() if each.exit]
        year, kept = datetime.now(UTC).year, [line for line in self.given["due"].said if self.client in line]
        wanted = [(f" {what} ", f" {year + years}-") for what, years in YEARS[Regime.EU].items()]
        wrong = [each for each in wanted if not any(all(word in line for word in each) for line in kept)]
        return failed + [f"until when data are kept: {kept}" for _ in wrong[:1]]


async def hand_over(settings: Settings, case: str) -> Handed:
    """The last decision of a case."""
    folder = settings.home / "demo"
    folder.mkdir(mode=0o700, exist_ok=True)
    handed = Handed(folder / f"{case}-dossier.zip", await _client(settings, case))
    handed.given["due"], handed.given["replay"], _ = await asyncio.gather(
        given(settings.home, "retention", "due", "--at", f"{datetime.now(UTC).year + 11}-01-01"),
        given(settings.home, "kyc", "replay", case),
        _dossier(handed, settings, case),
    )
    return handed


async def _dossier(handed: Handed, settings: Settings, case: str) -> None:
    """Whoever verifies has the bundle and the published keys, and nothing else of ours."""
    handed.given["dossier"] = await given(settings.home, "kyc", "dossier", case, "-o", str(handed.bundle))
    with TemporaryDirectory() as elsewhere:
        keys = ("--keys", str(settings.keys.journal_trust))
        handed.given["verify"] = await given(Path(elsewhere), "kyc", "verify-dossier", str(handed.bundle), *keys)


async def _client(settings: Settings, case: str) -> str:
    database = Database(settings.database.url.get_secret_value())
    try:
        async with database.session() as session:
            return (await cases.case(session, case)).client_id
    finally:
        await database.dispose()
