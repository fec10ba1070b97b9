"""The seams: what a plug-in must offer. Implementations live in the folders of the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from dupfinder.model import CandidatePair, Fingerprint, Orientation, Photo, Verdict

GreyImage: TypeAlias = NDArray[np.uint8]
Thumbnail: TypeAlias = NDArray[np.uint8]
Chroma: TypeAlias = NDArray[np.uint8]
Words: TypeAlias = NDArray[np.uint64]

# What a keep rule sorts by: compared item by item, the smaller wins.
KeepKey: TypeAlias = tuple[float | str, ...]

T = TypeVar("T")

THUMBNAIL_SIDE = 64  # pixels of the square thumbnail that hashes and quick comparisons see
CHROMA_SIDE = 16  # pixels of the square in which the colours of pictures are compared
VIEW_SIDE = 400  # pixels: the longer side of what keypoint detectors see


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, upright, at the smallest scale that serves.

    `grey` is its luma (h, w) uint8, `thumbnail` that luma squeezed into a square of
    `THUMBNAIL_SIDE`; `rgb` is (h, w, 3) uint8 and `chroma` its Cb and Cr, squeezed into
    (`CHROMA_SIDE`, `CHROMA_SIDE`, 2) uint8, both None unless colour was asked for. `width` and
    `height` are the pixels of the picture itself.
    """

    grey: GreyImage
    thumbnail: Thumbnail
    width: int
    height: int
    rgb: NDArray[np.uint8] | None
    chroma: Chroma | None


@dataclass(frozen=True, slots=True)
class Features:
    """The local features of a picture, N of them, the strongest first.

    `points` (N, 2) float32 are x and y as shares of the longer side of the picture; `scales` (N,)
    float32 the logarithms (base 2) of their sizes in that unit; `angles` (N,) float32 in degrees;
    `codes` (N, C) uint8 their descriptors as code words, see `features.codebook`.
    """

    points: NDArray[np.float32]
    scales: NDArray[np.float32]
    angles: NDArray[np.float32]
    codes: NDArray[np.uint8]


class Hasher(Protocol):
    """Turns a picture into a fingerprint of `length` bits."""

    name: str
    length: int
    needs_colour: bool  # whether it looks at `Picture.rgb`
    default_radius: int  # bits: the Hamming distance within which two photos are worth verifying

    def fingerprint(self, picture: Picture) -> Fingerprint: ...

    def oriented(self, words: Words) -> Sequence[tuple[Orientation, Words]]:
        """The hashes that the turned and mirrored pictures would have, UPRIGHT first.

        `words` are (N, W) uint64 as `HammingIndex` takes them: bit i of a hash is bit i % 64 of
        word i // 64. A hasher that cannot derive them returns the upright ones alone.
        """
        ...


class Pairs(NamedTuple):
    """Index pairs within a radius, sorted by (left, right): int64, int64, uint16 of one length."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    distance: NDArray[np.uint16]


class HammingIndex(Protocol):
    """An exact index over fingerprints packed as (N, W) uint64 words.

    Every implementation returns the same pairs, in the same order, as `linear`.
    """

    name: str

    def __init__(self, words: Words) -> None: ...

    def pairs(self, radius: int) -> Pairs:
        """All pairs left < right of the index's own rows with Hamming distance <= radius."""
        ...

    def join(self, queries: Words, radius: int) -> Pairs:
        """All pairs (query row, own row) with Hamming distance <= radius; queries are (Q, W)."""
        ...

    def turned_pairs(self, variants: Sequence[Words], radius: int) -> Pairs:
        """All pairs left < right of own rows, the left one in any of its variants.

        `variants` are the index's own rows in every orientation, (N, W) each, these themselves
        first, as `Hasher.oriented` gives them. The distance is the least of all variants.
        """
        ...


class Looks(Protocol):
    """What a verifier may see of a photo; each look is taken once per photo and remembered."""

    def thumbnail(self, photo: Photo, /) -> Thumbnail:
        """The luma of the whole picture, squeezed into (64, 64) uint8."""
        ...

    def grey(self, photo: Photo, /) -> GreyImage:
        """The upright luma, (height, width) uint8, its longer side at most `VIEW_SIDE` pixels."""
        ...

    def closer(self, photo: Photo, side: int, /) -> GreyImage:
        """The upright luma, its longer side with `side` pixels at least, or all there are.

        Not remembered: it may be as large as the photo.
        """
        ...

    def chroma(self, photo: Photo, /) -> Chroma | None:
        """Cb and Cr of the whole picture as (16, 16, 2) uint8; None if colour was not decoded."""
        ...

    def features(self, photo: Photo, /) -> Features | None:
        """The local features of the whole picture; None if they were not asked for."""
        ...

    def pixel_digest(self, photo: Photo, /) -> bytes:
        """A digest of all decoded pixels at full size."""
        ...

    def remember(self, photo: Photo, what: str, compute: Callable[[], T], /) -> T:
        """The result of `compute`, from memory where `what` was computed for this photo before."""
        ...


