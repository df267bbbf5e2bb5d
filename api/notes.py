"""What a person writes is first kept, sealed; only its id is told to the story. Refused, it is taken back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import Field

from api.door import Door
from onboarding.errors import OnboardingError
from records import tasks

Text = Annotated[str, Field(min_length=1, max_length=5000, pattern=r"^[^\x00]*$")]


@asynccontextmanager
async def noted(
    door: Door, case_id: str, author: str, text: str | None, key: str, *, confidential: bool = False
) -> AsyncIterator[str | None]:
    """The id of the note, or None where nothing was written. An outage is no refusal: the repeat finds the note."""
    if text is None:
        yield None
        return
    async with door.database.session() as session:
        note_id = await tasks.add_note(
            session, door.vault, case_id, author=author, text=text, key=key, confidential=confidential
        )
    try:
        yield note_id
    except OnboardingError as refusal:
        if not refusal.retryable:
            async with door.database.session() as session:
                await tasks.remove_note(session, note_id)
        raise
