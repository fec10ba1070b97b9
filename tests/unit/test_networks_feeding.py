"""Pictures made ready for a network, and the network asked, against plain definitions."""

from __future__ import annotations

from pathlib import Path

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from searching import cornered, flat, picture

from dupfinder.searchers.networks.feeding import feeding_of
from dupfinder.searchers.networks.onnx_file import BadModel
from dupfinder.searchers.networks.reading import ImageModel, read_model
from dupfinder.searchers.networks.recipe import PRESETS, Recipe
from dupfinder.searchers.networks.runtime import Network

SQUARE = (1, 3, 64, 64)


def loaded(model: networks.ModelProto, folder: Path, settings: str = "", **how: bool) -> Network:
    read, _ = read_model(str(networks.saved(model, folder / "made.onnx", settings)))
    return Network(ImageModel(read.path, read.digest, read.recipe, **how))


def expected_tensor(rgb: np.ndarray, recipe: Recipe) -> np.ndarray:
    """(3, H, W) by the definition, pixel by pixel, for a picture that has the size already."""
    tensor = np.zeros((3, *rgb.shape[:2]))
    for channel, name in enumerate(recipe.channels or "RGB"):
        values = rgb[..., "RGB".index(name)].astype(np.float64)
        tensor[channel] = (values * recipe.scale - recipe.mean[channel]) / recipe.std[channel]
    return tensor


