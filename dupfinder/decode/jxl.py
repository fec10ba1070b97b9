"""JPEG XL (ISO/IEC 18181): its header, read here, and its pixels, by libjxl (an extra).

The plug-in decodes all of a file as soon as it opens it, so that the header has to say before what
that would take. Of a film it decodes every frame and keeps the last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image

from dupfinder.decode.errors import Undecodable
from dupfinder.decode.exif import set_orientation

_CODESTREAM = b"\xff\x0a"
# Bytes of a codestream in which its header surely ends.
_HEADER = 128
# Boxes that are looked at: films have one a frame, and made-up files millions.
_MOST_BOXES = 100_000
# Ratios of width to height that the header has a number for.
_RATIOS = ((1, 1), (1, 1), (6, 5), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))

# Widths in bits of a number and what is added to it, of which two bits choose one.
_Choice = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
_SIDE: _Choice = ((9, 1), (13, 1), (18, 1), (30, 1))
_PREVIEW_EIGHTHS: _Choice = ((0, 16), (0, 32), (5, 1), (9, 33))
_PREVIEW: _Choice = ((6, 1), (8, 65), (10, 321), (12, 1345))
_BITS: _Choice = ((0, 8), (0, 10), (0, 12), (6, 1))
_FLOAT_BITS: _Choice = ((0, 32), (0, 16), (0, 24), (6, 1))
_TICKS: tuple[_Choice, ...] = (
    ((0, 100), (0, 1000), (10, 1), (30, 1)),
    ((0, 1), (0, 1001), (8, 1), (10, 1)),
    ((0, 0), (3, 0), (16, 0), (32, 0)),
)


@dataclass(frozen=True, slots=True)
class Header:
    """Sides in stored order, bits of a channel, and whether it is a film."""

    width: int
    height: int
    bits: int = 8
    is_film: bool = False


class _Bits:
    """Numbers out of bytes, lowest bit first; behind the end there are zeros."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        found = self._left & ((1 << count) - 1)
        self._left >>= count
        return found

    def chosen(self, choice: _Choice) -> int:
        count, base = choice[self.take(2)]
        return base + self.take(count)

    def sides(self, eighths: _Choice | None, plain: _Choice) -> tuple[int, int]:
        """Width and height: in eighths of pixels or in pixels, the width perhaps by a ratio."""
        by_eights = self.take(1)

        def side() -> int:
            if not by_eights:
                return self.chosen(plain)
            return 8 * (self.take(5) + 1 if eighths is None else self.chosen(eighths))

        height = side()
        ratio = self.take(3)
        across, down = _RATIOS[ratio]
        return (height * across // down if ratio else side()), height


def header(data: bytes) -> Header | None:
    """What the first bytes of the codestream say; None where there is none."""
    stream = _codestream(data)
    if not stream.startswith(_CODESTREAM):
        return None
    bits = _Bits(stream[len(_CODESTREAM) :])
    width, height = bits.sides(None, _SIDE)
    if bits.take(1):  # all that follows is as usual
        return Header(width, height)
    is_film = False
    if bits.take(1):
        bits.take(3)  # the orientation, which libjxl applies
        if bits.take(1):
            bits.sides(None, _SIDE)
        if bits.take(1):
            bits.sides(_PREVIEW_EIGHTHS, _PREVIEW)
        is_film = bool(bits.take(1))
        if is_film:
            for choice in _TICKS:
                bits.chosen(choice)
            bits.take(1)
    return Header(width, height, bits.chosen(_FLOAT_BITS if bits.take(1) else _BITS), is_film)


def jpeg_inside(data: bytes) -> bytes | None:
    """The very JPEG that the file was made from, None if it does not hold one."""
    if data.startswith(_CODESTREAM) or all(name != b"jbrd" for name, _, _ in _boxes(data)):
        return None
    is_jpeg, _, jpeg, _, _ = _decoded(data)
    return bytes(jpeg) if is_jpeg else None


def opened_jxl(data: bytes) -> Image.Image:
    """The picture as it is shown, with what the file says about it.

    Raises:
        Undecodable: if libjxl does not decode it.
    """
    _, info, pixels, profile, boxes = _decoded(data)
    mode = "F" if info.mode == "F;16" else info.mode
    image = Image.frombytes(mode, (info.width, info.height), bytes(pixels))
    image.info = {"icc_profile": bytes(profile)} if profile else {}
    for box in boxes:
        content = bytes(box.data)
        if box.box_type == b"Exif":
            # Four bytes say where in it the TIFF begins, which the plug-in itself does not write.
            has_offset = content[:4] not in (b"II*\0", b"MM\0*")
            start = 4 + int.from_bytes(content[:4], "big") if has_offset else 0
            image.info["exif"] = b"Exif\0\0" + content[start:]
        elif box.box_type == b"xml ":
            image.info["xmp"] = content
    set_orientation(image, 1)  # libjxl has turned it, and does not change what EXIF says
    return image


def _decoded(data: bytes) -> Any:
    try:
        # One picture is decoded by one thread: the workers are the parallelism.
        return plugin().Decoder(num_threads=0)(data)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # noqa: BLE001  # a panic of Rust is no Exception
        reason = "damaged: the JPEG XL decoder does not accept it: cut off or broken"
        raise Undecodable("damaged", reason) from None


@cache
def plugin() -> Any:
    """The library, None if the extra is not installed; loaded when the first such file is met."""
    try:
        import pillow_jxl  # noqa: PLC0415  # an extra
    except ImportError:
        return None
    return pillow_jxl


def _codestream(data: bytes) -> bytes:
    """The first bytes of it: it stands for itself, or in one box or several."""
    if data.startswith(_CODESTREAM):
        return data[:_HEADER]
    found = b""
    for name, start, end in _boxes(data):
        if name in (b"jxlc", b"jxlp") and len(found) < _HEADER:
            found += data[start + (4 if name == b"jxlp" else 0) : min(end, start + _HEADER)]
    return found


def _boxes(data: bytes) -> list[tuple[bytes, int, int]]:
    """Name, start and end of the content of each box (ISO/IEC 14496-12, 4.2)."""
    found: list[tuple[bytes, int, int]] = []
    at = 0
    while at + 8 <= len(data) and len(found) < _MOST_BOXES:
        size, start = int.from_bytes(data[at : at + 4], "big"), at + 8
        if size == 1:
            size, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        end = at + size if size else len(data)
        if end < start:
            break
        found.append((data[at + 4 : at + 8], start, min(end, len(data))))
        at = end
    return found
