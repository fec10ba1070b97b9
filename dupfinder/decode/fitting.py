"""Pixels of a decoded picture at another size, for whom the size matters."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_FILTERS: Final = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resized(
    rgb: NDArray[np.uint8], height: int, width: int, interpolation: str
) -> NDArray[np.uint8]:
    """(height, width, 3) uint8; `interpolation` is Pillow's, which looks at all pixels it shrinks.

    Args:
        rgb: (h, w, 3) uint8.
        interpolation: nearest, box, bilinear, bicubic or lanczos.
    """
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.asarray(Image.fromarray(rgb).resize((width, height), _FILTERS[interpolation]))
