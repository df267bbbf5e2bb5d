"""`aboard journal`: the proof that nobody has changed what was written, with the database or from an export alone."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.console import Console

from onboarding.case import is_id
from onboarding.errors import Invalid
from onboarding.settings import Settings
from records.chain import Fault, verify_export
from run.caller import Caller, token_for
from run.start import Token

HOUSE = "house"  # the journal of what concerns no case, such as a policy put in force
app = typer.Typer(no_args_is_help=True, add_completion=False, help="The append-only audit trail of a case.")


class NothingToVerify(Invalid):
    """Name a case, or a file that an export was written to."""

    code = "nothing_to_verify"


@app.command()
def verify(
    what: Annotated[str | None, typer.Argument(help="a case, `house`, or an exported file; all when left out")] = None,
) -> None:
    """Prove journals: every entry, its place, its signature. A file is proved without the database.

    Exit codes: 0 all is proved, 1 something is wrong.
    """
    settings = Settings()
    if what in (None, HOUSE) or is_id(str(what), "case"):
        proved = asyncio.run(_verify(settings, what))
    else:
        proved = _verify_file(settings, Path(what))
    if not proved:
        raise typer.Exit(1)


@app.command()
def export(
    case: Annotated[str, typer.Argument(show_default=False)],
    file: Annotated[Path | None, typer.Option("--to", help="standard output when left out")] = None,
    token: Token = None,
) -> None:
    """Write the journal of a case as JSON Lines, which `verify` proves without the database."""
    settings = Settings()
    text = asyncio.run(_export(settings.public_url, token_for(token, settings.home, "auditor"), case))
    if file:
        file.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


async def _export(url: str, token: str, case: str) -> str:
    async with Caller(url, token) as api:
        return await api.text(f"/cases/{case}/journal/export")


async def _verify(settings: Settings, case: str | None) -> bool:
    console, good = Console(), True
    cases = 0
    async for name, faults in _proofs(settings, case):
        cases += 1
        good = good and not faults
        for fault in faults:
            console.print(_told(name, fault), style="red", highlight=False)
    console.print(f"{cases} {'journal' if cases == 1 else 'journals'} verified." if good else "A journal was changed.")
    return good


async def _proofs(settings: Settings, case: str | None) -> AsyncIterator[tuple[str, Sequence[Fault]]]:
    from records import house_journal
    from records.database import Database  # with the next, seconds that proving a file has no use for
    from run.signing import open_journal

    database, journal = Database(settings.database.url.get_secret_value()), open_journal(settings)
    try:
        async with database.session() as session:
            if case in (None, HOUSE):
                yield HOUSE, await house_journal.verify(session, journal)
            if case == HOUSE:
                return
            if case:
                yield case, await journal.verify(session, case)
                return
            async for proof in journal.verify_all(session):
                yield proof
    finally:
        await database.dispose()


def _verify_file(settings: Settings, file: Path) -> bool:
    if not file.is_file():
        raise NothingToVerify
    console = Console()
    with file.open(encoding="utf-8") as lines:
        faults = verify_export(lines, trusted(settings.keys.journal_trust))
    for fault in faults:
        console.print(_told(fault.case, fault), style="red", highlight=False)
    console.print("The export was changed." if faults else "The export is whole and unchanged.")
    return not faults


def trusted(file: Path) -> list[Ed25519PublicKey]:
    known: dict[str, str] = json.loads(file.read_text())
    return [Ed25519PublicKey.from_public_bytes(base64.b64decode(raw)) for raw in known.values()]


def _told(case: str, fault: Fault) -> str:
    return f"{case}: entry {fault.seq}: {fault.code.replace('_', ' ')}"
