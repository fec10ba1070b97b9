"""The colours of two pictures where both show the same: how strong they are, and whether they are
the same colours.

A grey hash and grey keypoints take the same shirt in red and in blue for copies. What people do to
a whole photo (white balance, a warm tint, sepia, vivid colours, none at all) moves all hues
together, by a cast that grows with the brightness; another colour of one thing does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Evidence, Sides
from dupfinder.protocols import CHROMA_SIDE, Chroma, Thumbnail

Cells = NDArray[np.uint8]  # (h, w, 3): luma, Cb and Cr of the cells of a coarse grid
Floats = NDArray[np.float64]

_COLOURED = 12.0  # chroma: below it a cell has no hue worth comparing
_SAME_HUE = 0.64  # cosine: of 50 degrees
_MOST_CAST = 0.3  # chroma for each level of luma; a warm tint of a fifth makes 0.15
_NEAR = 6.0  # chroma: cells that differ by much more do not take part in finding the cast
_ROUNDS = 12
_NEIGHBOURS = ((1, 1), (0, 1), (1, 0), (2, 1), (1, 2))  # a cell and those beside it
_RECOLOURED = 0.05  # of the overlap


def cells(thumbnail: Thumbnail, chroma: Chroma) -> Cells:
    """Luma (64, 64) and chroma (16, 16, 2) of a whole picture as (16, 16, 3) uint8."""
    step = len(thumbnail) // CHROMA_SIDE
    luma = thumbnail.reshape(CHROMA_SIDE, step, CHROMA_SIDE, step).mean(axis=(1, 3))
    return np.dstack([luma.round().astype(np.uint8), chroma])


def saturation(left: Cells, right: Cells, mask: NDArray[np.uint8]) -> Sides:
    """The mean chroma (0 to 128) of each of two aligned pictures, inside the mask.

    The eighth of the cells that differs most is left out: a sticker does not colour a photo.
    """
    inside = mask > 0
    ours, theirs = (np.linalg.norm(_chroma(each[inside]), axis=1) for each in (left, right))
    if not ours.size:
        return 0.0, 0.0
    kept = np.argsort(np.abs(ours - theirs), kind="stable")[: max(1, ours.size * 7 // 8)]
    return round(float(ours[kept].mean()), 2), round(float(theirs[kept].mean()), 2)


def hue(left: Cells, right: Cells, mask: NDArray[np.uint8]) -> float:
    """The share of the overlap where both are coloured and differ in hue, but for a cast."""
    inside = mask > 0
    if not inside.any():
        return 0.0
    if not _other_hue(_chroma(left), _chroma(right), inside).any():
        return 0.0  # most copies: no need to look for a cast that would explain it
    # The cast is found in the one for the other: both ways, so that their order does not matter.
    both = (_differ(left, right, inside).sum(), _differ(right, left, inside).sum())
    return round(float(min(both) / inside.sum()), 4)


def is_recoloured(evidence: Evidence) -> bool:
    """Whether some of what both show has another colour: another article, not an edited copy.

    A twentieth of the overlap is enough.
    """
    return evidence.hue is not None and evidence.hue > _RECOLOURED


def _differ(a: Cells, b: Cells, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(h, w): whether `b`, rid of its cast against `a`, is coloured there in another hue."""
    ours, theirs, luma = _chroma(a), _chroma(b), b[..., 0].astype(np.float64)
    theirs = theirs - luma[..., None] * _cast(ours[inside], theirs[inside], luma[inside])
    return _other_hue(ours, theirs, inside)


def _other_hue(ours: Floats, theirs: Floats, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(h, w): where both are coloured, in different hues.

    A cell of ours may find its hue in a neighbour, too: the grids of a photo and of its crop cut
    the borders of things in other places.
    """
    strength, their_strength = np.linalg.norm(ours, axis=2), np.linalg.norm(theirs, axis=2)
    around = np.pad(theirs / np.maximum(their_strength, 1e-6)[..., None], ((1, 1), (1, 1), (0, 0)))
    height, width = inside.shape
    nearest = np.full(inside.shape, -np.inf)
    for y, x in _NEIGHBOURS:
        product = (ours * around[y : y + height, x : x + width]).sum(axis=2)
        np.maximum(nearest, product, out=nearest)
    coloured = inside & (np.minimum(strength, their_strength) > _COLOURED)
    return np.asarray(coloured & (nearest < strength * _SAME_HUE), np.bool_)


def _cast(ours: Floats, theirs: Floats, luma: Floats) -> Floats:
    """(2,): what was added to Cb and Cr for each level of luma, beside one change of saturation.

    Robust least squares (iteratively reweighted, Cauchy), from "nothing changed": what has another
    colour must not drag the cast along.
    """
    factor, cast = 1.0, np.zeros(2)
    unknowns = np.zeros((2 * len(luma), 3))
    unknowns[:, 0] = ours.ravel()
    unknowns[0::2, 1] = unknowns[1::2, 2] = luma
    for _ in range(_ROUNDS):
        apart = np.linalg.norm(theirs - factor * ours - np.outer(luma, cast), axis=1)
        weight = np.repeat(1 / (1 + (apart / _NEAR) ** 2), 2)
        normal = unknowns.T @ (unknowns * weight[:, None]) + 1e-6 * np.eye(3)
        factor, *both = np.linalg.solve(normal, unknowns.T @ (weight * theirs.ravel()))
        factor, cast = max(factor, 0.0), np.clip(both, -_MOST_CAST, _MOST_CAST)
    return np.asarray(cast, np.float64)


def _chroma(cells_of: Cells) -> Floats:
    """(..., 2): Cb and Cr around zero."""
    return cells_of[..., 1:].astype(np.float64) - 128
