"""The records and the keys, opened for a command that runs beside the servers: what is not there is one clear error."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from onboarding.errors import Invalid, Unavailable
from onboarding.settings import Settings
from run.signing import open_journal

if TYPE_CHECKING:
    from records.database import Database
    from records.journal import Journal


class KeysMissing(Invalid):
    """The keys of the journal and the master key are not where the settings say."""

    code = "keys_missing"


class NoRecords(Unavailable):
    """The database does not answer, or holds no records."""

    code = "no_records"


@asynccontextmanager
async def opened(settings: Settings) -> "AsyncIterator[tuple[Database, Journal]]":
    """The database and the journal. Raises KeysMissing, and NoRecords for whatever the database refuses inside."""
    from records.database import Database

    journal = _journal(settings)
    with _answering():
        database = Database(settings.database.url.get_secret_value())
        try:
            yield database, journal
        finally:
            await database.dispose()


def must_be(key: Path) -> None:
    """Raises KeysMissing where there is no such key: one that is made now would open nothing, and find nobody."""
    if not key.is_file():
        raise KeysMissing(f"there is no key at {key}")


def _journal(settings: Settings) -> "Journal":
    if not settings.keys.kms:
        must_be(settings.keys.master)
    try:
        return open_journal(settings)
    except OSError as error:
        raise KeysMissing(f"{error.filename}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        where = f"{settings.keys.journal} and {settings.keys.journal_trust}"
        raise KeysMissing(f"these are no keys of a journal: {where}") from error


@contextmanager
def _answering() -> Iterator[None]:
    from sqlalchemy.exc import ArgumentError, DBAPIError

    try:
        yield
    except ArgumentError as error:
        raise NoRecords("ABOARD_DATABASE_URL is no address of a database") from error
    except DBAPIError as error:  # what the driver says is of the server, its first line holds no record
        said = str(error.orig).strip().partition("\n")[0]
        raise NoRecords(f"the database does not answer as it should: {said}") from error
