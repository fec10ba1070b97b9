"""The write-ahead journal: what a run was about to do, on the disk before it does it.

One file a run, one record a line: a checksum, then JSON. Reading ends at the first line that is
torn or was tampered with, so that a record which can be read was also written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Self
from zlib import crc32

Record = dict[str, Any]

SCHEMA = 1
_SUFFIX = ".journal"


class Journal:
    """The open journal of one run. `write` returns when the record is on the disk."""

    def __init__(self, path: str) -> None:
        """A journal that was not there yet.

        Raises:
            OSError: if it cannot be made.
        """
        self.path = path
        self.run = os.path.basename(path).removesuffix(_SUFFIX)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
        self._descriptor = os.open(path, flags, 0o600)
        self._length = 0
        _sync_folder(os.path.dirname(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record.

        Raises:
            OSError: if it could not be written: then the journal is as it was before, and whatever
                the record announces must not happen.
        """
        line = _line(record)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._length)
                os.lseek(self._descriptor, self._length, os.SEEK_SET)
            raise
        self._length += len(line)


class Resumed(Journal):
    """The journal of a run that did not end, opened to be ended."""

    def __init__(self, path: str) -> None:  # super's makes a new file
        self.path = path
        self.run = os.path.basename(path).removesuffix(_SUFFIX)
        self.records = list(read(path))
        self._length = sum(len(_line(record)) for record in self.records)
        self._descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        os.ftruncate(self._descriptor, self._length)  # a torn line would hide all that follows
        os.lseek(self._descriptor, self._length, os.SEEK_SET)


def read(path: str) -> Iterator[Record]:
    """The records up to the first one that is damaged."""
    with open(path, "rb") as file:
        for line in file:
            checksum, _, text = line.partition(b" ")
            if not line.endswith(b"\n") or checksum != _checksum(text[:-1]):
                return
            yield json.loads(text)


def journals(folder: str) -> list[str]:
    """The paths of all journals, the oldest run first: their names begin with the time."""
    with suppress(FileNotFoundError):
        return sorted(
            os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(_SUFFIX)
        )
    return []


def journal_path(folder: str, run: str) -> str:
    """Where the journal of a run lies."""
    return os.path.join(folder, run + _SUFFIX)


def _line(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, separators=(",", ":"), sort_keys=True).encode("ascii")
    return _checksum(text) + b" " + text + b"\n"


def _checksum(text: bytes) -> bytes:
    return f"{crc32(text):08x}".encode("ascii")


def _sync_folder(path: str) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
