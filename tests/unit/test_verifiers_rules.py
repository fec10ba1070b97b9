"""Which pictures that share something are taken for copies, and which are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from shots import DeepViews, opened, pair_of, saved, shot, swapped

import dupfinder
from dupfinder import Settings
from dupfinder.model import Answer, Orientation, Photo, Relation, Verdict
from dupfinder.verifiers import chain, part_chain
from dupfinder.verifiers.agreement import Agreement
from dupfinder.verifiers.edits import edits
from dupfinder.verifiers.geometry import Alignment
from dupfinder.verifiers.overlap import Overlap
from dupfinder.verifiers.rules import judge_parts
from dupfinder.verify import verify

MARKET, LAKE, HARBOUR = (
    opened(path)
    for path in ("2020 City/DSC_0126.jpg", "2019 Summer/IMG_2041.jpg", "2019 Summer/IMG_2054.jpg")
)
SIZE = 640, 480


def scaled(picture: Image.Image, size: tuple[int, int] = SIZE) -> Image.Image:
    return picture.resize(size, Image.Resampling.LANCZOS)


class Folder:
    """Pictures saved as JPEG files, and what the verifiers say of two of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._looks = DeepViews()

    def photo(self, picture: Image.Image, name: str, **options: object) -> Photo:
        return saved(picture, self.path / f"{name}.jpg", quality=88, **options)

    def parts(
        self, left: Photo, right: Photo, turn: Orientation = Orientation.UPRIGHT
    ) -> tuple[Verdict, Verdict]:
        """What the features of two photos say, from both sides."""
        pair = pair_of(left, right, orientation=turn)
        forth, back = (verify(each, part_chain(), self._looks) for each in (pair, swapped(pair)))
        return forth, back

    def expect(self, answer: bool, left: Photo, right: Photo, **options: Orientation) -> None:
        for verdict in self.parts(left, right, **options):
            assert (verdict.answer is Answer.SAME) is answer, verdict


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def beside(*pictures: Image.Image, gap: int = 8) -> Image.Image:
    """A collage of pictures of one size."""
    width, height = pictures[0].size
    both = Image.new("RGB", (len(pictures) * (width + gap) - gap, height), "white")
    for place, picture in enumerate(pictures):
        both.paste(picture, (place * (width + gap), 0))
    return both


@pytest.mark.parametrize("gap", [0, 8])
def test_two_collages_that_share_a_half_are_no_copies(folder: Folder, gap: int) -> None:
    market, lake, harbour = (scaled(each) for each in (MARKET, LAKE, HARBOUR))
    one = folder.photo(beside(market, lake, gap=gap), "one")
    folder.expect(False, one, folder.photo(beside(market, harbour, gap=gap), "same place"))
    folder.expect(False, one, folder.photo(beside(harbour, market, gap=gap), "other place"))


# What a verifier measured of two shots of one crate, and of two collages whose halves on the right
# are one photo.
CRATE = (
    Alignment(np.eye(3), 64, 0.8, 0.18, 1.4, is_rigid=True, is_axis_aligned=False),
    Agreement(92, 0.76, 0.51, 0.03, 0.84, 0.05, 0.997, 0.7, 62),
)
HALVES = (
    Alignment(np.eye(3), 65, 0.92, 0.31, 0.2, is_rigid=True, is_axis_aligned=True),
    Agreement(50, 0.88, -0.07, -0.17, 0.58, 0.4, 0.77, 0.6, 29),
)


@pytest.mark.parametrize(
    ("alignment", "agreed", "expected"),
    [
        (*CRATE, Answer.UNDECIDED),
        (CRATE[0], replace(CRATE[1], median=0.86), Answer.SAME),
        (replace(CRATE[0], is_axis_aligned=True), CRATE[1], Answer.SAME),
        (*HALVES, Answer.DIFFERENT),
        (HALVES[0], replace(HALVES[1], hole=0.28), Answer.SAME),
    ],
    ids=["other standpoint", "tilted", "not turned", "half of a collage", "more than half"],
)
def test_what_is_slanted_must_agree_more_and_a_cut_out_must_be_most(
    alignment: Alignment, agreed: Agreement, expected: Answer
) -> None:
    overlap = Overlap(np.eye(3), 1.0, 1.0, 1.0, agreed, 10.0)
    assert judge_parts(alignment, overlap, graphic=False) is expected


