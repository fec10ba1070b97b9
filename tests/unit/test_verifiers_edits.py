"""What was done to a photo is read from the verified transform and the residual, both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps
from shots import opened, pair_of, saved, shot
from strategies_clusters import a_photo

from dupfinder.model import Answer, Edit, Evidence, Orientation, Photo, Relation, Sides, Transform
from dupfinder.settings import MAX_PIXELS
from dupfinder.verifiers import chain
from dupfinder.verifiers.descent import descent
from dupfinder.verifiers.edits import edits, is_doubtful, relation
from dupfinder.verifiers.explain import explained
from dupfinder.verifiers.transforms import seen_from_right, to_transform, whole_frame
from dupfinder.verify import Views, verify

ORIGINAL = "2020 City/DSC_0126.jpg"

Picture = Image.Image
Changes = dict[str, float | None]


def between(base: Photo, copy: Photo) -> tuple[Changes, Changes]:
    """The edits as the verifiers see them, from both sides."""
    looks = Views(MAX_PIXELS, {}, colour=True)
    pair = pair_of(base, copy)
    verdict = verify(pair, chain("copies", "sift"), looks)
    assert verdict.answer is Answer.SAME
    there = explained(pair, verdict.evidence, looks)
    return named(edits(base, copy, there)), named(edits(copy, base, seen_from_right(there)))


def named(found: tuple[Edit, ...]) -> Changes:
    changes = {edit.kind: edit.amount for edit in found}
    assert len(changes) == len(found)
    assert changes.pop("re-encoded", 0) is None
    return changes


def about(changes: Changes) -> dict[str, Any]:
    return {
        kind: None if amount is None else pytest.approx(amount, rel=0.02, abs=0.01)
        for kind, amount in changes.items()
    }


def half(picture: Picture) -> Picture:
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)


def flattened(picture: Picture) -> Picture:
    return picture.resize((picture.width, round(picture.height * 0.8)))


def trimmed(picture: Picture) -> Picture:
    """Without a twentieth of its width, about as much as a hash can bear."""
    return picture.crop((0, 0, round(picture.width * 0.95), picture.height))


def in_a_frame(picture: Picture) -> Picture:
    """Of a twentieth of each side: 1 / 1.1 ** 2 of the area is left to the picture."""
    border = round(picture.width * 0.05), round(picture.height * 0.05)
    return ImageOps.expand(picture, border, "white")


def between_bars(picture: Picture) -> Picture:
    return ImageOps.expand(picture, (0, round(picture.height * 0.1)), "black")


@pytest.mark.parametrize(
    ("change", "expected", "back"),
    [
        (lambda p: p, {}, {}),
        (half, {"resized": 0.5}, {"resized": 2.0}),
        (lambda p: p.rotate(90, expand=True), {"turned": 90}, {"turned": 270}),
        (lambda p: p.rotate(180), {"turned": 180}, {"turned": 180}),
        (ImageOps.mirror, {"mirrored": None}, {"mirrored": None}),
        (ImageOps.flip, {"mirrored": None, "turned": 180}, {"mirrored": None, "turned": 180}),
        (flattened, {"resized": 0.8**0.5, "stretched": 1.25},
         {"resized": 0.8**-0.5, "stretched": 0.8}),
        (trimmed, {"cropped": 0.95}, {"extended": 0.95}),
        (in_a_frame, {"framed": 1.1**-2}, {"unframed": 1.1**-2}),
        (between_bars, {"letterboxed": 1 / 1.2}, {"unframed": 1 / 1.2}),
        (lambda p: half(p).rotate(270, expand=True), {"resized": 0.5, "turned": 270},
         {"resized": 2.0, "turned": 90}),
        (lambda p: p.convert("L"), {"grey": None}, {"coloured": None}),
    ],
    ids=["nothing", "resized", "turned left", "upside down", "mirrored", "flipped", "flattened",
         "cropped", "framed", "letterboxed", "resized and turned", "grey"],
)  # fmt: skip
def test_an_edit_is_named_from_both_sides(
    change: Callable[[Picture], Picture], expected: Changes, back: Changes, tmp_path: Path
) -> None:
    copy = saved(change(opened(ORIGINAL)), tmp_path / "copy.jpg", quality=85)
    assert between(shot(ORIGINAL), copy) == (about(expected), about(back))


def test_text_is_written_over_the_one_and_cleaned_from_the_other(tmp_path: Path) -> None:
    over = opened(ORIGINAL)
    font = ImageFont.load_default(over.height // 8)
    ImageDraw.Draw(over).text((30, 20), "SUMMER", "white", font, stroke_width=3, stroke_fill=0)
    there, back = between(shot(ORIGINAL), saved(over, tmp_path / "copy.jpg"))
    assert there.keys() == {"written over"}
    assert back.keys() == {"cleaned"}
    assert there["written over"] == back["cleaned"]
    assert there["written over"] is not None
    assert 0.02 < there["written over"] < 0.2


def test_a_brighter_copy_is_toned_as_much_from_both_sides(tmp_path: Path) -> None:
    bright = ImageEnhance.Brightness(opened(ORIGINAL)).enhance(1.2)
    there, back = between(shot(ORIGINAL), saved(bright, tmp_path / "copy.png"))
    assert there.keys() == back.keys() == {"toned"}
    assert there["toned"] == back["toned"]
    assert there["toned"] is not None
    assert 6 < there["toned"] < 40


def test_vivid_colours_are_no_other_tone(tmp_path: Path) -> None:
    vivid = ImageEnhance.Color(opened(ORIGINAL)).enhance(1.8)
    there, back = between(shot(ORIGINAL), saved(vivid, tmp_path / "copy.png"))
    assert there.keys() == back.keys() == {"recoloured"}
    assert there["recoloured"] is not None
    assert there["recoloured"] > 1.3


def test_a_level_horizon_was_tilted(tmp_path: Path) -> None:
    """Counter-clockwise, as Pillow turns; cut to the inside."""
    picture = opened(ORIGINAL)
    spare = round(picture.width * 0.03), round(picture.height * 0.03)
    turned = picture.rotate(2, Image.Resampling.BICUBIC)
    inside = (*spare, picture.width - spare[0], picture.height - spare[1])
    there, back = between(shot(ORIGINAL), saved(turned.crop(inside), tmp_path / "copy.png"))
    assert there.keys() == {"tilted", "cropped"}
    assert back.keys() == {"tilted", "extended"}
    assert there["tilted"] == pytest.approx(2, abs=0.3)
    assert back["tilted"] == pytest.approx(-2, abs=0.3)


@pytest.mark.parametrize("orientation", Orientation, ids=lambda each: each.name)
def test_the_edits_of_an_orientation_carry_it_out(orientation: Orientation) -> None:
    """Mirrored first, then turned counter-clockwise: together they are the orientation."""
    left = a_photo("/a.jpg", width=500, height=300)
    sides = (300, 500) if orientation.swaps_sides else (500, 300)
    right = a_photo("/b.jpg", width=sides[0], height=sides[1])
    done = Orientation.UPRIGHT
    for edit in edits(left, right, evidence(whole_frame(left, right, orientation))):
        assert edit.kind in ("re-encoded", "mirrored", "turned")
        if edit.kind == "mirrored":
            done = done.then(Orientation.MIRRORED)
        elif edit.amount is not None:
            done = done.then(Orientation(round(edit.amount / 90)))
    assert done is orientation


# From here on the evidence is made by hand: 400 x 300 pixels, and what is told of them.
PHOTO = a_photo("photo.jpg", width=400, height=300, taken_at=None)
SMALL = a_photo("small.jpg", width=200, height=150, taken_at=None)
LARGE = a_photo("large.jpg", width=800, height=600, taken_at=None)


def evidence(transform: Transform, beyond: Sides = (1.0, 1.0), **more: Any) -> Evidence:
    return Evidence("orb", transform=transform, beyond=beyond, **more)


def placed(scale: float, x: float = 0, y: float = 0) -> Transform:
    return to_transform(np.array([[scale, 0, x], [0, scale, y], [0, 0, 1]]))


def test_without_a_transform_nothing_is_said() -> None:
    assert edits(PHOTO, SMALL, Evidence("orb")) == ()
    assert descent(PHOTO, SMALL, Evidence("orb"), ()) is None
    assert not is_doubtful(PHOTO, PHOTO, Evidence("orb", tone=30.0))


def test_what_lies_beyond_is_no_frame_unless_it_is_known_to_be_flat() -> None:
    there = evidence(placed(1, 200, 100))
    assert named(edits(PHOTO, LARGE, there)) == {"framed": 0.25}
    assert named(edits(PHOTO, LARGE, replace(there, beyond=(1.0, 0.9)))) == {"extended": 0.25}
    assert named(edits(PHOTO, LARGE, replace(there, beyond=None))) == {"extended": 0.25}


def test_bars_are_on_two_opposite_sides_only() -> None:
    tall, wide = a_photo("t.jpg", width=400, height=500), a_photo("w.jpg", width=480, height=300)
    assert named(edits(PHOTO, tall, evidence(placed(1, 0, 100)))) == {"letterboxed": 0.6}
    assert named(edits(PHOTO, wide, evidence(placed(1, 40, 0)))) == {"letterboxed": 0.833}
    assert named(edits(PHOTO, tall, evidence(placed(1, 0, 200)))) == {"framed": 0.6}


def test_the_ground_around_a_tilted_picture_is_no_frame() -> None:
    c, s = np.cos(np.radians(10)), np.sin(np.radians(10))
    about_middle = [[c, s, 200 - 200 * c - 150 * s], [-s, c, 150 + 200 * s - 150 * c], [0, 0, 1]]
    found = named(edits(PHOTO, PHOTO, evidence(to_transform(np.array(about_middle)), (0.4, 1.0))))
    assert found.keys() == {"tilted", "cropped"}
    assert found["tilted"] == 10


def test_a_print_seen_at_an_angle_is_in_perspective() -> None:
    bent = to_transform(np.array([[1, 0, 0], [0, 1, 0], [3e-4, 0, 1]]))
    found = named(edits(PHOTO, PHOTO, evidence(bent)))
    assert "perspective" in found
    assert found.keys() <= {"perspective", "resized"}


def test_a_frame_may_hide_what_was_cut_off() -> None:
    """A crop to 360 x 270 in a frame of 20 pixels, off its middle: hardly larger than the photo."""
    copy = a_photo("copy.jpg", width=400, height=310, inner=(360, 270))
    there = evidence(placed(1, 18, 2), (0.4, 1.0))
    assert named(edits(PHOTO, copy, there)) == {"cropped": 0.81, "framed": 0.784}
    back = named(edits(copy, PHOTO, seen_from_right(there)))
    assert back == {"unframed": 0.784, "extended": 0.81}
    # Where two lie exactly over each other, toning may have made a ground flat.
    exact = a_photo("exact.jpg", width=400, height=300, inner=(360, 270))
    assert named(edits(PHOTO, exact, evidence(placed(1)))) == {}


@pytest.mark.parametrize(
    ("saturation", "tone", "expected"),
    [
        ((20.0, 0.2), 0.1, {"grey": None}),
        ((0.2, 20.0), 0.1, {"coloured": None}),
        ((0.2, 0.5), 0.1, {}),
        ((20.0, 36.0), 0.5, {"recoloured": 1.8}),
        ((20.0, 26.0), 25.0, {"toned": 25.0}),
        ((20.0, 21.0), 0.5, {}),
    ],
    ids=["grey", "coloured", "grey already", "vivid", "brighter", "coded"],
)
def test_colours_are_told_from_tone(saturation: Sides, tone: float, expected: Changes) -> None:
    there = evidence(placed(1), saturation=saturation, tone=tone)
    assert named(edits(PHOTO, PHOTO, there)) == expected


@pytest.mark.parametrize(
    ("edit", "inner", "expected"),
    [
        (Edit("cropped", 0.95), (400, 300), Relation.COPY),
        (Edit("cropped", 0.5), (400, 300), Relation.PART),
        (Edit("cropped", 0.5), (300, 200), Relation.COPY),
        (Edit("cropped", 0.5), (400, 200), Relation.PART),
        (Edit("extended", 0.5), (400, 300), Relation.PART),
        (Edit("framed", 0.5), (400, 300), Relation.COPY),
        (Edit("unframed", 0.5), (300, 200), Relation.COPY),
        (Edit("resized", 0.1), (400, 300), Relation.COPY),
    ],
)
def test_who_shows_clearly_less_of_the_picture_is_a_part(
    edit: Edit, inner: tuple[int, int], expected: Relation
) -> None:
    base = a_photo("base.jpg", width=400, height=300, inner=inner)
    assert relation(base, (Edit("re-encoded"), edit)) is expected


@pytest.mark.parametrize(
    ("copy", "transform", "beyond", "copy_is_derived", "is_container"),
    [
        (SMALL, placed(1, -100, -50), (0.3, 1.0), True, False),
        (SMALL, placed(0.7, -50, -30), (0.3, 1.0), True, False),
        (LARGE, placed(0.7, 300, 200), (1.0, 0.3), True, True),
        (LARGE, placed(1, 300, 200), (1.0, 0.3), False, False),
        (LARGE, placed(1.5, 300, -90), (0.3, 0.3), True, True),
    ],
    ids=["cut out", "cut out and shrunk", "in a screenshot", "cut out of the copy", "in a collage"],
)
def test_a_part_was_cut_out_or_shown_in_something_larger(
    copy: Photo, transform: Transform, beyond: Sides, copy_is_derived: bool, is_container: bool
) -> None:
    there = evidence(transform, beyond)
    made = descent(PHOTO, copy, there, edits(PHOTO, copy, there))
    assert made is not None
    assert (not made.left_is_derived, made.is_container) == (copy_is_derived, is_container)
    back = seen_from_right(there)
    turned = descent(copy, PHOTO, back, edits(copy, PHOTO, back))
    assert turned is not None
    assert (turned.left_is_derived, turned.is_container) == (copy_is_derived, is_container)


TAKEN = replace(PHOTO, taken_at="2020-01-01 10:00:00")


@pytest.mark.parametrize(
    ("base", "copy", "there", "expected"),
    [
        (PHOTO, PHOTO, evidence(placed(1), tone=20.0), True),
        (PHOTO, TAKEN, evidence(placed(1), tone=20.0), True),
        (TAKEN, TAKEN, evidence(placed(1), tone=20.0), False),
        (PHOTO, PHOTO, evidence(placed(1), tone=2.0), True),
        (PHOTO, PHOTO, evidence(placed(1), tone=0.4), False),
        (PHOTO, SMALL, evidence(placed(0.5), tone=20.0), False),
        (PHOTO, PHOTO, evidence(placed(1, 60, 0), (0.3, 0.3), tone=20.0), False),
        (PHOTO, PHOTO, evidence(placed(1), tone=20.0, saturation=(9.0, 16.0)), True),
        (PHOTO, PHOTO, evidence(placed(1), tone=4.0, saturation=(9.0, 30.0)), False),
        (PHOTO, PHOTO, evidence(placed(1), tone=4.0, saturation=(9.0, 0.0)), False),
        (PHOTO, PHOTO, evidence(placed(1), tone=20.0, saturation=(9.0, 0.0)), True),
        (PHOTO, PHOTO, evidence(placed(1), tone=20.0, written=(0.0, 0.02)), True),
        (PHOTO, PHOTO, evidence(placed(1), tone=2.0, written=(0.0, 0.02)), False),
        (PHOTO, PHOTO, evidence(placed(1), tone=0.8, agreement=0.92), True),
        (PHOTO, replace(PHOTO, quantization=196.0), evidence(placed(1), agreement=0.92), False),
    ],
    ids=["toned", "one says when", "both say when", "dark", "the same tone", "resized", "cropped",
         "brighter colours", "warm", "grey", "dark and grey", "something moved", "watermark",
         "other noise", "coarsely compressed"],
)  # fmt: skip
def test_a_copy_that_differs_in_tone_alone_may_be_another_exposure(
    base: Photo, copy: Photo, there: Evidence, expected: bool
) -> None:
    assert is_doubtful(base, copy, there) is expected
    assert is_doubtful(copy, base, seen_from_right(there)) is expected
