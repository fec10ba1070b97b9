"""What is in a cache and how it is, without a change to it: for those who ask after its health."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from dupfinder.storage.arrays import ARRAYS, are_kept
from dupfinder.storage.aside import set_aside
from dupfinder.storage.descriptors import Descriptors
from dupfinder.storage.lock import is_held
from dupfinder.storage.marks import version_of
from dupfinder.storage.methods import names_of
from dupfinder.storage.opening import CIRCUMSTANCES, Broken, Newer, Outdated, Upgradable, check
from dupfinder.storage.ours import LOCK, is_ours, read_only
from dupfinder.storage.rows import TROUBLE

# The tables with what is large in them; the other columns of a row are counted as so many bytes.
LARGE: Final = {
    "file": ("path", 100),
    "content": ("fingerprints", 250),
    "thumbnail": ("pixels", 140),
    "features": ("packed", 140),
    "postings": ("packed", 140),
    "verdict": ("evidence", 250),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One table: how many rows, and about how many bytes they take."""

    name: str
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class Method:
    """What is remembered of one way to look: hasher, decoder versions, local features or none.

    What no scan of this version would ask for is not `is_used`.
    """

    name: str
    photos: int
    verdicts: int
    is_used: bool


@dataclass(frozen=True, slots=True)
class CacheState:
    """A cache as it is. `told` says in words what `state` means where it is not "sound".

    `state` is "none", "sound", "in use", "unfinished", "earlier", "outdated", "newer", "damaged",
    "foreign" or "unreadable". `aside` are caches that were set aside, each with its size.
    `descriptors` is the store of searches beside it, None if that was not looked at; `lists` are
    the bytes of the posting lists beside it.
    """

    path: str
    state: str
    told: str = ""
    size: int = 0
    version: int | None = None
    photos: int = 0
    parts: tuple[Part, ...] = ()
    methods: tuple[Method, ...] = ()
    aside: tuple[tuple[str, int], ...] = ()
    can_write: bool = False
    descriptors: Descriptors | None = None
    lists: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be done about it."""
        beside = self.descriptors is None or self.descriptors.is_well
        return beside and self.state not in ("newer", "damaged", "foreign", "unreadable")


_WORDS: Final = {
    "none": "there is none yet: the first scan makes it",
    "in use": "another run is using it: it is not looked into now",
    "unfinished": "the last run was killed: the next scan takes its last moments back and goes on",
    "damaged": "damaged: the next scan that meets it sets it aside and begins anew",
    "foreign": "this file is not a cache of dupfinder: name another one with --cache",
    "unreadable": "it cannot be read",
}


_STATES: Final[dict[type[Broken], str]] = {
    Newer: "newer",
    Outdated: "outdated",
    Upgradable: "earlier",
}


def look(path: str, is_used: Callable[[str], bool]) -> CacheState:
    """How the cache at `path` is; the whole file is read.

    Args:
        path: of the cache.
        is_used: whether a scan of this version could ask for rows of a method of this name.
    """
    path = os.path.abspath(path)
    size = _size(path)
    aside = tuple((each, _size(each)) for each in set_aside(path))
    lists = _size(path + ARRAYS) if are_kept(path + ARRAYS) else 0
    frame = CacheState(
        path, "none", size=size, aside=aside, can_write=_can_write(path), lists=lists
    )
    state, why = _state_without(path)
    if state:
        return _with(frame, state, why)
    try:
        with contextlib.closing(read_only(path)) as connection:
            version, _ = version_of(connection)
            frame = replace(frame, version=version)
            check(connection)
            (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if sound != "ok":
                return _with(frame, "damaged")
            return _filled(frame, connection, is_used)
    except (Newer, Outdated, Upgradable) as why:
        return _with(frame, _STATES[type(why)], f"of {why}: {why.then}")
    except Broken:
        return _with(frame, "damaged")
    except TROUBLE as error:
        return _with(frame, *_state_of(error))


def _state_without(path: str) -> tuple[str, str]:
    """What can be said without looking into the file; nothing if it has to be."""
    if not os.path.lexists(path):
        return "none", ""
    if not os.path.isfile(path):
        return "foreign", "there is something that is no file: name another place with --cache"
    if not is_ours(path):
        return "foreign", ""
    if not os.access(path, os.R_OK):
        return "unreadable", "it cannot be read: permission denied"
    if os.path.getsize(path) == 0:
        return "none", "it is empty: the first scan fills it"
    return ("in use", "") if is_held(path + LOCK) else ("", "")


def _state_of(error: Exception) -> tuple[str, str]:
    code = getattr(error, "sqlite_errorcode", 0)
    # A journal is there that would have to be rolled back, which a reader does not.
    if code in (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY):
        return "unfinished", ""
    if code & 0xFF in CIRCUMSTANCES:
        return "unreadable", f"it cannot be read: {error}"
    return "damaged", ""


def _with(frame: CacheState, state: str, told: str = "") -> CacheState:
    return replace(frame, state=state, told=told or _WORDS.get(state, ""))


def _filled(
    frame: CacheState, connection: sqlite3.Connection, is_used: Callable[[str], bool]
) -> CacheState:
    (photos,) = connection.execute("SELECT count(DISTINCT digest) FROM content").fetchone()
    parts = tuple(_part(connection, name) for name in LARGE)
    methods = _methods(connection, is_used)
    return replace(frame, state="sound", photos=photos, parts=parts, methods=methods)


def _part(connection: sqlite3.Connection, name: str) -> Part:
    column, others = LARGE[name]
    query = f"SELECT count(*), total(length({column})) FROM {name}"  # noqa: S608  # our names
    rows, size = connection.execute(query).fetchone()
    return Part(name, rows, int(size) + others * rows)


def _methods(connection: sqlite3.Connection, is_used: Callable[[str], bool]) -> tuple[Method, ...]:
    known = names_of(connection)
    photos: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for table, counts in (("content", photos), ("verdict", verdicts)):
        query = f"SELECT method, count(*) FROM {table} GROUP BY method"  # noqa: S608  # our names
        for method, count in connection.execute(query):
            counts[known.get(method.partition(";")[0], "")] += count
    names = sorted(set(photos) | set(verdicts))
    found = [Method(name, photos[name], verdicts[name], is_used(name)) for name in names]
    return tuple(sorted(found, key=lambda each: not each.is_used))


def _size(path: str) -> int:
    with contextlib.suppress(OSError):
        return os.path.getsize(path)
    return 0


def _can_write(path: str) -> bool:
    """Whether the file could be written now, or made."""
    if os.path.exists(path) and not os.access(path, os.W_OK):
        return False
    folder = os.path.dirname(path)
    while not os.path.lexists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)


def sqlite_version() -> str:
    """Of the library that Python was built with."""
    return sqlite3.sqlite_version
