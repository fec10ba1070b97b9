"""What was done to a photo is read from the transform between the two, from either side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps
from shots import opened, pair_of, saved, shot, views
from strategies_clusters import a_photo

from dupfinder.model import Answer, Edit, Evidence, Orientation, Photo, Relation
from dupfinder.verifiers import chain
from dupfinder.verifiers.edits import edits, relation
from dupfinder.verifiers.transforms import inverse, to_transform, whole_frame
from dupfinder.verify import verify

ORIGINAL = "2020 City/DSC_0126.jpg"

Picture = Image.Image
Changes = dict[str, float | None]


def between(base: Photo, copy: Photo) -> tuple[Changes, Changes]:
    """The edits as the verifiers see them, from both sides."""
    verdict = verify(pair_of(base, copy), chain("kaze"), views())
    assert verdict.answer is Answer.SAME
    assert verdict.evidence.transform is not None
    back = replace(verdict.evidence, transform=inverse(verdict.evidence.transform))
    return named(edits(base, copy, verdict.evidence)), named(edits(copy, base, back))


def named(found: tuple[Edit, ...]) -> Changes:
    changes = {edit.kind: edit.amount for edit in found}
    assert len(changes) == len(found)
    assert changes.pop("re-encoded", 0) is None
    return changes


def about(**changes: float | None) -> dict[str, Any]:
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
        (in_a_frame, {"framed": 1.1**-2}, {"cropped": 1.1**-2}),
        (lambda p: half(p).rotate(270, expand=True), {"resized": 0.5, "turned": 270},
         {"resized": 2.0, "turned": 90}),
    ],
    ids=["nothing", "resized", "turned left", "upside down", "mirrored", "flipped", "flattened",
         "cropped", "framed", "resized and turned"],
)  # fmt: skip
def test_an_edit_is_named_from_both_sides(
    change: Callable[[Picture], Picture], expected: Changes, back: Changes, tmp_path: Path
) -> None:
    copy = saved(change(opened(ORIGINAL)), tmp_path / "copy.jpg", quality=85)
    assert between(shot(ORIGINAL), copy) == (about(**expected), about(**back))


def test_a_brighter_copy_is_toned_as_much_from_both_sides(tmp_path: Path) -> None:
    bright = ImageEnhance.Brightness(opened(ORIGINAL)).enhance(1.2)
    there, back = between(shot(ORIGINAL), saved(bright, tmp_path / "copy.png"))
    assert there.keys() == back.keys() == {"toned"}
    assert there["toned"] == back["toned"]
    assert there["toned"] is not None
    assert 6 < there["toned"] < 40


def test_a_level_horizon_was_tilted(tmp_path: Path) -> None:
    """Counter-clockwise, as Pillow turns; cut to the inside."""
    picture = opened(ORIGINAL)
    spare = round(picture.width * 0.03), round(picture.height * 0.03)
    turned = picture.rotate(2, Image.Resampling.BICUBIC)
    inside = (*spare, picture.width - spare[0], picture.height - spare[1])
    there, back = between(shot(ORIGINAL), saved(turned.crop(inside), tmp_path / "copy.png"))
    assert there["tilted"] == pytest.approx(2, abs=0.3)
    assert back["tilted"] == pytest.approx(-2, abs=0.3)


@pytest.mark.parametrize("orientation", Orientation, ids=lambda each: each.name)
def test_the_edits_of_an_orientation_carry_it_out(orientation: Orientation) -> None:
    """Mirrored first, then turned counter-clockwise: together they are the orientation."""
    left = a_photo("/a.jpg", width=500, height=300)
    sides = (300, 500) if orientation.swaps_sides else (500, 300)
    right = a_photo("/b.jpg", width=sides[0], height=sides[1])
    transform = whole_frame(left, right, orientation)
    done = Orientation.UPRIGHT
    for edit in edits(left, right, Evidence("thumbnail", overlap=1.0, transform=transform)):
        assert edit.kind in ("re-encoded", "mirrored", "turned")
        if edit.kind == "mirrored":
            done = done.then(Orientation.MIRRORED)
        elif edit.amount is not None:
            done = done.then(Orientation(round(edit.amount / 90)))
    assert done is orientation


def test_without_a_transform_nothing_is_said() -> None:
    photo = a_photo("/a.jpg")
    assert edits(photo, photo, Evidence("orb")) == ()


def test_without_an_overlap_nothing_is_said_of_crops() -> None:
    wide, narrow = a_photo("/a.jpg", width=500), a_photo("/b.jpg", width=300)
    same_place = to_transform(np.eye(3))
    found = edits(wide, narrow, Evidence("orb", transform=same_place))
    assert found == (Edit("re-encoded"),)


@pytest.mark.parametrize(
    ("edit", "inner", "expected"),
    [
        (Edit("cropped", 0.95), (400, 300), Relation.COPY),
        (Edit("cropped", 0.5), (400, 300), Relation.PART),
        (Edit("cropped", 0.5), (300, 200), Relation.COPY),
        (Edit("extended", 0.5), (400, 300), Relation.PART),
        (Edit("framed", 0.5), (400, 300), Relation.COPY),
        (Edit("resized", 0.1), (400, 300), Relation.COPY),
    ],
)
def test_who_shows_clearly_less_of_the_picture_is_a_part(
    edit: Edit, inner: tuple[int, int], expected: Relation
) -> None:
    base = a_photo("base.jpg", width=400, height=300, inner=inner)
    assert relation(base, (Edit("re-encoded"), edit)) is expected
