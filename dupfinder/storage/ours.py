"""Whose file it is that stands where the cache should: only our own is ever written or renamed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import Final
from urllib.parse import quote

from dupfinder.errors import UsageError
from dupfinder.storage.rows import TROUBLE
from dupfinder.storage.schema import APPLICATION_ID, TABLES

_MAGIC: Final = b"SQLite format 3\0"
# https://sqlite.org/fileformat.html, section 1.3
_HEADER, _APPLICATION = 100, slice(68, 72)
LOCK: Final = ".lock"


def refuse_foreign(path: str) -> None:
    """Stop before a file is touched that is not ours; what is damaged of ours is not refused.

    Raises:
        UsageError: if somebody else's file stands there.
    """
    if not is_ours(path):
        raise UsageError(
            f"{path!r} is not a cache of dupfinder, and is left as it is",
            hint="name another file with --cache, or leave the option out",
        )


def is_ours(path: str) -> bool:
    """Whether a file may be used and set aside as a cache; so may one that is not there."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) == 0:
            return True
        with open(path, "rb") as file:
            head = file.read(_HEADER)
    except OSError:  # whoever opens it next will say so
        return True
    if carries_our_mark(head):
        return True
    return _was_locked(path) and not (head.startswith(_MAGIC) and _holds_others(path))


def carries_our_mark(head: bytes) -> bool:
    """Whether a file with these first bytes says of itself that it is a cache of ours."""
    is_database = head.startswith(_MAGIC)
    return is_database and int.from_bytes(head[_APPLICATION], "big") == APPLICATION_ID


def _was_locked(path: str) -> bool:
    """Whether a cache was here, whatever became of its first bytes: its lock file is empty.

    Other programs' lock files (a Gemfile's, say) hold something.
    """
    with contextlib.suppress(OSError):
        return os.path.getsize(path + LOCK) == 0
    return False


def _holds_others(path: str) -> bool:
    """Whether this is a database that can be read, with tables of somebody else."""
    with contextlib.suppress(*TROUBLE):
        with contextlib.closing(read_only(path)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        return bool(names) and not names & {"content", "thumbnail", "verdict"}
    return False


def read_only(path: str) -> sqlite3.Connection:
    """A connection that changes nothing, not even what a killed run has left half done."""
    return existing(path, "ro")


def existing(path: str, mode: str) -> sqlite3.Connection:
    """A connection to a file that is there, for reading ("ro") or also for writing ("rw")."""
    where = f"file:{quote(os.fsencode(os.path.abspath(path)))}?mode={mode}"
    return sqlite3.connect(where, uri=True, timeout=1, check_same_thread=False)


def has_our_tables(connection: sqlite3.Connection) -> bool:
    """Whether the tables are those of this version, to the letter: a flipped one reads as none."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
    with contextlib.closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(TABLES)
        return connection.execute(query).fetchall() == fresh.execute(query).fetchall()