class Verifier(Protocol):
    """Decides whether two photos show the same picture, or hands over with UNDECIDED."""

    name: str

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict: ...


class Rows(NamedTuple):
    """Some contents of a library: `positions` (N,) int64 and their N descriptors, packed."""

    positions: NDArray[np.int64]
    packed: Sequence[bytes]


class Nearest(NamedTuple):
    """What is most alike, best first: positions int64 and similarities float64 of one length.

    Of equally similar ones the lower position comes first.
    """

    positions: NDArray[np.int64]
    scores: NDArray[np.float64]


class Block(NamedTuple):
    """What a sieve sees of N contents: `positions` (N,) int64, `rows` (N, octets) uint8."""

    positions: NDArray[np.int64]
    rows: NDArray[np.uint8]


class Shown(Protocol):
    """What a sieve is shown of a library: one row for each content."""

    def blocks(self) -> Iterator[Block]:
        """All rows, some at a time, in no promised order; arrays are good until the next ones."""
        ...

    def made(self, ending: str, make: Callable[[str], None]) -> str:
        """The path of a file that `make` writes of these rows, unless that was done before."""
        ...


class Sieve(Protocol):
    """A quick look at a whole library, which lets through what may be nearest.

    It sees of each content one row of `octets` bytes, made of its descriptor once and kept; `name`
    names all that rows depend on beside that.
    """

    name: str
    octets: int

    def rows(self, packed: Sequence[bytes]) -> NDArray[np.uint8]:
        """Descriptors as (N, octets) uint8."""
        ...

    def passed(self, queries: Sequence[bytes], shown: Shown, count: int) -> list[NDArray[np.int64]]:
        """For each query positions (P,) int64, each once, among which are the `count` nearest."""
        ...


class Describer(Protocol):
    """Something to be kept of each picture, by content.

    `signature` names all that a stored descriptor depends on beside the content of its file and the
    decoders; `needs_colour` says whether `Picture.rgb` is looked at.
    """

    name: str
    needs_colour: bool

    @property
    def signature(self) -> str: ...

    def describe(self, picture: Picture) -> bytes:
        """The descriptor of a picture, packed. Called where decoders run, isolated.

        Raises:
            Undecodable: if there is none of this picture.
        """
        ...


class Searcher(Describer, Protocol):
    """One way to say how much two pictures look alike.

    `indexes` names those of `settings.SEARCH_INDEXES` that its descriptors can have.
    """

    indexes: tuple[str, ...]

    def nearest(self, queries: Sequence[bytes], rows: Iterable[Rows], count: int) -> list[Nearest]:
        """The `count` contents most alike each query.

        Args:
            queries: descriptors as `describe` gives them.
            rows: the library, in no promised order; it is gone through once.
        """
        ...

    def sieve(self, index: str, octets: int) -> Sieve | None:
        """What looks at descriptors of so many octets first, None where all are compared.

        Raises:
            UsageError: if a library is missing.
        """
        ...


class VectorStore(Protocol):
    """Remembers descriptors by method and content digest; methods do not see each other's.

    A row that is not what was written is as good as none. `notes` say what a user should know.
    """

    notes: tuple[str, ...]

    def known(self, method: str) -> set[bytes]:
        """The contents that have a descriptor, but for those that were met and are damaged."""
        ...

    def add(self, method: str, digest: bytes, packed: bytes) -> None:
        """Remember what a content looks like, in place of what was known of it."""
        ...

    def all_of(self, method: str) -> Iterator[tuple[bytes, bytes]]:
        """Content digest and descriptor of all, in no promised order, one row after the other."""
        ...

    def of(self, method: str, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """The descriptors of these contents, as far as there are any."""
        ...

    def save(self) -> None:
        """Make sure of what was added so far."""
        ...


class Progress(Protocol):
    """Told how far a run is; the silent default does nothing."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins, with `total` steps if that is known."""
        ...

    def advance(self, steps: int = 1) -> None: ...
