"""The seams: what a plug-in must offer. Implementations live in the folders of the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeVar

from dupfinder.model import CandidatePair, Fingerprint, Orientation, Photo, Verdict

if TYPE_CHECKING:  # numpy stays out of `dupfinder --help`
    import numpy as np
    from numpy.typing import NDArray

    GreyImage: TypeAlias = NDArray[np.uint8]
    Words: TypeAlias = NDArray[np.uint64]

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, upright, at the smallest scale that serves.

    `rgb` is (height, width, 3) uint8 in sRGB order, `grey` its luma (height, width) uint8. Both may
    be smaller than the picture itself, whose `width` and `height` in pixels stand beside them.
    """

    rgb: NDArray[np.uint8]
    grey: GreyImage
    width: int
    height: int


class Hasher(Protocol):
    """Turns a picture into a fingerprint of `length` bits."""

    name: str
    length: int
    default_radius: int  # bits: the Hamming distance within which two photos are worth verifying

    def fingerprint(self, picture: Picture) -> Fingerprint: ...

    def oriented(self, fingerprint: Fingerprint) -> Sequence[tuple[Orientation, Fingerprint]]:
        """The fingerprints that the turned and mirrored picture would have, UPRIGHT first.

        A hasher that cannot derive them returns the upright one alone.
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


class Looks(Protocol):
    """What a verifier may see of a photo; each look is computed once per photo and remembered."""

    def thumbnail(self, photo: Photo) -> GreyImage | None:
        """The square luma thumbnail of the first decode; None if the store has none."""
        ...

    def grey(self, photo: Photo) -> GreyImage:
        """The upright luma at the bounded size of the keypoint detectors, (height, width) uint8."""
        ...

    def pixel_digest(self, photo: Photo) -> bytes:
        """A digest of all decoded pixels at full size."""
        ...


class Verifier(Protocol):
    """Decides whether two photos show the same picture, or hands over with UNDECIDED."""

    name: str
    version: int  # raised whenever an answer could change: remembered verdicts are told apart by it

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict: ...


class Store(Protocol):
    """Remembers what was computed, by content. It may speed up finding and authorises nothing."""

    def close(self) -> None: ...


class KeepRule(Protocol):
    """One criterion of what makes a photo worth keeping: the smaller key wins."""

    name: str

    def key(self, photo: Photo) -> float | int | str: ...

    def because(self, keeper: Photo, photo: Photo) -> str:
        """Why `keeper` beats `photo` by this rule, in words for the user."""
        ...


class Progress(Protocol):
    """Told how far a run is; the silent default does nothing."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins, with `total` steps if that is known."""
        ...

    def advance(self, steps: int = 1) -> None: ...


class Workers(Protocol):
    """Carries out tasks, in this process or in others, and hands the results back."""

    def run(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
        """Results as they are ready, in any order."""
        ...
