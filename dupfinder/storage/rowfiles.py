"""Rows of one length by content, block after block: what a quick pass over a library reads.

Made of the store of descriptors, and made anew wherever it is not what was written, so that it may
go at any time. SQLite hands out 100,000 rows one by one in seconds; hundreds of megabytes that are
read in blocks take a fraction of one.
"""

from __future__ import annotations

import contextlib
import os
import re
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import FileIO
from typing import Final

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from dupfinder.protocols import Block
from dupfinder.storage.hashing import threads
from dupfinder.storage.lock import locked
from dupfinder.storage.ours import LOCK

DIGEST: Final = 32  # bytes of a content digest
_HEAD: Final = struct.Struct("<8sI")  # what the file is, and the bytes of a row
_MAGIC: Final = b"dupvrow1"
# How many rows a block has, and the digests of what names their contents and of the rows.
_BLOCK: Final = struct.Struct("<I16s16s")
_SEAL: Final = 16
_BYTES: Final = 1 << 21  # of the rows of a block, about: they stay in the processor's cache
_LEAST, _MOST = 256, 16_384  # rows of a block


# What a file is named for, and what it is.
_NAME: Final = re.compile(r"[0-9a-f]{32}\.")


class Unsound(Exception):
    """The file is not what was written; it is gone now."""


