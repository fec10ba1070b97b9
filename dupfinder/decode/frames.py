"""How many pictures a file holds: frames of a film, pages of a document, views of a scene."""

from __future__ import annotations

from typing import Any

from PIL import Image

from dupfinder.decode import jxl, pam
from dupfinder.decode.sniff import GIF, JPEG, JPEG_XL, PAM, TIFF, Kind
from dupfinder.decode.tiff import Tiff

# Blocks of a GIF that are looked at: more than one of the largest size that is read at all has,
# unless its blocks are far shorter than any encoder makes them.
_MOST_BLOCKS = 12_000_000
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B

# Multi-picture JPEG (CIPA DC-007): the tag of its entries, and what further views are called there.
_MP_ENTRIES = 0xB002
_VIEW = "Multi-Frame Image"


def frame_count(image: Image.Image, data: bytes, kind: Kind) -> int:
    """Of an opened picture, without decoding any; at least 1.

    Not counted are pictures that only serve the first one: previews in a TIFF or a JPEG, and the
    gain maps of phones.
    """
    if kind is GIF:
        return max(1, _gif_frames(data)[0])
    if kind is TIFF:
        return Tiff(data).pages()
    if kind is JPEG:
        return 1 + _further_views(image)
    if kind is PAM:
        return 2 if pam.goes_on(data) else 1
    if kind is JPEG_XL:  # how many are a film's would take decoding them
        header = jxl.header(data)
        return 2 if header is not None and header.is_film else 1
    return max(1, int(getattr(image, "n_frames", 1)))


def cut_short(data: bytes, kind: Kind) -> str | None:
    """What is missing behind the first picture, where no decoder complains; None if nothing is."""
    if kind is GIF and not _gif_frames(data)[1]:
        return "the GIF file ends too early"
    if kind is TIFF and not Tiff(data).is_whole():
        return "the TIFF file ends before its last picture does"
    return None


def _gif_frames(data: bytes) -> tuple[int, bool]:
    """Their number, and whether the file ends as it should.

    Pillow would decode each frame to find the next; the blocks say how long they are.
    """
    at, frames = 13 + _palette(data[10]), 0
    end, left = len(data), _MOST_BLOCKS
    while at < end and left > 0:
        introducer = data[at]
        if introducer == _TRAILER:
            return frames, True
        left -= 1
        if introducer == _EXTENSION:
            at += 2
        elif introducer == _IMAGE and at + 9 < end:
            frames += 1
            at += 11 + _palette(data[at + 9])
        else:  # decoders skip what they do not know
            at += 1
            continue
        while at < end and (length := data[at]) and left > 0:
            at += 1 + length
            left -= 1
        at += 1
    return frames, at < end


def _palette(flags: int) -> int:
    """Bytes of the palette that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _further_views(image: Any) -> int:
    """Of a multi-picture JPEG those that show something else than the first picture."""
    entries = (getattr(image, "mpinfo", None) or {}).get(_MP_ENTRIES, [])
    return sum(entry["Attribute"]["MPType"].startswith(_VIEW) for entry in entries[1:])
