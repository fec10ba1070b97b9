"""What no scan can use any more, removed from a cache. No photo is touched, nor anything but it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from dupfinder.errors import StoreError
from dupfinder.storage.arrays import ARRAYS, made_by
from dupfinder.storage.aside import set_aside
from dupfinder.storage.checking import NAMES, alone, is_there
from dupfinder.storage.looking import LARGE
from dupfinder.storage.marks import begin_writing, end_writing
from dupfinder.storage.methods import full_name, names_of
from dupfinder.storage.opening import Broken, check
from dupfinder.storage.ours import existing
from dupfinder.storage.rows import TROUBLE, is_sound

_DAMAGED: Final = "damaged"
_LISTS: Final = "lists"
_METHOD: Final = "made by another version or its libraries"
_GONE: Final = "of files that are gone"
_OF_PHOTOS: Final = ("content", "thumbnail", "features", "postings")
_ORPHAN: Final = "of photos that no known file holds any more"


@dataclass(frozen=True, slots=True)
class Removed:
    """Rows of one table that went for one reason, and about how many bytes they took."""

    why: str
    part: str
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went, or with a dry run would go. `kept` are files below folders that are not there."""

    path: str
    is_there: bool
    is_dry: bool
    removed: tuple[Removed, ...] = ()
    kept: int = 0
    aside: tuple[tuple[str, int], ...] = ()
    before: int = 0
    after: int = 0
    notes: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.notes


# Told the contents that some known file has, removes elsewhere what is of others.
Along = Callable[[Iterator[bytes]], tuple[Removed, ...]]


def prune(path: str, is_used: Callable[[str], bool], along: Along, *, dry_run: bool) -> Pruned:
    """Remove what is of no use, then give the room back to the disk.

    Args:
        path: of the cache.
        is_used: whether a scan of this version could ask for rows of this method.
        along: what else goes by what is left in the cache.
        dry_run: only say what would go.

    Raises:
        UsageError: if another run has the cache, or it is none of ours or cannot be written.
        StoreError: if it is damaged: the next scan begins it anew.
    """
    path = os.path.abspath(path)
    if not is_there(path):
        return Pruned(path, False, dry_run)
    with alone(path, to_write=True):
        before = _size(path)
        lists = _useless_lists(path + ARRAYS, is_used)
        try:
            with contextlib.closing(existing(path, "rw")) as connection:
                check(connection)
                removed, kept, notes = _pruned(connection, is_used, along, dry_run=dry_run)
        except (Broken, *TROUBLE) as error:
            told = "damaged" if isinstance(error, UnicodeDecodeError) else error
            then = error.then if isinstance(error, Broken) else Broken.then
            raise StoreError(f"the cache {path!r} cannot be pruned ({told})", hint=then) from None
        aside = tuple((each, os.path.getsize(each)) for each in set_aside(path))
        if not dry_run:
            remove(each for each, _ in aside)
            remove(each for each in (path + ARRAYS,) if lists)
        after = _size(path)
    return Pruned(path, True, dry_run, (*removed, *lists), kept, aside, before, after, notes)


def _size(path: str) -> int:
    """Bytes of a cache, and of the posting lists beside it."""
    sizes = (os.path.getsize(each) for each in (path, path + ARRAYS) if os.path.isfile(each))
    return sum(sizes)


def _useless_lists(path: str, is_used: Callable[[str], bool]) -> tuple[Removed, ...]:
    """The posting lists at a path, if no scan would read them."""
    method = made_by(path)
    if method is None or (method and is_used(method)):
        return ()
    why = _METHOD if method else _DAMAGED
    return (Removed(why, _LISTS, 1, os.path.getsize(path)),)


def _pruned(
    connection: sqlite3.Connection, is_used: Callable[[str], bool], along: Along, *, dry_run: bool
) -> tuple[list[Removed], int, tuple[str, ...]]:
    connection.isolation_level = None
    if not dry_run:
        begin_writing(connection)
    connection.execute("BEGIN IMMEDIATE")
    removed, kept = _removals(connection, is_used)
    query = "SELECT DISTINCT digest FROM file WHERE digest IS NOT NULL"
    with contextlib.closing(connection.execute(query)) as held:
        removed += along(digest for (digest,) in held)
    if dry_run:
        connection.execute("ROLLBACK")
        return removed, kept, ()
    connection.execute("COMMIT")
    notes: tuple[str, ...] = ()
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:  # it needs the room for a second file
        notes = (f"the file could not be made smaller ({error}): make room and prune again",)
    end_writing(connection)
    return removed, kept, notes


