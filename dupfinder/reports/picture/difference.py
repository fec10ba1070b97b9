"""Where two aligned pictures differ, in colours that everyone can tell apart.

Blue and orange stay apart for all kinds of colour blindness (after the diverging maps of
ColorBrewer: Harrower and Brewer 2003).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Grey levels that are shown in full colour; of 255.
FULL: Final = 96

_PLACES: Final = (-1.0, -0.5, 0.0, 0.5, 1.0)
_COLOURS: Final = ((5, 48, 97), (67, 147, 195), (255, 255, 255), (253, 184, 99), (127, 59, 8))
_OUTSIDE: Final = 200  # grey, where only one of the pictures has pixels


def difference_map(
    first: NDArray[np.uint8], second: NDArray[np.uint8], mask: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """(h, w, 3) uint8: orange where the second picture is lighter, blue where it is darker.

    As strong as the channel that differs most, so that a change of colour alone is seen.

    Args:
        first, second: aligned pictures (h, w, 3) uint8.
        mask: (h, w), zero where only one of them has pixels.
    """
    apart = second.astype(np.int16) - first
    strength = np.abs(apart).max(axis=2) / FULL
    lighter = apart @ np.array([0.299, 0.587, 0.114]) >= 0
    shown = colours(np.where(lighter, strength, -strength))
    shown[mask == 0] = _OUTSIDE
    return shown


def colours(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Values (-1 to 1, beyond is cut) as colours: one more axis, of three."""
    channels = [np.interp(values, _PLACES, channel) for channel in zip(*_COLOURS, strict=True)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
