"""How pictures are made ready for a network and what is taken of its output: settings, presets."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

RESIZES: Final = ("squash", "crop", "shorter", "longer")
INTERPOLATIONS: Final = ("nearest", "box", "bilinear", "bicubic", "lanczos")
CHANNELS: Final = ("RGB", "BGR")
LAYOUTS: Final = ("NCHW", "NHWC")
POOLINGS: Final = ("none", "mean", "max", "gem")

SMALLEST, LARGEST = 8, 2048  # pixels of a side

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a sidecar or preset says; None where it says nothing.

    `size` is (height, width) in pixels. `resize` brings a picture there: "squash" whatever its
    shape, "crop" the middle out of it once the shorter side has `resize_to` pixels; "shorter" and
    "longer" only bring that side to the size and keep the shape, for networks that take any.
    A value x of 0 to 255 becomes (x * `scale` - `mean`) / `std`, by channel in the order in which
    the network sees `channels`. `output` names the features, `labels_output` the scores of classes.
    `pooling` makes one number of each channel of a feature map; `gem_p` is the exponent of "gem".
    """

    preset: str | None = None
    size: tuple[int, int] | None = None
    resize: str | None = None
    resize_to: int | None = None
    interpolation: str | None = None
    channels: str | None = None
    layout: str | None = None
    scale: float | None = None
    mean: Triple | None = None
    std: Triple | None = None
    output: str | None = None
    pooling: str | None = None
    gem_p: float | None = None
    labels_output: str | None = None

    @property
    def signature(self) -> str:
        """What is set, in one line."""
        told = ((each.name, getattr(self, each.name)) for each in fields(self))
        return ",".join(f"{name}={value!r}" for name, value in told if value is not None)


_IMAGENET: Final = Recipe(
    size=(224, 224),
    resize="crop",
    interpolation="bilinear",
    channels="RGB",
    scale=1 / 255,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    pooling="mean",
    gem_p=3.0,
)
_KERAS: Final = replace(
    _IMAGENET,
    resize="squash",
    layout="NHWC",
    scale=1 / 127.5,
    mean=(1.0, 1.0, 1.0),
    std=(1.0, 1.0, 1.0),
)

PRESETS: Final[dict[str, Recipe]] = {
    # As torchvision evaluates its classifiers, MobileNet (Sandler and others 2018) among them.
    "mobilenet": _IMAGENET,
    "mobilenet-keras": _KERAS,
    # Simonyan, Zisserman 2014; maxima of the last convolution: Razavian and others, "Visual
    # instance retrieval with deep convolutional networks", 2014.
    "vgg16": replace(_IMAGENET, resize="squash", pooling="max"),
    # Keras keeps the original weights, which see blue first and the mean colour taken away.
    "vgg16-keras": replace(
        _KERAS, channels="BGR", scale=1.0, mean=(103.939, 116.779, 123.68), pooling="max"
    ),
    # Radenović, Tolias, Chum, "Fine-tuning CNN image retrieval with no human annotation", 2018;
    # trained on pictures whose longer side has 362 pixels.
    "resnet-gem": replace(_IMAGENET, size=(362, 362), resize="longer", pooling="gem"),
    # Pizzi and others, "A self-supervised descriptor for image copy detection", 2022, who squash
    # pictures into a square of 320 pixels where several are to have one size.
    "sscd": replace(_IMAGENET, size=(320, 320), resize="squash", pooling="gem"),
}
# Without a sidecar: by the layout that the network's own input has.
DEFAULTS: Final = {"NCHW": "mobilenet", "NHWC": "mobilenet-keras"}


def preset_of(recipe: Recipe, layout: str) -> Recipe:
    """The preset that stands behind a recipe, for a network of this layout."""
    return PRESETS[recipe.preset or DEFAULTS[layout]]
