"""A cache as an earlier version of dupfinder left it, made by SQL from one of now."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from dupfinder.storage.rows import sealed
from dupfinder.storage.schema import APPLICATION_ID

# Of version 6, as they were; the method is the last column but one of a file, and the second or
# third of the others.
VERSION_6 = """
CREATE TABLE file (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    digest BLOB, code TEXT, reason BLOB, method TEXT NOT NULL, checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE content (
    digest BLOB NOT NULL, method TEXT NOT NULL, size INTEGER NOT NULL, pixel_digest BLOB,
    format TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    inner_width INTEGER NOT NULL, inner_height INTEGER NOT NULL,
    taken_at TEXT, camera TEXT, exposure TEXT, annotations TEXT NOT NULL,
    quality INTEGER NOT NULL, quantization REAL, lossless INTEGER NOT NULL, frames INTEGER NOT NULL,
    damage TEXT,
    hasher TEXT NOT NULL, length INTEGER NOT NULL, fingerprints BLOB NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (digest, method)
) STRICT, WITHOUT ROWID;
CREATE TABLE thumbnail (
    digest BLOB NOT NULL, method TEXT NOT NULL, pixels BLOB NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (digest, method)
) STRICT;
CREATE TABLE features (
    digest BLOB NOT NULL, method TEXT NOT NULL, packed BLOB NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (digest, method)
) STRICT;
CREATE TABLE verdict (
    left_digest BLOB NOT NULL, right_digest BLOB NOT NULL, method TEXT NOT NULL,
    orientation INTEGER NOT NULL, answer TEXT NOT NULL, relation TEXT, evidence TEXT NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (left_digest, right_digest, method, orientation)
) STRICT, WITHOUT ROWID;
"""
_PLACES = {"file": 8, "content": 1, "thumbnail": 1, "features": 1, "verdict": 2}

_POSTINGS = "SELECT packed FROM postings WHERE digest = ? AND method = ?"


def as_version_6(cache: Path) -> None:
    """Write the cache anew with the tables and rows that version 6 would have had."""
    old = cache.with_name("version 6")
    with closing(sqlite3.connect(cache)) as now, closing(sqlite3.connect(old)) as then, then:
        names = dict(now.execute("SELECT number, name FROM method"))
        then.executescript(
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 6; {VERSION_6}"
        )
        for table, place in _PLACES.items():
            for *row, _ in now.execute(f"SELECT * FROM {table}"):
                if table == "features":
                    row[2] = _together(row[2], *now.execute(_POSTINGS, row[:2]).fetchone())
                number, mark, verifiers = row[place].partition(";")
                row[place] = f"{names[number]}{mark}{verifiers}"
                marks = ",".join("?" * (len(row) + 1))
                then.execute(f"INSERT INTO {table} VALUES ({marks})", sealed(row))
    old.replace(cache)


def _together(features: bytes, postings: bytes) -> bytes:
    """38 bytes a feature: the 22 of now, and behind them words and signature."""
    ours = np.frombuffer(features, np.uint8).reshape(-1, 22)
    theirs = np.frombuffer(postings, np.uint8).reshape(-1, 18)
    return np.hstack([ours, theirs[:, :16]]).tobytes()