@given(
    seed=st.integers(0, 1000),
    channels=st.sampled_from(["RGB", "BGR"]),
    layout=st.sampled_from(["NCHW", "NHWC"]),
    scale=st.floats(0.001, 1),
    mean=st.tuples(*[st.floats(-200, 200)] * 3),
    std=st.tuples(*[st.floats(0.1, 100)] * 3),
)
def test_a_tensor_is_what_the_settings_say(
    seed: int, channels: str, layout: str, scale: float, mean: tuple, std: tuple
) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    recipe = Recipe(
        size=(9, 12), resize="squash", channels=channels, layout=layout, scale=scale, mean=mean,
        std=std,
    )  # fmt: skip
    shape = (1, 3, 9, 12) if layout == "NCHW" else ("batch", 9, 12, 3)

    tensor = feeding_of(recipe, shape).tensor(rgb)

    assert tensor.shape == (1, *shape[1:])
    chw = tensor[0] if layout == "NCHW" else np.moveaxis(tensor[0], 2, 0)
    assert chw == pytest.approx(expected_tensor(rgb, recipe), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("pooling", ["none", "mean", "max", "gem"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_a_descriptor_is_what_it_is_by_definition(
    pooling: str, layout: str, tmp_path: Path
) -> None:
    rgb = cornered(3, 64, 64)
    model = networks.convolution() if layout == "NCHW" else networks.convolution_nhwc()
    network = loaded(model, tmp_path, f'resize = "squash"\npooling = "{pooling}"\ngem_p = 2.5')

    told = network.told(picture(3, 64, 64)).features

    defaults = PRESETS["mobilenet" if layout == "NCHW" else "mobilenet-keras"]
    maps = networks.convolved(expected_tensor(rgb, defaults)).reshape(networks.CHANNELS, -1)
    expected = {
        "none": maps.ravel(),
        "mean": maps.mean(axis=1),
        "max": maps.max(axis=1),
        "gem": (np.maximum(maps, 1e-6) ** 2.5).mean(axis=1) ** (1 / 2.5),
    }[pooling]
    assert told == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)
    assert np.linalg.norm(told) == pytest.approx(1, abs=1e-6)


def test_classes_come_as_probabilities(tmp_path: Path) -> None:
    network = loaded(networks.classifier(), tmp_path, 'resize = "squash"', labelled=True)

    told = network.told(picture(3, 64, 64))

    tensor = expected_tensor(cornered(3, 64, 64), PRESETS["mobilenet"])
    means = networks.convolved(tensor).reshape(networks.CHANNELS, -1).mean(axis=1)
    logits = means @ networks.TO_CLASSES.astype(np.float64)
    expected = np.exp(logits - logits.max())
    assert told.probabilities == pytest.approx(expected / expected.sum(), abs=1e-4)
    assert told.features == pytest.approx(means / np.linalg.norm(means), abs=1e-5)


def test_the_middle_is_cropped_as_is_usual() -> None:
    """The shorter side to 256, then 224 in the middle: the evaluation of classifiers."""
    rgb = cornered(1, 400, 300)
    fed = feeding_of(Recipe(), (1, 3, 224, 224)).tensor(rgb)

    resized = Image.fromarray(rgb).resize((256 * 400 // 300, 256), Image.Resampling.BILINEAR)
    left, top = round((resized.width - 224) / 2), round((resized.height - 224) / 2)
    middle = np.asarray(resized.crop((left, top, left + 224, top + 224)))
    assert fed[0] == pytest.approx(expected_tensor(middle, PRESETS["mobilenet"]), abs=1e-4)


@pytest.mark.parametrize(
    ("resize", "shown", "fed"),
    [
        ("squash", (300, 400), (96, 96)),
        ("crop", (300, 400), (96, 96)),
        ("crop", (10, 400), (96, 96)),
        ("shorter", (300, 400), (96, 128)),
        ("shorter", (400, 300), (128, 96)),
        ("shorter", (10, 400), (96, 384)),  # not longer than four times
        ("longer", (300, 400), (72, 96)),
        ("longer", (60, 80), (60, 80)),  # never enlarged
        ("longer", (10, 400), (32, 96)),
    ],
)
def test_every_rule_gives_its_size(
    resize: str, shown: tuple[int, int], fed: tuple[int, int]
) -> None:
    feeding = feeding_of(Recipe(size=(96, 96), resize=resize), ("n", 3, "h", "w"))

    tensor = feeding.tensor(np.zeros((*shown, 3), np.uint8))

    assert tensor.shape == (1, 3, *fed)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_feeds_networks_of_fixed_and_of_any_size(preset: str) -> None:
    layout = PRESETS[preset].layout or "NCHW"
    fixed = (1, 3, 160, 192) if layout == "NCHW" else (1, 160, 192, 3)
    free = (None, 3, None, None) if layout == "NCHW" else (None, None, None, 3)

    tensors = [
        feeding_of(Recipe(preset=preset), shape).tensor(cornered(1, 400, 300))
        for shape in (fixed, free)
    ]

    assert tensors[0].shape == fixed
    longer = PRESETS[preset].size[0]
    assert max(tensors[1].shape) == longer
    assert np.abs(np.concatenate([each.ravel() for each in tensors])).max() < 256


def test_the_layout_and_the_default_come_from_the_input() -> None:
    first = feeding_of(Recipe(), (1, 3, 224, 224))
    last = feeding_of(Recipe(), ("batch", 224, 224, 3))

    assert (first.layout, first.mean) == ("NCHW", PRESETS["mobilenet"].mean)
    assert (last.layout, last.mean) == ("NHWC", PRESETS["mobilenet-keras"].mean)


@pytest.mark.parametrize(
    ("recipe", "shape", "told"),
    [
        (Recipe(), (1, 3, 224), "takes 1x3x224, which is not one picture"),
        (Recipe(), (), "takes a number, which is not one picture"),
        (Recipe(), (8, 3, 224, 224), "takes 8x3x224x224, which is not one picture"),
        (Recipe(), (1, 1, 28, 28), "no picture of 3 channels"),
        (Recipe(layout="NHWC"), (1, 3, 64, 64), "no picture of 3 channels"),
        (Recipe(size=(96, 96)), SQUARE, "takes 64x64 pixels, its settings say 96x96"),
        (Recipe(size=(96, 64)), (1, 3, "h", 32), r"takes \?x32 pixels, its settings say 96x64"),
        (Recipe(resize="longer"), SQUARE, "resize = 'longer' gives others"),
        (Recipe(resize="crop", resize_to=60), SQUARE, "resize_to = 60 gives fewer"),
        (Recipe(preset="sscd", resize_to=300), SQUARE, "resize_to goes with resize = 'crop'"),
        (Recipe(), (1, 3, 4096, 4096), "8 to 2048 a side"),
        (Recipe(), (1, 3, 0, 0), "8 to 2048 a side"),
    ],
)
def test_an_input_that_does_not_fit_is_one_sentence(
    recipe: Recipe, shape: tuple[object, ...], told: str
) -> None:
    with pytest.raises(BadModel, match=told):
        feeding_of(recipe, shape)


def test_a_flat_picture_has_a_descriptor(tmp_path: Path) -> None:
    network = loaded(networks.convolution(), tmp_path)

    for value in (0, 128, 255):
        assert np.isfinite(network.told(flat(value)).features).all()


def test_half_precision_is_fed_and_read(tmp_path: Path) -> None:
    node = networks.helper.make_node("GlobalAveragePool", ["picture"], ["told"])
    half = networks.made([node], ["told"], kind=networks.TensorProto.FLOAT16)

    told = loaded(half, tmp_path).told(picture(1)).features

    exact = loaded(networks.computing("GlobalAveragePool"), tmp_path).told(picture(1)).features
    assert told == pytest.approx(exact, abs=1e-2)