def test_a_collage_holds_each_of_its_photos(folder: Folder) -> None:
    collage = folder.photo(beside(scaled(MARKET), scaled(LAKE)), "collage")
    folder.expect(True, folder.photo(MARKET, "market"), collage)
    folder.expect(True, folder.photo(LAKE, "lake"), collage)
    folder.expect(False, folder.photo(HARBOUR, "harbour"), collage)


def watermarked(picture: Image.Image) -> Image.Image:
    """A large mark with hard edges: it has more keypoints in common than many a copy."""
    marked = scaled(picture).convert("RGBA")
    over = Image.new("RGBA", marked.size)
    pen = ImageDraw.Draw(over)
    noise = np.random.default_rng(8)
    for x, y, w, h in noise.integers((140, 120, 8, 8), (460, 320, 60, 40), (60, 4)).tolist():
        pen.rectangle((x, y, x + w, y + h), outline=(255, 255, 255, 190), width=4)
    return Image.alpha_composite(marked, over).convert("RGB")


def test_one_watermark_over_two_photos_makes_them_no_copies(folder: Folder) -> None:
    market, lake = (folder.photo(watermarked(each), name) for each, name in
                    ((MARKET, "market"), (LAKE, "lake")))  # fmt: skip
    folder.expect(False, market, lake)
    folder.expect(True, market, folder.photo(MARKET, "bare"))


@pytest.mark.parametrize("ground", ["grey", "black", "white"])
def test_a_tilted_copy_with_empty_corners_is_a_copy(folder: Folder, ground: str) -> None:
    tilted = MARKET.rotate(5, Image.Resampling.BICUBIC, expand=True, fillcolor=ground)
    folder.expect(True, folder.photo(MARKET, "market"), folder.photo(tilted, "tilted"))


def cut(picture: Image.Image, side: float) -> Image.Image:
    left, top = round(picture.width * 0.2), round(picture.height * 0.25)
    return picture.crop(
        (left, top, left + round(picture.width * side), top + round(picture.height * side))
    )


@pytest.mark.parametrize("turn", Orientation, ids=lambda turn: turn.name)
@pytest.mark.parametrize("side", [0.7, 0.45])
def test_a_crop_is_found_however_it_was_turned(
    folder: Folder, turn: Orientation, side: float
) -> None:
    """Keypoints see through every turn; of a mirror they must be told."""
    array = np.rot90(np.asarray(cut(MARKET, side)), turn.quarter_turns)
    if turn.is_mirrored:
        array = array[:, ::-1]
    crop = folder.photo(Image.fromarray(np.ascontiguousarray(array)), "crop")
    whole = folder.photo(MARKET, "whole")
    flip = Orientation.MIRRORED if turn.is_mirrored else Orientation.UPRIGHT
    folder.expect(True, whole, crop, turn=flip)
    verdict, _ = folder.parts(whole, crop, turn=flip)
    told = {edit.kind: edit.amount for edit in edits(whole, crop, verdict.evidence)}
    assert told["cropped"] == pytest.approx(side**2, abs=0.02)
    assert ("mirrored" in told) is turn.is_mirrored
    # The edits mirror first and turn then; an orientation turns first.
    quarters = turn.quarter_turns if not turn.is_mirrored else -turn.quarter_turns % 4
    assert told.get("turned", 0) == 90 * quarters


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Scans/card Anna.jpg", "Scans/card Tom.jpg"),
        ("Scans/letter page 1.png", "Scans/letter page 2.png"),
    ],
)
def test_what_is_of_one_template_is_no_copy(folder: Folder, left: str, right: str) -> None:
    folder.expect(False, shot(left), shot(right))


