"""What remembered results depend on: a long name, for which each row holds a short number.

A number keeps its rows when the name changes in what they do not depend on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from dupfinder.storage.rows import is_sound, sealed


def names_of(connection: sqlite3.Connection) -> dict[str, str]:
    """Number -> name, the latest first; a row that is not what was written names nothing."""
    rows = connection.execute("SELECT * FROM method").fetchall()
    names = {number: name for number, name, *rest in rows if is_sound((number, name, *rest))}
    return dict(sorted(names.items(), key=lambda each: int(each[0]), reverse=True))


def number_of(connection: sqlite3.Connection, name: str) -> str | None:
    """The number of a method whose results are here."""
    return next((n for n, known in names_of(connection).items() if known == name), None)


def numbered(connection: sqlite3.Connection, name: str) -> str:
    """The number of a method; it is given one if it has none."""
    known = number_of(connection, name)
    if known is not None:
        return known
    # Above all that rows have, whether their method is still known: they must not pass for ours.
    taken = (
        "SELECT number FROM method UNION SELECT method FROM content UNION SELECT method FROM file"
    )
    highest = max(
        (int(each) for (each,) in connection.execute(taken) if each.isdecimal()), default=0
    )
    number = str(highest + 1)
    connection.execute("INSERT INTO method VALUES (?, ?, ?)", sealed((number, name)))
    return number


def name_anew(connection: sqlite3.Connection, number: str, name: str) -> None:
    """Let all rows of this number be of this method."""
    connection.execute("REPLACE INTO method VALUES (?, ?, ?)", sealed((number, name)))


def full_name(method: str, names: Mapping[str, str]) -> str:
    """What a row holds as its method, with the name in place of the number; "" if it has none."""
    number, mark, further = method.partition(";")
    return f"{names[number]}{mark}{further}" if number in names else ""


def is_deep(name: str) -> bool:
    """Whether each photo has local features by this method."""
    return ";features=" in name
