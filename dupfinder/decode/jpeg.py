"""The structure of a JPEG file (ITU-T T.81, annex B), without decoding it."""

from __future__ import annotations

from collections.abc import Iterator

from blake3 import blake3

_SOS = 0xDA
_APP0, _APP2, _APP14, _APP15, _COM = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
_ICC = b"ICC_PROFILE\0"


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
            hasher.update(view[start:])
            return hasher.digest()
        if marker == _APP0:
            hasher.update(b"JFIF")
        elif not _APP0 <= marker <= _APP15 and marker != _COM:
            hasher.update(view[start - 4 : end])
        elif marker == _APP14 or (marker == _APP2 and data[start : start + len(_ICC)] == _ICC):
            hasher.update(view[start:end])
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker code, start and end of the payload of each segment up to the first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, at + 4, end
        if end < at + 4:
            return
        at = end


def quantization_step(tables: dict[int, list[int]]) -> float | None:
    """The mean step of the luma quantization table: the larger, the more was thrown away."""
    luma = tables.get(0)
    return sum(luma) / len(luma) if luma else None
