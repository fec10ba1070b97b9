"""What the transform between two photos says, in pixels of the pictures that are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dupfinder.model import Comparison, Orientation, Transform
from dupfinder.reports.picture.difference import difference_map
from dupfinder.reports.picture.sheet import Points
from dupfinder.verifiers.correspondences import correspondences, refined
from dupfinder.verifiers.overlap import aligned
from dupfinder.verifiers.polygons import area, clipped, outline
from dupfinder.verifiers.transforms import Matrix, inverse, to_views, whole_frame

# Pixels of the longer side of the map: in a finer one every edge would show as a difference, since
# no transform is exact to a fraction of a pixel.
_MAP: Final = 600
# One line at most starts in each cell of a grid over the first picture, of so many cells at most
# and so many pixels at least.
_ACROSS, _DOWN, _CELL = 10, 6, 60


@dataclass(frozen=True, slots=True)
class Alignment:
    """`first` and `second` are (N, 2) matching points, the outlines those of the overlap in both.

    `difference` (h, w, 3) uint8 is the difference map in the frame of the first picture, cut to the
    overlap.
    """

    first: Points
    second: Points
    outlines: tuple[Points, Points]
    difference: NDArray[np.uint8]


def alignment(comparison: Comparison, first: Image.Image, second: Image.Image) -> Alignment | None:
    """How both pictures lie over each other; None where no transform was found, or no overlap.

    Of different photos the transform is shown that came nearest to hold.
    """
    transform = _transform(comparison)
    if transform is None:
        return None
    matrix = to_views(transform, (comparison.first, *first.size), (comparison.second, *second.size))
    greys = [np.asarray(picture.convert("L")) for picture in (first, second)]
    left, right = correspondences(greys[0], greys[1], matrix)
    matrix = refined(matrix, left, right, first.size)
    back: Matrix = np.linalg.inv(matrix).astype(np.float64)
    outlines = (
        clipped(outline(*second.size, back), *first.size),
        clipped(outline(*first.size, matrix), *second.size),
    )
    pixels = np.asarray(first), np.asarray(second)
    both = aligned(pixels[1], pixels[0], back, _MAP, enlarge=False)
    if both is None or any(len(each) < 3 or area(each) < 1 for each in outlines):
        return None
    lines = _spread(left.astype(np.float64), right.astype(np.float64), first.size)
    return Alignment(*lines, outlines, difference_map(both.right, both.left, both.mask))


def _transform(comparison: Comparison) -> Transform | None:
    """From the first photo to the second."""
    match, first = comparison.match, comparison.first
    if match is None:
        found = [
            (pair.left, verdict.evidence)
            for pair, verdict in comparison.tried
            if verdict.evidence.transform is not None
        ]
        if not found:
            return None
        base, evidence = max(found, key=lambda each: each[1].inliers or 0)
    else:
        base, evidence = match.base, match.evidence
    if evidence.transform is None:  # equal bytes or pixels need none
        return whole_frame(first, comparison.second, Orientation.UPRIGHT)
    return evidence.transform if base.path == first.path else inverse(evidence.transform)


def _spread(left: Points, right: Points, size: tuple[int, int]) -> tuple[Points, Points]:
    """The clearest match of each cell: a thousand lines would hide the pictures."""
    across = max(_CELL, size[0] / _ACROSS)
    down = max(_CELL, size[1] / _DOWN)
    cells = (left // (across, down)).astype(np.int64)
    _, kept = np.unique(cells @ (_DOWN + 1, 1), return_index=True)
    return left[kept], right[kept]
