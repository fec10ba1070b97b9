"""XMP packets: what is written is read again, and what others write is read as they mean it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dupfinder.model import Metadata
from dupfinder.xmp import packet, parsed

PACKET = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:e="http://ns.adobe.com/exif/1.0/"'
    ' xmlns:ps="http://ns.adobe.com/photoshop/1.0/" xmlns:xap="http://ns.adobe.com/xap/1.0/">'
    "<rdf:Description{}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1).filter(
    lambda text: text == text.strip() != ""
)


def close(one: Metadata, other: Metadata) -> bool:
    """Equal, but for rounding of the place."""
    if one.place is not None and other.place is not None:
        apart = max(abs(a - b) for a, b in zip(one.place, other.place, strict=True))
        if apart > 1e-9:
            return False
    elif one.place != other.place:
        return False
    names = ("taken_at", "rating", "keywords", "title", "description")
    return all(getattr(one, name) == getattr(other, name) for name in names)


@given(
    st.builds(
        Metadata,
        taken_at=st.none() | st.datetimes().map(lambda moment: moment.isoformat(" ")),
        place=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
        rating=st.none() | st.integers(1, 5),
        keywords=st.lists(TEXTS, unique=True).map(tuple),
        title=st.none() | TEXTS,
        description=st.none() | TEXTS,
    )
)
def test_what_is_written_is_read_again(metadata: Metadata) -> None:
    data = packet(metadata)

    assert close(parsed(data), metadata)
    assert ET.fromstring(data).tag == "{adobe:ns:meta/}xmpmeta", "a packet is XML to others, too"
    assert packet(metadata) == data


def test_what_xml_cannot_hold_becomes_a_space() -> None:
    (keyword,) = parsed(packet(Metadata(keywords=("a\x00b\x1bc\ud800d",)))).keywords

    assert keyword == "a b c d"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (' xap:Rating="3">', Metadata(rating=3)),
        ("><xap:Rating>5.0</xap:Rating>", Metadata(rating=5)),
        (' xap:Rating="-1">', Metadata()),
        (' xap:Rating="6">', Metadata()),
        (' e:GPSLatitude="48,30.0N" e:GPSLongitude="11,15.0W">', Metadata(place=(48.5, -11.25))),
        (' e:GPSLatitude="48,30,36S" e:GPSLongitude="0,0.0E">', Metadata(place=(-48.51, 0.0))),
        (' e:GPSLatitude="99,30.0N" e:GPSLongitude="11,15.0W">', Metadata()),
        (' e:GPSLatitude="48,30.0N">', Metadata()),
        (
            ' ps:DateCreated="2019-07-14T18:22:05.37+02:00">',
            Metadata(taken_at="2019-07-14 18:22:05.37"),
        ),
        (' e:DateTimeOriginal="2019-07-14T18:22">', Metadata(taken_at="2019-07-14 18:22:00")),
        (' e:DateTimeOriginal="2019-02-30T18:22:05">', Metadata()),
        (' e:DateTimeOriginal="2019">', Metadata()),
        (
            "><dc:subject><rdf:Seq><rdf:li>sea</rdf:li><rdf:li> </rdf:li><rdf:li>sea</rdf:li>"
            "<rdf:li>&lt;b&gt;</rdf:li></rdf:Seq></dc:subject>",
            Metadata(keywords=("sea", "<b>")),
        ),
        (
            '><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Sea</rdf:li><rdf:li xml:lang="de">'
            "Meer</rdf:li></rdf:Alt></dc:title>",
            Metadata(title="Sea"),
        ),
    ],
)
def test_what_other_programs_write_is_read(inside: str, expected: Metadata) -> None:
    assert close(parsed(PACKET.format(inside).encode()), expected)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<",
        b"\xff" * 99,
        b"<a>" * 90_000 + b"</a>" * 90_000,
        packet(Metadata(rating=3))[:-70],
        packet(Metadata(rating=3)) + b" " * (1 << 20) + b"<!-- -->",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
        b"<?xml version='1.0' encoding='no such'?><x/>",
    ],
    ids=["empty", "torn", "bytes", "deep", "cut", "long", "bomb", "file", "encoding"],
)
def test_what_is_damaged_or_hostile_says_nothing(data: bytes) -> None:
    assert parsed(data) == Metadata()
