"""A PostgreSQL of the tests' own, from the system's package, e.g. Debian's `postgresql`.

`postgres` is a server on a free port of 127.0.0.1 that trusts whoever asks, as its data are worth nothing. Tests that
ask for it are skipped where PostgreSQL is not installed, unless `REQUIRE_POSTGRES` is set.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest


class Postgres:
    """A running server. Its user is its superuser, as some tests have to do a server harm.

    Attributes
    ----------
    url : SQLAlchemy's address of the server's own database; tests want `new_database()`
    """

    def __init__(self, bin_folder: Path, data: Path, port: int) -> None:
        self._bin, self._data = bin_folder, data
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"

    def new_database(self) -> str:
        """The address of a database that nobody else has used."""
        name = f"test_{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url.removesuffix("postgres") + name

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL as superuser in the server's own database; gives the rows, if there are any."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            found = connection.execute(sql)
            return found.fetchall() if found.description else []

    def control(self, action: str, *options: str) -> None:
        """What `pg_ctl` does: "start", "stop" or "restart"; with "-m", "immediate" as if it had crashed."""
        command = [self._bin / "pg_ctl", "--pgdata", self._data, "--log", self._data / "log", "--wait", *options]
        _as_postgres([*command, action])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that ends with the tests, also if they are killed."""
    bin_folder = _find()
    if bin_folder is None:
        missing = "no PostgreSQL: neither initdb on the PATH nor /usr/lib/postgresql"
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail(f"{missing}, and REQUIRE_POSTGRES is set")
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="mnist-lab-postgres-"))  # not pytest's, which is closed to other users
    data = folder / "data"
    if _account():
        shutil.chown(folder, "postgres", "postgres")
    end = 'cat; "$1/pg_ctl" --pgdata "$2/data" --mode immediate stop; rm -r "$2"'
    guard = subprocess.Popen(  # its standard input ends with this process, however that ends
        ["sh", "-c", end, "sh", bin_folder, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        **_account(),
    )
    try:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        _as_postgres([bin_folder / "initdb", "--pgdata", data, *options])
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{folder}'\n")
            settings.write("fsync = off\n")
        server = Postgres(bin_folder, data, port)
        server.control("start")
        yield server
    finally:
        guard.communicate()


def _find() -> Path | None:
    """The folder of the newest server's commands, or None."""
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return debian[-1].parent if debian else Path(on_path).resolve().parent if on_path else None


def _account() -> dict[str, Any]:
    """For `subprocess`: the user that the server runs as. PostgreSQL refuses to be root."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if is_root else {}


def _as_postgres(command: list[Any]) -> None:
    done = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **_account()
    )
    assert not done.returncode, done.stdout + done.stderr
