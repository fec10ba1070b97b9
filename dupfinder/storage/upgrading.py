"""What stays true when dupfinder or one of its decoders is renewed is kept, and not computed again.

Each change is one transaction: whoever is killed in it, or runs out of room, has the old cache.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

import numpy as np

from dupfinder.storage.methods import name_anew, names_of, number_of
from dupfinder.storage.rows import checksum, is_sound
from dupfinder.storage.schema import METHOD_TABLE, POSTINGS_TABLE, SCHEMA_VERSION

_VERIFIERS: Final = ";verifiers="


def upgrade(connection: sqlite3.Connection, version: int) -> None:
    """Bring a cache of an earlier version to this one; a row that is damaged is left out.

    Args:
        connection: to a cache of that version, under the lock.
        version: one of `STEPS`.

    Raises:
        sqlite3.Error: if that cannot be done; nothing has changed then.
    """
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for each in range(version, SCHEMA_VERSION):
            STEPS[each](connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _number_methods(connection: sqlite3.Connection) -> None:
    """6 to 7: the names of methods, until now in each row, are in a table of their own."""
    connection.execute(METHOD_TABLE)
    numbers: dict[str, str] = {}

    def shortened(name: str) -> str:
        photos, verifiers, further = name.partition(_VERIFIERS)
        number = numbers.setdefault(photos, str(len(numbers) + 1))
        return f"{number}{verifiers}{further}"

    places = {"file": 8, "content": 1, "thumbnail": 1, "features": 1, "verdict": 2}
    for table, place in places.items():
        _rewrite(connection, table, place, shortened)
    for name, number in numbers.items():
        name_anew(connection, number, name)


def _part_features(connection: sqlite3.Connection) -> None:
    """7 to 8: of 38 bytes a feature the last 16, and two more, are in a table of their own."""
    connection.execute(POSTINGS_TABLE)

    def parted(packed: bytes, number: int) -> bytes:
        records = np.frombuffer(packed, np.uint8).reshape(-1, 38)
        columns = (range(22), (*range(22, 38), 5, 4))[number]
        return records[:, columns].tobytes()

    connection.create_function("parted", 2, parted)
    connection.create_function("is_sound", 4, lambda *row: is_sound(row))
    connection.create_function("checksum", 3, lambda *row: checksum(row))
    connection.execute("DELETE FROM features WHERE NOT is_sound(digest, method, packed, checksum)")
    connection.execute(
        "INSERT INTO postings SELECT digest, method, parted(packed, 1),"
        " checksum(digest, method, parted(packed, 1)) FROM features"
    )
    connection.execute(
        "UPDATE features SET packed = parted(packed, 0),"
        " checksum = checksum(digest, method, parted(packed, 0))"
    )


# By the version that it starts from: what turns its tables and rows into those of the next one.
STEPS: Final[dict[int, Callable[[sqlite3.Connection], None]]] = {
    6: _number_methods,
    7: _part_features,
}


def _rewrite(
    connection: sqlite3.Connection, table: str, place: int, changed: Callable[[str], str]
) -> None:
    """Change the column `method`, at this place of a row, and the checksum with it."""

    def resealed(*row: object) -> int:
        return checksum((*row[:place], changed(str(row[place])), *row[place + 1 : -1]))

    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    columns = ", ".join(names)
    connection.create_function("is_sound", len(names), lambda *row: is_sound(row))
    connection.create_function("resealed", len(names), resealed)
    connection.create_function("changed", 1, changed)
    connection.execute(f"DELETE FROM {table} WHERE NOT is_sound({columns})")  # noqa: S608
    connection.execute(
        f"UPDATE {table} SET method = changed(method), checksum = resealed({columns})"  # noqa: S608
    )


def take_over(connection: sqlite3.Connection, name: str) -> None:
    """Let the results of an earlier method count for this one, which has none yet.

    As far as they are the same: of photos whose decoder has not changed. The others go, and with
    them what was refused, since a new decoder may read it.
    """
    from dupfinder.decode.versions import extras_apart  # noqa: PLC0415  # loads Pillow

    if number_of(connection, name) is not None:
        return
    for number, earlier in names_of(connection).items():
        extras = extras_apart(earlier, name)
        if extras is not None:
            _forget(connection, number, extras)
            name_anew(connection, number, name)
            return


def _forget(connection: sqlite3.Connection, number: str, extras: frozenset[str]) -> None:
    from dupfinder.decode.versions import extra_of  # noqa: PLC0415  # loads Pillow

    query = "SELECT DISTINCT format FROM content WHERE method = ?"
    formats = [kind for (kind,) in connection.execute(query, (number,)) if extra_of(kind) in extras]
    marks = ",".join("?" * len(formats))
    photos = f"SELECT digest FROM content WHERE method = ? AND format IN ({marks})"  # noqa: S608
    gone = (number, *formats)
    connection.execute(
        f"DELETE FROM verdict WHERE substr(method, 1, ?) = ?"  # noqa: S608
        f" AND (left_digest IN ({photos}) OR right_digest IN ({photos}))",
        (len(number) + 1, f"{number};", *gone, *gone),
    )
    for table in (
        "file",
        "thumbnail",
        "features",
        "postings",
        "content",
    ):  # the last one says which
        connection.execute(
            f"DELETE FROM {table} WHERE method = ? AND digest IN ({photos})",  # noqa: S608
            (number, *gone),
        )
    connection.execute("DELETE FROM file WHERE method = ? AND code <> ''", (number,))
