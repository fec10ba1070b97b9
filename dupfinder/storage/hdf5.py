"""Vectors of photos as HDF5 files, as they are exchanged: names, and a matrix of a row for each.

    /names     (N,)     UTF-8 strings: paths below a folder, with slashes
    /features  (N, D)   float32
    /digests   (N, 32)  uint8: the BLAKE3 digest of each file's content; may be absent
    attributes of the file: `method`, and `signature`, which names all that the vectors depend on
    beside the pictures: two files may be mixed only if theirs is equal

Read as untrusted input: a file may hold no link to another one, no filter that HDF5 would have to
load, and no chunk that unfolds to a bomb.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfinder.errors import UsageError

NAMES: Final = "names"
FEATURES: Final = "features"
DIGESTS: Final = "digests"
_DIGEST: Final = 32
_CHUNK: Final = 256  # rows: 2 MB of the longest vectors
_TOGETHER: Final = 1_024  # rows that are read at a time
_MOST_ROWS: Final = 10_000_000
_MOST_BYTES: Final = 1 << 26  # of a chunk, unfolded
_MOST_NAME: Final = 1 << 16  # bytes of a name
# Deflate, shuffle, Fletcher's checksum, LZF: what comes with every HDF5 or h5py. Any other is a
# library that would be loaded.
_FILTERS: Final = frozenset({1, 2, 3, 32_000})


class Some(NamedTuple):
    """Rows: N names as bytes, (N, D) float32, and N content digests, or None if it has none."""

    names: list[bytes]
    features: NDArray[np.float32]
    digests: list[bytes] | None


@dataclass(frozen=True, slots=True)
class About:
    """What the vectors are, and how many entries each has."""

    method: str
    signature: str
    length: int


def write_vectors(path: str, about: About, rows: Iterable[Some]) -> int:
    """Write a new file, some rows at a time; how many there were.

    Raises:
        UsageError: if a file is there, it cannot be written, or h5py is not installed.
    """
    h5py = _library()
    try:
        with h5py.File(path, "x", track_order=True) as file:
            file.attrs["method"], file.attrs["signature"] = about.method, about.signature
            text = h5py.string_dtype("utf-8")
            names = _growing(file, NAMES, (), text)
            features = _growing(file, FEATURES, (about.length,), "<f4")
            digests = _growing(file, DIGESTS, (_DIGEST,), "u1")
            total = 0
            for some in rows:
                assert some.digests is not None
                end = total + len(some.names)
                for each in (names, features, digests):
                    each.resize(end, axis=0)
                names[total:end] = np.array(some.names, dtype=object)
                features[total:end] = some.features
                packed = np.frombuffer(b"".join(some.digests), np.uint8)
                digests[total:end] = packed.reshape(-1, _DIGEST)
                total = end
        return total
    except FileExistsError:
        raise UsageError(f"{path!r} is there already, and is left as it is") from None
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {error}") from None


def _growing(file: Any, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
    return file.create_dataset(
        name, (0, *shape), dtype, maxshape=(None, *shape), chunks=(_CHUNK, *shape),
        track_times=False,
    )  # fmt: skip


class VectorsFile:
    """One that was opened and whose make-up is sound; rows are checked when they are read."""

    def __init__(self, path: str, file: Any, h5py: Any) -> None:
        self._path = path
        self._names = self._dataset(file, h5py, NAMES, 1)
        self._features = self._dataset(file, h5py, FEATURES, 2)
        self._digests = self._dataset(file, h5py, DIGESTS, 2) if DIGESTS in file else None
        self.count = len(self._names)
        self._check_types(h5py)
        method, signature = (self._text(file, each) for each in ("method", "signature"))
        self.about = About(method, signature, self._features.shape[1])

    def rows(self) -> Iterator[Some]:
        """All rows, some at a time.

        Raises:
            UsageError: if one is not what it should be.
        """
        for at in range(0, self.count, _TOGETHER):
            part = slice(at, min(at + _TOGETHER, self.count))
            with self._readable():
                names = [_bytes(each) for each in self._names[part]]
                features = np.asarray(self._features[part], np.float32)
                packed = None if self._digests is None else self._digests[part]
            digests = None if packed is None else [each.tobytes() for each in packed]
            if not np.isfinite(features).all():
                row = at + int(np.flatnonzero(~np.isfinite(features).all(axis=1))[0])
                raise self._refused(f"row {row} of {FEATURES!r} has entries that are no numbers")
            if any(not 0 < len(name) <= _MOST_NAME or b"\0" in name for name in names):
                raise self._refused(f"some of {NAMES!r} cannot be names")
            yield Some(names, features, digests)

    def _dataset(self, file: Any, h5py: Any, name: str, rank: int) -> Any:
        """A dataset that lies in this file, whole.

        Links are asked for what they are before anything is followed.
        """
        link = file.get(name, getlink=True)
        if link is None:
            raise self._refused(f"it has no dataset {name!r}")
        if not isinstance(link, h5py.HardLink):
            raise self._refused(f"{name!r} is a link to somewhere else")
        found = file[name]
        if not isinstance(found, h5py.Dataset) or found.ndim != rank:
            raise self._refused(f"{name!r} is no dataset of {rank} dimension" + "s" * (rank > 1))
        if found.is_virtual or found.external:
            raise self._refused(f"{name!r} lies in other files")
        plan = found.id.get_create_plist()
        if {plan.get_filter(at)[0] for at in range(plan.get_nfilters())} - _FILTERS:
            raise self._refused(f"{name!r} is packed by a filter that is not loaded")
        if np.prod(found.chunks or (0,), dtype=float) * found.dtype.itemsize > _MOST_BYTES:
            raise self._refused(f"{name!r} has chunks of more than {_MOST_BYTES >> 20} MB")
        return found

    def _check_types(self, h5py: Any) -> None:
        text = h5py.check_string_dtype(self._names.dtype)
        if text is None:
            raise self._refused(f"{NAMES!r} holds no strings")
        if self._features.dtype.kind != "f":
            raise self._refused(f"{FEATURES!r} holds {self._features.dtype}, not floating point")
        if len(self._features) != self.count:
            raise self._refused(
                f"it has {self.count:,} names and {len(self._features):,} rows of {FEATURES!r}"
            )
        if self._digests is not None and (
            self._digests.shape != (self.count, _DIGEST) or self._digests.dtype != np.uint8
        ):
            raise self._refused(f"{DIGESTS!r} does not hold {_DIGEST} bytes for each name")
        width = 0 if text.length is None else text.length
        if self.count > _MOST_ROWS or self._features.shape[1] * 8 * _TOGETHER > _MOST_BYTES:
            raise self._refused(f"its {FEATURES!r} are {self._features.shape}: too many")
        if width > _MOST_NAME:
            raise self._refused(f"some of {NAMES!r} cannot be names")

    def _text(self, file: Any, name: str) -> str:
        with self._readable():
            value = file.attrs.get(name)
        if not isinstance(value, str):
            raise self._refused(f"it does not say by its attribute {name!r} what its vectors are")
        return value

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            raise self._refused(f"it cannot be read ({str(error)[:200]})") from None

    def _refused(self, why: str) -> UsageError:
        return UsageError(f"{self._path!r} holds no vectors of photos: {why}")


def _bytes(name: object) -> bytes:
    if isinstance(name, bytes):
        return name
    return os.fsencode(str(name))


@contextlib.contextmanager
def open_vectors_file(path: str) -> Iterator[VectorsFile]:
    """Open a file that somebody made.

    Raises:
        UsageError: if it cannot be read, is no such file, or h5py is not installed.
    """
    h5py = _library()
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(h5py.File(path, "r"))
            found = VectorsFile(path, file, h5py)
        except OSError as error:
            why = error.strerror or "it is no HDF5 file, or a damaged one"
            raise UsageError(f"cannot read {path!r}: {why}") from None
        except (RuntimeError, ValueError, TypeError, KeyError) as error:
            why = str(error)[:200]
            raise UsageError(f"{path!r} holds no vectors of photos: {why}") from None
        yield found


def _library() -> Any:
    try:
        import h5py  # noqa: PLC0415  # an extra
    except ImportError:
        raise UsageError(
            "HDF5 files need the library h5py", hint='pip install "dupfinder[hdf5]"'
        ) from None
    return h5py