class RowFiles:
    """A folder of such files, and of all else that a later search finds there if it `is_kept`."""

    def __init__(self, folder: str, *, is_kept: bool) -> None:
        self.folder = folder
        self.is_kept = is_kept

    def open(self, name: str, octets: int) -> RowFile:
        """The rows of this name, which says all that they depend on; none if it was unsound.

        Raises:
            OSError: if the file cannot be read.
        """
        file = RowFile(self.path(name, "rows"), octets)
        try:
            file.look()
        except Unsound:
            file.look()
        return file

    def made(self, name: str, ending: str, of: bytes, make: Callable[[str], None]) -> str:
        """The path of a file that `make` writes, unless it did so before of the same contents.

        Args:
            name, ending: what the file is.
            of: the digest of all that it is made of.

        Raises:
            OSError: if it cannot be written.
        """
        path = self.path(name, ending)
        seal = f"{path}.seal"
        with contextlib.suppress(OSError), open(seal, "rb") as file:
            if file.read() == of + _digest(path):
                return path
        with contextlib.suppress(FileNotFoundError):
            os.unlink(seal)
        make(f"{path}.new")
        os.replace(f"{path}.new", path)
        with open(os.open(seal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(of + _digest(path))
        return path

    def path(self, name: str, ending: str) -> str:
        """Where something of this name is kept, which says all that it depends on."""
        return os.path.join(self.folder, f"{blake3(name.encode()).hexdigest(16)}.{ending}")


class RowFile:
    """Rows of `octets` bytes, each content once."""

    def __init__(self, path: str, octets: int) -> None:
        self._path = path
        self._octets = octets
        self._together = min(max(_BYTES // octets, _LEAST), _MOST)
        # Of each block its offset and the digests of its contents.
        self._blocks: list[tuple[int, list[bytes]]] = []

    @property
    def digests(self) -> set[bytes]:
        """The contents that have a row."""
        return {digest for _, digests in self._blocks for digest in digests}

    def look(self) -> None:
        """Find out what is there.

        Raises:
            Unsound: if it is not what was written.
            OSError: if it cannot be read.
        """
        self._blocks = []
        with contextlib.suppress(FileNotFoundError), open(self._path, "rb", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if file.read(_HEAD.size) != _HEAD.pack(_MAGIC, self._octets):
                raise self._gone()
            at = _HEAD.size
            while at < size:
                digests = self._digests(file, at)
                self._blocks.append((at, digests))
                at += _BLOCK.size + len(digests) * (DIGEST + self._octets)
            if at != size:
                raise self._gone()

    def _digests(self, file: FileIO, at: int) -> list[bytes]:
        file.seek(at)
        count, seal, _ = _BLOCK.unpack(file.read(_BLOCK.size).ljust(_BLOCK.size, b"\0"))
        packed = file.read(min(count, _MOST) * DIGEST)
        if not 0 < count <= _MOST or len(packed) != count * DIGEST or seal != _sealed(packed):
            raise self._gone()
        return [packed[place : place + DIGEST] for place in range(0, len(packed), DIGEST)]

    def add(self, rows: Iterable[tuple[list[bytes], NDArray[np.uint8]]]) -> None:
        """Append rows (N, octets) of N contents that have none, each time some.

        Raises:
            OSError: if they cannot be written.
        """
        digests: list[bytes] = []
        held = np.empty((0, self._octets), np.uint8)
        with self._appending() as file:
            for named, some in rows:
                if not digests:
                    digests, held = self._last(file)
                digests = [*digests, *named]
                held = np.concatenate([held, some])
                while len(digests) >= self._together:
                    self._write(file, digests[: self._together], held[: self._together])
                    digests, held = digests[self._together :], held[self._together :]
            if digests:
                self._write(file, digests, held)

    @contextlib.contextmanager
    def _appending(self) -> Iterator[FileIO]:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with open(descriptor, "r+b", buffering=0) as file:
            if not self._blocks:
                file.truncate(0)
                _write_all(file, _HEAD.pack(_MAGIC, self._octets))
            yield file

    def _last(self, file: FileIO) -> tuple[list[bytes], NDArray[np.uint8]]:
        """The last block taken off, if it is not a full one: it is written anew with what comes."""
        file.seek(0, os.SEEK_END)
        if not self._blocks or len(self._blocks[-1][1]) == self._together:
            return [], np.empty((0, self._octets), np.uint8)
        at, digests = self._blocks[-1]
        rows = np.empty((len(digests), self._octets), np.uint8)
        self._read(file, at, rows)
        del self._blocks[-1]
        file.truncate(at)
        file.seek(at)
        return list(digests), rows

    def _write(self, file: FileIO, digests: list[bytes], rows: NDArray[np.uint8]) -> None:
        packed, data = b"".join(digests), rows.tobytes()
        at = file.tell()
        head = _BLOCK.pack(len(digests), _sealed(packed), _sealed(data))
        _write_all(file, head + packed + data)
        self._blocks.append((at, digests))

    def blocks(self, positions: Mapping[bytes, int]) -> Iterator[Block]:
        """The rows of the contents that have a position; an array is good until the next one.

        Raises:
            Unsound: if they are not what was written.
            OSError: if they cannot be read.
        """
        if not self._blocks:
            return
        buffer = np.empty((self._together, self._octets), np.uint8)
        with open(self._path, "rb", buffering=0) as file:
            for at, digests in self._blocks:
                where = np.array([positions.get(digest, -1) for digest in digests], np.int64)
                wanted = where >= 0
                if not wanted.any():
                    continue
                rows = buffer[: len(digests)]
                self._read(file, at, rows)
                yield Block(where, rows) if wanted.all() else Block(where[wanted], rows[wanted])

    def _read(self, file: FileIO, at: int, rows: NDArray[np.uint8]) -> None:
        file.seek(at)
        *_, seal = _BLOCK.unpack(file.read(_BLOCK.size).ljust(_BLOCK.size, b"\0"))
        file.seek(at + _BLOCK.size + len(rows) * DIGEST)
        flat = rows.reshape(-1)
        if file.readinto(flat.data) != flat.nbytes or _sealed(flat.data) != seal:
            raise self._gone()

    def _gone(self) -> Unsound:
        self._blocks = []
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        return Unsound()


def _sealed(data: bytes | memoryview) -> bytes:
    return blake3(data).digest(_SEAL)


def _digest(path: str) -> bytes:
    return blake3(max_threads=threads()).update_mmap(path).digest()


def _write_all(file: FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


@contextlib.contextmanager
def open_rowfiles(folder: str | None) -> Iterator[RowFiles]:
    """Those of a folder, made if need be; or passing ones with None, or if another run uses it."""
    with contextlib.ExitStack() as stack:
        if folder is not None:
            with contextlib.suppress(OSError):
                os.makedirs(folder, 0o700, exist_ok=True)
                if stack.enter_context(locked(os.path.join(folder, f"files{LOCK}"))):
                    yield RowFiles(folder, is_kept=True)
                    return
        passing = stack.enter_context(tempfile.TemporaryDirectory(prefix="dupfinder-"))
        yield RowFiles(passing, is_kept=False)


def kept_rows(folder: str, kind: str = "") -> list[str]:
    """The paths of all that is kept in a folder of such files, or of one kind of them."""
    with contextlib.suppress(OSError):
        ours = (name for name in sorted(os.listdir(folder)) if _NAME.match(name))
        return [os.path.join(folder, name) for name in ours if name.endswith(kind)]
    return []


def clear_rows(folder: str, kind: str = "") -> None:
    """Remove these, unless another run uses them: what is searched next makes them anew."""
    with contextlib.suppress(OSError), locked(os.path.join(folder, f"files{LOCK}")) as held:
        for path in kept_rows(folder, kind) if held else ():
            os.unlink(path)
