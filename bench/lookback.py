"""Whom 600 changed records concern, among a million clients: the reverse index in PostgreSQL, as in production.

    python -m bench.lookback --clients 1000000 --data ../shared/data --home /tmp/million

The clients are invented (bench/population.py), the records are real entries of the lists. Taking the clients aboard is
not part of the figure; it goes by COPY, and `--home` keeps the database for the next time. What is measured is what
`LookBack` does of it: the probes, the finding, and the screening of whoever comes into question. Reading the clients'
files back, which production does for those few, is not: here their names are at hand.
"""

import argparse
import asyncio
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from activities.lookback import LookBack
from bench.population import clients
from bench.synthetic import CHECKED, real_lists
from bench.table import Row, at_most, show
from kyc.lists import Entry, Kind, ListVersion
from kyc.screening import Index, Policy, Subject
from kyc.screening.reverse import Hashing
from records.database import Database, prepare
from run.local.secrets import database_password
from run.local.stack import Stack
from tests.conftest import free_ports

CHANGED = 600
GOAL = 30.0  # seconds until it is known who has to be screened
_INDEXES = (
    "CREATE INDEX ix_watched_names_words ON watched_names USING gin (words)",
    "CREATE INDEX ix_watched_names_wholes ON watched_names USING gin (wholes)",
    "ALTER TABLE name_keys ADD CONSTRAINT pk_name_keys PRIMARY KEY (key, word) INCLUDE (less)",
    "CREATE INDEX ix_name_keys_word ON name_keys (word)",
    "VACUUM ANALYZE watched_names, name_keys",
)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=1_000_000)
    asked.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked.add_argument("--home", type=Path, help="a folder that keeps the database, to measure again")
    said = asked.parse_args()
    lists = real_lists(said.data)
    everyone = [entry for version in lists for entry in version.entries if entry.kind in (Kind.PERSON, Kind.COMPANY)]
    home = said.home or Path(tempfile.mkdtemp(prefix="aboard-bench-"))
    try:
        show("Looking back", asyncio.run(_bench(home, said.clients, random.Random(1).sample(everyone, CHANGED))))
    finally:
        if not said.home:
            shutil.rmtree(home, ignore_errors=True)


async def _bench(home: Path, size: int, changed: list[Entry]) -> list[Row]:
    names, hashing = list(clients(size)), Hashing(bytes(32))
    async with Stack(home, free_ports(), lambda _: None) as stack:
        await stack.start("postgres")
        urls, keys = stack.settings.database, home / "keys"
        admin, filled = urls.admin_url.get_secret_value(), home / f"filled-{size}"
        if not filled.exists():
            passwords = [database_password(keys, role) for role in ("aboard_owner", "aboard_app")]
            await prepare(admin, owner_password=passwords[0], app_password=passwords[1])
            await Database.migrate(urls.owner_url.get_secret_value())
            await asyncio.to_thread(_take_aboard, _at(admin, "aboard"), names, hashing)
            filled.touch()
        return await _measure(urls.url.get_secret_value(), names, changed, hashing)


def _at(url: str, name: str) -> str:
    return psycopg.conninfo.make_conninfo(url, dbname=name)


def _take_aboard(url: str, names: list[Subject], hashing: Hashing) -> None:
    """Writes what Monitoring writes of each client, without the clients themselves."""
    known: set[int] = set()
    with psycopg.connect(url, autocommit=True) as here, psycopg.connect(url, autocommit=True) as there:
        for connection in (here, there):
            connection.execute("SET session_replication_role = replica")  # no clients behind the names
        here.execute("DROP INDEX ix_watched_names_words, ix_watched_names_wholes, ix_name_keys_word")
        here.execute("ALTER TABLE name_keys DROP CONSTRAINT pk_name_keys")
        columns = "client_id, party, place, case_id, kind, words, roles, wholes"
        with (
            here.cursor().copy(f"COPY watched_names ({columns}) FROM STDIN") as watched,
            there.cursor().copy("COPY name_keys FROM STDIN") as keys,
        ):
            for subject in names:
                readings, words = hashing.readings(subject)
                for place, each in enumerate(readings):
                    row: tuple[Any, ...] = (subject.id, "client", place, "case", subject.kind.value)
                    watched.write_row((*row, _array(each.words), each.marks, _array(each.wholes)))
                for word in words.keys() - known:
                    known.add(word)
                    keys.write("".join([f"{key}\t{word}\t{less}\n" for key, less in words[word].items()]))
        for statement in _INDEXES:
            here.execute(statement)


def _array(numbers: Sequence[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


class _Clock:
    """What each stretch took: seconds, and seconds of this process's CPU."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.seconds = 0.0

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        began, busy = time.perf_counter(), time.process_time()
        yield
        seconds, cpu = time.perf_counter() - began, time.process_time() - busy
        self.seconds += seconds
        self.rows.append(Row(what, f"{seconds:.1f} s", note=f"{cpu:.1f} s of CPU beside the database's"))


async def _measure(url: str, names: list[Subject], changed: list[Entry], hashing: Hashing) -> list[Row]:
    database, policy, clock = Database(url), Policy.read(), _Clock()
    look = LookBack(database, None, None, [], hashing)  # type: ignore[arg-type]  # what it keeps is not asked for
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with clock("probes"):
        change = await asyncio.to_thread(look.taken_apart, changed, policy)
    async with database.session() as session:
        with clock("finding whom they may concern"):
            rows = await look.touched_by(session, change)
    known = clock.seconds
    with clock("screening those"):
        concerned = await asyncio.to_thread(_screen, [names[int(row.client_id[7:])] for row in rows], changed, policy)
    await database.dispose()
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return [
        Row("clients", f"{len(names):,}"),
        Row("records changed", f"{len(changed)}"),
        Row("clients that come into question, and are screened", f"{len(rows):,}"),
        Row("of them a match", f"{concerned:,}"),
        *clock.rows,
        Row("more memory at the peak", f"{memory:.0f} MB"),
        at_most("until it is known who has to be screened", known, GOAL, " s"),
        Row("all of it", f"{clock.seconds:.1f} s"),
    ]


def _screen(subjects: list[Subject], changed: list[Entry], policy: Policy) -> int:
    with tempfile.TemporaryDirectory(prefix="aboard-bench-") as folder:
        version = ListVersion("change", "change", sorted(changed, key=lambda entry: entry.id), CHECKED)
        index = Index.build([version], Path(folder) / "index")
        return sum(bool(index.screen(subject, policy, CHECKED).hits) for subject in subjects)


if __name__ == "__main__":
    main()
