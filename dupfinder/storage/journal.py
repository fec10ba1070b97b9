"""The write-ahead journal: what a run was about to do, on the disk before it does it.

One file a run, one record a line: a checksum, then JSON. Reading ends at the first line that is
torn or was tampered with, so that a record which can be read was also written.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Self
from zlib import crc32

Record = dict[str, Any]

SCHEMA = 1
_SUFFIX = ".journal"


class Unwritten(OSError):
    """A record could not be written: what it announces must not happen."""


class Journal:
    """The open journal of one run. `write` returns when a record and all before it are on the disk.

    What is only appended may be lost with the power, and nothing else.
    """

    def __init__(self, path: str) -> None:
        """A journal that was not there yet.

        Raises:
            Unwritten: if it cannot be made.
        """
        self._begin(path, os.O_CREAT | os.O_EXCL)
        try:
            _sync_folder(os.path.dirname(path))
        except OSError as error:
            os.close(self._descriptor)
            raise _unwritten(error) from error

    def _begin(self, path: str, flags: int) -> None:
        self.path = path
        self.run = os.path.basename(path).removesuffix(_SUFFIX)
        self._length = 0
        self._is_broken = False
        try:
            # O_BINARY: Windows would write two bytes for a line end, and none would be whole.
            for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_BINARY"):
                flags |= getattr(os, name, 0)
            flags |= os.O_RDWR
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise _unwritten(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record and wait for the disk.

        Raises:
            Unwritten: if it is not on the disk. The journal then reads as it did before, unless
                that cannot be had either: then nothing more is ever written into it.
        """
        before = self._length
        self.append(record)
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            # After a sync that failed nobody knows what is on the disk, and the next one says fine.
            self._is_broken = True
            self._length = before
            self._cut()
            raise _unwritten(error) from error

    def append(self, record: Mapping[str, Any]) -> None:
        """Append a record of what has happened: it need not be on the disk before what follows.

        Raises:
            Unwritten: if it cannot be written; see `write`.
        """
        if self._is_broken:
            raise Unwritten(errno.EIO, "the journal could not be written before")
        line = _line(record)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            self._cut()
            raise _unwritten(error) from error
        self._length += len(line)

    def _cut(self) -> None:
        """Take back what was written of a record: a torn line would hide all that follow it."""
        try:
            os.ftruncate(self._descriptor, self._length)
            os.lseek(self._descriptor, self._length, os.SEEK_SET)
        except OSError:
            self._is_broken = True


class Resumed(Journal):
    """The journal of a run that did not end, opened to be ended."""

    def __init__(self, path: str) -> None:  # super's makes a new file
        """The same file, without a torn line at its end.

        Raises:
            Unwritten: if it cannot be opened for writing.
            OSError: if it cannot be read.
        """
        self._begin(path, 0)
        try:
            with open(path, "rb") as file:
                self._length = sum(len(line) for line, _ in _whole(file))
            self._cut()
        except OSError:
            os.close(self._descriptor)
            raise


def read(path: str) -> Iterator[Record]:
    """The records up to the first one that is damaged.

    Raises:
        OSError: if the file cannot be read.
    """
    with open(path, "rb") as file:
        for _, record in _whole(file):
            yield record


def _whole(lines: Iterable[bytes]) -> Iterator[tuple[bytes, Record]]:
    """Each line with its record, up to the first one that is torn or holds something else."""
    for line in lines:
        checksum, _, text = line.partition(b" ")
        if not line.endswith(b"\n") or checksum != _checksum(text[:-1]):
            return
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(record, dict) or not isinstance(record.get("op"), str):
            return
        yield line, record


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


def _unwritten(error: OSError) -> Unwritten:
    return Unwritten(error.errno or errno.EIO, error.strerror or str(error))


def _sync_folder(path: str) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
