"""The staff of the demo: who they are, and their tokens in home/keys/staff.json."""

import asyncio
import json
import os
from pathlib import Path
from typing import NamedTuple

from onboarding.case import Role
from onboarding.settings import Settings
from records import staff
from records.database import Database

Kept = dict[str, dict[str, str]]


class Member(NamedTuple):
    id: str
    name: str
    roles: list[Role]


MEMBERS = {
    "desk": Member("staff_desk", "Dana Okafor", [Role.STAFF]),
    "csm": Member("staff_csm", "Mira Lindqvist", [Role.CSM]),
    "reviewer": Member("staff_reviewer", "Piet Verhoeven", [Role.REVIEWER]),
    "second": Member("staff_second", "Sana Qureshi", [Role.REVIEWER]),
    "senior": Member("staff_senior", "Helena Brandt", [Role.REVIEWER, Role.SENIOR]),
    "engineer": Member("staff_engineer", "Tomás Rey", [Role.ENGINEER]),
    "auditor": Member("staff_auditor", "Ingrid Falk", [Role.AUDITOR]),
}


async def engage(settings: Settings) -> dict[str, str]:
    """The token of each member, by part. They are the same at every start from one state folder."""
    file = settings.home / "keys" / "staff.json"
    database = Database(settings.database.url.get_secret_value())
    try:
        tokens = await _engage(database, await asyncio.to_thread(_kept, file))
    finally:
        await database.dispose()
    await asyncio.to_thread(_keep, file, {part: {**MEMBERS[part]._asdict(), "token": t} for part, t in tokens.items()})
    return tokens


async def _engage(database: Database, kept: Kept) -> dict[str, str]:
    tokens: dict[str, str] = {}
    async with database.session() as session:
        known = {row.id for row in await staff.members(session)}
        for part, member in MEMBERS.items():
            if member.id not in known:
                email = f"{member.id.removeprefix('staff_')}@aboard.example"
                _, tokens[part] = await staff.create(
                    session, name=member.name, email=email, roles=member.roles, staff_id=member.id
                )
            else:
                tokens[part] = kept[part]["token"] if part in kept else await staff.renew_token(session, member.id)
    return tokens


def _kept(file: Path) -> Kept:
    kept: Kept = json.loads(file.read_text()) if file.exists() else {}
    return kept


def _keep(file: Path, content: object) -> None:
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(content, out, ensure_ascii=False, indent=1)
    draft.replace(file)
