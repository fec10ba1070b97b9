"""JPEG XL: its header tells what decoding would take, and a JPEG within comes out as it went in."""

from __future__ import annotations

import contextlib
import io
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import Pixels, decoded, digest, encoded, scene
from PIL import Image

from dupfinder.decode import jxl
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.jxl import Header, header, jpeg_inside

library = pytest.importorskip("pillow_jxl")


def lossless(picture: Pixels, **options: Any) -> bytes:
    return encoded(picture, "JXL", lossless=True, **options)


@pytest.fixture(scope="module")
def samples(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jxl")
    with tarfile.open(shared / "corpora" / "formats.tar.gz") as archive:
        members = [each for each in archive.getmembers() if each.name.endswith(".jxl")]
        archive.extractall(folder, members, filter="data")
    return folder


def test_the_header_says_what_the_decoder_finds(samples: Path) -> None:
    paths = sorted(samples.rglob("*.jxl"))
    assert len(paths) >= 20
    for path in paths:
        data = path.read_bytes()
        said = header(data)
        if said is None:  # a pointer to a file that is not in the archive
            assert len(data) < 200, path
            continue
        _, info, *_ = library.Decoder(num_threads=0)(data)
        assert sorted((said.width, said.height)) == sorted((info.width, info.height)), path
        assert said.is_film == ("animation" in str(path) or "traffic_light" in str(path)), path


@pytest.mark.parametrize("sides", [(96, 64), (64, 96), (120, 100), (8, 8), (1, 1), (3000, 7)])
def test_sides_of_all_codings(sides: tuple[int, int]) -> None:
    data = lossless(np.zeros((sides[1], sides[0], 3), np.uint8))
    assert header(data) == Header(*sides)


@given(st.binary(max_size=200))
def test_any_bytes_have_a_header_or_none(data: bytes) -> None:
    for start in (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\0jxlc\xff\x0a", b""):
        found = header(start + data)
        assert found is None or min(found.width, found.height) >= 0


def test_lossless_pixels_come_back() -> None:
    result = decoded(lossless(scene()))
    assert np.array_equal(result.picture.rgb, scene())
    assert (result.format, result.lossless, result.frames) == ("JPEG XL", False, 1)


def test_the_pixel_limit_is_asked_before_the_decoder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = lossless(scene())
    monkeypatch.setattr(jxl, "plugin", lambda: SimpleNamespace(Decoder=None))
    with pytest.raises(Undecodable) as caught:
        decoded(data, 64, 96 * 64 - 1)
    assert str(caught.value) == "96x64 pixels: the limit is 6,143"


def test_metadata_counts_but_not_its_orientation() -> None:
    """The decoder has turned the picture already; EXIF keeps what was true before."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    result = decoded(lossless(scene(), exif=exif.tobytes()[6:], use_container=True))
    assert result.camera == "Maker"
    assert result.picture.rgb.shape == scene().shape


@pytest.mark.parametrize("exif", [b"II*\0", b"nothing of the kind", b""])
def test_damaged_metadata_costs_no_picture(exif: bytes) -> None:
    data = lossless(scene(), exif=exif, use_container=True)
    assert np.array_equal(decoded(data).picture.rgb, scene())


def test_sixteen_bits_differ_from_their_reduction() -> None:
    deep = scene()[..., 0].astype(np.uint16) * 257
    assert header(lossless(deep)).bits == 16
    assert digest(lossless(deep)) != digest(lossless(scene()[..., 0]))


@pytest.mark.parametrize("container", [True, False])
def test_one_that_ends_early_is_no_picture(container: bool) -> None:
    data = encoded(scene(1, 300, 200), "JXL", quality=80, use_container=container)
    for length in [len(data) * share // 10 for share in range(3, 10)] + [len(data) - 3]:
        with pytest.raises(Undecodable) as caught:
            decoded(data[:length])
        assert caught.value.code in (("truncated",) if container else ("damaged", "truncated"))
        assert str(caught.value).isprintable()


@settings(deadline=None, max_examples=30)
@given(at=st.integers(2, 10**6), byte=st.integers(0, 255))
def test_damage_ends_in_a_picture_or_a_refusal(at: int, byte: int) -> None:
    data = bytearray(lossless(scene(0, 32, 24)))
    data[2 + at % (len(data) - 2)] = byte
    with contextlib.suppress(Undecodable):
        decoded(bytes(data), 64, 1_000_000)


# A JPEG that was made smaller without loss


@pytest.fixture
def made_of(tmp_path: Path) -> tuple[bytes, bytes]:
    """A JPEG, and the JPEG XL of it."""
    jpeg = encoded(scene(2, 300, 200), "JPEG", quality=88)
    (tmp_path / "a.jpg").write_bytes(jpeg)
    buffer = io.BytesIO()
    with Image.open(tmp_path / "a.jpg") as image:
        image.save(buffer, "JXL", lossless_jpeg=True)
    return jpeg, buffer.getvalue()


def test_the_jpeg_comes_out_as_it_went_in(made_of: tuple[bytes, bytes]) -> None:
    jpeg, packed = made_of
    assert jpeg_inside(packed) == jpeg
    assert jpeg_inside(lossless(scene())) is None


def test_it_has_the_pixels_of_the_jpeg_by_both_digests(made_of: tuple[bytes, bytes]) -> None:
    jpeg, packed = made_of
    ours, theirs = decoded(packed, 64), decoded(jpeg, 64)
    assert ours.pixel_digest == theirs.pixel_digest
    assert digest(packed) == digest(jpeg)
    assert np.array_equal(ours.picture.grey, theirs.picture.grey)
    assert (ours.format, ours.lossless, ours.quantization) == ("JPEG XL", False, None)


def test_films_have_more_than_one_frame_and_the_pixels_of_none(samples: Path) -> None:
    (path,) = samples.rglob("animation_newtons_cradle/input.jxl")
    data = path.read_bytes()
    assert decoded(data).frames == 2
    _, info, pixels, *_ = library.Decoder(num_threads=0)(data)
    shown = Image.frombytes(info.mode, (info.width, info.height), pixels)
    assert digest(data) != digest(encoded(shown, "PNG"))
