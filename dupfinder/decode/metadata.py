"""What people have written into a picture, and where it was taken: in EXIF, in XMP and in IPTC.

Where they disagree XMP is believed first, since programs that let people write write there. Of
places EXIF's is, which is the camera's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from PIL import Image, IptcImagePlugin

from dupfinder.model import Metadata
from dupfinder.xmp import parsed

_GPS_IFD, _LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 0x8825, 1, 2, 3, 4
_RATING, _KEYWORDS, _DESCRIPTION, _TITLE, _COMMENT = 0x4746, 0x9C9E, 0x010E, 0x9C9B, 0x9C9C
_IPTC_KEYWORDS, _IPTC_CAPTION, _IPTC_TITLE = (2, 25), (2, 120), (2, 5)
_XMP_TAG = 700  # in a TIFF
_STARS: Final = range(1, 6)


def read_metadata(image: Image.Image, exif: Image.Exif) -> Metadata:
    """All of it but the capture time; whatever is damaged counts as not there."""
    whole = Metadata(place=_safely(_place, exif))
    for read, of in ((_of_xmp, image), (_of_iptc, image), (_of_exif, exif)):
        said = _safely(read, of)
        whole = whole if said is None else whole.joined(said)
    return whole


def _of_xmp(image: Image.Image) -> Metadata:
    info = image.info
    in_tiff = getattr(image, "tag_v2", {}).get(_XMP_TAG)
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or in_tiff or b""
    return parsed(xmp.encode("utf-8", "ignore") if isinstance(xmp, str) else bytes(xmp))


def _of_iptc(image: Any) -> Metadata:
    records: dict[tuple[int, int], Any] = IptcImagePlugin.getiptcinfo(image) or {}

    def texts(tag: tuple[int, int]) -> Iterator[str]:
        found = records.get(tag, [])
        for each in found if isinstance(found, list) else [found]:
            if text := _text(each, "utf-8"):
                yield text

    return Metadata(
        keywords=tuple(dict.fromkeys(texts(_IPTC_KEYWORDS))),
        title=next(texts(_IPTC_TITLE), None),
        description=next(texts(_IPTC_CAPTION), None),
    )


def _of_exif(exif: Image.Exif) -> Metadata:
    rating: Any = exif.get(_RATING)
    keywords = (_text(exif.get(_KEYWORDS), "utf-16-le") or "").split(";")
    description = _text(exif.get(_DESCRIPTION), "utf-8")
    return Metadata(
        rating=int(rating) if rating in _STARS else None,
        keywords=tuple(dict.fromkeys(word.strip() for word in keywords if word.strip())),
        title=_text(exif.get(_TITLE), "utf-16-le"),
        description=description or _text(exif.get(_COMMENT), "utf-16-le"),
    )


def _place(exif: Image.Exif) -> tuple[float, float] | None:
    gps = exif.get_ifd(_GPS_IFD)
    north = _degrees(gps.get(_LATITUDE), gps.get(_LATITUDE_REF) == "S", 90)
    east = _degrees(gps.get(_LONGITUDE), gps.get(_LONGITUDE_REF) == "W", 180)
    # Phones that know no place write zeros, or fractions of nothing.
    return (north, east) if north or east else None


def _degrees(parts: Any, is_negative: bool, most: int) -> float:
    """Of degrees, minutes and seconds.

    Raises:
        ValueError: if it is no angle.
    """
    degrees: float = sum(float(part) / 60**power for power, part in enumerate(parts))
    if not 0 <= degrees <= most:
        raise ValueError("no angle")
    return -degrees if is_negative else degrees


def _text(value: Any, encoding: str) -> str | None:
    """Without what pads it; None if nothing is left. Windows writes UTF-16 into EXIF."""
    if isinstance(value, bytes):
        try:
            value = value.decode(encoding)
        except UnicodeDecodeError:
            value = value.decode("latin-1")
    return value.strip(" \0\t\r\n") or None if isinstance(value, str) else None


def _safely(read: Callable[[Any], Any], of: Any) -> Any:
    try:
        return read(of)
    except Exception:  # noqa: BLE001  # offsets that lead anywhere raise anything
        return None
