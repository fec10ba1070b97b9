"""JPEG files (ITU-T T.81): their structure without decoding, and their pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import simplejpeg
from blake3 import blake3
from PIL import Image

_SOF0, _RST0, _EOI, _SOS = 0xC0, 0xD0, 0xD9, 0xDA
_LOSSLESS, _HIERARCHICAL = 0xC3, (0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF)
_FRAMES = (0xC0, 0xC1, 0xC2, _LOSSLESS, 0xC9, 0xCA, 0xCB, *_HIERARCHICAL)
_APP0, _APP2, _APP14, _APP15, _COM = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
# A shorter one, or one with another name, is no JFIF header to libjpeg.
_JFIF, _JFIF_LENGTH = b"JFIF\0", 14
_ICC = b"ICC_PROFILE\0"
# What libjpeg is asked for, by what Pillow calls it.
_SPACES = {"L": "GRAY", "RGB": "RGB"}


def scaled(image: Image.Image, data: bytes) -> tuple[Image.Image, str | None]:
    """The pixels of an opened JPEG at the scale that was drafted, and what is damaged in it.

    The same pixels that Pillow would give, by the same library; but that goes on over damage
    without a word, as long as the file does not end.

    Raises:
        OSError: if the file ends too early, or cannot be decoded.
    """
    damage = None
    space = _SPACES.get(image.mode)
    if space is not None:
        try:
            return _decoded(image, data, space, strict=True), None
        except ValueError as complaint:
            damage = _confirmed(image, data, space, str(complaint))
    image.load()
    return image, damage


def _confirmed(image: Image.Image, data: bytes, space: str, complaint: str) -> str | None:
    """What libjpeg complains of, if it goes on; else it knows less of this file than Pillow."""
    try:
        _decoded(image, data, space, strict=False)
    except ValueError:
        return None
    return " ".join("".join(filter(str.isprintable, complaint)).split())


def _decoded(image: Image.Image, data: bytes, space: str, *, strict: bool) -> Image.Image:
    width, height = image.size
    pixels = simplejpeg.decode_jpeg(data, space, min_width=width, min_height=height, strict=strict)
    if pixels.shape[:2] != (height, width):
        raise ValueError("another scale")
    return Image.fromarray(np.squeeze(pixels, 2) if space == "GRAY" else pixels)


def stream_digest(data: bytes, orientation: int) -> bytes | None:
    """A digest of all that decides how a JPEG file looks, equal only for equal pixels.

    Tables, frame and coded data count, and so do the segments that change colours (Adobe's colour
    transform, the ICC profile, whether there is a JFIF header) and the EXIF `orientation` (1 to 8).
    Comments and all other metadata do not. None if the segments cannot be followed.
    """
    hasher = blake3(bytes([orientation]))
    view = memoryview(data)
    for marker, start, end in _segments(data):
        if marker == _SOS:
            hasher.update(view[start - 4 :])
            return hasher.digest()
        if marker == _APP0:
            # Its presence decides; the pixel density that it holds does not.
            if data[start : start + len(_JFIF)] == _JFIF and end - start >= _JFIF_LENGTH:
                hasher.update(b"\xff\xe0JFIF")
        elif _decides_looks(marker, data, start):
            hasher.update(view[start - 4 : end])
    return None


def unknown_variety(data: bytes) -> str | None:
    """What kind of JPEG this is that libjpeg, as Pillow has it, does not decode; None for others.

    It would call them damaged.
    """
    for marker, start, end in _segments(data):
        if marker in _FRAMES and start < end:
            bits = data[start] if start < len(data) else 8
            if marker in _HIERARCHICAL:
                return "hierarchical JPEG"
            if marker == _LOSSLESS and bits != 8:
                return f"lossless JPEG of {bits} bits a channel"
            return f"JPEG of {bits} bits a channel" if bits == 12 else None
    return None


def is_lossless(data: bytes) -> bool:
    """Whether the pixels are coded as they are: libjpeg then neither scales nor converts them."""
    frames = (marker for marker, _, _ in _segments(data) if marker in _FRAMES)
    return next(frames, None) == _LOSSLESS


def _decides_looks(marker: int, data: bytes, start: int) -> bool:
    if marker == _APP2:
        return data[start : start + len(_ICC)] == _ICC
    return marker == _APP14 or not (_APP0 <= marker <= _APP15 or marker == _COM)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker code, start and end of the payload of each segment up to the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        # Behind garbage or a marker without length decoders read on, each in its own way.
        if marker < _SOF0 or _RST0 <= marker <= _EOI or end < at + 4:
            return
        yield marker, at + 4, end
        at = end


def quantization_step(tables: dict[int, list[int]]) -> float | None:
    """The mean step of the luma quantization table: the larger, the more was thrown away."""
    luma = tables.get(0)
    return sum(luma) / len(luma) if luma else None
