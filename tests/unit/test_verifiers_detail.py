"""Whether the larger of two pictures shows more than the smaller one, or was only made larger."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter
from strategies_clusters import a_photo

from dupfinder.protocols import GreyImage
from dupfinder.verifiers.detail import detail, detail_between
from dupfinder.verifiers.transforms import to_transform

KERNELS = [Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS]


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    """512x384 with structure at every scale, as photos have: energy falls with frequency."""
    height, width = 384, 512
    noise = np.random.default_rng(5).normal(size=(height, width))
    down, across = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :]
    shaped = np.fft.fft2(noise) / np.maximum(np.hypot(down, across), 1 / width) ** 1.2
    picture = np.real(np.fft.ifft2(shaped))
    picture = (picture - picture.mean()) / picture.std() * 45 + 128
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def resized(image: Image.Image, factor: float, kernel: Image.Resampling) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), kernel)


def jpeg(image: Image.Image, quality: int) -> GreyImage:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def scaling(larger: GreyImage, smaller: GreyImage) -> np.ndarray:
    return np.diag([smaller.shape[1] / larger.shape[1], smaller.shape[0] / larger.shape[0], 1.0])


def told(larger: GreyImage, smaller: GreyImage) -> float | None:
    return detail(larger, smaller, scaling(larger, smaller))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("factor", [1.3, 1.5, 2.0])
@pytest.mark.parametrize("quality", [75, 90])
def test_an_enlargement_has_no_detail_of_its_own(scene, kernel, factor, quality):
    larger = jpeg(resized(scene, factor, kernel), quality)
    assert told(larger, jpeg(scene, 92)) < 0


@pytest.mark.parametrize("kernel", [*KERNELS, Image.Resampling.BOX])
@pytest.mark.parametrize("factor", [0.75, 0.5, 0.25])
@pytest.mark.parametrize("quality", [60, 90])
def test_what_a_reduction_was_made_from_has(scene, kernel, factor, quality):
    smaller = jpeg(resized(scene, factor, kernel), quality)
    assert told(jpeg(scene, 85), smaller) > 0


def test_a_stretched_photo_was_enlarged_along_one_axis(scene):
    wide = scene.resize((scene.width * 2, scene.height), Image.Resampling.BICUBIC)
    narrow = scene.resize((round(scene.width * 0.7), scene.height), Image.Resampling.BICUBIC)
    stretched, squeezed = (
        told(jpeg(wide, 88), jpeg(scene, 92)),
        told(jpeg(scene, 92), jpeg(narrow, 88)),
    )
    assert stretched < 0 < squeezed


def test_a_soft_photo_is_not_taken_for_an_enlargement(scene):
    soft = scene.filter(ImageFilter.GaussianBlur(0.8))
    assert told(jpeg(soft, 92), jpeg(resized(soft, 0.6, Image.Resampling.LANCZOS), 90)) > 0


def test_turned_and_mirrored_pictures_tell_the_same(scene):
    larger, smaller = jpeg(resized(scene, 1.5, Image.Resampling.BICUBIC), 85), jpeg(scene, 92)
    width = smaller.shape[1]
    plain = scaling(larger, smaller)
    mirror = np.array([[-1.0, 0, width], [0, 1, 0], [0, 0, 1]])
    turn = np.array([[0.0, 1, 0], [-1, 0, width], [0, 0, 1]])
    upright = detail(larger, smaller, plain)
    assert detail(larger, smaller[:, ::-1], mirror @ plain) == upright
    assert detail(larger, np.rot90(smaller), turn @ plain) == upright


def test_only_what_both_show_is_looked_at(scene):
    enlarged = resized(scene, 1.5, Image.Resampling.BICUBIC)
    framed = Image.new("L", (enlarged.width + 160, enlarged.height + 160), 255)
    framed.paste(enlarged, (80, 80))
    noise = np.random.default_rng(1).integers(0, 255, (framed.height, 80), np.uint8)
    framed.paste(Image.fromarray(noise), (0, 0))
    into = np.array([[1 / 1.5, 0, -80 / 1.5], [0, 1 / 1.5, -80 / 1.5], [0, 0, 1]])
    assert detail(jpeg(framed, 88), jpeg(scene, 92), into) < 0


@pytest.mark.parametrize(
    "why", ["sizes too near", "no texture", "too small", "tilted", "nothing in common"]
)
def test_none_where_nothing_can_be_told(scene, why):
    larger = np.asarray(scene)
    smaller = np.asarray(resized(scene, 0.5, Image.Resampling.LANCZOS))
    matrix = scaling(larger, smaller)
    if why == "sizes too near":
        smaller = np.asarray(resized(scene, 0.9, Image.Resampling.LANCZOS))
        matrix = scaling(larger, smaller)
    elif why == "no texture":
        larger, smaller = np.full_like(larger, 90), np.full_like(smaller, 90)
    elif why == "too small":
        larger, smaller = larger[:40, :40], smaller[:20, :20]
    elif why == "tilted":
        angle = np.radians(10)
        turn = [[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
        matrix = np.array(turn) @ matrix
    else:
        matrix = np.array([[1.0, 0, 600], [0, 1, 0], [0, 0, 1]]) @ matrix
    assert detail(larger, smaller, matrix) is None


def bare(path: str, grey: GreyImage):
    return a_photo(path, width=grey.shape[1], height=grey.shape[0], camera=None)


def test_two_photos_tell_the_same_in_either_order(scene):
    small, large = jpeg(scene, 92), jpeg(resized(scene, 1.5, Image.Resampling.BICUBIC), 85)
    one, other = bare("/lib/one.jpg", small), bare("/lib/other.jpg", large)
    looks = {one.path: small, other.path: large}
    there, back = to_transform(scaling(small, large)), to_transform(scaling(large, small))
    forth = detail_between(one, other, there, lambda photo, _: looks[photo.path])
    assert forth < 0
    assert detail_between(other, one, back, lambda photo, _: looks[photo.path]) == forth


def test_the_larger_one_is_decoded_no_larger_than_needed(scene):
    small = np.asarray(resized(scene, 0.25, Image.Resampling.LANCZOS))
    one, other = bare("/lib/one.jpg", np.asarray(scene)), bare("/lib/other.jpg", small)
    asked = {}

    def look(photo, side):
        asked[photo.path] = side
        return small if photo is other else np.asarray(scene.reduce(2))

    detail_between(one, other, to_transform(np.diag([0.25, 0.25, 1.0])), look)
    assert asked == {one.path: 256, other.path: 128}


def test_nothing_is_decoded_where_only_the_larger_one_tells_its_camera(scene):
    one = a_photo("/lib/one.jpg", width=1024, height=768)
    other = bare("/lib/other.jpg", np.asarray(scene))

    asked = []

    def look(*what):
        asked.append(what)
        return np.asarray(scene)

    assert detail_between(one, other, to_transform(np.diag([0.5, 0.5, 1.0])), look) is None
    assert not asked
