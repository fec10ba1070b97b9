"""Pixels in whatever mode a decoder gives them -> 8-bit RGB or grey, upright."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dupfinder.model import Orientation
from dupfinder.protocols import CHROMA_SIDE, THUMBNAIL_SIDE, Chroma, Picture

_MID_GREY = 128

_TRANSPOSITIONS = {
    Orientation.TURNED_90: Image.Transpose.ROTATE_90,
    Orientation.TURNED_180: Image.Transpose.ROTATE_180,
    Orientation.TURNED_270: Image.Transpose.ROTATE_270,
    Orientation.MIRRORED: Image.Transpose.FLIP_LEFT_RIGHT,
    Orientation.MIRRORED_90: Image.Transpose.TRANSVERSE,
    Orientation.MIRRORED_180: Image.Transpose.FLIP_TOP_BOTTOM,
    Orientation.MIRRORED_270: Image.Transpose.TRANSPOSE,
}


def oriented(pixels: NDArray[Any], turn: Orientation) -> NDArray[Any]:
    """The array (height, width, ...) brought into `turn`; see `Orientation`."""
    turned = np.rot90(pixels, turn.quarter_turns)
    return np.ascontiguousarray(turned[:, ::-1] if turn.is_mirrored else turned)


def is_deep(mode: str) -> bool:
    """Whether pictures of this mode hold one channel of more than eight bits."""
    return mode in ("I", "F") or mode.startswith("I;16")


def flattened(image: Image.Image, factor: int, *, colour: bool) -> Image.Image:
    """In 8-bit RGB, or grey if it came so and no `colour` is asked for; alpha over mid-grey.

    With a `factor` above 1 both sides are divided by it, area-averaged.
    """
    if is_deep(image.mode):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    elif image.has_transparency_data:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, (_MID_GREY, _MID_GREY, _MID_GREY, 255))
        image = Image.alpha_composite(ground, rgba)
    # Converting what needs no conversion would copy it.
    if image.mode != "RGB" and (colour or image.mode != "L"):
        image = image.convert("RGB")
    return image.reduce(factor) if factor > 1 else image


def upright(image: Image.Image, turn: Orientation) -> Image.Image:
    """The picture brought into `turn`, as `oriented` brings an array."""
    transposition = _TRANSPOSITIONS.get(turn)
    return image if transposition is None else image.transpose(transposition)


def picture_of(image: Image.Image, width: int, height: int, *, colour: bool) -> Picture:
    """What is looked at of a flattened, upright picture of `width` by `height` pixels."""
    luma = image if image.mode == "L" else image.convert("L")  # ITU-R 601
    # Area-averaged, so that a hash hardly depends on the scale of the decode.
    square = luma.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
    rgb = np.asarray(image) if colour else None
    chroma = _chroma(image) if colour else None
    return Picture(np.asarray(luma), np.asarray(square), width, height, rgb, chroma)


def _chroma(image: Image.Image) -> Chroma:
    """Cb and Cr (ITU-R 601, as in JPEG) of the means of the cells of a square grid."""
    cells = image.resize((CHROMA_SIDE, CHROMA_SIDE), Image.Resampling.BOX)
    return np.ascontiguousarray(np.asarray(cells.convert("YCbCr"))[..., 1:])


def _eight_bits(deep: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale 16 bits by their whole range, others from zero (or a lower value) to the highest."""
    if fits_sixteen_bits(deep):
        return (deep // 257).astype(np.uint8)
    values = np.nan_to_num(deep.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    return np.asarray((values - low) * (255 / ((high - low) or 1)), dtype=np.uint8)


def fits_sixteen_bits(deep: NDArray[Any]) -> bool:
    """Decoders differ in whether 16 bits come as such or as 32; the values are what counts."""
    return bool(
        deep.dtype.kind in "iu" and deep.min(initial=0) >= 0 and deep.max(initial=0) <= 0xFFFF
    )
