"""How the store of descriptors beside a cache is, and what of it is of no use any more."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from dupfinder.errors import StoreError, UsageError
from dupfinder.storage.aside import set_aside
from dupfinder.storage.lock import is_held, locked
from dupfinder.storage.opening import CIRCUMSTANCES
from dupfinder.storage.ours import LOCK, existing, read_only
from dupfinder.storage.rows import TROUBLE, is_sound
from dupfinder.storage.vectors import APPLICATION_ID, Unusable, carries_mark, check, mark_of

# The other columns of a row take about so many bytes.
_OTHERS: Final = 200
_MOST_PROBLEMS: Final = 20
_HELD: Final = "another search is using it: it is not looked into now"
_UNFINISHED: Final = (
    "the last search was killed: the next one takes its last moments back and goes on"
)
_THEN: Final = "the next search sets it aside and begins anew"
_WAIT: Final = "wait until the other run has ended, and try again"


@dataclass(frozen=True, slots=True)
class Described:
    """What is kept of one method: of how many contents, and about how many bytes they take.

    What no search of this version would ask for is not `is_used`.
    """

    name: str
    contents: int
    size: int
    is_used: bool


@dataclass(frozen=True, slots=True)
class Descriptors:
    """The store as it is. `told` says in words what `state` means where it is not "sound".

    `state` is "none", "sound", "in use", "unfinished", "damaged", "foreign" or "unreadable".
    `aside` are stores that were set aside, each with its size. `rows` are the bytes of what indexes
    have made of descriptors.
    """

    path: str
    state: str
    told: str = ""
    size: int = 0
    methods: tuple[Described, ...] = ()
    aside: tuple[tuple[str, int], ...] = ()
    rows: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be done about it."""
        return self.state not in ("damaged", "foreign", "unreadable")


@dataclass(frozen=True, slots=True)
class Lost:
    """Rows that go for one reason: how many, and about how many bytes they take."""

    why: str
    rows: int
    size: int


def look_at_descriptors(path: str, is_used: Callable[[str], bool]) -> Descriptors:
    """How the store at `path` is; the whole file is read, and nothing is changed.

    Args:
        is_used: whether a search of this version could ask for rows of a method of this name.
    """
    path = os.path.abspath(path)
    state, told = _state_without(path)
    methods: tuple[Described, ...] = ()
    if not state:
        try:
            with contextlib.closing(read_only(path)) as connection:
                check(connection)
                state, methods = "sound", _methods(connection, is_used)
        except (Unusable, *TROUBLE) as error:
            state, told = _state_of(error)
    return Descriptors(path, state, told, size_of(path), methods, descriptors_aside(path))


def _state_without(path: str) -> tuple[str, str]:
    """What can be said without looking into the file; nothing if it has to be."""
    try:
        mark = mark_of(path) if os.path.lexists(path) else None
    except OSError as error:
        return "unreadable", f"it cannot be read: {error.strerror}"
    if mark is None:
        return "none", ""
    if mark != APPLICATION_ID:
        return "foreign", "this file is no store of dupfinder: name another cache with --cache"
    return ("in use", _HELD) if is_held(path + LOCK) else ("", "")


def _state_of(error: Exception) -> tuple[str, str]:
    code = getattr(error, "sqlite_errorcode", 0)
    # A journal is there that would have to be rolled back, which a reader does not.
    if code in (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY):
        return "unfinished", _UNFINISHED
    if code & 0xFF in CIRCUMSTANCES:
        return "unreadable", f"it cannot be read: {error}"
    return "damaged", f"damaged: {_THEN}"


def _methods(
    connection: sqlite3.Connection, is_used: Callable[[str], bool]
) -> tuple[Described, ...]:
    query = "SELECT method, count(*), total(length(packed)) FROM vector GROUP BY method"
    found = [
        Described(name, rows, int(size) + _OTHERS * rows, is_used(name))
        for name, rows, size in connection.execute(query)
    ]
    return tuple(sorted(found, key=lambda each: (not each.is_used, each.name)))


def verify_descriptors(path: str) -> tuple[int, int, tuple[str, ...]]:
    """Read the store whole: how many rows it has, how many are damaged, and what else is wrong.

    Raises:
        UsageError: if another search has it, or it is none of ours.
    """
    if not is_there(path):
        return 0, 0, ()
    rows = damaged = 0
    with _alone(path):
        try:
            with contextlib.closing(existing(path, "rw" if _can_write(path) else "ro")) as store:
                pages = store.execute(f"PRAGMA integrity_check({_MOST_PROBLEMS})")
                problems = [f"pages of {path!r}: {told}" for (told,) in pages if told != "ok"]
                for row in store.execute("SELECT * FROM vector"):
                    rows += 1
                    damaged += not is_sound(row)
        except TROUBLE as error:
            problems = [f"{path!r} cannot be read as a store ({error})"]
    return rows, damaged, tuple(problems)


# Told the contents that some known file has (None where nobody knows), removes what is of no use.
Prune = Callable[[Iterable[bytes] | None], tuple[Lost, ...]]


