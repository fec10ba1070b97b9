"""The hashers of the ImageHash library, by their names there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Fingerprint, Orientation
from dupfinder.protocols import Picture, Words


class ImageHashHasher:
    """pHash, dHash, aHash, wHash or colorhash as `imagehash` computes them."""

    def __init__(self, name: str, length: int, default_radius: int) -> None:
        self.name = name
        self.needs_colour = name == "colorhash"
        self.length = length
        self.default_radius = default_radius

    def fingerprint(self, picture: Picture) -> Fingerprint:
        shown = picture.rgb if self.needs_colour else picture.grey
        assert shown is not None
        bits = np.asarray(self._function()(shown).hash, bool).ravel()
        packed = np.packbits(bits, bitorder="little").tobytes()
        return Fingerprint(self.name, int.from_bytes(packed, "little"), self.length)

    def oriented(self, words: Words) -> Sequence[tuple[Orientation, Words]]:
        """These hashes cannot be turned: the upright ones alone."""
        return [(Orientation.UPRIGHT, words)]

    def _function(self) -> Callable[[NDArray[np.uint8]], Any]:
        import imagehash  # noqa: PLC0415  # slow: it brings SciPy and PyWavelets
        from PIL import Image  # noqa: PLC0415

        functions: dict[str, Callable[[Image.Image], Any]] = {
            "phash": imagehash.phash,
            "dhash": imagehash.dhash,
            "ahash": imagehash.average_hash,
            "whash": imagehash.whash,
            "colorhash": imagehash.colorhash,
        }
        return lambda shown: functions[self.name](Image.fromarray(shown))
