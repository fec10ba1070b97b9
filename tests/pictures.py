"""What the tests of decoding share: pictures drawn in memory, files made of them, JPEG segments."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dupfinder.decode import Decoded, decode, full_pixel_digest
from dupfinder.decode.sniff import HEAD, Kind, sniff
from dupfinder.decode.source import stamp_of
from dupfinder.model import PhotoFile
from dupfinder.settings import MAX_PIXELS

Pixels = NDArray[Any]

SOI = b"\xff\xd8"
APP0, APP1, APP2, APP14, COM, DQT = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE, 0xDB
WHOLE = 1_000_000  # a side that no picture here has: decode at full size


def scene(seed: int = 0, width: int = 96, height: int = 64) -> Pixels:
    """(height, width, 3) uint8: soft colours, with no symmetry and structure at many scales."""
    noise = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3))
    for cells in (3, 6, 12, 24):
        coarse = noise.uniform(0, 255, (cells, cells, 3)).astype(np.uint8)
        layer = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        picture += np.asarray(layer, float) / cells
    picture -= picture.min()
    return (picture * (255 / picture.max())).astype(np.uint8)


def encoded(picture: Pixels | Image.Image, coding: str, **options: Any) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, coding, **options)
    return buffer.getvalue()


def kind_of(data: bytes) -> Kind:
    kind = sniff(data[:HEAD])
    assert kind is not None
    return kind


def decoded(data: bytes, side: int = WHOLE, max_pixels: int = MAX_PIXELS) -> Decoded:
    return decode(data, kind_of(data), side, max_pixels)


def rgb_of(data: bytes) -> Pixels:
    return decoded(data).picture.rgb


def digest(data: bytes) -> bytes:
    return full_pixel_digest(data, kind_of(data), MAX_PIXELS)


def opened(data: bytes) -> Image.Image:
    """As Pillow itself opens it."""
    return Image.open(io.BytesIO(data))


def photo_file(path: str | Path) -> PhotoFile:
    return PhotoFile(os.fspath(path), stamp_of(os.lstat(path)))


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """The JPEG with these segments in front of its own."""
    assert jpeg.startswith(SOI)
    return SOI + b"".join(segments) + jpeg[2:]
