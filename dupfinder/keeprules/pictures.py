"""Keep rules by what the comparisons say of the pictures themselves."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from dupfinder.model import Photo

if TYPE_CHECKING:  # numpy stays out of `import dupfinder`
    from dupfinder.keeprules.standing import Standing
    from dupfinder.protocols import KeepKey

# Sides: scales nearer than this to the best of the cluster count as the best.
_STEP = 1.2


class TrueResolution:
    """The photo that shows the scene larger wins; one that was enlarged counts as what it was.

    Of two with the same detail, the one that was enlarged loses. In steps of 1.2 along a side, from
    the best of the cluster downward: less cannot be told from an enlargement.
    """

    name = "true-resolution"

    def key(self, standing: Standing) -> KeepKey:
        steps = int(log(standing.best_scale / standing.true_scale) / log(_STEP) + 1e-9)
        return (max(0, steps), standing.enlarged)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        if lesser.enlarged:
            share = lesser.true_scale / lesser.scale
            return f"{_sides(lesser.photo)} pixels were enlarged from {_percent(share)} or less"
        share = lesser.scale / keeper.true_scale
        sides = f"{_sides(keeper.photo)} against {_sides(lesser.photo)} pixels"
        return f"{sides}, the same at {_percent(share)} of the size"


class NotEdited:
    """The photo that was cropped, framed, written over or otherwise spoilt in fewer ways wins."""

    name = "not-edited"

    def key(self, standing: Standing) -> KeepKey:
        return (len(standing.edited),)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        return f"the copy is {', '.join(sorted(lesser.edited - keeper.edited))}"


class MostPixels:
    """The larger picture wins; a frame around it does not count."""

    name = "most-pixels"

    def key(self, standing: Standing) -> KeepKey:
        return (-standing.pixels,)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        return f"{_inner_sides(keeper)} against {_inner_sides(lesser)} pixels"


def _percent(share: float) -> str:
    return f"{share * 100:.2g} %" if share < 0.1 else f"{share * 100:.0f} %"


def _sides(photo: Photo) -> str:
    return f"{photo.width}x{photo.height}"


def _inner_sides(standing: Standing) -> str:
    photo = standing.photo
    if standing.pixels == photo.width * photo.height:
        return _sides(photo)
    width, height = photo.inner
    return f"{width}x{height} (frame left out)"
