"""Where a picture's frame or letterbox bars end."""

from __future__ import annotations

import numpy as np

from dupfinder.protocols import GreyImage

# Grey levels that a row may span and still be border: JPEG noise, not structure.
_FLAT = 12
# A border takes at most this share of a side from each edge, and leaves at least this much.
_MOST, _LEAST = 0.35, 0.3
# A border of less than this share of the area does not change a hash.
_WORTH_IT = 0.02


def inner_box(grey: GreyImage) -> tuple[slice, slice] | None:
    """Rows and columns of `grey` (height, width) inside its flat border, None without one.

    The sides are trimmed twice, since bars at the top hide a frame at the left.
    """
    height, width = grey.shape
    top, bottom, left, right = 0, height, 0, width
    for _ in range(2):
        above, below = _border(grey[top:bottom, left:right], height)
        top, bottom = top + above, bottom - below
        before, behind = _border(grey[top:bottom, left:right].T, width)
        left, right = left + before, right - behind
        if (bottom - top, right - left) == (height, width):
            return None
    if bottom - top < _LEAST * height or right - left < _LEAST * width:
        return None
    if (bottom - top) * (right - left) > (1 - _WORTH_IT) * height * width:
        return None
    # One pixel more where something was trimmed: scaling blends border and picture there.
    return (
        slice(top + (top > 0), bottom - (bottom < height)),
        slice(left + (left > 0), right - (right < width)),
    )


def _border(lines: GreyImage, side: int) -> tuple[int, int]:
    """How many lines are flat at the start and at the end, each at most a border's share."""
    most = min(len(lines), int(side * _MOST))
    return _run(lines, range(most)), _run(lines, range(-1, -most - 1, -1))


def _run(lines: GreyImage, positions: range) -> int:
    """How many of the lines are flat before the first that is not."""
    # Most pictures have no border: the first line already ends the search.
    if not positions or not lines.size or int(np.ptp(lines[positions[0]])) > _FLAT:
        return 0
    steep = np.flatnonzero(np.ptp(lines[positions[0] :: positions.step], axis=1) > _FLAT)
    return min(len(positions), int(steep[0]) if len(steep) else len(lines))
