"""Rows that tell whether they are what was written: SQLite itself looks at the trees of pages only.

A bit that flips in a fingerprint, a thumbnail or a verdict would be believed otherwise.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final
from zlib import crc32

Row = tuple[Any, ...]

_LARGE: Final = 100  # bytes

# What SQLite raises; the second where it quotes from a damaged file in what it has to say.
TROUBLE: Final = (sqlite3.Error, UnicodeDecodeError)


def checksum(values: Row) -> int:
    """CRC-32 of the columns before the last one, keys included: no row passes for another.

    A change of what it says raises `SCHEMA_VERSION`: all that was written would seem damaged.
    """
    large = [value for value in values if type(value) is bytes and len(value) > _LARGE]
    if large:  # cheaper to add apart
        values = tuple(len(value) if value in large else value for value in values)
    total = _of_repr(values)
    for value in large:
        total = crc32(value, total)
    return total


def _of_repr(values: Row) -> int:
    return crc32(repr(values).encode("utf-8", "backslashreplace"))


def sealed(values: Sequence[Any]) -> Row:
    """The row as it is stored."""
    plain = tuple(map(_plain, values))
    return (*plain, checksum(plain))


def is_sound(row: Row) -> bool:
    """Whether a stored row is what was written."""
    return bool(row[-1] == checksum(row[:-1]))


def is_short_and_sound(row: Row) -> bool:
    """The same for a row that has no large column; quicker, for 100,000 of them."""
    return bool(row[-1] == _of_repr(row[:-1]))


def _plain(value: Any) -> Any:
    """As SQLite gives it back: enumerations and truth values would be written otherwise."""
    if isinstance(value, str):
        return str(value)
    return int(value) if isinstance(value, int) else value
