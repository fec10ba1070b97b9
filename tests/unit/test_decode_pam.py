"""PAM is shown as Pillow shows the PNM, or the PNG, that holds the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pictures import Pixels, decoded, digest, encoded, scene

from dupfinder.decode.errors import Undecodable

KINDS = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}


def pam(samples: Pixels, most: int = 255, kind: str | None = None) -> bytes:
    """Of (height, width, depth)."""
    height, width, depth = samples.shape
    head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {depth}\nMAXVAL {most}\n"
    head += f"TUPLTYPE {kind or KINDS[depth]}\nENDHDR\n"
    return head.encode() + samples.astype(">u2" if most > 255 else np.uint8).tobytes()


def pnm(samples: Pixels, most: int) -> bytes:
    height, width, depth = samples.shape
    head = f"{'P5' if depth == 1 else 'P6'}\n{width} {height}\n{most}\n"
    return head.encode() + samples.astype(">u2" if most > 255 else np.uint8).tobytes()


def code_of(data: bytes, max_pixels: int = 10_000) -> str:
    with pytest.raises(Undecodable) as caught:
        decoded(data, max_pixels=max_pixels)
    return caught.value.code


@st.composite
def samples_and_most(draw: st.DrawFn) -> tuple[Pixels, int]:
    """Values up to the largest that they may have, and above it."""
    most = draw(st.sampled_from([1, 15, 100, 255, 256, 1023, 4095, 65535]) | st.integers(1, 65535))
    shape = (draw(st.integers(1, 5)), draw(st.integers(1, 5)), draw(st.sampled_from([1, 3])))
    top = 255 if most < 256 else 65535
    return draw(arrays(np.uint16, shape, elements=st.integers(0, top))), most


@given(samples_and_most())
def test_what_both_hold_is_shown_as_pillow_shows_pnm(made: tuple[Pixels, int]) -> None:
    samples, most = made
    ours, theirs = decoded(pam(samples, most)), decoded(pnm(samples, most))
    assert np.array_equal(ours.picture.rgb, theirs.picture.rgb)
    if samples.shape[2] == 1 or most < 256:
        assert ours.pixel_digest == theirs.pixel_digest
    else:  # channels that are cut down prove nothing
        assert ours.pixel_digest != theirs.pixel_digest


def test_transparency_is_that_of_the_same_png() -> None:
    opacity = scene(1)[..., :1]
    for samples in (
        np.concatenate([scene(), opacity], axis=2),
        np.concatenate([scene()[..., :1], opacity], axis=2),
    ):
        assert digest(pam(samples)) == digest(encoded(samples, "PNG"))


def test_black_and_white_is() -> None:
    drawn = (scene()[..., :1] > 128).astype(np.uint8)
    shown = decoded(pam(drawn, 1, "BLACKANDWHITE")).picture.rgb
    assert np.array_equal(shown[..., :1], drawn * 255)


def test_sixteen_bits_with_transparency_never_equal_their_reduction() -> None:
    samples = np.concatenate([scene(), scene(1)[..., :1]], axis=2)
    deep = samples.astype(np.uint16) * 257
    assert np.array_equal(decoded(pam(deep, 65535)).picture.rgb, decoded(pam(samples)).picture.rgb)
    assert digest(pam(deep, 65535)) != digest(pam(samples))


def test_a_header_may_be_in_any_order_and_commented() -> None:
    head = b"P7\n# by hand\n\nTUPLTYPE RGB\nMAXVAL 255 \nDEPTH 3\n  HEIGHT\t64\nWIDTH 96\nENDHDR\n"
    assert digest(head + scene().tobytes()) == digest(encoded(scene(), "PNG"))


def test_what_is_followed_by_another_never_equals_it() -> None:
    one, both = pam(scene()), pam(scene()) + pam(scene(1))
    assert digest(both) != digest(one)
    assert (decoded(one).frames, decoded(both).frames) == (1, 2)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pam(scene())[:-1], "truncated"),
        (pam(scene())[:60], "damaged"),
        (pam(scene()).replace(b"WIDTH 96", b"WIDTH -6"), "damaged"),
        (pam(scene()).replace(b"WIDTH 96", b"WIDTH 0"), "damaged"),
        (pam(scene()).replace(b"WIDTH 96", b"WIDTH " + b"9" * 5000), "damaged"),
        (pam(scene()).replace(b"MAXVAL 255", b"MAXVAL 65536"), "damaged"),
        (pam(scene()).replace(b"ENDHDR", b"# " + b"x" * 5000), "damaged"),
        (pam(scene()).replace(b"WIDTH 96", b"WIDTH 4000000000"), "too-many-pixels"),
        (pam(np.zeros((2, 2, 4)), kind="CMYK"), "unsupported"),
        (pam(np.zeros((2, 2, 5)), kind="RGB_ALPHA"), "unsupported"),
        (pam(np.zeros((2, 2, 3)), kind="GRAYSCALE"), "unsupported"),
    ],
)
def test_the_rest_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert code_of(data) == code


@given(st.binary(max_size=300))
def test_no_header_is_too_odd(garbage: bytes) -> None:
    assert code_of(b"P7\n" + garbage) in {"damaged", "truncated", "unsupported", "too-many-pixels"}
