"""A path -> a cache, whatever stands there: a bad file costs the memory and never the run."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from functools import partial

from dupfinder.errors import StoreError
from dupfinder.storage.cache import Cache
from dupfinder.storage.lock import locked
from dupfinder.storage.marks import version_of
from dupfinder.storage.ours import LOCK, has_our_tables, read_only, refuse_foreign
from dupfinder.storage.rows import TROUBLE
from dupfinder.storage.schema import APPLICATION_ID, SCHEMA_VERSION, TABLES

# What SQLite calls a file that it could not use, where the file itself is not to blame.
CIRCUMSTANCES = frozenset(
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
# Seconds in which a look at the lock is surely over.
_A_LOOK = 0.05
# Of these, those under which it may be read nevertheless.
_UNWRITABLE = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY}
)


@contextlib.contextmanager
def open_cache(path: str | None, method: str) -> Iterator[Cache]:
    """The cache at `path`, or with None one that is gone at the end.

    A cache that is damaged or of another version is set aside under another name and a note says
    so. One that cannot be written is read, and what is new is forgotten; where another run is
    writing, or nothing can be read there, a passing cache serves. A note says that, too.

    Raises:
        UsageError: if a file stands there that is no cache of ours.
        StoreError: if not even a passing cache can be made.
    """
    with contextlib.ExitStack() as stack:
        cache = Cache(_passing(stack), method) if path is None else _kept(path, method, stack)
        try:
            yield cache
        finally:
            cache.close()


class Unusable(Exception):
    """Nothing can be kept at the path, and nothing there is to be touched."""


class Unwritable(Unusable):
    """What is there may be read."""


def _kept(path: str, method: str, stack: contextlib.ExitStack) -> Cache:
    path = os.path.abspath(path)
    refuse_foreign(path)
    spare = partial(_passing, stack)
    try:
        lock(path, stack)
        connection, notes = _opened(path)
    except Unusable as why:
        behind = _readable(path) if isinstance(why, Unwritable) else None
        kept = "nothing" if behind is None else "it is read, and nothing new"
        return Cache(spare(), method, (f"{why}: {kept} is remembered",), behind=behind)
    return Cache(connection, method, notes, spare=spare)


def lock(path: str, stack: contextlib.ExitStack) -> None:
    """Hold the lock of the cache at `path` until the end of the stack, making its folder.

    Raises:
        Unusable: if that cannot be, with the reason.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise Unusable(f"the cache {path!r} is not a file")
    try:
        # Thumbnails are nobody else's business.
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        held = stack.enter_context(locked(path + LOCK))
        if not held:  # somebody may only have looked whether it is held
            time.sleep(_A_LOOK)
            held = stack.enter_context(locked(path + LOCK))
    except OSError as error:
        raise Unwritable(f"the cache cannot be written ({error.strerror})") from None
    if not held:
        raise Unusable("another scan is writing the cache")


def _opened(path: str) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    try:
        return connect(path), ()
    except (*TROUBLE, Broken) as problem:
        # Extended codes hold the plain one in their lowest byte.
        code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
        if code in CIRCUMSTANCES:
            kind = Unwritable if code in _UNWRITABLE else Unusable
            raise kind(f"the cache cannot be used ({problem})") from None
        try:
            aside = _set_aside(path)
            why = "damaged" if isinstance(problem, UnicodeDecodeError) else problem
            note = f"the cache was unusable ({why}): set aside as {aside!r} and begun anew"
            return connect(path), (note,)
        except (OSError, *TROUBLE) as error:
            raise Unusable(f"the cache cannot be used ({error})") from None


def _readable(path: str) -> sqlite3.Connection | None:
    """The cache for reading alone, if there is a sound one."""
    if not os.path.isfile(path):
        return None
    with contextlib.suppress(*TROUBLE, Broken), contextlib.ExitStack() as stack:
        connection = stack.enter_context(contextlib.closing(read_only(path)))
        check(connection)
        stack.pop_all()
        return connection
    return None


class Broken(Exception):
    """A cache of ours that cannot be used."""


class Outdated(Broken):
    """One of another version."""


def connect(path: str) -> sqlite3.Connection:
    """Open and check, or create.

    Raises:
        sqlite3.Error, Broken: if it is no cache of this version.
    """
    with contextlib.suppress(OSError):  # SQLite itself would let everybody read it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    # Tasks are made in the threads that feed the workers; SQLite itself takes turns.
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            _create(connection)
        version = check(connection)
        # One writer under a lock, and nothing that could not be computed again: a killed process
        # loses nothing, and what a power cut tears is found by the mark and set aside.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = OFF")
        # A file that cannot be written is found out now, not in the middle of a run.
        connection.execute(f"PRAGMA user_version = {version}")
    except BaseException:
        connection.close()
        raise
    return connection


def check(connection: sqlite3.Connection) -> int:
    """The version as it is stored, if the cache is fit for use.

    The whole file is looked at only if the last run did not end.

    Raises:
        sqlite3.Error, Broken: if it is not.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    version, unfinished = version_of(connection)
    if application != APPLICATION_ID:
        raise Broken("damaged")
    if version != SCHEMA_VERSION:
        raise Outdated(f"version {version}, not {SCHEMA_VERSION}")
    if not has_our_tables(connection):
        raise Broken("damaged")
    if unfinished:
        (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise Broken("damaged")
    return -version if unfinished else version


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
    except (OSError, *TROUBLE) as error:
        raise StoreError(f"no room for a temporary cache: {error}") from None
    return connection
