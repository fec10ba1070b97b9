"""PAM, the format of Netpbm that can hold transparency (its manual page, pam(5)), read here.

Pillow does not know it. What both can hold is shown as Pillow shows PGM and PPM.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dupfinder.decode.errors import Undecodable, hold_to

# Bytes in which the header ends; those of honest files have about a hundred.
_LONGEST = 4096
_LINE = re.compile(
    rb"\s*(?:(WIDTH|HEIGHT|DEPTH|MAXVAL)\s+(\d{1,10})|TUPLTYPE\s+(\S.*)|(ENDHDR)|#.*)?\s*"
)
_MOST = 0xFFFF  # of a sample

# How many samples a pixel of each kind has; the last of two or four is its opacity.
_KINDS = {
    b"": (1, 3),
    b"BLACKANDWHITE": (1,),
    b"GRAYSCALE": (1,),
    b"RGB": (3,),
    b"BLACKANDWHITE_ALPHA": (2,),
    b"GRAYSCALE_ALPHA": (2,),
    b"RGB_ALPHA": (4,),
}


@dataclass(frozen=True, slots=True)
class Header:
    """Sides, samples of a pixel, the largest value of one, what they are, and where they begin."""

    width: int
    height: int
    depth: int
    most: int
    kind: bytes
    start: int

    @property
    def nbytes(self) -> int:
        """Of all samples."""
        return self.width * self.height * self.depth * (1 if self.most < 256 else 2)


def header(data: bytes) -> Header | None:
    """What the lines before the samples say; None if that makes no sense."""
    numbers: dict[bytes, int] = {}
    kind, at = b"", data.find(b"\n") + 1
    while (end := data.find(b"\n", at, _LONGEST)) >= 0:
        line = _LINE.fullmatch(data, at, end)
        at = end + 1
        if line is None:
            return None
        name, number, words, is_last = line.groups()
        if name:
            numbers[name] = int(number)
        if words:  # several lines of it are one text
            kind = b" ".join(filter(None, (kind, words.strip())))
        if is_last:
            found = Header(
                numbers.get(b"WIDTH", 0),
                numbers.get(b"HEIGHT", 0),
                numbers.get(b"DEPTH", 0),
                numbers.get(b"MAXVAL", 0),
                kind,
                at,
            )
            makes_sense = found.nbytes > 0 and 0 < found.most <= _MOST
            return found if makes_sense else None
    return None


def opened_pam(data: bytes, max_pixels: int) -> Image.Image:
    """The picture, in the modes that Pillow has for PGM and PPM, or those with transparency.

    Grey of more than eight bits stays so, colours are cut down to eight.

    Raises:
        Undecodable: if the header makes no sense, the file ends early, the picture is too large, or
            its samples are others than grey or colours and transparency.
    """
    head = header(data)
    if head is None:
        raise Undecodable("damaged", "damaged: the header of the PAM file makes no sense")
    hold_to(max_pixels, head.width, head.height)
    if head.depth not in _KINDS.get(head.kind, ()):
        reason = "unsupported: PAM of other samples than grey or colours and transparency"
        raise Undecodable("unsupported", reason)
    if len(data) < head.start + head.nbytes:
        raise Undecodable("truncated", "truncated: the PAM file ends too early")
    shown = _scale(head)[_values(data, head)]
    return Image.fromarray(shown[..., 0] if head.depth == 1 else shown)


def goes_on(data: bytes) -> bool:
    """Whether there is something behind the picture: such files may hold several."""
    head = header(data)
    return head is not None and len(data) > head.start + head.nbytes


def bits(data: bytes) -> int:
    """Of a sample."""
    head = header(data)
    return 8 if head is None else head.most.bit_length()


def _values(data: bytes, head: Header) -> NDArray[Any]:
    """(height, width, depth), as they stand in the file."""
    kind = np.dtype(np.uint8 if head.most < 256 else ">u2")
    count = head.nbytes // kind.itemsize
    values = np.frombuffer(data, kind, count, head.start)
    return values.reshape(head.height, head.width, head.depth)


def _scale(head: Header) -> NDArray[Any]:
    """What every value is shown as: the largest one, and any above it, as white."""
    deep = head.most > 255
    white = 65535 if deep and head.depth == 1 else 255
    values = np.arange(65536 if deep else 256)
    kind = np.uint16 if white > 255 else np.uint8
    return np.minimum(np.round(values / head.most * white), white).astype(kind)
