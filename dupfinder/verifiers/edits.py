"""What turned one verified photo into the other, read from the transform and the residual.

The kinds of edits, with their amounts:

    re-encoded      always
    mirrored        left to right, before it was turned
    turned          by 90, 180 or 270 degrees, counter-clockwise
    tilted          by up to 45 degrees, counter-clockwise
    perspective     seen at an angle, or sheared; may be tilted or stretched as well
    resized         the factor of a side
    stretched       the factor of the width over that of the height
    cropped         the share of the area of the base that was kept
    extended        the share of the area of the copy that the base is: a screenshot, a collage, or
                    the base is a crop of the copy
    framed          the same, where all beyond the base is of one grey
    letterboxed     the same, on two opposite sides only
    unframed        the share of the area of the base that its frame or bars left
    written over    the share of the overlap that text or a sticker takes on the copy
    cleaned         the same on the base: the copy is without
    toned           the mean difference in grey levels
    grey            the copy has lost its colours
    coloured        the base has none
    recoloured      the factor of the saturation: vivid, faded, tinted
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dupfinder.model import Edit, Evidence, Photo, Relation, Transform
from dupfinder.verifiers.polygons import Box, common_areas, outline
from dupfinder.verifiers.transforms import Motion, inverse, taken_apart

_SAME_SIZE = 0.015  # a size counts as changed beyond this share
_SAME_SHAPE = 0.04  # as exact as crops to a third of the area tell it
_STRAIGHT = 0.8  # degrees
_BENT = 0.012  # of the diagonal
_ALL = 0.97  # a picture of which the other one shows this share is not cut
_PART = 5 / 6  # below this share of the larger picture the smaller one shows only a part of it
_ALL_FLAT = 0.98  # of what lies beyond: frames and bars reach 1, plain walls 0.97
_BORDER = 0.03  # of a side: what is less wide is no border
_OFF = 0.01  # of a side: two that differ by less in place lie over each other
_BAR = 0.01  # of a side
_SAME_TONE = 3.0  # grey levels: everything but toning stays below
# A dark exposure differs little from an even darker one; re-encoding at fair quality differs less.
_SAME_EXPOSURE = 1.5
_ANOTHER_EXPOSURE = 15.0  # from here on the tone alone changes how strong the colours are
_SAME_STRUCTURE = 0.95  # agreement: 99 of 100 copies of the same size and tone stay above
_COARSE = 90.0  # mean step of the quantization tables, about JPEG quality 30: structure is lost
_NO_COLOUR, _SOME_COLOUR = 1.0, 2.5  # chroma
# Chroma; and no less than the tone: what is brighter has stronger colours, but not by as much.
_SAME_COLOUR = 2.5


def edits(base: Photo, copy: Photo, evidence: Evidence) -> tuple[Edit, ...]:
    """The edits that lead from `base` to `copy`; the transform in `evidence` does the same."""
    if evidence.transform is None:
        return ()
    motion = taken_apart(evidence.transform, base.width, base.height)
    return (
        Edit("re-encoded"),
        *_moved(motion),
        *_cut(base, copy, evidence, motion),
        *_written(evidence),
        *_toned(evidence),
        *_coloured(evidence),
    )


def relation(base: Photo, found: tuple[Edit, ...]) -> Relation:
    """PART where one of two verified photos shows clearly less of the picture, COPY otherwise.

    What is cut off may be all that mattered: a plan never touches a part. A frame is no picture.
    """
    inside = base.pixels / (base.width * base.height) if min(_border(base)) > _BORDER else 1.0
    amounts = {edit.kind: edit.amount or 1.0 for edit in found}
    least = min(amounts.get("cropped", 1.0) / inside, amounts.get("extended", 1.0))
    return Relation.PART if least < _PART else Relation.COPY


def is_doubtful(base: Photo, copy: Photo, evidence: Evidence) -> bool:
    """Whether a copy may as well be another exposure of the view, as from a tripod.

    Such exposures agree in all their pixels but for the tone, or for the noise. So this is about
    pairs of one size and frame that have kept their colours and differ in tone, or in a structure
    that no coarse compression has taken, and of which not both say when they were taken: where both
    do, other moments have been found out before.
    """
    if base.taken_at is not None and copy.taken_at is not None:
        return False
    if evidence.transform is None or not _differ(base, copy, evidence):
        return False
    if (base.width, base.height) != (copy.width, copy.height):
        return False
    kinds = {edit.kind for edit in edits(base, copy, evidence)}
    if "toned" in kinds:  # something may have moved meanwhile, and look as if it were put there
        kinds -= {"written over", "cleaned"}
    if (evidence.tone or 0.0) > _ANOTHER_EXPOSURE:  # what is dark has hardly any colour left
        kinds -= {"grey", "coloured", "recoloured"}
    return kinds <= {"re-encoded", "toned"}


def _differ(base: Photo, copy: Photo, evidence: Evidence) -> bool:
    """Whether the pixels differ by more than saving a photo once more explains."""
    if (evidence.tone or 0.0) >= _SAME_EXPOSURE:
        return True
    coarse = max(base.quantization or 0.0, copy.quantization or 0.0) > _COARSE
    return not coarse and (evidence.agreement or 1.0) < _SAME_STRUCTURE


def _moved(motion: Motion) -> Iterator[Edit]:
    bent = motion.bend > _BENT
    if motion.mirrored:
        yield Edit("mirrored")
    if motion.quarters:
        yield Edit("turned", 90.0 * motion.quarters)
    if bent:
        yield Edit("perspective")
    elif abs(motion.tilt) > _STRAIGHT:
        yield Edit("tilted", round(motion.tilt, 1))
    factor, shape = _factor(motion), motion.across / motion.along
    if abs(factor - 1) > _SAME_SIZE:
        yield Edit("resized", round(factor, 3))
    if abs(shape - 1) > _SAME_SHAPE and not bent:
        yield Edit("stretched", round(shape, 3))


def _factor(motion: Motion) -> float:
    return float(np.sqrt(motion.across * motion.along))


def _cut(base: Photo, copy: Photo, evidence: Evidence, motion: Motion) -> Iterator[Edit]:
    """What each shows beyond the other: a crop, a frame, other content."""
    extent = _extent(base, copy, evidence)
    # The ground around a tilted picture is part of the tilt.
    straight = abs(motion.tilt) <= _STRAIGHT and motion.bend <= _BENT
    if extent.kept < _ALL and not extent.unframed:
        yield Edit("cropped", round(extent.kept, 3))
    elif extent.kept < _ALL and straight:
        yield Edit("unframed", round(extent.kept, 3))
    if extent.shown < _ALL and not extent.framed:
        yield Edit("extended", round(extent.shown, 3))
    elif extent.shown < _ALL and straight:
        bars = _are_bars(base, copy, evidence)
        yield Edit("letterboxed" if bars else "framed", round(extent.shown, 3))


@dataclass(frozen=True, slots=True)
class _Extent:
    """The shares of base and copy that the other one shows, and whether only a frame is beyond."""

    kept: float
    shown: float
    unframed: bool = False
    framed: bool = False


def _extent(base: Photo, copy: Photo, evidence: Evidence) -> _Extent:
    transform = evidence.transform
    assert transform is not None
    flat = evidence.beyond or (0.0, 0.0)
    extent = _seen(base, copy, (_whole(base), _whole(copy)), transform)
    if extent.kept < _ALL and flat[0] >= _ALL_FLAT:
        extent = replace(extent, unframed=True)
    if extent.shown < _ALL and flat[1] >= _ALL_FLAT:
        extent = replace(extent, framed=True)
    if (extent.framed and extent.kept >= _ALL) or (extent.unframed and extent.shown >= _ALL):
        return extent
    if _hides(copy, base, transform):
        return replace(_seen(base, copy, (_whole(base), _inner(copy)), transform), framed=True)
    if _hides(base, copy, inverse(transform)):
        return replace(_seen(base, copy, (_inner(base), _whole(copy)), transform), unframed=True)
    return extent


def _seen(base: Photo, copy: Photo, boxes: tuple[Box, Box], transform: Transform) -> _Extent:
    of_base, of_copy = common_areas(*boxes, transform)
    kept, shown = of_base / (base.width * base.height), of_copy / (copy.width * copy.height)
    return _Extent(min(1.0, kept), min(1.0, shown))


def _hides(framed: Photo, other: Photo, to_framed: Transform) -> bool:
    """Whether a frame hides some of what the other one shows: cropped first, then framed.

    The transform alone would say that little was cut. A border all around that the other one has
    not is a frame, unless the two lie exactly over each other: toning or noise reduction may have
    made a ground flat.
    """
    wider = np.subtract(_border(framed), _border(other))
    if wider.min() < _BORDER:
        return False
    quad = outline(other.width, other.height, np.reshape(to_framed, (3, 3)))
    ends = np.concatenate([quad.min(axis=0), quad.max(axis=0)])
    within = (ends - _inner(framed)) * (1, 1, -1, -1)
    if (within > 0).any():
        return False
    return bool(np.abs(ends - _whole(framed)).max() > _OFF * max(framed.width, framed.height))


def _border(photo: Photo) -> tuple[float, float]:
    """The shares of width and height that a flat border takes."""
    return 1 - photo.inner[0] / photo.width, 1 - photo.inner[1] / photo.height


def _whole(photo: Photo) -> Box:
    return 0.0, 0.0, float(photo.width), float(photo.height)


def _inner(photo: Photo) -> Box:
    """What is inside the border, which is taken to be as wide on both sides."""
    x, y = (photo.width - photo.inner[0]) / 2, (photo.height - photo.inner[1]) / 2
    return x, y, photo.width - x, photo.height - y


def _are_bars(base: Photo, copy: Photo, evidence: Evidence) -> bool:
    """Whether the copy goes on beyond the base on two opposite sides only."""
    assert evidence.transform is not None
    quad = outline(base.width, base.height, np.reshape(evidence.transform, (3, 3)))
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    bar_x, bar_y = _BAR * copy.width, _BAR * copy.height
    across = (left > bar_x, copy.width - right > bar_x)
    along = (top > bar_y, copy.height - bottom > bar_y)
    return (all(across) and not any(along)) or (all(along) and not any(across))


def _written(evidence: Evidence) -> Iterator[Edit]:
    on_base, on_copy = evidence.written or (0.0, 0.0)
    if on_copy > 0:
        yield Edit("written over", round(on_copy, 3))
    if on_base > 0:
        yield Edit("cleaned", round(on_base, 3))


def _toned(evidence: Evidence) -> Iterator[Edit]:
    if evidence.tone is not None and evidence.tone > _SAME_TONE:
        yield Edit("toned", evidence.tone)


def _coloured(evidence: Evidence) -> Iterator[Edit]:
    if evidence.saturation is None:
        return
    before, after = evidence.saturation
    if after < _NO_COLOUR and before > _SOME_COLOUR:
        yield Edit("grey")
    elif before < _NO_COLOUR and after > _SOME_COLOUR:
        yield Edit("coloured")
    elif abs(after - before) > max(_SAME_COLOUR, evidence.tone or 0.0):
        yield Edit("recoloured", round(after / max(before, 1e-6), 3))
