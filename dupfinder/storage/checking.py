"""Every row of a cache, read and held against its checksum: nothing is changed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dupfinder.errors import UsageError
from dupfinder.storage.opening import (
    Broken,
    Newer,
    Outdated,
    Unusable,
    Unwritable,
    Upgradable,
    check,
    lock,
)
from dupfinder.storage.ours import existing, refuse_foreign
from dupfinder.storage.rows import TROUBLE, is_sound

NAMES: Final = ("method", "file", "content", "thumbnail", "features", "postings", "verdict")
# More lines of what is wrong with the file help nobody.
_MOST_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """One table: how many rows were read, and how many of them are damaged."""

    name: str
    rows: int
    damaged: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What is wrong with a cache; `is_there` is false where there is none.

    `told` is said of one that this version does not read, and that is no worse for that.
    """

    path: str
    is_there: bool
    parts: tuple[Checked, ...] = ()
    problems: tuple[str, ...] = ()
    told: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and not any(part.damaged for part in self.parts)


def is_there(path: str) -> bool:
    """Whether a cache of ours is at `path`.

    Raises:
        UsageError: if something else is.
    """
    if os.path.lexists(path) and not os.path.isfile(path):
        raise UsageError(f"{path!r} is not a file", hint="name the file of a cache with --cache")
    refuse_foreign(path)
    return os.path.isfile(path) and os.path.getsize(path) > 0


@contextlib.contextmanager
def alone(path: str, *, to_write: bool) -> Iterator[str]:
    """How the cache can be opened, "ro" or "rw", while no other run has it.

    Raises:
        UsageError: if another run has it, or it cannot be written and should be.
    """
    with contextlib.ExitStack() as stack:
        mode = "rw"
        try:
            lock(path, stack)
        except Unwritable as why:
            if to_write:
                raise UsageError(str(why), hint="run it as the owner of the cache") from None
            mode = "ro"
        except Unusable as why:
            hint = "wait until the other run has ended, and try again"
            raise UsageError(str(why), hint=hint) from None
        yield mode


def verify(path: str) -> Verified:
    """Read the cache whole: its pages, then every row.

    Raises:
        UsageError: if another run has it, or it is none of ours.
    """
    path = os.path.abspath(path)
    if not is_there(path):
        return Verified(path, is_there=False)
    parts: list[Checked] = []
    problems: list[str] = []
    with alone(path, to_write=False) as mode:
        try:
            with contextlib.closing(existing(path, mode)) as connection:
                check(connection)
                pages = connection.execute(f"PRAGMA integrity_check({_MOST_PROBLEMS})")
                problems += [f"pages: {told}" for (told,) in pages if told != "ok"]
                for name in NAMES:
                    _check_table(connection, name, parts, problems)
        except (Newer, Outdated, Upgradable) as why:
            return Verified(path, True, told=f"it is of {why}: {why.then}")
        except Broken as why:
            problems.append(f"the file is {why}")
        except TROUBLE as error:
            problems.append(f"the file cannot be read as a cache ({_words(error)})")
    return Verified(path, True, tuple(parts), tuple(problems[:_MOST_PROBLEMS]))


def _check_table(
    connection: sqlite3.Connection, name: str, parts: list[Checked], problems: list[str]
) -> None:
    rows = damaged = 0
    try:
        for row in connection.execute(f"SELECT * FROM {name}"):  # noqa: S608  # our names
            rows += 1
            damaged += not is_sound(row)
    except TROUBLE as error:
        problems.append(f"{name}: row {rows + 1:,} cannot be read ({_words(error)})")
    parts.append(Checked(name, rows, damaged))


def _words(error: Exception) -> str:
    return "damaged" if isinstance(error, UnicodeDecodeError) else str(error)
