"""XMP packets: what sidecars hold, and what many programs write into pictures.

ISO 16684-1 (the packet, RDF), the XMP specification part 2 (how places and dates are written) and
CIPA DC-010 (Exif in XMP).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Final, TypeVar
from xml.etree.ElementTree import Element, ParseError  # for its types; defusedxml does the parsing

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from dupfinder.model import Metadata

_T = TypeVar("_T")

_NAMESPACES: Final = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
LONGEST: Final = 1 << 20  # bytes: what is longer holds more than what people write
_PACKET: Final = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="dupfinder">
 <rdf:RDF xmlns:rdf="{rdf}">
  <rdf:Description rdf:about=""
    xmlns:dc="{dc}"
    xmlns:exif="{exif}"
    xmlns:photoshop="{photoshop}"
    xmlns:xmp="{xmp}">
{properties}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""
_DATES: Final = ("exif:DateTimeOriginal", "photoshop:DateCreated")
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)
_ANGLE: Final = re.compile(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])", re.ASCII)
_STARS: Final = re.compile(r"([1-5])(?:\.0*)?", re.ASCII)
# What XML 1.0 cannot hold, be it written as a reference.
_UNWRITABLE: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def packet(metadata: Metadata) -> bytes:
    """The metadata as a packet, UTF-8; the same bytes for the same metadata."""
    lines = [f"   <{name}>{value}</{name}>" for name, value in _properties(metadata)]
    return _PACKET.format(**_NAMESPACES, properties="\n".join(lines)).encode("utf-8")


def parsed(data: bytes) -> Metadata:
    """What a packet, or a file around one, says; whatever is damaged counts as not there."""
    if len(data) > LONGEST:
        return Metadata()
    try:
        root: Element = fromstring(data.strip(b" \0\t\r\n"))
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return Metadata()
    latitude = _first(_degrees(text) for text in _texts(root, "exif:GPSLatitude"))
    longitude = _first(_degrees(text) for text in _texts(root, "exif:GPSLongitude"))
    known = latitude is not None and longitude is not None
    times = (_local_time(text) for name in _DATES for text in _texts(root, name))
    stars = (_STARS.fullmatch(text) for text in _texts(root, "xmp:Rating"))
    rating = _first(stars)
    return Metadata(
        taken_at=_first(times),
        place=(latitude, longitude) if known else None,  # type: ignore[arg-type]  # known
        rating=int(rating[1]) if rating is not None else None,
        keywords=tuple(dict.fromkeys(_texts(root, "dc:subject"))),
        title=_first(_texts(root, "dc:title")),
        description=_first(_texts(root, "dc:description")),
    )


def _properties(metadata: Metadata) -> Iterator[tuple[str, str]]:
    if metadata.taken_at is not None:
        for name in _DATES:
            yield name, metadata.taken_at.replace(" ", "T")
    if metadata.place is not None:
        north, east = metadata.place
        yield "exif:GPSLatitude", _angle(north, "NS")
        yield "exif:GPSLongitude", _angle(east, "EW")
    if metadata.rating is not None:
        yield "xmp:Rating", str(metadata.rating)
    if metadata.keywords:
        yield "dc:subject", _array("Bag", "<rdf:li>", metadata.keywords)
    for name, text in (("dc:title", metadata.title), ("dc:description", metadata.description)):
        if text is not None:
            yield name, _array("Alt", '<rdf:li xml:lang="x-default">', (text,))


def _array(kind: str, opening: str, texts: tuple[str, ...]) -> str:
    items = "".join(
        f"{opening}{escape(_UNWRITABLE.sub(' ', text), quote=False)}</rdf:li>" for text in texts
    )
    return f"<rdf:{kind}>{items}</rdf:{kind}>"


def _angle(degrees: float, signs: str) -> str:
    """`DDD,MM.mmmmmmmmK`: minutes so fine that a place stays within a millimetre."""
    whole, part = divmod(round(abs(degrees) * 60 * 10**8), 60 * 10**8)
    return f"{whole},{part // 10**8}.{part % 10**8:08d}{signs[degrees < 0]}"


def _degrees(text: str) -> float | None:
    parts = _ANGLE.fullmatch(text)
    if parts is None:
        return None
    degrees = int(parts[1]) + float(parts[2]) / 60 + float(parts[3] or 0) / 3600
    if degrees > (90 if parts[4] in "NS" else 180):
        return None
    return -degrees if parts[4] in "SW" else degrees


def _local_time(text: str) -> str | None:
    """As `Metadata.taken_at`: the time on the photographer's clock, whatever its zone."""
    parts = _TIME.fullmatch(text)
    if parts is None:
        return None
    numbers = [int(part or 0) for part in parts.groups()[:6]]
    try:
        moment = datetime(*numbers)  # type: ignore[arg-type]  # six numbers
    except ValueError:
        return None
    return moment.isoformat(" ", "seconds") + (f".{parts[7]}" if parts[7] else "")


def _texts(root: Element, name: str) -> Iterator[str]:
    """The texts of a property: an attribute, an element, or the items of an array."""
    prefix, _, local = name.partition(":")
    full = f"{{{_NAMESPACES[prefix]}}}{local}"
    item = f"{{{_NAMESPACES['rdf']}}}li"
    for description in root.iter(f"{{{_NAMESPACES['rdf']}}}Description"):
        found = [description.get(full), description.findtext(full)]
        for element in description.iterfind(full):
            found += [each.text for each in element.iter(item)]
        yield from (text.strip() for text in found if text is not None and text.strip())


def _first(values: Iterator[_T | None]) -> _T | None:
    return next((value for value in values if value is not None), None)
