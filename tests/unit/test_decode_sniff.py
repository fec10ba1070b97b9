"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import encoded, scene

from dupfinder.decode.sniff import HEAD, PICTURE_ENDINGS, sniff


def name_of(head: bytes) -> str | None:
    kind = sniff(head[:HEAD])
    return None if kind is None else kind.name


def box(*brands: bytes) -> bytes:
    """The first box of an ISO media file: major brand, version, compatible brands; then more."""
    content = b"ftyp" + brands[0] + b"\0\0\0\0" + b"".join(brands[1:])
    return (len(content) + 4).to_bytes(4, "big") + content + b"\0\0\0\x08free" * 8


@pytest.mark.parametrize(
    ("coding", "name"),
    [
        ("JPEG", "JPEG"),
        ("PNG", "PNG"),
        ("GIF", "GIF"),
        ("BMP", "BMP"),
        ("DIB", None),  # a BMP without its file header
        ("TIFF", "TIFF"),
        ("WEBP", "WEBP"),
        ("AVIF", "AVIF"),
        ("JPEG2000", "JPEG 2000"),
        ("PPM", "PNM"),
        ("EPS", None),
        ("PDF", None),
        ("ICO", None),
        ("TGA", None),
    ],
)
def test_what_encoders_write_is_recognised(coding: str, name: str | None) -> None:
    assert name_of(encoded(scene(), coding)) == name


@pytest.mark.parametrize(
    ("brands", "name"),
    [
        ((b"heic", b"mif1", b"heic"), "HEIF"),
        ((b"heix", b"mif1", b"heix"), "HEIF"),
        ((b"mif1", b"mif1", b"heic"), "HEIF"),
        ((b"mif1", b"miaf"), "HEIF"),
        ((b"msf1", b"msf1", b"hevc"), "HEIF"),
        ((b"avif", b"avif", b"mif1", b"miaf"), "AVIF"),
        ((b"mif1", b"avif", b"mif1"), "AVIF"),
        ((b"mif1", b"mif1", b"miaf", b"MA1B", b"avif"), "AVIF"),
        ((b"avis", b"avis", b"msf1"), "AVIF"),
        ((b"crx ", b"crx ", b"isom"), "camera RAW (Canon)"),
        ((b"isom", b"isom", b"iso2", b"avc1"), None),
        ((b"mp42", b"heic"), None),
        ((b"qt  ", b"qt  "), None),
        ((b"M4A ",), None),
    ],
)
def test_iso_media_files_are_told_apart_by_their_brands(
    brands: tuple[bytes, ...], name: str | None
) -> None:
    assert name_of(box(*brands)) == name


def test_what_follows_the_first_box_is_no_brand() -> None:
    sound = box(b"M4A ")
    assert sound[:4] == b"\0\0\0\x10"
    assert name_of(sound[:16] + b"heicheic") is None
    assert name_of(b"\0\0\0\x18" + sound[4:16] + b"heicheic") == "HEIF"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"II+\0\x08\0\0\0", "TIFF"),
        (b"MM\0+\0\x08\0\0", "TIFF"),
        (b"P1\n# drawn by hand\n3 3", "PNM"),
        (b"P6 640 480 255\n", "PNM"),
        (b"Pf\n8 8\n-1.0\n", "PNM"),
    ],
)
def test_further_magics(head: bytes, name: str) -> None:
    assert name_of(head) == name


@pytest.mark.parametrize(
    "note",
    [
        b"BMW 320, oil changed in March, tyres next",
        b"P1 is the most urgent of all",
        b"P5: later",
        b"Panorama",
        b"IIRC the camera was",
        b"GIF or JPEG?",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"ftyp",
        b"BM",
        b"P6",
        b"\n",
        b"",
    ],
)
def test_notes_and_sounds_are_no_pictures(note: bytes) -> None:
    assert name_of(note) is None


@given(st.binary(max_size=HEAD))
def test_any_bytes_are_judged_without_trouble(head: bytes) -> None:
    kind = sniff(head)
    assert kind is None or kind.name


@given(st.text(alphabet="abcdefghijklmnop BMPGII\n", max_size=HEAD))
def test_text_is_no_picture(text: str) -> None:
    assert sniff(text.encode()) is None


def test_picture_endings_are_lower_case_with_their_dot() -> None:
    assert all(ending.startswith(".") and ending.islower() for ending in PICTURE_ENDINGS)
    assert {".jpg", ".heic", ".cr2", ".dng", ".webp"} <= PICTURE_ENDINGS
    assert not {".mp4", ".txt", ".mov", ".svg", ".pdf"} & PICTURE_ENDINGS
