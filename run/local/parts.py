"""The servers of a local Aboard, as data; each start command and its traps were tried one by one."""

import asyncio
from pathlib import Path

from onboarding.settings import Settings
from run.local import authority, engine, postgres, s3
from run.local.part import Part
from run.local.probes import answers_http, answers_tcp
from run.local.programs import module, ours


def all_parts(settings: Settings) -> list[Part]:
    return [
        engine.part(settings),
        postgres.part(settings),
        s3.part(settings),
        _mail(settings),
        _calendar(settings),
        _directory(settings),
        _stamps(settings),
        _schema(),
        _worker(settings),
        _api(settings),
    ]


def _mail(settings: Settings) -> Part:
    smtp, inbox, store = settings.port.smtp, settings.port.inbox, settings.home / "mail.db"

    async def ready() -> bool:
        return await answers_tcp(smtp) and await answers_http(inbox, "/healthz")

    return Part(
        name="mail",
        title="Inbox",
        command=(
            *ours("run.local.mailbox"),
            *("--smtp-port", str(smtp), "--http-port", str(inbox), "--store", str(store)),
        ),
        ports={"ABOARD_PORT_SMTP": smtp, "ABOARD_PORT_INBOX": inbox},
        address=settings.mail.inbox_url,
        ready=ready,
    )


def _calendar(settings: Settings) -> Part:
    port, folder = settings.port.calendar, settings.home / "calendar"

    async def configure() -> None:
        folder.mkdir(exist_ok=True)
        users = folder / "users"
        users.touch(mode=0o600)
        users.write_text(f"{settings.calendar.username}:{settings.calendar.password.get_secret_value()}\n")
        (folder / "radicale.conf").write_text(_radicale(port, folder))

    return Part(
        name="calendar",
        title="Calendar (CalDAV)",
        command=(*module("radicale", "radicale"), "--config", str(folder / "radicale.conf")),
        ports={"ABOARD_PORT_CALENDAR": port},
        address=settings.calendar.url,
        prepare=configure,
        ready=lambda: answers_http(port, "/.web/"),
    )


def _radicale(port: int, folder: Path) -> str:
    return f"""\
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder / "users"}
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder / "collections"}
[logging]
level = warning
"""


def _directory(settings: Settings) -> Part:
    port, database = settings.port.directory, settings.database.directory_url.get_secret_value()
    return Part(
        name="directory",
        title="Accounts (SCIM)",
        command=(
            *ours("run.local.directory"),
            *("--port", str(port), "--database-url", database),
            *("--token-file", str(settings.home / "keys" / "directory.token")),
        ),
        needs=("postgres",),
        ports={"ABOARD_PORT_DIRECTORY": port},
        address=settings.directory.url,
        ready=lambda: answers_http(port, "/healthz"),
        grace=1.5,
    )


def _stamps(settings: Settings) -> Part:
    port, pki = settings.port.stamps, settings.seal.pki
    return Part(
        name="stamps",
        title="Time stamps (RFC 3161)",
        command=(*ours("run.local.stamps"), "--port", str(port), "--pki", str(pki)),
        ports={"ABOARD_PORT_STAMPS": port},
        address=settings.seal.stamps_url,
        prepare=lambda: asyncio.to_thread(authority.prepare, pki),
        ready=lambda: answers_http(port, "/healthz"),
    )


def _schema() -> Part:
    """The tables, brought to the newest version before anything reads them."""
    return Part(
        name="schema",
        title="The migration of the database",
        command=(*ours("run.cli"), "migrate"),
        needs=("postgres",),
        once=True,
    )


def _worker(settings: Settings) -> Part:
    """Ready when it has written the file that ABOARD_READY_FILE names: a worker listens on no port."""
    said = settings.home / "worker.ready"

    async def forget() -> None:
        said.unlink(missing_ok=True)

    async def ready() -> bool:
        return said.exists()

    return Part(
        name="worker",
        title="Worker",
        command=ours("run.worker"),
        needs=("temporal", "schema", "s3", "mail", "calendar", "directory", "stamps"),
        ports={"ABOARD_PORT_METRICS": settings.port.metrics},
        env={"ABOARD_READY_FILE": str(said), "ABOARD_METRICS_ADDRESS": f"127.0.0.1:{settings.port.metrics}"},
        prepare=forget,
        ready=ready,
        grace=2.5,
    )


def _api(settings: Settings) -> Part:
    port = settings.port.api
    return Part(
        name="api",
        title="API",
        command=ours("run.server"),
        needs=("temporal", "schema", "s3"),
        ports={"ABOARD_PORT_API": port},
        address=settings.public_url,
        ready=lambda: answers_http(port, "/healthz"),
        grace=1.5,
    )
