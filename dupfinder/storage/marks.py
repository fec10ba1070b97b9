"""The mark in a cache that is being written: who finds it knows that the last run did not end.

It is the sign of the version in the file's header: a negative one stands for a run under way.
"""

from __future__ import annotations

import sqlite3

from dupfinder.storage.schema import SCHEMA_VERSION


def version_of(connection: sqlite3.Connection) -> tuple[int, bool]:
    """The version of the tables, and whether the last run did not end as it should."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return abs(version), version < 0


def begin_writing(connection: sqlite3.Connection) -> None:
    """Mark the file: on the disk before anything else is. Not within a transaction."""
    _put(connection, -SCHEMA_VERSION)


def end_writing(connection: sqlite3.Connection) -> None:
    """Take the mark away once all is on the disk."""
    _put(connection, SCHEMA_VERSION)


def _put(connection: sqlite3.Connection, version: int) -> None:
    # Syncs the file with all that was written before, where single writes are not waited for.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("PRAGMA synchronous = OFF")
