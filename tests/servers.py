"""Real database servers for the tests of stores: Debian's MariaDB and PostgreSQL.

Each lives in a folder of its own, which is gone with it, listens on this machine alone, and leaves
what the machine has of its kind as it is. Neither runs as root: there they run as the users that
their packages have made.
"""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from packages import install

# Set where a missing server must fail the tests instead of skipping them.
REQUIRED = "DUPFINDER_SERVERS"
PASSWORD = "s3cret/%@ü"
QUOTED = "s3cret%2F%25%40%C3%BC"
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Running:
    """A server whose administrator is `admin`, with the password of all."""

    scheme: str
    admin: str
    port: int
    folder: str
    process: subprocess.Popen[bytes]

    def url(self, database: str, user: str | None = None, password: str | None = QUOTED) -> str:
        secret = "" if password is None else f":{password}"
        return f"{self.scheme}://{user or self.admin}{secret}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """At once, whoever is connected."""
        is_postgresql = self.scheme == "postgresql"
        self.process.send_signal(signal.SIGINT if is_postgresql else signal.SIGTERM)
        self.process.wait(_SECONDS)

    def execute(self, database: str, *statements: str) -> list[Any]:
        """What the last statement gives, by the driver itself and past dupfinder."""
        with closing(self._connected(database)) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def _connected(self, database: str) -> Any:
        if self.scheme == "postgresql":
            import psycopg  # noqa: PLC0415

            return psycopg.connect(
                host="127.0.0.1", port=self.port, user=self.admin, password=PASSWORD,
                dbname=database or "postgres", autocommit=True,
            )  # fmt: skip
        import pymysql  # noqa: PLC0415

        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=self.admin, password=PASSWORD.encode(),
            database=database or None, autocommit=True,
        )  # fmt: skip


@contextmanager
def running(scheme: str) -> Iterator[Running]:
    """A server, started; skips the test, or fails it, where there is none."""
    start = {"mariadb": _mariadb, "postgresql": _postgresql}[scheme]
    found = _programs(scheme)
    if found is None:
        package = _PACKAGES[scheme]
        reason = f"needs a server: apt-get install {package} (done here if run as root)"
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tempfile.mkdtemp(prefix=f"dupfinder-{scheme}-")
    try:
        server = start(folder, found)
        try:
            _wait(server)
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


_PACKAGES = {"mariadb": "mariadb-server", "postgresql": "postgresql"}
_PROGRAMS = {
    "mariadb": ("mariadbd", "mariadb-install-db"),
    "postgresql": ("postgres", "initdb"),
}


@cache
def _programs(scheme: str) -> tuple[str, ...] | None:
    """Where they are; installed first where that is possible, None where it is not."""
    found = _found(scheme)
    if found is None:
        install(_PACKAGES[scheme])
        found = _found(scheme)
    return found


def _found(scheme: str) -> tuple[str, ...] | None:
    places = [os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/bin"]
    places += sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    found = [shutil.which(name, path=os.pathsep.join(places)) for name in _PROGRAMS[scheme]]
    return tuple(path for path in found if path) if all(found) else None


def _mariadb(folder: str, programs: Sequence[str]) -> Running:
    daemon, install = programs
    port, data, socket_path = _free_port(), f"{folder}/data", f"{folder}/socket"
    words = _owned(folder, "mysql")
    told = subprocess.run(
        [*words, install, "--no-defaults", f"--datadir={data}", "--skip-test-db", "--force",
         "--auth-root-authentication-method=normal"],
        capture_output=True, check=False, timeout=_SECONDS,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    first = f"{folder}/first.sql"
    with open(first, "w", encoding="utf-8") as file:
        file.write(f"SET NAMES utf8mb4;\nALTER USER root@localhost IDENTIFIED BY '{PASSWORD}';\n")
    process = _started(
        folder,
        [*words, daemon, "--no-defaults", f"--datadir={data}", f"--socket={socket_path}",
         f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder}/pid",
         f"--init-file={first}", "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=32M",
         "--innodb-flush-log-at-trx-commit=0"],
    )  # fmt: skip
    return Running("mariadb", "root", port, folder, process)


def _postgresql(folder: str, programs: Sequence[str]) -> Running:
    daemon, initdb = programs
    port, data, secret = _free_port(), f"{folder}/data", f"{folder}/password"
    with open(secret, "w", encoding="utf-8") as file:
        file.write(PASSWORD)
    words = _owned(folder, "postgres")
    told = subprocess.run(
        [*words, initdb, "-D", data, "-U", "root", "-A", "scram-sha-256", "--pwfile", secret,
         "-E", "UTF8", "--locale", "C", "--no-sync"],
        capture_output=True, check=False, timeout=_SECONDS, cwd=folder,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    process = _started(
        folder,
        [*words, daemon, "-D", data, "-k", folder, "-p", str(port), "-c", "fsync=off",
         "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=16MB"],
    )  # fmt: skip
    return Running("postgresql", "root", port, folder, process)


def _owned(folder: str, user: str) -> list[str]:
    """The folder given to whoever will run a program there, and the words to run it so."""
    os.chmod(folder, 0o755)
    if os.geteuid() != 0:
        return []
    known = pwd.getpwnam(user)
    for path in (folder, *glob.glob(f"{folder}/*")):
        os.chown(path, known.pw_uid, known.pw_gid)
    return ["setpriv", f"--reuid={user}", f"--regid={known.pw_gid}", "--clear-groups"]


def _started(folder: str, words: Sequence[str]) -> subprocess.Popen[bytes]:
    with open(f"{folder}/log", "wb") as log:
        return subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)


def _wait(server: Running) -> None:
    end = time.monotonic() + _SECONDS
    while not _answers(lambda: server.execute("", "SELECT 1")):
        with open(f"{server.folder}/log", encoding="utf-8", errors="replace") as log:
            text = log.read()
        assert server.process.poll() is None, text
        assert time.monotonic() < end, text
        time.sleep(0.1)


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Exception:  # noqa: BLE001  # each driver has errors of its own
        return False
    return True


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
