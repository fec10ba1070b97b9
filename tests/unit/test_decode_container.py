"""Files that say how long they are are held to it; those that do not say are never accused."""

from __future__ import annotations

from typing import Any

import pytest
from pictures import encoded, kind_of, scene

from dupfinder.decode.container import ends_early
from dupfinder.decode.sniff import AVIF, HEIF, PNG, TIFF


@pytest.fixture(autouse=True)
def heif() -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()


@pytest.mark.parametrize(
    ("coding", "options"),
    [
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {}),
        ("HEIF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),  # its directory stands behind the pixels
        ("TIFF", {"compression": "tiff_lzw", "big_tiff": True}),
    ],
)
def test_what_is_missing_at_the_end_is_noticed(coding: str, options: dict[str, Any]) -> None:
    data = encoded(scene(), coding, **options)
    kind = kind_of(data)
    assert not ends_early(data, kind)
    assert not ends_early(data + b"what another program appended", kind)
    assert ends_early(data[: len(data) // 2], kind)
    if kind is not TIFF:
        assert ends_early(data[:-1], kind)


@pytest.mark.parametrize("coding", ["JPEG", "GIF", "BMP", "PPM", "JPEG2000"])
def test_formats_that_do_not_say_are_left_to_their_decoder(coding: str) -> None:
    data = encoded(scene(), coding)
    assert not ends_early(data[: len(data) // 2], kind_of(data))


@pytest.mark.parametrize("kind", [AVIF, HEIF])
def test_boxes_of_all_three_lengths(kind: Any) -> None:
    short = b"\0\0\0\x0cftyp1234"
    long = b"\0\0\0\1mdat" + (20).to_bytes(8, "big") + b"1234"
    to_the_end = b"\0\0\0\0mdat12345678"
    assert not ends_early(short + long + to_the_end, kind)
    assert not ends_early(short + long, kind)
    assert ends_early(short + long[:-1], kind)
    assert not ends_early(short + to_the_end[:-1], kind)
    damaged = b"\0\0\0\7free"
    assert not ends_early(short + damaged, kind)


def test_tiff_of_either_byte_order() -> None:
    assert not ends_early(b"II*\0\x08\0\0\0\0\0", TIFF)
    assert ends_early(b"II*\0\0\x08\0\0\0\0", TIFF)
    assert not ends_early(b"MM\0*\0\0\0\x08\0\0", TIFF)
    assert ends_early(b"MM\0*\0\0\x08\0\0\0", TIFF)
    assert not ends_early(b"MM\0+\0\x08\0\0" + (16).to_bytes(8, "big") + b"\0", TIFF)
    assert ends_early(b"MM\0+\0\x08\0\0" + (17).to_bytes(8, "big") + b"\0", TIFF)


def test_png_with_its_last_chunk_cut() -> None:
    data = encoded(scene(), "PNG")
    for missing in (1, 4, 8):
        assert ends_early(data[:-missing], PNG)
