"""How many pictures a file holds: all that would be lost with it, and nothing that only helps."""

from __future__ import annotations

import struct
import time
from pathlib import Path
from typing import Any

import pytest
from pictures import decoded, encoded, photo_file, scene
from PIL import Image

from dupfinder.decode.tiff import Tiff
from dupfinder.fingerprint import Reading, fingerprint
from dupfinder.hashers import HASHERS
from dupfinder.settings import MAX_PIXELS

FRAMES = [Image.fromarray(scene(seed)).quantize(8).convert("RGB") for seed in range(4)]


def film(coding: str, count: int, **options: Any) -> bytes:
    if count > 1:
        options |= {"save_all": True, "append_images": [each.copy() for each in FRAMES[1:count]]}
    return encoded(FRAMES[0].copy(), coding, **options)  # Pillow leaves a saved one changed


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize(
    ("coding", "options"),
    [
        ("GIF", {}),
        ("GIF", {"comment": b"an extension, a block", "loop": 0}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {}),
        ("TIFF", {}),
        ("TIFF", {"big_tiff": True}),
    ],
)
def test_frames_and_pages_are_counted(coding: str, options: dict[str, Any], count: int) -> None:
    assert decoded(film(coding, count, **options)).frames == count


def test_the_photo_says_how_many(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    path.write_bytes(film("GIF", 3))
    result = fingerprint(photo_file(path), HASHERS["dct256"], MAX_PIXELS)
    assert isinstance(result, Reading)
    assert result.photo.frames == 3


def test_pictures_in_a_heif_file_are_counted() -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    assert [decoded(film("HEIF", count)).frames for count in (1, 3)] == [1, 3]


@pytest.mark.parametrize("coding", ["JPEG", "BMP", "PPM", "JPEG2000"])
def test_the_other_formats_hold_one_picture(coding: str) -> None:
    assert decoded(encoded(scene(), coding)).frames == 1


def test_a_hundred_thousand_frames_are_counted_soon() -> None:
    one, two = film("GIF", 1), film("GIF", 2)
    head = one[: 13 + (3 << ((one[10] & 7) + 1))]
    assert two.startswith(head[:6])
    picture = one[one.index(b"\x2c", len(head)) : -1]
    started = time.process_time()
    data = head + picture * 100_000 + b";"
    assert decoded(data, 64).frames == 100_000
    assert time.process_time() - started < 5


def test_a_gif_ends_where_it_says_and_what_follows_is_no_frame() -> None:
    data = film("GIF", 2)
    assert decoded(data + data[13:]).frames == 2


# A multi-picture JPEG has views of other things, previews, and what phones call undefined.


@pytest.mark.parametrize(
    ("kind", "frames"),
    [(0x000000, 1), (0x010001, 1), (0x010002, 1), (0x020001, 2), (0x020002, 2), (0x020003, 2)],
)
def test_of_a_multi_picture_jpeg_the_views_count(kind: int, frames: int) -> None:
    data = film("MPO", 2)
    at = data.index(struct.pack("<HHI", 0xB002, 7, 32))
    start = data.index(b"MPF\0") + 4
    second = start + struct.unpack_from("<I", data, at + 8)[0] + 16
    made = data[:second] + struct.pack("<I", kind) + data[second + 4 :]
    assert decoded(made).frames == frames


# Directories of a TIFF


def directories(*kinds: int, loop: bool = False) -> bytes:
    """A TIFF of nothing but directories, each with its new subfile type."""
    content = bytearray(b"II*\0" + struct.pack("<I", 8))
    for number, kind in enumerate(kinds):
        following = 8 + 18 * (number + 1) if number + 1 < len(kinds) else 8 if loop else 0
        content += struct.pack("<HHHIII", 1, 254, 4, 1, kind, following)
    return bytes(content)


def test_smaller_versions_and_masks_are_no_pages() -> None:
    assert Tiff(directories(0, 1, 2, 4, 5, 2)).pages() == 3
    assert Tiff(directories(1)).pages() == 1


def test_directories_in_a_ring_are_counted_once() -> None:
    assert Tiff(directories(0, 0, 0, loop=True)).pages() == 3


def test_a_long_chain_is_counted_soon() -> None:
    data = directories(*[0] * 200_000)
    started = time.process_time()
    assert Tiff(data).pages() == 65_536
    assert time.process_time() - started < 3


@pytest.mark.parametrize("data", [b"", b"II*\0", b"MM\0*\xff\xff\xff\xff", b"II+\0" + b"\xff" * 60])
def test_offsets_that_lead_out_of_the_file_lead_nowhere(data: bytes) -> None:
    assert Tiff(data).pages() == 1
    assert Tiff(data).directories((254,)) == []


def test_a_directory_of_too_many_entries_is_no_trouble() -> None:
    data = b"II*\0" + struct.pack("<IH", 8, 0xFFFF) + bytes(12 * 0xFFFF)
    started = time.process_time()
    assert Tiff(data).directories((50706,)) == [{}]
    assert time.process_time() - started < 2


@pytest.mark.parametrize("coding", ["GIF", "TIFF"])
def test_a_film_or_document_that_lacks_its_end_is_damaged(coding: str) -> None:
    """Its first picture is whole, so that no decoder complains."""
    whole = film(coding, 3)
    assert decoded(whole).damage is None
    cut = whole[:-1] if coding == "GIF" else without_the_last_strip(whole)
    assert decoded(cut).damage == {
        "GIF": "the GIF file ends too early",
        "TIFF": "the TIFF file ends before its last picture does",
    }.get(coding)


def without_the_last_strip(data: bytes) -> bytes:
    """As if the file ended within the strips of its last page: they are said to lie behind it."""
    at = data.rindex(struct.pack("<HH", 273, 4))
    return data[: at + 8] + struct.pack("<I", len(data) - 1) + data[at + 12 :]
