"""What people have written into a picture: lost with a copy that alone has it.

Only whether it is there is asked, not what it says: in EXIF, in XMP (searched as text, so that no
XML is parsed) and in IPTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from PIL import Image, IptcImagePlugin

_GPS_IFD, _LATITUDE, _LONGITUDE = 0x8825, 2, 4
_RATING, _KEYWORDS, _DESCRIPTION, _TITLE, _COMMENT = 0x4746, 0x9C9E, 0x010E, 0x9C9B, 0x9C9C
_IPTC_KEYWORDS, _IPTC_CAPTION, _IPTC_TITLE = (2, 25), (2, 120), (2, 5)
_XMP_TAG = 700  # in a TIFF
_LONGEST = 1 << 20  # bytes of XMP that are searched

_IN_XMP: Final[Mapping[str, re.Pattern[bytes]]] = {
    "place": re.compile(rb"exif:GPSLatitude\s*(?:=\s*[\"']|>)\s*\d"),
    "rating": re.compile(rb"xmp:Rating\s*(?:=\s*[\"']|>)\s*[1-5]"),
    "keywords": re.compile(rb"<dc:subject>\s*<rdf:\w+>\s*<rdf:li[^>]{0,99}>\s*[^<\s]"),
    "description": re.compile(
        rb"<dc:(?:description|title)>\s*<rdf:\w+>\s*<rdf:li[^>]{0,99}>\s*[^<\s]"
    ),
}


def read_annotations(image: Image.Image, exif: Image.Exif) -> tuple[str, ...]:
    """Those of "description", "keywords", "place" and "rating" that the file has, sorted.

    Whatever is damaged counts as not there.
    """
    found = {kind for kind, has in _IN_EXIF.items() if _safely(has, exif)}
    xmp = _safely(_xmp, image) or b""
    found |= {kind for kind, pattern in _IN_XMP.items() if pattern.search(xmp)}
    iptc = _safely(IptcImagePlugin.getiptcinfo, image) or {}
    if iptc.get(_IPTC_KEYWORDS):
        found.add("keywords")
    if iptc.get(_IPTC_CAPTION) or iptc.get(_IPTC_TITLE):
        found.add("description")
    return tuple(sorted(found))


def _has_place(exif: Image.Exif) -> bool:
    gps = exif.get_ifd(_GPS_IFD)
    return any(_degrees(gps.get(tag)) for tag in (_LATITUDE, _LONGITUDE))


def _degrees(value: Any) -> bool:
    """Phones that know no place write zeros, or fractions of nothing."""
    return value is not None and any(0 < float(part) < 360 for part in value)


def _has_rating(exif: Image.Exif) -> bool:
    rating = exif.get(_RATING)
    return isinstance(rating, int) and rating > 0


def _has_keywords(exif: Image.Exif) -> bool:
    return _is_text(exif.get(_KEYWORDS))


def _has_description(exif: Image.Exif) -> bool:
    return any(_is_text(exif.get(tag)) for tag in (_DESCRIPTION, _TITLE, _COMMENT))


def _is_text(value: Any) -> bool:
    if isinstance(value, bytes):  # Windows writes UTF-16
        value = value.decode("utf-16-le", "ignore")
    return isinstance(value, str) and bool(value.strip(" \0\t\r\n"))


_IN_EXIF: Final[Mapping[str, Callable[[Image.Exif], bool]]] = {
    "place": _has_place,
    "rating": _has_rating,
    "keywords": _has_keywords,
    "description": _has_description,
}


def _xmp(image: Image.Image) -> bytes:
    info = image.info
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or _in_tiff(image) or b""
    text = xmp.encode("utf-8", "ignore") if isinstance(xmp, str) else bytes(xmp)
    return text[:_LONGEST]


def _in_tiff(image: Image.Image) -> Any:
    return getattr(image, "tag_v2", {}).get(_XMP_TAG)


def _safely(ask: Callable[[Any], Any], of: Any) -> Any:
    try:
        return ask(of)
    except Exception:  # noqa: BLE001  # offsets that lead anywhere raise anything
        return None
