"""Whether a file is as long as it says: decoders may show what ends early, or call it damaged."""

from __future__ import annotations

from dupfinder.decode.camera_raw import raw_ends_early
from dupfinder.decode.sniff import AVIF, HEIF, JPEG_XL, PNG, TIFF, WEBP, Kind

# Boxes that hold a picture. Phones append films and notes that are no boxes at all.
_BOXES = (b"ftyp", b"meta", b"mdat", b"moov", b"jxlc", b"jxlp", b"jbrd")


def ends_early(data: bytes, kind: Kind) -> bool:
    """True only if the end is missing for sure; most formats cannot tell without decoding."""
    if kind is PNG:
        end_chunk = data.rfind(b"IEND")
        return not 0 < end_chunk <= len(data) - 8  # its name and its checksum
    if kind is WEBP:
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if kind is TIFF:
        return _first_directory(data) >= len(data)
    if kind.is_raw and data[4:8] != b"ftyp":
        return raw_ends_early(data)
    in_boxes = kind in (HEIF, AVIF) or kind.is_raw or (kind is JPEG_XL and data[:1] == b"\0")
    return in_boxes and _cuts_a_box(data)


def _first_directory(data: bytes) -> int:
    """Offset of the first TIFF directory, which most writers put behind the pixels."""
    is_big_tiff = b"+" in data[2:4]
    offset = data[8:16] if is_big_tiff else data[4:8]
    return int.from_bytes(offset, "little" if data[:1] == b"I" else "big")


def _cuts_a_box(data: bytes) -> bool:
    """Whether a box of an ISO media file (ISO/IEC 14496-12, 4.2) goes on behind the end."""
    at = 0
    while at + 8 <= len(data):
        name, size = data[at + 4 : at + 8], int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:  # 0: the last box, up to the end of the file; less than a header: damage
            return False
        if at + size > len(data):
            return name in _BOXES
        at += size
    return False
