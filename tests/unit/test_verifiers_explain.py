"""The evidence on a verified copy is filled in from the pictures, laid over each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps
from shots import opened, saved

from dupfinder.model import CandidatePair, Evidence, Orientation, Photo, Transform
from dupfinder.protocols import GreyImage, Looks
from dupfinder.settings import MAX_PIXELS
from dupfinder.verifiers.explain import explained, surveyed
from dupfinder.verifiers.transforms import seen_from_right, to_transform, whole_frame
from dupfinder.verify import Views

Picture = Image.Image

ORIGINAL = "2020 City/DSC_0126.jpg"


class Watched(Views):
    """Remembers whether a file was read again for its view."""

    looked = False

    def grey(self, photo: Photo) -> GreyImage:
        self.looked = True
        return super().grey(photo)


def looks(*, colour: bool = True) -> Watched:
    return Watched(MAX_PIXELS, {}, colour=colour)


def told(
    left: Photo, right: Photo, transform: Transform | None = None, verifier: str = "orb"
) -> Evidence:
    if transform is None:
        transform = whole_frame(left, right, Orientation.UPRIGHT)
    return looked_into(left, right, Evidence(verifier, transform=transform), looks())


def looked_into(left: Photo, right: Photo, evidence: Evidence, looks: Looks) -> Evidence:
    """First what may speak against a copy, then what was done to it."""
    pair = CandidatePair(left, right, "hash", 0)
    return explained(pair, surveyed(pair, evidence, looks), looks)


def moved(x: float, y: float) -> Transform:
    return to_transform(np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]]))


def captioned(picture: Picture) -> Picture:
    out = picture.copy()
    font = ImageFont.load_default(picture.height // 7)
    place = picture.width // 12, picture.height // 20
    ImageDraw.Draw(out).text(
        place, "BEST SUMMER", "white", font, stroke_width=3, stroke_fill="black"
    )
    return out


@pytest.fixture
def original(tmp_path: Path) -> Photo:
    return saved(opened(ORIGINAL), tmp_path / "original.png")


def test_a_plain_copy_has_nothing_over_nor_around_it(original: Photo, tmp_path: Path) -> None:
    copy = saved(opened(ORIGINAL), tmp_path / "copy.jpg", quality=60)
    found = told(original, copy)
    assert (found.written, found.beyond, found.hue) == ((0, 0), (1, 1), 0)
    assert found.tone is not None
    assert found.tone < 0.5
    assert found.saturation is not None
    assert found.saturation[0] == pytest.approx(found.saturation[1], abs=1)
    assert found.saturation[0] > 5


def test_whole_pictures_are_not_read_again_without_a_hint(original: Photo, tmp_path: Path) -> None:
    copy = saved(opened(ORIGINAL), tmp_path / "copy.jpg", quality=60)
    transform = whole_frame(original, copy, Orientation.UPRIGHT)
    watched = looks()
    found = looked_into(original, copy, Evidence("thumbnail", transform=transform), watched)
    assert not watched.looked
    assert (found.written, found.beyond) == ((0, 0), (1, 1))
    assert found.saturation is not None


def test_a_caption_is_found_even_if_the_thumbnails_agree(original: Photo, tmp_path: Path) -> None:
    copy = saved(captioned(opened(ORIGINAL)), tmp_path / "copy.png")
    found = told(original, copy, verifier="thumbnail")
    assert found.written is not None
    assert found.written[0] == 0
    assert 0.05 < found.written[1] < 0.25
    assert found.tone is not None
    assert found.tone < 3


@pytest.mark.parametrize("orientation", [Orientation.MIRRORED, Orientation.TURNED_90])
def test_it_is_found_on_turned_and_mirrored_copies(
    original: Photo, orientation: Orientation, tmp_path: Path
) -> None:
    over = captioned(opened(ORIGINAL))
    turned = ImageOps.mirror(over) if orientation.is_mirrored else over.rotate(90, expand=True)
    copy = saved(turned, tmp_path / "copy.png")
    found = told(original, copy, whole_frame(original, copy, orientation))
    assert found.written is not None
    assert found.written[1] > 0.05
    assert found.beyond == (1, 1)


def test_what_a_crop_lost_is_not_flat_and_a_frame_is(original: Photo, tmp_path: Path) -> None:
    picture = opened(ORIGINAL)
    width, height = picture.size
    crop = saved(picture.crop((width // 4, 0, width, height)), tmp_path / "crop.png")
    found = told(original, crop, moved(-(width // 4), 0))
    assert found.beyond is not None
    assert found.beyond[0] < 0.9
    assert found.beyond[1] == 1
    frame = saved(ImageOps.expand(picture, 40, "white"), tmp_path / "framed.jpg", quality=80)
    found = told(original, frame, moved(40, 40))
    assert found.beyond == (1, 1)
    assert found.written == (0, 0)


def test_a_frame_over_the_picture_is_no_writing(original: Photo, tmp_path: Path) -> None:
    """What a crop lost is covered by the frame around it."""
    picture = opened(ORIGINAL)
    inside = picture.crop((30, 30, picture.width - 30, picture.height - 30))
    copy = saved(ImageOps.expand(inside, 30, "white"), tmp_path / "copy.jpg", quality=45)
    assert told(original, copy).written == (0, 0)


def test_other_content_around_the_picture_is_not_flat(original: Photo, tmp_path: Path) -> None:
    picture = opened(ORIGINAL)
    screen = ImageOps.mirror(picture).resize((picture.width * 2, picture.height * 2))
    screen.paste(picture, (100, 200))
    found = told(original, saved(screen, tmp_path / "screen.png"), moved(100, 200))
    assert found.beyond is not None
    assert found.beyond[0] == 1
    assert found.beyond[1] < 0.9


def test_the_order_of_the_two_does_not_matter(original: Photo, tmp_path: Path) -> None:
    over = captioned(opened(ORIGINAL)).crop((40, 0, 500, 300))
    copy = saved(over, tmp_path / "copy.png")
    there, back = told(original, copy, moved(-40, 0)), told(copy, original, moved(40, 0))
    for one, other in ((there, seen_from_right(back)), (back, seen_from_right(there))):
        assert one.written == pytest.approx(other.written, abs=0.03)
        assert one.beyond == pytest.approx(other.beyond, abs=0.02)
        assert one.saturation is not None
        assert one.saturation[0] == pytest.approx(one.saturation[1], rel=0.1)


def test_without_colours_nothing_is_said_of_them(original: Photo, tmp_path: Path) -> None:
    copy = saved(opened(ORIGINAL), tmp_path / "copy.jpg")
    evidence = Evidence("thumbnail", transform=whole_frame(original, copy, Orientation.UPRIGHT))
    found = looked_into(original, copy, evidence, looks(colour=False))
    assert found.saturation is None
    assert found.hue is None
    assert found.written == (0, 0)


def test_a_grey_copy_has_no_saturation(original: Photo, tmp_path: Path) -> None:
    copy = saved(opened(ORIGINAL).convert("L"), tmp_path / "copy.jpg")
    found = told(original, copy, verifier="thumbnail")
    assert found.saturation is not None
    assert found.saturation[1] == 0
    assert found.hue == 0


def test_pictures_that_do_not_meet_leave_little_to_say(original: Photo) -> None:
    found = told(original, original, moved(10_000, 0))
    assert found.written == (0, 0)
    assert found.saturation is None
