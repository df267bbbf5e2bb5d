"""A mail server that keeps what it is sent, and a page to read it: `python -m run.local.mailbox`.

It answers 250 only when the message is on disk. Addresses at bounce.example are refused for good (550), those at
busy.example for now (451). It listens on loopback and asks nobody who they are: it is for demos and tests."""

import argparse
import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from run.local.inbox import create_inbox

HOST = "127.0.0.1"
MAX_BYTES = 30 * 1024 * 1024
REFUSED = {
    "bounce.example": "550 5.1.1 There is no such mailbox",
    "busy.example": "451 4.7.1 Please try again later",
}
_TABLE = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    content BLOB NOT NULL
)"""


class Store:
    """Messages in a SQLite file; every write is on disk when it returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(_TABLE)

    def keep(self, sender: str, recipients: list[str], content: bytes) -> None:
        row = (datetime.now(UTC).isoformat(), sender, "\n".join(recipients), content)
        with self._lock:
            self._database.execute("INSERT INTO mail (received, sender, recipients, content) VALUES (?, ?, ?, ?)", row)

    def after(self, number: int = 0) -> list[tuple[int, str, str, bytes]]:
        """Number, time of arrival, recipients and bytes of each later message, newest first."""
        query = "SELECT id, received, recipients, content FROM mail WHERE id > ? ORDER BY id DESC"
        with self._lock:
            return self._database.execute(query, (number,)).fetchall()

    def one(self, number: int) -> tuple[int, str, str, bytes] | None:
        query = "SELECT id, received, recipients, content FROM mail WHERE id = ?"
        with self._lock:
            found: tuple[int, str, str, bytes] | None = self._database.execute(query, (number,)).fetchone()
        return found

    def clear(self) -> None:
        with self._lock:
            self._database.execute("DELETE FROM mail")


class Sink:
    """What aiosmtpd asks at each step of a delivery."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        domain = address.rpartition("@")[2].lower()
        if domain in REFUSED:
            return REFUSED[domain]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        await asyncio.to_thread(self._store.keep, envelope.mail_from or "", list(envelope.rcpt_tos), content)
        return "250 OK, on disk"


async def serve(smtp_port: int, http_port: int, store: Store) -> None:
    """Both servers, until a signal stops them."""
    loop = asyncio.get_running_loop()
    sink = Sink(store)
    smtp = await loop.create_server(
        lambda: SMTP(sink, enable_SMTPUTF8=True, data_size_limit=MAX_BYTES, hostname="localhost", ident="Aboard inbox"),
        HOST,
        smtp_port,
    )
    pages = uvicorn.Server(
        uvicorn.Config(
            create_inbox(store),
            host=HOST,
            port=http_port,
            log_level="warning",
            access_log=False,  # a subject or an address would stand in the query
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )
    async with smtp:
        await pages.serve()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True, help="SQLite file that keeps the messages")
    chosen = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(chosen.smtp_port, chosen.http_port, Store(chosen.store)))


if __name__ == "__main__":
    main()
