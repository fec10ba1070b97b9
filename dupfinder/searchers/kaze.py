"""KAZE vectors: the cosine of the strongest keypoints' descriptors, put one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version

from dupfinder.protocols import Nearest, Picture, Rows, Sieve
from dupfinder.searchers.dense import INDEXES, cosine, directions, nearest, sieve, stored


class KazeSearcher:
    """A pass over all vectors, streamed from the store."""

    name = "kaze"
    needs_colour = False
    indexes = INDEXES

    @property
    def signature(self) -> str:
        from dupfinder.features.kaze import VERSION  # noqa: PLC0415  # loads OpenCV

        return f"kaze={VERSION};opencv={version('opencv-python-headless')}"

    def describe(self, picture: Picture) -> bytes:
        from dupfinder.features.kaze import vector  # noqa: PLC0415  # loads OpenCV

        return stored(vector(picture.grey))

    def nearest(self, queries: Sequence[bytes], rows: Iterable[Rows], count: int) -> list[Nearest]:
        from dupfinder.features.kaze import LENGTH  # noqa: PLC0415  # loads OpenCV

        return nearest(queries, rows, count, LENGTH, cosine)

    def sieve(self, index: str, octets: int) -> Sieve:
        return sieve(index, octets, directions)
