"""Whom 600 changed records concern, among a million clients: the reverse index in PostgreSQL, as in production.

    python -m bench.lookback --clients 1000000 --data ../shared/data

The clients are invented (bench/population.py, which needs `uv pip install names faker`), the records are real entries
of the lists. Taking the clients aboard is
not part of the figure; it goes by COPY. What is measured is `LookBack.in_question` and the screening of whoever it
gives. Reading the clients' files back, which production does for those few, is not: here their names are at hand.
"""

import argparse
import asyncio
import random
import resource
import shutil
import tempfile
import time
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
GOAL = 10.0  # seconds
_INDEXES = (
    "CREATE INDEX ix_watched_names_words ON watched_names USING gin (words)",
    "CREATE INDEX ix_watched_names_wholes ON watched_names USING gin (wholes)",
    "ALTER TABLE name_keys ADD CONSTRAINT pk_name_keys PRIMARY KEY (key, word) INCLUDE (less)",
    "CREATE INDEX ix_name_keys_word ON name_keys (word)",
    "VACUUM ANALYZE watched_names, name_keys",
)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=100_000)
    asked.add_argument("--data", type=Path, default=Path("../shared/data"))
    said = asked.parse_args()
    lists = real_lists(said.data)
    everyone = [entry for version in lists for entry in version.entries if entry.kind in (Kind.PERSON, Kind.COMPANY)]
    show("Looking back", asyncio.run(_bench(said.clients, random.Random(1).sample(everyone, CHANGED))))


async def _bench(size: int, changed: list[Entry]) -> list[Row]:
    home = Path(tempfile.mkdtemp(prefix="aboard-bench-"))
    try:
        async with Stack(home, free_ports(), lambda _: None) as stack:
            await stack.start("postgres")
            urls, keys = stack.settings.database, home / "keys"
            admin = urls.admin_url.get_secret_value()
            passwords = [database_password(keys, role) for role in ("aboard_owner", "aboard_app")]
            await prepare(admin, owner_password=passwords[0], app_password=passwords[1])
            await Database.migrate(urls.owner_url.get_secret_value())
            began, hashing = time.perf_counter(), Hashing(bytes(32))
            names = await asyncio.to_thread(_take_aboard, _at(admin, "aboard"), size, hashing)
            print(f"{size:,} clients taken aboard in {time.perf_counter() - began:.0f} s", flush=True)
            return await _measure(urls.url.get_secret_value(), names, changed, hashing)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _at(url: str, name: str) -> str:
    return psycopg.conninfo.make_conninfo(url, dbname=name)


def _take_aboard(url: str, size: int, hashing: Hashing) -> list[Subject]:
    """Writes what Monitoring writes of each client, without the clients themselves."""
    known: set[int] = set()
    names = []
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
            for subject in clients(size):
                names.append(subject)
                readings, words = hashing.readings(subject)
                for place, each in enumerate(readings):
                    row: tuple[Any, ...] = (subject.id, "client", place, "case", subject.kind.value)
                    watched.write_row((*row, _array(each.words), each.marks, _array(each.wholes)))
                for word in words.keys() - known:
                    known.add(word)
                    keys.write("".join([f"{key}\t{word}\t{less}\n" for key, less in words[word].items()]))
        for statement in _INDEXES:
            here.execute(statement)
    return names


def _array(numbers: tuple[int, ...]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


async def _measure(url: str, names: list[Subject], changed: list[Entry], hashing: Hashing) -> list[Row]:
    database, policy = Database(url), Policy.read()
    look = LookBack(database, None, None, [], hashing)  # type: ignore[arg-type]  # what it keeps is not asked for
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, busy = time.perf_counter(), time.process_time()
    async with database.session() as session:
        rows = await look.in_question(session, changed, policy)
    found, found_cpu = time.perf_counter() - began, time.process_time() - busy
    concerned = await asyncio.to_thread(_screen, [names[int(row.client_id[7:])] for row in rows], changed, policy)
    clock, cpu = time.perf_counter() - began, time.process_time() - busy
    await database.dispose()
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return [
        Row("clients", f"{len(names):,}"),
        Row("records changed", f"{len(changed)}"),
        Row("clients that come into question, and are screened", f"{len(rows):,}"),
        Row("of them a match", f"{concerned:,}"),
        Row("finding them", f"{found:.1f} s", note=f"{found_cpu:.1f} s of CPU beside the database's"),
        Row("more memory at the peak", f"{memory:.0f} MB"),
        at_most("all of it", clock, GOAL, " s", f"{cpu:.1f} s of CPU beside the database's"),
    ]


def _screen(subjects: list[Subject], changed: list[Entry], policy: Policy) -> int:
    with tempfile.TemporaryDirectory(prefix="aboard-bench-") as folder:
        version = ListVersion("change", "change", sorted(changed, key=lambda entry: entry.id), CHECKED)
        index = Index.build([version], Path(folder) / "index")
        return sum(bool(index.screen(subject, policy, CHECKED).hits) for subject in subjects)


if __name__ == "__main__":
    main()