def _removals(
    connection: sqlite3.Connection, is_used: Callable[[str], bool]
) -> tuple[list[Removed], int]:
    """In this order: what goes first makes others useless."""
    removed = [_without_damaged(connection, name) for name in NAMES]
    names = names_of(connection)
    for table in LARGE:
        methods = connection.execute(f"SELECT DISTINCT method FROM {table}").fetchall()  # noqa: S608
        unused = [method for (method,) in methods if not is_used(full_name(method, names))]
        removed += [_where(connection, _METHOD, table, "method = ?", each) for each in unused]
    unused = [number for number, name in names.items() if not is_used(name)]
    connection.executemany("DELETE FROM method WHERE number = ?", [(each,) for each in unused])
    gone, kept = _gone(connection)
    removed.append(_without_gone(connection, gone))
    held = "SELECT digest FROM file WHERE digest IS NOT NULL"
    useless = f"digest NOT IN ({held})"
    removed += [_where(connection, _ORPHAN, each, useless) for each in _OF_PHOTOS]
    known = "SELECT digest FROM content"
    ends = f"left_digest NOT IN ({known}) OR right_digest NOT IN ({known})"
    removed.append(_where(connection, _ORPHAN, "verdict", ends))
    return _summed(removed), kept


def _summed(removed: list[Removed]) -> list[Removed]:
    """One for each reason and table, those without rows left out."""
    sums: dict[tuple[str, str], Removed] = {}
    for each in removed:
        last = sums.get((each.why, each.part), Removed(each.why, each.part, 0, 0))
        rows, size = last.rows + each.rows, last.size + each.size
        sums[each.why, each.part] = Removed(each.why, each.part, rows, size)
    return [each for each in sums.values() if each.rows]


def _without_damaged(connection: sqlite3.Connection, name: str) -> Removed:
    """Only what is whole is put back: a row whose key was changed is not to be found by its key."""
    rows = connection.execute(f"SELECT * FROM {name}")  # noqa: S608
    sizes = [sum(map(_octets, row)) for row in rows if not is_sound(row)]
    if sizes:
        connection.execute(f"CREATE TEMP TABLE whole AS SELECT * FROM {name} WHERE 0")  # noqa: S608
        rows = connection.execute(f"SELECT * FROM {name}")  # noqa: S608
        marks = ",".join("?" * len(rows.description))
        whole = (row for row in rows if is_sound(row))
        connection.executemany(f"INSERT INTO whole VALUES ({marks})", whole)  # noqa: S608
        connection.execute(f"DELETE FROM {name}")  # noqa: S608
        connection.execute(f"INSERT OR IGNORE INTO {name} SELECT * FROM whole")  # noqa: S608
        connection.execute("DROP TABLE whole")
    return Removed(_DAMAGED, name, len(sizes), sum(sizes))


def _octets(value: object) -> int:
    return len(value) if isinstance(value, bytes | str) else 8


def _without_gone(connection: sqlite3.Connection, gone: list[tuple[bytes]]) -> Removed:
    connection.execute("CREATE TEMP TABLE gone (path BLOB)")
    connection.executemany("INSERT INTO gone VALUES (?)", gone)
    return _where(connection, _GONE, "file", "path IN (SELECT path FROM gone)")


def _where(
    connection: sqlite3.Connection, why: str, name: str, condition: str, *values: str
) -> Removed:
    column, others = LARGE[name]
    count = f"SELECT count(*), total(length({column})) FROM {name} WHERE {condition}"  # noqa: S608
    rows, size = connection.execute(count, values).fetchone()
    connection.execute(f"DELETE FROM {name} WHERE {condition}", values)  # noqa: S608
    return Removed(why, name, rows, int(size) + others * rows)


def _gone(connection: sqlite3.Connection) -> tuple[list[tuple[bytes]], int]:
    """The files that are surely gone, and how many cannot be told.

    Surely: their folder is there and holds something. Where a folder is missing or empty, a volume
    may be unmounted or a network away: nothing is forgotten for that.
    """
    gone: list[tuple[bytes]] = []
    kept = 0
    is_at_hand = cache(_is_at_hand)
    for (path,) in connection.execute("SELECT path FROM file"):
        try:
            os.lstat(path)
        except FileNotFoundError:
            if is_at_hand(os.path.dirname(path)):
                gone.append((path,))
            else:
                kept += 1
        except (OSError, ValueError):
            kept += 1
    return gone, kept


def _is_at_hand(folder: bytes) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def remove(paths: Iterator[str]) -> None:
    """Caches or stores that were set aside, with what SQLite leaves beside them."""
    for path in paths:
        for each in (path, f"{path}-journal", f"{path}-wal", f"{path}-shm"):
            with contextlib.suppress(OSError):
                os.remove(each)