@contextlib.contextmanager
def descriptors_to_prune(
    path: str, is_used: Callable[[str], bool], *, dry_run: bool
) -> Iterator[Prune]:
    """The store while no search has it, checked, and how to remove what is of no use.

    That is what is damaged, what is of other versions, and what is of contents that are not held.

    Args:
        is_used: whether a search of this version could ask for rows of a method of this name.
        dry_run: only say what would go.

    Raises:
        UsageError: if another search has it, or it is none of ours or cannot be written.
        StoreError: if it is damaged: the next search begins it anew.
    """
    if not is_there(path):
        yield lambda _: ()
        return
    if not _can_write(path):
        raise UsageError(f"{path!r} cannot be written", hint="run it as the owner of the cache")
    with _alone(path), contextlib.ExitStack() as stack:
        try:
            store = stack.enter_context(contextlib.closing(existing(path, "rw")))
            check(store)
        except (Unusable, *TROUBLE) as error:
            told = "damaged" if isinstance(error, Unusable | UnicodeDecodeError) else error
            raise StoreError(
                f"the store of descriptors {path!r} cannot be pruned ({told})", hint=_THEN
            ) from None
        yield lambda held: _pruned(store, is_used, held, dry_run=dry_run)


def _pruned(
    store: sqlite3.Connection,
    is_used: Callable[[str], bool],
    held: Iterable[bytes] | None,
    *,
    dry_run: bool,
) -> tuple[Lost, ...]:
    store.isolation_level = None
    store.execute("CREATE TEMP TABLE useless (number INTEGER PRIMARY KEY)")
    store.execute("CREATE TEMP TABLE held (digest BLOB PRIMARY KEY)")
    store.execute("BEGIN IMMEDIATE")
    lost = [_without(store, "damaged", _damaged(store))]
    names = [name for (name,) in store.execute("SELECT DISTINCT method FROM vector")]
    for name in names:
        if not is_used(name):
            rows = store.execute("SELECT rowid FROM vector WHERE method = ?", (name,))
            lost.append(_without(store, "made by another version or its libraries", rows))
    if held is not None:
        store.executemany("INSERT OR IGNORE INTO held VALUES (?)", ((each,) for each in held))
        query = "SELECT rowid FROM vector WHERE digest NOT IN (SELECT digest FROM held)"
        lost.append(
            _without(store, "of photos that no known file holds any more", store.execute(query))
        )
    store.execute("ROLLBACK" if dry_run else "COMMIT")
    if not dry_run:
        with contextlib.suppress(sqlite3.OperationalError):  # it needs the room for a second file
            store.execute("VACUUM")
    return _summed(lost)


def _damaged(store: sqlite3.Connection) -> Iterator[tuple[int]]:
    query = "SELECT rowid, method, digest, packed, checksum FROM vector"
    return ((row[0],) for row in store.execute(query) if not is_sound(row[1:]))


def _without(store: sqlite3.Connection, why: str, rows: Iterable[tuple[int]]) -> Lost:
    store.execute("DELETE FROM useless")
    store.executemany("INSERT INTO useless VALUES (?)", rows)
    which = "FROM vector WHERE rowid IN (SELECT number FROM useless)"
    query = f"SELECT count(*), total(length(packed)) {which}"
    count, size = store.execute(query).fetchone()
    store.execute(f"DELETE {which}")
    return Lost(why, count, int(size) + _OTHERS * count)


def _summed(lost: Iterable[Lost]) -> tuple[Lost, ...]:
    """One for each reason, those without rows left out."""
    sums: dict[str, Lost] = {}
    for each in lost:
        last = sums.get(each.why, Lost(each.why, 0, 0))
        sums[each.why] = Lost(each.why, last.rows + each.rows, last.size + each.size)
    return tuple(each for each in sums.values() if each.rows)


def descriptors_aside(path: str) -> tuple[tuple[str, int], ...]:
    """The stores of ours that were renamed because they could not be used, each with its size."""
    return tuple((each, os.path.getsize(each)) for each in set_aside(path, carries_mark))


def size_of(path: str) -> int:
    """The bytes of the store, 0 where there is none."""
    with contextlib.suppress(OSError):
        return os.path.getsize(path)
    return 0


def is_there(path: str) -> bool:
    """Whether a store of ours is at `path`.

    Raises:
        UsageError: if something else is.
    """
    if not os.path.isfile(path) or not os.path.getsize(path):
        return False
    if mark_of(path) != APPLICATION_ID:
        raise UsageError(f"{path!r} is no store of dupfinder, and is left as it is")
    return True


@contextlib.contextmanager
def _alone(path: str) -> Iterator[None]:
    """While no search has the store; where nobody may write it, none can hold its lock either."""
    with contextlib.ExitStack() as stack:
        if _can_write(path) and not stack.enter_context(locked(path + LOCK)):
            raise UsageError(f"another search is using {path!r}", hint=_WAIT)
        yield


def _can_write(path: str) -> bool:
    return os.access(path, os.W_OK) and os.access(os.path.dirname(os.path.abspath(path)), os.W_OK)
