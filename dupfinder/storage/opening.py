"""A path -> a cache, whatever stands there: a bad file costs the memory and never the run."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from typing import TypeAlias

from dupfinder.storage.arrays import ARRAYS, ArrayFile
from dupfinder.storage.cache import Cache
from dupfinder.storage.layers import Layers, spares
from dupfinder.storage.lock import locked
from dupfinder.storage.marks import begin_writing, version_of
from dupfinder.storage.methods import is_deep, number_of, numbered
from dupfinder.storage.ours import LOCK, has_our_tables, read_only, refuse_foreign
from dupfinder.storage.rows import TROUBLE
from dupfinder.storage.schema import APPLICATION_ID, SCHEMA_VERSION, create
from dupfinder.storage.upgrading import STEPS, take_over, upgrade

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

    One of an earlier version is brought to this one as far as `upgrading` can, one of a later
    version is left alone. A cache that is damaged, or older, is set aside under another name and a
    note says so. One that cannot be written is read, and what is new is forgotten; where another
    run is writing, or nothing can be read there, a passing cache serves. A note says that, too.

    Raises:
        UsageError: if a file stands there that is no cache of ours.
    """
    with contextlib.ExitStack() as stack:
        spare = spares(stack)
        if path is None:
            cache = Cache(Layers(next(spare), spare), "1", is_deep=is_deep(method))
        else:
            cache = _kept(path, method, spare, stack)
        try:
            yield cache
        finally:
            cache.close()


class Unusable(Exception):
    """Nothing can be kept at the path, and nothing there is to be touched."""


class Unwritable(Unusable):
    """What is there may be read."""


def _kept(
    path: str, method: str, spare: Iterator[sqlite3.Connection], stack: contextlib.ExitStack
) -> Cache:
    path = os.path.abspath(path)
    refuse_foreign(path)
    deep = is_deep(method)
    try:
        lock(path, stack)
        connection, number, notes = _opened(path, method)
    except Unusable as why:
        behind, number = _readable(path, method) if isinstance(why, Unwritable) else _NOTHING
        kept = "nothing" if behind is None else "it is read, and nothing new"
        layers = Layers(next(spare), spare, behind=behind)
        return Cache(layers, number, (f"{why}: {kept} is remembered",), is_deep=deep)
    arrays = ArrayFile(path + ARRAYS, method)
    return Cache(
        Layers(connection, spare, is_kept=True), number, notes, is_deep=deep, arrays=arrays
    )


# No connection, and a number of a method that no row has.
_NOTHING: tuple[sqlite3.Connection | None, str] = (None, "0")


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


_Opened: TypeAlias = tuple[sqlite3.Connection, str, tuple[str, ...]]


def _opened(path: str, method: str) -> _Opened:
    try:
        return connect(path, method)
    except Newer as newer:
        raise Unusable(f"the cache {path!r} is of {newer}: {newer.then}") from None
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
            connection, number, _ = connect(path, method)
            return connection, number, (note,)
        except (OSError, *TROUBLE) as error:
            raise Unusable(f"the cache cannot be used ({error})") from None


def _readable(path: str, method: str) -> tuple[sqlite3.Connection | None, str]:
    """The cache for reading alone, if there is a sound one, and the number of the method in it."""
    if not os.path.isfile(path):
        return _NOTHING
    with contextlib.suppress(*TROUBLE, Broken), contextlib.ExitStack() as stack:
        connection = stack.enter_context(contextlib.closing(read_only(path)))
        check(connection)
        number = number_of(connection, method) or _NOTHING[1]
        stack.pop_all()
        return connection, number
    return _NOTHING


class Broken(Exception):
    """A cache of ours that cannot be used; `then` says what becomes of it."""

    then = "the next scan sets it aside and begins anew"


class Outdated(Broken):
    """One of a version of long ago."""


class Upgradable(Broken):
    """One of an earlier version, of which all is kept."""

    then = "the next scan takes it over"


class Newer(Broken):
    """One of a later version: nothing is wrong with it."""

    then = "it is left alone; name another one with --cache"


def connect(path: str, method: str) -> _Opened:
    """Open, upgrade and check, or create; with the number of the method, and what to tell.

    Raises:
        sqlite3.Error, Broken: if it is no cache that this version can use.
    """
    with contextlib.suppress(OSError):  # SQLite itself would let everybody read it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    # Tasks are made in the threads that feed the workers; SQLite itself takes turns.
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            create(connection)
        notes = _upgraded(connection)
        version = check(connection)
        # One writer under a lock, and nothing that could not be computed again: a killed process
        # loses nothing, and what a power cut tears is found by the mark and set aside.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = OFF")
        # A file that cannot be written is found out now, not in the middle of a run.
        connection.execute(f"PRAGMA user_version = {version}")
        number = number_of(connection, method)
        if number is None:
            begin_writing(connection)
            take_over(connection, method)
            number = numbered(connection, method)
            connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection, number, notes


def _upgraded(connection: sqlite3.Connection) -> tuple[str, ...]:
    """What is to be told of it; nothing where there is nothing to upgrade."""
    version, _ = version_of(connection)
    if version not in STEPS or not _is_ours(connection):
        return ()
    _expect_whole(connection)
    try:
        upgrade(connection, version)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in CIRCUMSTANCES:
            raise
        raise Broken("damaged") from None
    return ("the cache was made by an earlier dupfinder and taken over: nothing of it is lost",)


def _is_ours(connection: sqlite3.Connection) -> bool:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return bool(application == APPLICATION_ID)


def _expect_whole(connection: sqlite3.Connection) -> None:
    (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise Broken("damaged")


def check(connection: sqlite3.Connection) -> int:
    """The version as it is stored, if the cache is fit for use.

    The whole file is looked at only if the last run did not end.

    Raises:
        sqlite3.Error, Broken: if it is not.
    """
    version, unfinished = version_of(connection)
    if not _is_ours(connection):
        raise Broken("damaged")
    has_ours = has_our_tables(connection)
    if version != SCHEMA_VERSION and not has_ours:
        if version > SCHEMA_VERSION:
            raise Newer(
                f"version {version}, made by a later dupfinder (this one: {SCHEMA_VERSION})"
            )
        raise (Upgradable if version in STEPS else Outdated)(
            f"version {version}, made by an earlier dupfinder (this one: {SCHEMA_VERSION})"
        )
    if version != SCHEMA_VERSION or not has_ours:
        raise Broken("damaged")
    if unfinished:
        _expect_whole(connection)
    return -version if unfinished else version


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
