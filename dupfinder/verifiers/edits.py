"""What turned one verified photo into the other, read from the transform between them."""

from __future__ import annotations

from collections.abc import Iterator
from math import atan2, degrees

import numpy as np

from dupfinder.model import Edit, Evidence, Photo, Relation
from dupfinder.verifiers.transforms import Matrix, jacobian

_SAME_SIZE = 0.015  # a size counts as changed beyond this share
_WHOLE = 0.97  # a picture that is shown to this share is shown whole
_PART = 0.85  # below this share of the larger picture the smaller one shows only a part of it
_SAME_TONE = 6.0  # grey levels: re-encoding alone stays below
_STRAIGHT = 0.7  # degrees


def edits(base: Photo, copy: Photo, evidence: Evidence) -> tuple[Edit, ...]:
    """The edits that lead from `base` to `copy`; the transform in `evidence` does the same."""
    if evidence.transform is None:
        return ()
    return tuple(_edits(base, copy, evidence, np.reshape(evidence.transform, (3, 3))))


def relation(base: Photo, found: tuple[Edit, ...]) -> Relation:
    """PART where one of two verified photos shows clearly less of the picture, COPY otherwise.

    What is cut off may be all that mattered: a plan never touches a part. A frame is no picture.
    """
    framed = base.inner != (base.width, base.height)
    for edit in found:
        loses = edit.kind == "extended" or (edit.kind == "cropped" and not framed)
        if loses and edit.amount is not None and edit.amount < _PART:
            return Relation.PART
    return Relation.COPY


def _edits(base: Photo, copy: Photo, evidence: Evidence, matrix: Matrix) -> Iterator[Edit]:
    yield Edit("re-encoded")
    middle = jacobian(matrix, base.width / 2, base.height / 2)
    if np.linalg.det(middle) < 0:
        yield Edit("mirrored")
        middle = middle @ np.diag([-1.0, 1.0])
    yield from _turn(middle)
    across, along = np.linalg.norm(middle, axis=0)
    factor = float(np.sqrt(across * along))
    if abs(factor - 1) > _SAME_SIZE:
        yield Edit("resized", round(factor, 3))
    if abs(across / along - 1) > 2 * _SAME_SIZE:
        yield Edit("stretched", round(float(across / along), 3))
    yield from _frame(base, copy, factor, evidence)
    if evidence.tone is not None and evidence.tone > _SAME_TONE:
        yield Edit("toned", evidence.tone)


def _turn(middle: Matrix) -> Iterator[Edit]:
    """Quarter turns counter-clockwise, and what is left as a tilt."""
    angle = degrees(atan2(-middle[1, 0], middle[0, 0]))
    quarters = round(angle / 90)
    if quarters % 4:
        yield Edit("turned", 90.0 * (quarters % 4))
    tilt = angle - 90 * quarters
    if abs(tilt) > _STRAIGHT:
        yield Edit("tilted", round(tilt, 1))


def _frame(base: Photo, copy: Photo, factor: float, evidence: Evidence) -> Iterator[Edit]:
    """Which of the two shows more, by the areas and the share that both show."""
    if evidence.overlap is None:
        return
    of_copy = base.width * base.height * factor**2 / (copy.width * copy.height)
    if of_copy > 1 / _WHOLE:
        yield Edit("cropped", round(min(1.0, evidence.overlap / of_copy), 3))
    elif of_copy < _WHOLE:
        framed = copy.inner != (copy.width, copy.height)
        yield Edit("framed" if framed else "extended", round(of_copy, 3))
