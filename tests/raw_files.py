"""Camera RAW files made for tests: no camera's file may lie in the project."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from pictures import Pixels, encoded

_LETTERS = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 7: "B", 10: "i"}
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8}

# Tag, field type, and its numbers (of a rational the numerator and the denominator) or bytes.
Entry = tuple[int, int, Sequence[int] | bytes]


def dng(
    picture: Pixels,
    preview: Pixels | bytes | None = None,
    *,
    orientation: int = 1,
    taken_at: str = "2019:07:14 18:22:05",
) -> bytes:
    """A DNG of 16 bits (RGGB) of the picture (8-bit RGB), perhaps with a JPEG of the preview."""
    height, width = picture.shape[:2]
    linear = (picture.astype(float) / 255) ** 2.222 * 65535
    sensor = np.zeros((height, width), "<u2")
    for row, column, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        sensor[row::2, column::2] = linear[row::2, column::2, channel]
    jpeg = encoded(preview, "JPEG", quality=92) if isinstance(preview, np.ndarray) else preview
    about: list[Entry] = [
        (271, 2, b"Testmaker\0"),
        (272, 2, b"Model One\0"),
        (274, 3, [orientation]),
        (306, 2, b"2020:01:01 00:00:00\0"),
        (50706, 1, [1, 4, 0, 0]),
        (50708, 2, b"Testmaker Model One\0"),
        (50721, 10, [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1]),
        (50728, 5, [1, 1, 1, 1, 1, 1]),
        (50778, 3, [21]),
    ]
    values: list[Entry] = [
        (254, 4, [0]),
        (256, 4, [width]),
        (257, 4, [height]),
        (258, 3, [16]),
        (259, 3, [1]),
        (262, 3, [32803]),
        (277, 3, [1]),
        (278, 4, [height]),
        (33421, 3, [2, 2]),
        (33422, 1, [0, 1, 1, 2]),
    ]
    details: list[Entry] = [
        (33434, 5, [1, 200]),
        (34855, 3, [100]),
        (36867, 2, taken_at.encode() + b"\0"),
    ]
    if jpeg is None:
        return _tiff(about + values, [(34665, details)], [sensor.tobytes()])
    sides = [(256, 4, [width // 2]), (257, 4, [height // 2]), (258, 3, [8, 8, 8])]
    shown: list[Entry] = [(254, 4, [1]), *sides, (259, 3, [7]), (262, 3, [6]), (277, 3, [3])]
    return _tiff(shown + about, [(330, values), (34665, details)], [jpeg, sensor.tobytes()])


def _tiff(first: list[Entry], below: list[tuple[int, list[Entry]]], strips: list[bytes]) -> bytes:
    """The first directory and those below it, each under its tag; strips for the first of them."""
    content = bytearray(b"II*\0" + bytes(4))
    places = []
    for strip in strips:
        places.append(len(content))
        content += strip + bytes(len(strip) % 2)
    owners = [first, *(entries for tag, entries in below if tag == 330)]
    for entries, strip, place in zip(owners, strips, places, strict=True):
        entries += [(273, 4, [place]), (279, 4, [len(strip)])]
    for tag, entries in below:
        first.append((tag, 4, [len(content)]))
        _append(content, entries)
    content[4:8] = struct.pack("<I", len(content))
    _append(content, first)
    return bytes(content)


def _append(content: bytearray, entries: list[Entry]) -> None:
    start = len(content)
    extra = start + 2 + 12 * len(entries) + 4
    head, tail = bytearray(struct.pack("<H", len(entries))), bytearray()
    for tag, kind, values in sorted(entries, key=lambda entry: entry[0]):
        numbers = list(values)
        packed = struct.pack(f"<{len(numbers)}{_LETTERS[kind]}", *numbers)
        head += struct.pack("<HHI", tag, kind, len(packed) // _WIDTHS[kind])
        if len(packed) <= 4:
            head += packed.ljust(4, b"\0")
        else:
            head += struct.pack("<I", extra + len(tail))
            tail += packed + bytes(len(packed) % 2)
    content += head + bytes(4) + tail
