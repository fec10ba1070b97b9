"""Arrays in a file of their own beside the cache: looked through as a whole, then mapped.

They are made of what the cache holds, and made anew wherever they cannot be had: nothing is lost
with them, and trouble with their file is no trouble of a run.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, BinaryIO, Final, TypeAlias

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from dupfinder.storage.hashing import threads

Arrays: TypeAlias = dict[str, NDArray[Any]]

ARRAYS: Final = ".lists"  # what the path of the file ends with, behind that of the cache

# The file: a mark, the digest of all that follows, the length of what tells of the arrays, that as
# JSON, and the arrays one after the other, each from a multiple of 64 bytes on.
_MARK: Final = b"dupfarr1"
_DIGEST, _LENGTH, _ALIGNED = 32, 8, 64
# Bytes that are read at a time, into the same memory.
_PIECE: Final = 1 << 20


class ArrayFile:
    """The arrays at `path`, as far as they were made by the same method.

    A file that is none of ours is neither read nor written over.
    """

    def __init__(self, path: str, method: str) -> None:
        self.path = path
        self._method = method

    def read(self) -> Arrays | None:
        """The arrays as they were written, for reading only; None if there are none.

        They are mapped: memory that is not copied is several times as quick. All is read once
        before, since a disk that fails under a mapping would end the process.
        """
        with contextlib.suppress(OSError, ValueError), open(self.path, "rb") as file:
            told = _told(file)
            if told is not None and told["method"] == self._method:
                return {name: _mapped(file, *place) for name, *place in told["arrays"]}
        return None

    def write(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put these in the place of what is there, if that can be done."""
        new = f"{self.path}.new"
        if not (_is_ours(self.path) and _is_ours(new)):
            return
        with contextlib.suppress(OSError):
            try:
                _write(new, self._method, arrays)
                os.replace(new, self.path)
            except OSError:
                os.unlink(new)


def are_kept(path: str) -> bool:
    """Whether there are arrays of ours at a path, damaged or not: only the mark is read."""
    return os.path.lexists(path) and _is_ours(path)


def made_by(path: str) -> str | None:
    """The method that the arrays at a path were made by; "" if they cannot be read, None if there
    are none of ours. The whole file is read.
    """
    if not are_kept(path):
        return None
    with contextlib.suppress(OSError, ValueError), open(path, "rb") as file:
        told = _told(file)
        return "" if told is None else str(told["method"])
    return ""


def _is_ours(path: str) -> bool:
    """Whether a file may be written over; so may one that is not there."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_MARK)) in (_MARK, b"")
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _told(file: BinaryIO) -> Any:
    """What tells of the arrays, None if the file is not what was written."""
    if file.read(len(_MARK)) != _MARK:
        return None
    digest, length = file.read(_DIGEST), file.read(_LENGTH)
    if digest != _digest(file, length):
        return None
    file.seek(len(_MARK) + _DIGEST + _LENGTH)
    return json.loads(file.read(int.from_bytes(length, "little")))


def _digest(file: BinaryIO, length: bytes) -> bytes:
    """Of that length and of the rest of the file."""
    seen = blake3(length, max_threads=threads())
    piece = memoryview(bytearray(_PIECE))
    while count := file.readinto(piece):  # type: ignore[attr-defined]  # typeshed: BufferedReader
        seen.update(piece[:count])
    return seen.digest()


def _mapped(file: BinaryIO, dtype: str, shape: list[int], offset: int) -> NDArray[Any]:
    if 0 in shape:  # which cannot be mapped
        return np.empty(shape, dtype)
    return np.memmap(file, dtype, "r", offset, tuple(shape))


def _write(path: str, method: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    told, offsets = _head(method, arrays)
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
        length = len(told).to_bytes(_LENGTH, "little")
        file.write(_MARK + bytes(_DIGEST) + length + told)
        for array, offset in zip(arrays.values(), offsets, strict=True):
            file.write(bytes(offset - file.tell()))
            file.write(np.ascontiguousarray(array).data)
        file.seek(len(_MARK) + _DIGEST + _LENGTH)
        digest = _digest(file, length)
        file.seek(len(_MARK))
        file.write(digest)


def _head(method: str, arrays: Mapping[str, NDArray[Any]]) -> tuple[bytes, list[int]]:
    """What tells of the arrays, padded, and where each of them begins."""
    sizes = [-(-array.nbytes // _ALIGNED) * _ALIGNED for array in arrays.values()]
    fields = [(name, array.dtype.str, array.shape) for name, array in arrays.items()]
    begin = 0
    while True:  # the numbers are part of what they count
        *offsets, _ = accumulate(sizes, initial=begin)
        places = [(*field, offset) for field, offset in zip(fields, offsets, strict=True)]
        told = json.dumps({"method": method, "arrays": places}).encode()
        end = len(_MARK) + _DIGEST + _LENGTH + len(told)
        if end <= begin:
            return told.ljust(len(told) + begin - end), offsets
        begin = -(-end // _ALIGNED) * _ALIGNED
