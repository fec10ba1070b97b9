"""Colours and where they are: spatial histograms, compared by correlation or Bhattacharyya."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version

from dupfinder.protocols import Nearest, Picture, Rows, Sieve
from dupfinder.searchers.dense import INDEXES, Similarity, ToUnits, nearest, sieve, stored


class ColourSearcher:
    """A pass over all histograms, streamed from the store."""

    needs_colour = True
    indexes = INDEXES

    def __init__(self, name: str, alike: Similarity, units: ToUnits) -> None:
        self.name = name
        self._alike = alike
        self._units = units

    @property
    def signature(self) -> str:
        """The same however histograms are compared."""
        from dupfinder.features.hsv import VERSION  # noqa: PLC0415  # loads OpenCV

        return f"hsv={VERSION};opencv={version('opencv-python-headless')}"

    def describe(self, picture: Picture) -> bytes:
        from dupfinder.features.hsv import histograms  # noqa: PLC0415  # loads OpenCV

        assert picture.rgb is not None
        return stored(histograms(picture.rgb))

    def nearest(self, queries: Sequence[bytes], rows: Iterable[Rows], count: int) -> list[Nearest]:
        from dupfinder.features.hsv import LENGTH  # noqa: PLC0415  # loads OpenCV

        return nearest(queries, rows, count, LENGTH, self._alike)

    def sieve(self, index: str, octets: int) -> Sieve:
        return sieve(index, octets, self._units)
