"""What people wrote into a picture is seen, whichever way programs write it."""

from __future__ import annotations

from typing import Any

import pytest
from pictures import decoded, encoded, scene, segment, with_segments
from PIL import Image

from dupfinder.decode import Decoded

PICTURE = Image.fromarray(scene())
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description {inside}'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)
ITEM = "><dc:{kind}><rdf:{bag}><rdf:li>{text}</rdf:li></rdf:{bag}></dc:{kind}>"


def jpeg(**options: Any) -> Decoded:
    return decoded(encoded(PICTURE, "JPEG", **options))


def tagged(tags: dict[int, Any], gps: dict[int, Any] | None = None) -> Decoded:
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    if gps is not None:
        exif.get_ifd(0x8825).update(gps)
    return jpeg(exif=exif)


@pytest.mark.parametrize(
    ("tags", "gps", "expected"),
    [
        ({}, None, ()),
        ({0x010E: "At the sea"}, None, ("description",)),
        ({0x010E: "   "}, None, ()),
        ({0x9C9E: "sea; summer".encode("utf-16-le")}, None, ("keywords",)),
        ({0x9C9C: "  \0".encode("utf-16-le")}, None, ()),
        ({0x4746: 4}, None, ("rating",)),
        ({0x4746: 0}, None, ()),
        ({}, {1: "N", 2: (48.0, 8.0, 5.0), 3: "E", 4: (11.0, 34.0, 0.0)}, ("place",)),
        ({}, {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, ()),
        ({0x010E: "x", 0x4746: 1}, {2: (1.0, 0.0, 0.0)}, ("description", "rating")),
    ],
)
def test_what_exif_says_is_seen(
    tags: dict[int, Any], gps: dict[int, Any] | None, expected: tuple[str, ...]
) -> None:
    assert tagged(tags, gps).annotations == expected


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('xmp:Rating="3">', ("rating",)),
        ("><xmp:Rating>5</xmp:Rating>", ("rating",)),
        ('xmp:Rating="0">', ()),
        ('exif:GPSLatitude="48,8.1N" exif:GPSLongitude="11,34.5E">', ("place",)),
        (ITEM.format(kind="subject", bag="Bag", text="sea"), ("keywords",)),
        (ITEM.format(kind="subject", bag="Bag", text=" "), ()),
        (ITEM.format(kind="description", bag="Alt", text="At the sea"), ("description",)),
        (ITEM.format(kind="title", bag="Alt", text="Sea"), ("description",)),
    ],
)
@pytest.mark.parametrize("coding", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_what_xmp_says_is_seen_in_every_format(
    coding: str, inside: str, expected: tuple[str, ...]
) -> None:
    xmp = XMP.format(inside=inside).encode()
    options: dict[str, Any] = {"xmp": xmp}
    if coding == "PNG":
        from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415

        chunks = PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options = {"pnginfo": chunks}
    elif coding == "TIFF":
        options = {"tiffinfo": {700: xmp}}
    assert decoded(encoded(PICTURE, coding, **options)).annotations == expected


def iptc(*records: tuple[int, bytes]) -> bytes:
    """An APP13 segment as Photoshop writes it."""
    data = b"".join(
        b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text
        for number, text in records
    )
    resource = b"8BIM\x04\x04\x00\x00" + len(data).to_bytes(4, "big") + data
    return segment(0xED, b"Photoshop 3.0\0" + resource + b"\0" * (len(data) % 2))


def test_what_iptc_says_is_seen() -> None:
    plain = encoded(PICTURE, "JPEG")
    both = with_segments(plain, iptc((25, b"sea"), (120, b"At the sea")))
    assert decoded(both).annotations == ("description", "keywords")
    assert decoded(with_segments(plain, iptc((80, b"by me")))).annotations == ()


@pytest.mark.parametrize("xmp", [b"<", b"\xff" * 99, b"<dc:subject>" * 5000])
def test_what_is_damaged_counts_as_not_there(xmp: bytes) -> None:
    assert jpeg(xmp=xmp[:60000]).annotations == ()
