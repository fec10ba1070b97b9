"""A decoded picture -> a digest that only the same pixels share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray
from PIL import Image

from dupfinder.decode import jxl, pam
from dupfinder.decode.exif import Exif, read_exif
from dupfinder.decode.pixels import fits_sixteen_bits, is_deep, oriented
from dupfinder.decode.sniff import AVIF, GIF, HEIF, JPEG_2000, JPEG_XL, PAM, PNG, PNM, TIFF, Kind

_BITS_PER_SAMPLE = 258
# Modes that RGB, or RGBA where there is transparency, holds without loss.
_AS_RGB = ("1", "L", "P", "RGB", "PA", "LA", "RGBA", "RGBX")


def pixel_digest(image: Image.Image, data: bytes, kind: Kind) -> tuple[bytes, Exif]:
    """Load an opened picture; BLAKE3 of size, kind, colour profile and values of its pixels.

    Where the file holds more than its decoded pixels, the bytes of the whole file count instead, so
    that nothing which lacks the rest ever passes for equal: further frames or pages, channels of
    more than eight bits that the decoder cuts down, or what a camera's sensor saw.
    """
    more = kind.is_raw or _has_frames(image, data, kind) or _loses_bits(image, data, kind)
    image.load()
    exif = read_exif(image)
    if more:
        return blake3(b"file").update(data).digest(), exif
    mode, pixels = _values(image)
    shown = oriented(pixels, exif.turn)
    profile = blake3(image.info.get("icc_profile") or b"").digest()
    head = f"{mode}{shown.shape}".encode() + profile
    return blake3(head).update(shown.data.cast("B")).digest(), exif


def _has_frames(image: Image.Image, data: bytes, kind: Kind) -> bool:
    """Only for GIF it takes a walk through the whole file to know; there the answer is maybe."""
    if kind is JPEG_XL:
        header = jxl.header(data)
        return header is None or header.is_film
    if kind is PAM:
        return pam.goes_on(data)
    return kind is GIF or bool(getattr(image, "is_animated", False))


def _values(image: Image.Image) -> tuple[str, NDArray[Any]]:
    """The pixels in the one form that all modes of the same content share, and its name."""
    if is_deep(image.mode):
        deep = np.asarray(image)
        form = "<u2" if fits_sixteen_bits(deep) else deep.dtype.newbyteorder("<").str
        return form, deep.astype(form, copy=False)
    if image.mode not in _AS_RGB:
        return image.mode, np.asarray(image)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    pixels = np.asarray(image if image.mode == mode else image.convert(mode))
    if pixels.shape[2] == 4 and pixels[..., 3].min(initial=255) == 255:
        pixels = pixels[..., :3]
    return "rgb", pixels


def _loses_bits(image: Image.Image, data: bytes, kind: Kind) -> bool:
    """Whether the decoder reduces channels of more than eight bits, as Pillow does for colour."""
    if is_deep(image.mode):
        return False
    return max(_bits_per_channel(image, data, kind), default=8) > 8


def _bits_per_channel(image: Image.Image, data: bytes, kind: Kind) -> Iterable[int]:
    """What the file's header says, for the formats that can have more than eight."""
    if kind is PNG:
        return data[24:25]  # IHDR always comes first
    if kind is PNM:
        tiles: Any = getattr(image, "tile", [])
        arguments = tiles[0].args  # raw mode, with the largest value where that is not 255
        return [arguments[1].bit_length()] if isinstance(arguments, tuple) else []
    if kind is TIFF:
        tags: Any = getattr(image, "tag_v2", {})
        return tuple(tags.get(_BITS_PER_SAMPLE, ()))
    if kind is HEIF:
        return [image.info.get("bit_depth", 8)]
    read = _BITS.get(kind)
    return read(data) if read is not None else []


def _jpeg_xl_bits(data: bytes) -> Iterable[int]:
    header = jxl.header(data)
    return [] if header is None else [header.bits]


def _avif_bits(data: bytes) -> Iterable[int]:
    """From the AV1 codec configuration box: `high_bitdepth` is the second bit of its third byte."""
    at = data.find(b"av1C")
    flags = data[at + 6] if 0 <= at < len(data) - 6 else 0
    return [10 if flags & 0x40 else 8]


def _jpeg_2000_bits(data: bytes) -> Iterable[int]:
    """From the codestream's SIZ segment: bits less one of each component, and whether signed."""
    at = data.find(b"\xff\x4f\xff\x51")
    components = int.from_bytes(data[at + 40 : at + 42], "big")
    return [(byte & 0x7F) + 1 for byte in data[at + 42 : at + 42 + 3 * components : 3]]


# Of formats whose decoder does not tell.
_BITS: dict[Kind, Callable[[bytes], Iterable[int]]] = {
    AVIF: _avif_bits,
    JPEG_XL: _jpeg_xl_bits,
    JPEG_2000: _jpeg_2000_bits,
    PAM: lambda data: [pam.bits(data)],
}
