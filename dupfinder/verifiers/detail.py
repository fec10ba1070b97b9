"""Whether the larger of two copies shows more than the smaller one, or was only made larger.

Enlarging cannot make fine structure, and softens the finest that there is. The scale between two
verified copies is known, and so is the spatial frequency at which the smaller one ends (its Nyquist
frequency). An enlargement of it falls behind it just below that end and has next to nothing beyond;
the picture that it was reduced from does not fall behind, even if it is soft itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from dupfinder.model import Photo, Transform
from dupfinder.protocols import GreyImage
from dupfinder.verifiers.transforms import Matrix, inverse, jacobian

# The luma of a photo, its longer side at least so many pixels where the photo has them.
Look = Callable[[Photo, int], GreyImage]

# Of two whose sides differ by less, neither counts as the larger: too little lies between them.
_LEAST_FACTOR = 1.15
_REACH = 2.0  # the larger picture is looked at this many times larger than the smaller one
_SIDES = (64, 256)  # pixels of a window of the larger picture: from, to
_LEAST_SIDE = 24  # pixels of a window of the smaller one
_WINDOWS = 8
_STRAIGHT = 0.1  # of a turn's or tilt's scale: what may leak from one axis into the other
# Bands of frequencies, as shares of where the smaller picture ends.
_COARSE, _FINE = (0.3, 0.5), (0.8, 1.0)
_LOW = 0.3
_WITHIN, _BEYOND = (0.4, 0.7), (0.9, 1.2)
# What an enlargement has is less by this. Measured over enlargements of 1.25 to 2 by the usual
# kernels, saved as JPEG 75 and 90, against reductions saved as JPEG 50 to 95.
_TOLERANCE = 0.15
# True pictures go on beyond the end with about a tenth of the energy below it: log10 is -1.
_USUAL_FALL = -1.0
# Squared grey levels a coefficient: rounding alone makes 0.08, JPEG some more.
_TEXTURE = 1.0


def detail_between(left: Photo, right: Photo, transform: Transform, look: Look) -> float | None:
    """What `detail` says of two verified photos; `transform` leads from `left` to `right`.

    None also where only the larger one tells its camera: copies lose that and do not gain it.
    """
    middle = jacobian(np.reshape(transform, (3, 3)), left.width / 2, left.height / 2)
    if abs(np.linalg.det(middle)) > 1:
        left, right, transform = right, left, inverse(transform)
        middle = np.asarray(np.linalg.inv(middle), np.float64)
    factor = float(np.linalg.norm(middle, axis=0).min())
    if factor * _LEAST_FACTOR > 1 or (left.camera is not None and right.camera is None):
        return None
    larger = look(left, round(_REACH * factor * max(left.width, left.height)))
    smaller = look(right, max(right.width, right.height))
    matrix = _shrink(right, smaller) @ np.reshape(transform, (3, 3))
    return detail(larger, smaller, matrix @ np.linalg.inv(_shrink(left, larger)))


def detail(larger: GreyImage, smaller: GreyImage, matrix: Matrix) -> float | None:
    """How much of the fine structure that the smaller picture has, or cannot have, the larger has.

    The larger of two logarithms (base 10): of its energy just below where the smaller one ends, as
    against the smaller one's own; and of its energy beyond, as against what pictures usually have.

    Args:
        larger: luma, (h, w) uint8, at full size or reduced to about twice the smaller one.
        smaller: luma, (h, w) uint8, at full size.
        matrix: (3, 3) homography from pixels of `larger` to pixels of `smaller`.

    Returns:
        The median over the most textured windows that both show, shifted so that below 0 the larger
        one holds nothing that the smaller one has not. None where there is too little texture,
        where the sizes are too near, or the pictures are tilted against each other.
    """
    middle = np.abs(jacobian(matrix, larger.shape[1] / 2, larger.shape[0] / 2))
    turned = bool(middle[0, 1] > middle[0, 0])
    across, down = (middle[1, 0], middle[0, 1]) if turned else (middle[0, 0], middle[1, 1])
    leak = middle[0, 0] + middle[1, 1] if turned else middle[0, 1] + middle[1, 0]
    if min(across, down) * _LEAST_FACTOR > 1 or leak > _STRAIGHT * (across + down):
        return None
    scale = (float(down), float(across))
    reduced = scale[0] * _LEAST_FACTOR <= 1, scale[1] * _LEAST_FACTOR <= 1
    found = []
    for window, same in _windows(larger, smaller, matrix, scale, turned):
        ours, theirs = _energy(window, scale, reduced), _energy(same, (1.0, 1.0), reduced)
        if min(ours.within, theirs.within) >= _TEXTURE:
            found.append(max(ours.fine - theirs.fine, ours.beyond - _USUAL_FALL))
    return round(float(np.median(found)) + _TOLERANCE, 3) if found else None


@dataclass(frozen=True, slots=True)
class _Energy:
    """Of a window: its mean energy a coefficient, and how two bands lie above another, in log10."""

    within: float
    fine: float
    beyond: float


def _energy(window: GreyImage, end: tuple[float, float], reduced: tuple[bool, bool]) -> _Energy:
    """`end` is where the smaller picture ends, down and across, as shares of the Nyquist frequency.

    An axis along which it is not `reduced` tells nothing: only its low frequencies are looked at.
    """
    pixels = window.astype(np.float32)
    energy = np.square(cv2.dct(pixels - pixels.mean()))
    down, across = (
        np.arange(side) / side / limit if telling else np.where(np.arange(side) < _LOW * side, 0, 9)
        for side, limit, telling in zip(window.shape, end, reduced, strict=True)
    )
    frequency = np.maximum(down[:, None], across[None, :])

    def level(band: tuple[float, float]) -> float:
        inside = energy[(frequency >= band[0]) & (frequency < band[1])]
        return float(np.log10(inside.mean() + 1e-3)) if inside.size else 0.0

    within = level(_WITHIN)
    return _Energy(10**within, level(_FINE) - level(_COARSE), level(_BEYOND) - within)


def _windows(
    larger: GreyImage, smaller: GreyImage, matrix: Matrix, scale: tuple[float, float], turned: bool
) -> Iterator[tuple[GreyImage, GreyImage]]:
    """The most textured windows of the larger picture, each with what the smaller one has there.

    The second is transposed where that is needed; mirroring does not change its energies.
    """
    # Small enough that some lie inside what both show, large enough to tell frequencies apart.
    side_down, side_across = (
        _even(min(max(side / 4, _SIDES[0]), _SIDES[1], side)) for side in larger.shape
    )
    size = (_even(side_down * scale[0]), _even(side_across * scale[1]))
    if min(size) < _LEAST_SIDE:
        return
    found = []
    for y in _starts(larger.shape[0], side_down):
        for x in _starts(larger.shape[1], side_across):
            same = _around(
                smaller, _moved(matrix, x + side_across / 2, y + side_down / 2), size, turned
            )
            if same is not None:
                found.append((larger[y : y + side_down, x : x + side_across], same))
    found.sort(key=lambda both: _steepness(both[0]), reverse=True)
    yield from found[:_WINDOWS]


def _even(length: float) -> int:
    """Rounded down: OpenCV transforms even lengths only."""
    return int(length / 2) * 2


def _starts(length: int, side: int) -> range:
    """Where windows of a side begin that lie next to each other, in the middle of the length."""
    first = length % side // 2
    return range(first, length - side + 1, side)


def _moved(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    u, v, w = matrix @ np.array([x, y, 1.0])
    return float(u / w), float(v / w)


def _around(
    picture: GreyImage, centre: tuple[float, float], size: tuple[int, int], turned: bool
) -> GreyImage | None:
    """The window (h, w) = `size` around x and y, transposed if `turned`; None if it sticks out.

    One pixel of rounding is allowed.
    """
    if turned:
        picture, centre = picture.T, centre[::-1]
    slack = (picture.shape[0] - size[0], picture.shape[1] - size[1])
    y, x = round(centre[1] - size[0] / 2), round(centre[0] - size[1] / 2)
    if not (-1 <= y <= slack[0] + 1 and -1 <= x <= slack[1] + 1) or min(slack) < 0:
        return None
    y, x = min(max(y, 0), slack[0]), min(max(x, 0), slack[1])
    return picture[y : y + size[0], x : x + size[1]]


def _steepness(window: GreyImage) -> float:
    """Mean step between neighbours, at every eighth pixel: enough to find texture."""
    seen = window[::4, ::2]
    return float(cv2.absdiff(seen[:, 1:], seen[:, :-1]).mean())


def _shrink(photo: Photo, grey: GreyImage) -> Matrix:
    """From pixels of a photo at full size to pixels of a look at it."""
    return np.diag([grey.shape[1] / photo.width, grey.shape[0] / photo.height, 1.0])
