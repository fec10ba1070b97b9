"""The tables of the cache, and how photos and verdicts become rows."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import asdict
from typing import Any

from dupfinder.model import (
    Answer,
    Evidence,
    Fingerprint,
    Photo,
    PhotoFile,
    Relation,
    Verdict,
)

# Raised with every change of the tables; `storage.upgrading` says what becomes of what was there.
SCHEMA_VERSION = 8
APPLICATION_ID = 0x64757066  # "dupf": tells our files from other SQLite databases

# Each row ends with the checksum of the columns before it: see `storage.rows`. Its method is the
# number of one in `method`, in a verdict with what else that depends on behind it.
METHOD_TABLE = """
CREATE TABLE method (
    number TEXT PRIMARY KEY, name TEXT NOT NULL, checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""
POSTINGS_TABLE = """
CREATE TABLE postings (
    digest BLOB NOT NULL, method TEXT NOT NULL, packed BLOB NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (digest, method)
) STRICT;
"""
TABLES = f"""
{METHOD_TABLE}
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
{POSTINGS_TABLE}
CREATE TABLE verdict (
    left_digest BLOB NOT NULL, right_digest BLOB NOT NULL, method TEXT NOT NULL,
    orientation INTEGER NOT NULL, answer TEXT NOT NULL, relation TEXT, evidence TEXT NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (left_digest, right_digest, method, orientation)
) STRICT, WITHOUT ROWID;
"""


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database."""
    connection.executescript(
        f"BEGIN; PRAGMA application_id = {APPLICATION_ID};"
        f" PRAGMA user_version = {SCHEMA_VERSION}; {TABLES} COMMIT;"
    )


CONTENT_COLUMNS = 21


def file_key(file: PhotoFile) -> tuple[bytes, int, int, int, int]:
    """Path and stamp in the order of the columns of `file`.

    Without the device, whose number may be another one after each mounting.
    """
    stamp = file.stamp
    times = _signed(stamp.mtime_ns), _signed(stamp.ctime_ns)
    return os.fsencode(file.path), stamp.size, *times, _signed(stamp.inode)


_HALF = 1 << 63


def _signed(number: int) -> int:
    """The lowest 64 bits as SQLite's signed integer: inodes and times beyond 2262 need more."""
    if -_HALF <= number < _HALF:
        return number
    return (number + _HALF) % (2 * _HALF) - _HALF


def stored_reason(reason: str) -> bytes:
    """Decoders may quote from a file what no UTF-8 text can hold."""
    return reason.encode("utf-8", "surrogatepass")


def reason_of(stored: bytes) -> str:
    """The way back."""
    return stored.decode("utf-8", "surrogatepass")


def content_row(photo: Photo, method: str) -> tuple[Any, ...]:
    """A photo without its file, in the order of the columns of `content`."""
    first = photo.fingerprints[0]
    octets = -(-first.length // 8)
    packed = b"".join(each.bits.to_bytes(octets, "little") for each in photo.fingerprints)
    return (
        photo.digest,
        method,
        photo.size,
        photo.pixel_digest,
        photo.format,
        photo.width,
        photo.height,
        *photo.inner,
        photo.taken_at,
        photo.camera,
        photo.exposure,
        " ".join(photo.annotations),
        photo.quality,
        photo.quantization,
        photo.lossless,
        photo.frames,
        photo.damage,
        first.hasher,
        first.length,
        packed,
    )


def photo_of(file: PhotoFile, row: tuple[Any, ...]) -> Photo:
    """The way back from a row of `content`; the file is the one that has this content now."""
    digest, _, _, pixel_digest, kind, width, height, inner_width, inner_height = row[:9]
    taken_at, camera, exposure, annotations = row[9:13]
    quality, quantization, lossless, frames, damage, hasher, length, packed = row[13:]
    octets = -(-length // 8)
    return Photo(
        file=file,
        digest=digest,
        pixel_digest=pixel_digest,
        format=kind,
        width=width,
        height=height,
        inner=(inner_width, inner_height),
        taken_at=taken_at,
        camera=camera,
        exposure=exposure,
        annotations=tuple(annotations.split()),
        quality=quality,
        quantization=quantization,
        lossless=bool(lossless),
        frames=frames,
        damage=damage,
        fingerprints=tuple(
            Fingerprint(hasher, int.from_bytes(packed[at : at + octets], "little"), length)
            for at in range(0, len(packed), octets)
        ),
    )


def verdict_row(verdict: Verdict) -> tuple[str, str | None, str]:
    """Answer, relation and evidence as columns."""
    return verdict.answer, verdict.relation, json.dumps(asdict(verdict.evidence))


def verdict_of(answer: str, relation: str | None, evidence: str) -> Verdict:
    """The way back from the columns; ValueError, KeyError or TypeError if they are foreign."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(evidence).items()
    }
    return Verdict(
        Answer(answer),
        Relation(relation) if relation is not None else None,
        Evidence(**fields),
    )
