"""Small pictures to look at: what they show, what is not in them, and what cannot be shown."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded, kind_of, photo_file, scene
from PIL import Image, ImageCms
from strategies_clusters import a_photo

from dupfinder.api import thumbnails
from dupfinder.decode.thumbnail import thumbnail
from dupfinder.model import Photo, Skipped
from dupfinder.settings import MAX_PIXELS, Settings


def look(data: bytes, side: int = 480) -> Image.Image:
    return Image.open(io.BytesIO(thumbnail(data, kind_of(data), side, MAX_PIXELS)))


def mean_difference(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


def photo_at(path: Path, content: bytes) -> Photo:
    path.write_bytes(content)
    return replace(a_photo(str(path)), file=photo_file(path), digest=content[:4000])


def shown(*photos: Photo, workers: int = 0) -> dict[str, bytes | Skipped]:
    made = thumbnails(photos, 64, Settings(workers=workers))
    return {os.path.basename(photo.path): picture for photo, picture in made}


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        ((960, 640), 480, (480, 320)),
        ((640, 960), 480, (320, 480)),
        ((961, 641), 100, (100, 67)),
        ((96, 64), 480, (96, 64)),
        ((3000, 2), 480, (480, 1)),
        ((1, 1), 480, (1, 1)),
    ],
)
@pytest.mark.parametrize("coding", ["JPEG", "PNG"])
def test_the_proportions_are_those_of_the_photo(
    coding: str, size: tuple[int, int], side: int, expected: tuple[int, int]
) -> None:
    assert look(encoded(Image.new("RGB", size), coding), side).size == expected


@pytest.mark.parametrize("coding", ["JPEG", "PNG"])
def test_it_shows_what_the_photo_shows(coding: str) -> None:
    picture = Image.fromarray(scene(1, 900, 600))
    small = picture.resize((240, 160), Image.Resampling.LANCZOS)

    assert mean_difference(look(encoded(picture, coding), 240), small) < 4


def test_it_is_upright_and_says_nothing_of_its_own() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    exif[0x010E] = "<script>alert(1)</script>"
    data = encoded(scene(2, 120, 80), "JPEG", exif=exif, comment=b"a secret place")
    made = thumbnail(data, kind_of(data), 480, MAX_PIXELS)
    picture = Image.open(io.BytesIO(made))

    assert picture.size == (80, 120)
    assert not {"exif", "icc_profile", "xmp"} & set(picture.info)
    assert b"script" not in made
    assert b"secret" not in made
    turned = Image.fromarray(scene(2, 120, 80)).transpose(Image.Transpose.ROTATE_270)
    assert mean_difference(picture.convert("RGB"), turned) < 6


def with_profile(colour: tuple[int, int, int], profile: bytes) -> Image.Image:
    return look(encoded(Image.new("RGB", (40, 40), colour), "PNG", icc_profile=profile))


def test_colours_are_those_that_the_profile_means() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = look(encoded(Image.new("RGB", (40, 40), (200, 100, 50)), "PNG"))
    assert mean_difference(plain, with_profile((200, 100, 50), srgb)) < 1.5
    # A profile whose red is the green of sRGB, and the other way round.
    swapped = srgb.replace(b"rXYZ", b"----").replace(b"gXYZ", b"rXYZ").replace(b"----", b"gXYZ")
    green = look(encoded(Image.new("RGB", (40, 40), (100, 200, 50)), "PNG"))
    assert mean_difference(green, with_profile((200, 100, 50), swapped)) < 1.5


def test_a_profile_that_is_of_no_use_changes_nothing() -> None:
    plain = look(encoded(Image.new("RGB", (40, 40), (200, 100, 50)), "PNG"))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile in (lab, b"junk"):
        assert mean_difference(plain, with_profile((200, 100, 50), profile)) == 0


def test_every_photo_has_a_picture_or_a_reason(tmp_path: Path) -> None:
    good = encoded(scene(3), "PNG")
    whole = photo_at(tmp_path / "whole.png", good)
    gone = photo_at(tmp_path / "gone.png", encoded(scene(4), "PNG"))
    changed = photo_at(tmp_path / "changed.png", encoded(scene(5), "PNG"))
    replaced = photo_at(tmp_path / "replaced.png", encoded(scene(6), "PNG"))
    cut = photo_at(tmp_path / "cut.png", encoded(scene(7), "PNG")[:900])
    os.unlink(gone.path)
    Path(changed.path).write_bytes(good + b"more")
    os.unlink(replaced.path)
    os.mkfifo(replaced.path)
    told = shown(whole, gone, changed, replaced, cut)

    assert isinstance(told.pop("whole.png"), bytes)
    codes = {name: why.code for name, why in told.items() if isinstance(why, Skipped)}
    assert codes == {
        "gone.png": "vanished",
        "changed.png": "changed",
        "replaced.png": "changed",
        "cut.png": "truncated",
    }


def test_of_equal_files_each_one_is_asked_whether_it_is_there(tmp_path: Path) -> None:
    content = encoded(scene(8), "PNG")
    photos = [photo_at(tmp_path / name, content) for name in ("a.png", "b.png", "c.png")]
    os.unlink(photos[0].path)
    told = shown(*photos)

    assert isinstance(told["a.png"], Skipped)
    assert isinstance(told["b.png"], bytes)
    assert told["b.png"] == told["c.png"]


def test_a_disk_that_was_connected_again_shows_the_same_photos(tmp_path: Path) -> None:
    photo = photo_at(tmp_path / "a.png", encoded(scene(9), "PNG"))
    stamp = replace(photo.file.stamp, device=photo.file.stamp.device + 1, ctime_ns=1)
    elsewhere = replace(photo, file=replace(photo.file, stamp=stamp))

    assert isinstance(shown(elsewhere)["a.png"], bytes)


def test_any_number_of_workers_makes_the_same_pictures_in_the_same_order(tmp_path: Path) -> None:
    sizes = [(40 + 90 * (each % 5), 60 + 37 * (each % 7)) for each in range(23)]
    photos = [
        photo_at(tmp_path / f"{number}.png", encoded(scene(number, *size), "PNG"))
        for number, size in enumerate(sizes)
    ]
    alone = list(thumbnails(photos, 64, Settings(workers=0)))

    assert list(thumbnails(photos, 64, Settings(workers=2))) == alone
    assert [photo for photo, _ in alone] == photos


def test_whoever_stops_looking_stops_the_work(tmp_path: Path) -> None:
    photos = [
        photo_at(tmp_path / f"{number}.png", encoded(scene(number), "PNG")) for number in range(40)
    ]
    made = thumbnails(photos, 64, Settings(workers=1))

    assert next(made)[0] == photos[0]
    made.close()
