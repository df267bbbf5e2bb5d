"""`aboard staff`: who works here, and the tokens they sign in with. It writes to the database itself: the first
token has to come from somewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from onboarding.case import Role
from onboarding.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from records.staff import StaffRow

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Who works here, and their tokens.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="as clients read it", show_default=False)],
    email: Annotated[str, typer.Argument(show_default=False)],
    role: Annotated[list[Role], typer.Option(help="what they may do; may be given several times")],
) -> None:
    """Add a member of staff. The token is shown this once."""
    staff_id, token = asyncio.run(_add(Settings(), name, email, role))
    print(f"{staff_id}\ntoken {token}")


@app.command("list")
def list_() -> None:
    """Everybody who is not disabled."""
    table = Table("id", "name", "e-mail", "roles")
    for member in asyncio.run(_members(Settings())):
        table.add_row(member.id, member.name, member.email, ", ".join(member.roles))
    Console().print(table)


@app.command()
def token(staff_id: Annotated[str, typer.Argument(show_default=False)]) -> None:
    """A new token for a member of staff; the old one is worth nothing from now on."""
    print(asyncio.run(_renew(Settings(), staff_id)))


@app.command()
def disable(staff_id: Annotated[str, typer.Argument(show_default=False)]) -> None:
    """Take a member's access away."""
    asyncio.run(_disable(Settings(), staff_id))


async def _add(settings: Settings, name: str, email: str, roles: list[Role]) -> tuple[str, str]:
    from records import staff  # loaded by who needs it: other commands start sooner without

    async with _session(settings) as session:
        return await staff.create(session, name=name, email=email, roles=roles)


async def _members(settings: Settings) -> "list[StaffRow]":
    from records import staff

    async with _session(settings) as session:
        return await staff.members(session)


async def _renew(settings: Settings, staff_id: str) -> str:
    from records import staff

    async with _session(settings) as session:
        return await staff.renew_token(session, staff_id)


async def _disable(settings: Settings, staff_id: str) -> None:
    from records import staff

    async with _session(settings) as session:
        await staff.member(session, staff_id)
        await staff.disable(session, staff_id)


@asynccontextmanager
async def _session(settings: Settings) -> "AsyncIterator[AsyncSession]":
    from records.database import Database

    database = Database(settings.database.url.get_secret_value())
    try:
        async with database.session() as session:
            yield session
    finally:
        await database.dispose()
