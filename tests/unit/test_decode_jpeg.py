"""The digest of a JPEG's stream: equal for equal pixels only, whatever its metadata say."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import (
    APP0,
    APP1,
    APP2,
    APP14,
    COM,
    DQT,
    SOI,
    decoded,
    encoded,
    opened,
    rgb_of,
    scene,
    segment,
    with_segments,
)
from PIL import Image

from dupfinder.decode.errors import Undecodable
from dupfinder.decode.jpeg import quantization_step, stream_digest, unknown_variety

PLAIN = encoded(scene(), "JPEG", quality=80)
ICC = b"ICC_PROFILE\0\1\1" + b"profile" * 20
# Kodak, Photoshop, MPF and the rest of the namespaces that no decoder takes colours from.
METADATA = st.builds(
    segment,
    st.sampled_from([COM, *(marker for marker in range(0xE1, 0xF0) if marker != APP14)]),
    st.binary(max_size=80).filter(lambda payload: not payload.startswith(b"ICC_PROFILE")),
)


def digest(data: bytes, orientation: int = 1) -> bytes:
    found = stream_digest(data, orientation)
    assert found is not None
    return found


def segments(data: bytes) -> list[tuple[int, int, int]]:
    """Marker, start and end (of the whole segment) up to the first scan, inclusive."""
    found, at = [], 2
    while not found or found[-1][0] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((data[at + 1], at, end))
        at = end
    return found


def without(data: bytes, marker: int) -> bytes:
    at = next((start, end) for found, start, end in segments(data) if found == marker)
    return data[: at[0]] + data[at[1] :]


@pytest.mark.parametrize(
    "metadata",
    [
        segment(COM, b"a comment"),
        segment(APP1, b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"),
        segment(APP1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
        segment(0xED, b"Photoshop 3.0\0"),
        segment(APP2, b"MPF\0II*\0"),
        segment(APP0, b"JFXX\0\x10" + bytes(20)),
        segment(APP0, b"JFIF\0\1\2"),  # too short to be one
        b"\xff\xff\xff",  # fill bytes
    ],
)
def test_metadata_do_not_count(metadata: bytes) -> None:
    assert digest(with_segments(PLAIN, metadata)) == digest(PLAIN)


def test_a_changed_comment_does_not_count() -> None:
    one, other = (with_segments(PLAIN, segment(COM, text)) for text in (b"one", b"another"))
    assert digest(one) == digest(other)


def test_pixel_density_does_not_count_but_a_jfif_header_does() -> None:
    assert digest(encoded(scene(), "JPEG", quality=80, dpi=(300, 300))) == digest(PLAIN)
    assert digest(without(PLAIN, APP0)) != digest(PLAIN)


def test_without_a_jfif_header_the_same_stream_may_have_other_colours() -> None:
    """Why the header counts: libjpeg takes components called R, G and B for colours then."""
    frame = next(start for marker, start, _ in segments(PLAIN) if marker == 0xC0)
    scan = next(start for marker, start, _ in segments(PLAIN) if marker == 0xDA)
    named = bytearray(PLAIN)
    for place, letter in enumerate(b"RGB"):
        named[frame + 10 + 3 * place] = letter
        named[scan + 5 + 2 * place] = letter
    for other in (segment(APP0, b"JFXX\0\x10" + bytes(20)), segment(APP0, b"JFIF\0\1\2")):
        odd = with_segments(without(bytes(named), APP0), other)
        assert not np.array_equal(rgb_of(odd), rgb_of(bytes(named)))
        assert digest(odd) != digest(bytes(named))


@pytest.mark.parametrize(
    "colour",
    [
        segment(APP2, ICC),
        segment(APP14, b"Adobe\0\x64\0\0\0\0\0"),
        segment(DQT, b"\3" + bytes(range(1, 65))),
        segment(0xDD, b"\0\0"),
    ],
    ids=["ICC profile", "Adobe", "quantization table", "restart interval"],
)
def test_what_changes_colours_or_pixels_counts(colour: bytes) -> None:
    assert digest(with_segments(PLAIN, colour)) != digest(PLAIN)


def test_the_contents_of_the_colour_segments_count() -> None:
    for marker, one, other in [
        (APP2, ICC, ICC + b"!"),
        (APP14, b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\1"),
    ]:
        left, right = (with_segments(PLAIN, segment(marker, payload)) for payload in (one, other))
        assert digest(left) != digest(right)


def test_quantization_and_scan_data_count() -> None:
    start = next(start for marker, start, _ in segments(PLAIN) if marker == DQT)
    coarser = bytearray(PLAIN)
    coarser[start + 5] += 1
    assert digest(bytes(coarser)) != digest(PLAIN)
    for at in (len(PLAIN) // 2, len(PLAIN) - 3):
        changed = bytearray(PLAIN)
        changed[at] ^= 1
        assert digest(bytes(changed)) != digest(PLAIN)
    assert digest(PLAIN + b"film of a motion photo") != digest(PLAIN)


def test_orientation_counts() -> None:
    assert len({digest(PLAIN, orientation) for orientation in range(1, 9)}) == 8
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = with_segments(PLAIN, segment(APP1, exif.tobytes()))
    assert decoded(turned).pixel_digest == digest(PLAIN, 6)
    assert decoded(PLAIN).pixel_digest == digest(PLAIN, 1)


@pytest.mark.parametrize(
    "damage",
    [
        SOI,
        SOI + b"\xff\xe1",
        SOI + segment(COM, b"no scan follows"),
        SOI + b"\0" + PLAIN[2:],
        SOI + b"\0\xff" + PLAIN[2:],
        with_segments(PLAIN, segment(0x01, b"behind a marker that has no length")),
        with_segments(PLAIN, segment(0xBF, b"behind a reserved one")),
        with_segments(PLAIN, segment(0xD0, b"behind a restart")),
        with_segments(PLAIN, segment(0xD8, b"behind a second start")),
        with_segments(PLAIN, segment(0xD9, b"behind the end")),
        SOI + b"\xff\xe1\0\1" + PLAIN[2:],
        SOI + b"\xff\xe1\xff\xff" + PLAIN[2:200],
    ],
)
def test_segments_that_cannot_be_followed_have_no_digest(damage: bytes) -> None:
    assert stream_digest(damage, 1) is None


def test_progressive_and_grey_streams_have_a_digest() -> None:
    progressive = encoded(scene(), "JPEG", quality=80, progressive=True)
    grey = encoded(scene()[..., 0], "JPEG", quality=80)
    assert len({digest(progressive), digest(grey), digest(PLAIN)}) == 3


@settings(deadline=None, max_examples=150)
@given(
    st.lists(METADATA, max_size=5),
    st.lists(METADATA | st.just(b"\xff"), max_size=5),
    st.sampled_from([b"", segment(APP2, ICC), segment(APP14, b"Adobe\0\x64\0\0\0\0\0")]),
)
def test_streams_with_the_same_digest_decode_to_the_same_pixels(
    left: list[bytes], right: list[bytes], colour: bytes
) -> None:
    one = with_segments(PLAIN, *left, colour)
    other = with_segments(PLAIN, colour, *right)
    # Metadata may hold an orientation by chance: then the decode takes it into the digest.
    if decoded(one).pixel_digest == decoded(other).pixel_digest:
        assert np.array_equal(rgb_of(one), rgb_of(other))
    assert digest(one) == digest(other)


@settings(deadline=None, max_examples=150)
@given(st.integers(2, len(PLAIN) - 1), st.integers(0, 255))
def test_a_changed_byte_never_keeps_the_digest_and_changes_the_pixels(at: int, byte: int) -> None:
    changed = PLAIN[:at] + bytes([byte]) + PLAIN[at + 1 :]
    if stream_digest(changed, 1) == digest(PLAIN):
        assert np.array_equal(np.asarray(opened(changed)), np.asarray(opened(PLAIN)))


def test_the_quantization_step_is_the_mean_of_the_luma_table() -> None:
    assert quantization_step({0: [2] * 32 + [4] * 32, 1: [99] * 64}) == 3.0
    assert quantization_step({}) is None
    assert quantization_step({1: [99] * 64}) is None


# Kinds of JPEG that the decoder does not know: it would call them damaged.


def patched_frame(data: bytes, marker: int, bits: int) -> bytes:
    """The JPEG with another kind of frame (T.81, table B.1) and other bits a channel."""
    at = data.index(b"\xff\xc0\x00\x11")
    return (
        data[:at] + bytes([0xFF, marker]) + data[at + 2 : at + 4] + bytes([bits]) + data[at + 5 :]
    )


@pytest.mark.parametrize(
    ("marker", "bits", "name"),
    [
        (0xC1, 12, "JPEG of 12 bits a channel"),
        (0xC2, 12, "JPEG of 12 bits a channel"),
        (0xC9, 12, "JPEG of 12 bits a channel"),
        (0xC3, 12, "lossless JPEG of 12 bits a channel"),
        (0xC3, 16, "lossless JPEG of 16 bits a channel"),
        (0xC5, 8, "hierarchical JPEG"),
        (0xCF, 8, "hierarchical JPEG"),
    ],
)
def test_what_libjpeg_does_not_decode_is_named(marker: int, bits: int, name: str) -> None:
    with pytest.raises(Undecodable) as caught:
        decoded(patched_frame(encoded(scene(), "JPEG"), marker, bits))
    assert (caught.value.code, str(caught.value)) == ("unsupported", f"unsupported: {name}")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 2}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_all_other_kinds_are_known(mode: str, options: dict[str, Any]) -> None:
    data = encoded(Image.fromarray(scene()).convert(mode), "JPEG", **options)
    assert unknown_variety(data) is None
    assert decoded(data).picture.width == 96


def test_arithmetic_coding_is_decoded(shared: Path) -> None:
    """No encoder at hand writes it: this is a fuzzer's, one of those that are still whole."""
    name = "jpeg_turbo/edges-only/images/id:001542,src:000752,op:flip4,pos:308.jpg"
    with tarfile.open(shared / "corpora" / "hostile.tar.gz") as archive:
        member = next(each for each in archive if each.name.endswith(name))
        file = archive.extractfile(member)
        assert file is not None
        data = file.read()
    assert b"\xff\xc9\x00\x11\x08" in data
    assert decoded(data).picture.width > 8
