"""Which of two verified photos was made from the other, where one shows only a part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dupfinder.model import Edit, Evidence, Photo, Transform
from dupfinder.verifiers.polygons import outline
from dupfinder.verifiers.transforms import inverse

# A photo that another one shows with so many fewer pixels a side was not cut from that one, and a
# crop that is so much coarser than the photo there is not what the photo was pasted from.
_COARSER = 0.9

Region = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Descent:
    """Whether the left photo is the derived one, or the right; the rest as in `families.Link`."""

    left_is_derived: bool
    is_container: bool
    region: Region = ()


def descent(left: Photo, right: Photo, evidence: Evidence, found: Iterable[Edit]) -> Descent | None:
    """How one of two photos that show a part of each other came from the other.

    The one that shows less was cut from the other, unless the other one holds it shrunk, among
    other content, as a screenshot or a collage does; so does one that shows both more and less, and
    one that lacks what the camera wrote into the other. A crop that was enlarged later cannot be
    told from the original of a container, nor a container at full size from the original of a crop.

    Args:
        found: the edits that lead from left to right.
    """
    if evidence.transform is None:
        return None
    amounts = {edit.kind: edit.amount or 1.0 for edit in found}
    kept, shown = amounts.get("cropped", 1.0), amounts.get("extended", 1.0)
    if max(kept, shown) < 1.0:
        # Each shows something else beside: a collage, of which the photo is the lesser part.
        return Descent(left_is_derived=kept < shown, is_container=True)
    right_is_small = kept <= shown
    factor = amounts.get("resized", 1.0)
    fineness = 1 / factor if right_is_small else factor  # of the large one against the small one
    small, large = (right, left) if right_is_small else (left, right)
    if fineness < _COARSER or (small.camera and not large.camera):
        return Descent(left_is_derived=right_is_small, is_container=True)
    region: Region = ()
    if fineness <= 1 / _COARSER:
        transform = inverse(evidence.transform) if right_is_small else evidence.transform
        region = _outline(small, transform)
    return Descent(left_is_derived=not right_is_small, is_container=False, region=region)


def _outline(small: Photo, transform: Transform) -> Region:
    """Where the small one lies in the large one."""
    corners = outline(small.width, small.height, np.reshape(transform, (3, 3)))
    return tuple((float(x), float(y)) for x, y in corners)
