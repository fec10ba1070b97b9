"""What a verified copy and its original differ in, beside the transform between them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.decode.borders import inner_box
from dupfinder.model import CandidatePair, Evidence, Sides, Transform
from dupfinder.protocols import GreyImage, Looks
from dupfinder.verifiers.colour import cells, hue, saturation
from dupfinder.verifiers.detail import detail_between
from dupfinder.verifiers.overlap import Aligned, aligned
from dupfinder.verifiers.polygons import area, clipped, outline
from dupfinder.verifiers.residual import RESIDUAL_SIDE, is_suspect, shade, written
from dupfinder.verifiers.thumbnails import ThumbnailVerifier
from dupfinder.verifiers.transforms import Matrix, to_views

_NOTHING: Sides = (0.0, 0.0)
_NOWHERE: Sides = (1.0, 1.0)
_FLAT = 10  # grey levels around the commonest one: a frame, JPEG noise included
_EDGE = 4  # pixels around the other picture where the two blend
_JPEG_BLOCK = 8  # pixels
_FEW_CELLS = 4
_HARDLY_ANY = 0.01  # of the picture


def surveyed(pair: CandidatePair, evidence: Evidence, looks: Looks) -> Evidence:
    """The evidence with `beyond`, `saturation` and `hue`: what may yet speak against a copy.

    `evidence.transform` must be set.
    """
    transform = evidence.transform
    assert transform is not None
    around = _NOWHERE
    if evidence.verifier != ThumbnailVerifier.name:
        around = _beyond(pair, transform, looks)
    return _coloured(pair, replace(evidence, beyond=around), transform, looks)


def explained(pair: CandidatePair, evidence: Evidence, looks: Looks) -> Evidence:
    """The evidence on a copy with `written`, `detail` and a finer `tone`: what was done to it.

    `evidence.transform` must be set. Where the thumbnails of whole pictures agreed, the pictures
    are looked at again only if the thumbnails hint at something small that was put over one.
    """
    transform = evidence.transform
    assert transform is not None
    over = _NOTHING
    if evidence.verifier == ThumbnailVerifier.name:
        both = _thumbnails(pair, transform, looks)
        if both is not None and is_suspect(both.left, both.right):
            over = _over(_views(pair, transform, looks))
    else:
        both = _views(pair, transform, looks)
        over = _over(both)
    fineness = detail_between(pair.left, pair.right, transform, looks.closer)
    told = replace(evidence, written=over, detail=fineness)
    if both is not None:
        told = replace(told, tone=shade(both.left, both.right, both.mask))
    return told


def _thumbnails(pair: CandidatePair, transform: Transform, looks: Looks) -> Aligned | None:
    left, right = looks.thumbnail(pair.left), looks.thumbnail(pair.right)
    return aligned(left, right, _between(pair, left, right, transform), len(right))


def _views(pair: CandidatePair, transform: Transform, looks: Looks) -> Aligned | None:
    """Without frames and bars: what is under them is covered, not written over."""
    left, right = looks.grey(pair.left), looks.grey(pair.right)
    matrix = _between(pair, left, right, transform)
    (left, from_left), (right, from_right) = _inside(left), _inside(right)
    matrix = np.linalg.inv(from_right) @ matrix @ from_left
    return aligned(left, right, matrix, RESIDUAL_SIDE, enlarge=False)


def _over(both: Aligned | None) -> Sides:
    return _NOTHING if both is None else written(both.left, both.right, both.mask)


def _inside(view: GreyImage) -> tuple[GreyImage, Matrix]:
    """The view without its flat border and the ringing there, and the way back to the whole."""
    box = inner_box(view)
    back = np.eye(3)
    if box is None or min(view[box].shape) < 4 * _JPEG_BLOCK:
        return view, back
    rows, columns = (_shaved(part, side) for part, side in zip(box, view.shape, strict=True))
    back[0, 2], back[1, 2] = columns.start, rows.start
    return np.ascontiguousarray(view[rows, columns]), back


def _shaved(part: slice, side: int) -> slice:
    """A block of JPEG less where something was trimmed: it holds the edge of the border."""
    return slice(
        part.start + _JPEG_BLOCK * (part.start > 0), part.stop - _JPEG_BLOCK * (part.stop < side)
    )


def _beyond(pair: CandidatePair, transform: Transform, looks: Looks) -> Sides:
    left, right = looks.grey(pair.left), looks.grey(pair.right)
    matrix = _between(pair, left, right, transform)
    back = np.asarray(np.linalg.inv(matrix), np.float64)
    return _flat_around(left, right, back), _flat_around(right, left, matrix)


def _flat_around(view: GreyImage, other: GreyImage, matrix: Matrix) -> float:
    """The share of one grey in what `view` shows beyond `other`, brought there by `matrix`."""
    quad = outline(other.shape[1], other.shape[0], matrix)
    if area(clipped(quad, view.shape[1], view.shape[0])) >= (1 - _HARDLY_ANY) * view.size:
        return 1.0
    full = np.full(other.shape, 255, np.uint8)
    shown = cv2.warpPerspective(full, matrix, view.shape[::-1], flags=cv2.INTER_NEAREST)
    around = view[shown == 0]
    if around.size < _HARDLY_ANY * view.size:
        return 1.0
    # The two blend at their edge; a strip thinner than that counts as it is.
    wider = cv2.dilate(shown, np.ones((2 * _EDGE + 1, 2 * _EDGE + 1), np.uint8))
    if (wider == 0).sum() >= _HARDLY_ANY * view.size:
        around = view[wider == 0]
    counts = np.bincount(around, minlength=256)
    near = np.convolve(counts, np.ones(2 * _FLAT + 1, np.int64), mode="same")
    return round(float(near.max() / around.size), 4)


def _coloured(
    pair: CandidatePair, evidence: Evidence, transform: Transform, looks: Looks
) -> Evidence:
    chroma = looks.chroma(pair.left), looks.chroma(pair.right)
    if chroma[0] is None or chroma[1] is None:
        return evidence
    left = cells(looks.thumbnail(pair.left), chroma[0])
    right = cells(looks.thumbnail(pair.right), chroma[1])
    matrix = _between(pair, left, right, transform)
    both = aligned(left, right, matrix, len(right), enlarge=False)
    if both is None:
        return evidence
    mask = both.mask
    if evidence.verifier != ThumbnailVerifier.name and min(mask.shape) > _FEW_CELLS:
        # The outermost cells hold something of a frame, or of what only one of the two shows.
        mask = np.pad(mask[1:-1, 1:-1], 1)
    return replace(
        evidence,
        saturation=saturation(both.left, both.right, mask),
        hue=hue(both.left, both.right, mask),
    )


def _between(
    pair: CandidatePair, left: NDArray[np.uint8], right: NDArray[np.uint8], transform: Transform
) -> Matrix:
    """The transform between two pictures of the photos, whatever their size."""
    return to_views(
        transform,
        (pair.left, left.shape[1], left.shape[0]),
        (pair.right, right.shape[1], right.shape[0]),
    )
