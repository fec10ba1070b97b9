"""A path -> a cache, whatever stands there: a bad file costs the memory and never the run."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator

from dupfinder.errors import StoreError
from dupfinder.storage.cache import Cache
from dupfinder.storage.lock import locked
from dupfinder.storage.schema import APPLICATION_ID, SCHEMA_VERSION, TABLES

# What SQLite calls a file that it could not use, where the file itself is not to blame.
_CIRCUMSTANCES = frozenset(
    {
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)


@contextlib.contextmanager
def open_cache(path: str | None, method: str) -> Iterator[Cache]:
    """The cache at `path`, or with None one that is gone at the end.

    A file that is damaged, foreign or of another version is set aside under another name and a
    note says so; where another run is writing, or no file can be written there, a passing cache
    serves and a note says that, too.

    Raises:
        StoreError: if not even a passing cache can be made.
    """
    with contextlib.ExitStack() as stack:
        connection, notes = (None, ()) if path is None else _persistent(path, stack)
        cache = Cache(connection or _passing(stack), method, notes)
        stack.callback(cache.close)
        yield cache


class _Unusable(Exception):
    """Nothing can be kept at the path, and nothing there is to be touched."""


def _persistent(
    path: str, stack: contextlib.ExitStack
) -> tuple[sqlite3.Connection | None, tuple[str, ...]]:
    path = os.path.abspath(path)
    try:
        _lock(path, stack)
        return _opened(path)
    except _Unusable as why:
        return None, (f"{why}: nothing is remembered",)


def _lock(path: str, stack: contextlib.ExitStack) -> None:
    if os.path.exists(path) and not os.path.isfile(path):
        raise _Unusable(f"the cache {path!r} is not a file")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        held = stack.enter_context(locked(path + ".lock"))
    except OSError as error:
        raise _Unusable(f"the cache cannot be written ({error.strerror})") from None
    if not held:
        raise _Unusable("another scan is writing the cache")


def _opened(path: str) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    try:
        return _connect(path), ()
    except (sqlite3.Error, _Foreign) as problem:
        # Extended codes hold the plain one in their lowest byte.
        if getattr(problem, "sqlite_errorcode", 0) & 0xFF in _CIRCUMSTANCES:
            raise _Unusable(f"the cache cannot be used ({problem})") from None
        try:
            aside = _set_aside(path)
            note = f"the cache was unusable ({problem}): set aside as {aside!r} and begun anew"
            return _connect(path), (note,)
        except (OSError, sqlite3.Error) as error:
            raise _Unusable(f"the cache cannot be used ({error})") from None


class _Foreign(Exception):
    """A database that is sound and not ours, or of another version."""


def _connect(path: str) -> sqlite3.Connection:
    """Open and check, or create."""
    # Tasks are made in the threads that feed the workers; SQLite itself takes turns.
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        _check(connection)
        # One writer under a lock, and nothing that could not be computed again: a killed process
        # loses nothing, and what a power cut tears is found and set aside at the next start.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = OFF")
        # A file that cannot be written is found out now, not in the middle of a run.
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if tables == 0:
        _create(connection)
    elif application != APPLICATION_ID:
        raise _Foreign("not made by dupfinder")
    elif version != SCHEMA_VERSION:
        raise _Foreign(f"version {version}, not {SCHEMA_VERSION}")
    else:
        (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise _Foreign("damaged")


def _create(connection: sqlite3.Connection) -> None:
    connection.executescript(
        f"BEGIN; PRAGMA application_id = {APPLICATION_ID};"
        f" PRAGMA user_version = {SCHEMA_VERSION}; {TABLES} COMMIT;"
    )


def _set_aside(path: str) -> str:
    """Rename a cache that cannot be used, with its journals and never over another file."""
    for number in range(1, 1000):
        aside = f"{path}.unusable-{number}"
        if not os.path.lexists(aside):
            os.rename(path, aside)
            for journal in ("-journal", "-wal", "-shm"):
                if os.path.lexists(path + journal):
                    os.rename(path + journal, aside + journal)
            return aside
    raise OSError("too many caches were set aside already")


def _passing(stack: contextlib.ExitStack) -> sqlite3.Connection:
    """A cache in a temporary folder: on disk, so that memory does not grow with thumbnails."""
    try:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="dupfinder-", ignore_cleanup_errors=True)
        )
        path = os.path.join(folder, "cache.sqlite")
        connection = sqlite3.connect(path, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        _create(connection)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"no room for a temporary cache: {error}") from None
    return connection