@pytest.mark.parametrize(
    ("path", "factor", "frame"),
    [("Scans/card Anna.jpg", 0.75, 30), ("Scans/letter page 1.png", 0.5, 0)],
)
def test_what_is_of_one_template_is_a_copy_of_itself(
    folder: Folder, path: str, factor: float, frame: int
) -> None:
    page = opened(path)
    small = scaled(page, (round(page.width * factor), round(page.height * factor)))
    copy = folder.photo(ImageOps.expand(small, frame, "black"), "copy")
    folder.expect(True, shot(path), copy)


def in_the_dark(seed: int) -> Image.Image:
    """What a camera takes with its lens covered."""
    noise = np.random.default_rng(seed).normal(6, 1.5, (SIZE[1] // 4, SIZE[0] // 4))
    return Image.fromarray(noise.clip(0, 255).astype(np.uint8)).resize(SIZE)


def test_two_dark_frames_are_no_copies(folder: Folder) -> None:
    """Whatever features are brought out of the noise."""
    folder.expect(False, folder.photo(in_the_dark(1), "one"), folder.photo(in_the_dark(2), "two"))
    found = dupfinder.find(folder.path, Settings(workers=0, use_cache=False))
    assert (found.compared, found.clusters, found.similar) == (2, (), ())


def dyed(picture: Image.Image, blue: int, red: int) -> Image.Image:
    """A thing of one strong colour in the middle of the picture."""
    channels = scaled(picture).convert("YCbCr").split()
    mask = Image.new("L", SIZE)
    ImageDraw.Draw(mask).rectangle((180, 100, 460, 420), fill=255)
    for channel, level in zip(channels[1:], (blue, red), strict=True):
        channel.paste(level, mask=mask)
    return Image.merge("YCbCr", channels).convert("RGB")


def test_the_same_thing_in_another_colour_is_similar_and_no_copy(folder: Folder) -> None:
    """Grey hashes and keypoints cannot see it."""
    shirt = folder.photo(dyed(MARKET, 100, 180), "red")
    other = folder.photo(dyed(MARKET, 180, 90), "blue")
    for verifiers in (chain("copies", "none"), part_chain()):
        for pair in (pair_of(shirt, other), swapped(pair_of(shirt, other))):
            verdict = verify(pair, verifiers, DeepViews())
            assert (verdict.answer, verdict.relation) == (Answer.DIFFERENT, Relation.SIMILAR)


@pytest.mark.parametrize("saturation", [0.0, 0.6, 1.4])
def test_a_faded_a_vivid_and_a_grey_copy_are_copies(folder: Folder, saturation: float) -> None:
    picture = dyed(MARKET, 100, 180)
    copy = folder.photo(ImageEnhance.Color(picture).enhance(saturation), "copy")
    folder.expect(True, folder.photo(picture, "photo"), copy)


def found(folder: Folder, times: tuple[str | None, str | None]) -> dupfinder.Found:
    """A photo and a brighter one of the same size and frame, as from a tripod or a toning tool."""
    for name, gain, taken in zip("ab", (1.0, 1.25), times, strict=True):
        exif = Image.Exif()
        if taken is not None:
            exif.get_ifd(0x8769)[0x9003] = taken
        folder.photo(ImageEnhance.Brightness(MARKET).enhance(gain), name, exif=exif)
    return dupfinder.find(folder.path, Settings(workers=0, use_cache=False))


@pytest.mark.parametrize("times", [(None, None), ("2024:05:01 10:00:00", None)], ids=str)
def test_two_exposures_without_a_time_are_doubtful_copies(
    folder: Folder, times: tuple[str | None, str | None]
) -> None:
    (cluster,) = found(folder, times).clusters
    (match,) = cluster.matches
    assert (match.relation, match.doubtful) == (Relation.COPY, True)


def test_two_exposures_of_one_moment_are_copies_and_of_two_moments_are_not(
    folder: Folder,
) -> None:
    now, later = "2024:05:01 10:00:00", "2024:05:01 10:00:01"
    (cluster,) = found(folder, (now, now)).clusters
    assert not cluster.matches[0].doubtful
    apart = found(folder, (now, later))
    assert apart.clusters == ()
    assert [match.relation for match in apart.similar] == [Relation.SIMILAR]
