"""A decoded picture -> the tensor that a network takes; a recipe and an input's shape -> how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dupfinder.decode.fitting import resized
from dupfinder.searchers.networks.onnx_file import BadModel
from dupfinder.searchers.networks.recipe import LARGEST, SMALLEST, Recipe, preset_of

# Sides of a picture that keeps its shape: so many times the other one at most, and pixels at least.
_LONGEST, _LEAST = 4, 32
# How much larger than its middle a picture is that is cropped (256 to 224, as is usual).
_MARGIN = 8 / 7

Shape = Sequence[int | str | None]


@dataclass(frozen=True, slots=True)
class Feeding:
    """All that it takes to feed one network; see `Recipe` for the fields."""

    layout: str
    height: int
    width: int
    resize: str
    resize_to: int
    interpolation: str
    channels: str
    scale: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def tensor(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(1, 3, h, w) float32, or (1, h, w, 3).

        Args:
            rgb: (height, width, 3) uint8, upright.
        """
        pixels = self._fitted(rgb).astype(np.float32)
        if self.channels == "BGR":
            pixels = pixels[..., ::-1]
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        values = (pixels * np.float32(self.scale) - mean) / std
        if self.layout == "NCHW":
            values = np.moveaxis(values, 2, 0)
        return np.ascontiguousarray(values[None])

    def _fitted(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = self._size(*rgb.shape[:2])
        shown = resized(rgb, height, width, self.interpolation)
        if self.resize != "crop":
            return shown
        top, left = round((height - self.height) / 2), round((width - self.width) / 2)
        return shown[top : top + self.height, left : left + self.width]

    def _size(self, height: int, width: int) -> tuple[int, int]:
        """To what a picture is resized, before anything is cut off."""
        if self.resize == "squash":
            return self.height, self.width
        if self.resize == "longer":
            scale = min(1.0, max(self.height, self.width) / max(height, width))
            return max(_LEAST, round(height * scale)), max(_LEAST, round(width * scale))
        short = self.resize_to if self.resize == "crop" else min(self.height, self.width)
        long = min(short * max(height, width) // min(height, width), _LONGEST * short)
        return (long, short) if height > width else (short, long)


def feeding_of(recipe: Recipe, shape: Shape) -> Feeding:
    """How a network with an input of this shape is fed.

    What the recipe says goes before what the shape says, and that before the preset.

    Raises:
        BadModel: if the input takes no picture of three channels, or another one than the recipe
            says.
    """
    layout = _layout(recipe, shape)
    preset = preset_of(recipe, layout)
    fixed = tuple(shape[2:] if layout == "NCHW" else shape[1:3])
    height, width = _agreed(recipe.size, fixed, preset.size or (0, 0))
    resize = recipe.resize or preset.resize or "squash"
    if all(isinstance(side, int) for side in fixed) and resize in ("shorter", "longer"):
        if recipe.resize is not None:
            raise BadModel(f"takes {height}x{width} pixels: resize = {resize!r} gives others")
        resize = "squash"
    smallest, largest = sorted((height, width))
    if smallest < SMALLEST or largest > LARGEST:
        raise BadModel(
            f"takes {height}x{width} pixels: {SMALLEST} to {LARGEST} a side can be given"
        )
    if recipe.resize_to is not None and resize != "crop":
        raise BadModel("is not cropped: resize_to goes with resize = 'crop' alone")
    resize_to = recipe.resize_to or round(largest * _MARGIN)
    if resize_to < largest:
        raise BadModel(f"takes {height}x{width} pixels: resize_to = {resize_to} gives fewer")
    return Feeding(
        layout=layout,
        height=height,
        width=width,
        resize=resize,
        resize_to=resize_to,
        interpolation=recipe.interpolation or preset.interpolation or "bilinear",
        channels=recipe.channels or preset.channels or "RGB",
        scale=recipe.scale or preset.scale or 1.0,
        mean=recipe.mean or preset.mean or (0.0, 0.0, 0.0),
        std=recipe.std or preset.std or (1.0, 1.0, 1.0),
    )


def _layout(recipe: Recipe, shape: Shape) -> str:
    if len(shape) != 4 or (isinstance(shape[0], int) and shape[0] != 1):
        raise BadModel(f"takes {_told(shape)}, which is not one picture")
    layout = recipe.layout or ("NHWC" if shape[3] == 3 and shape[1] != 3 else "NCHW")
    channels = shape[1 if layout == "NCHW" else 3]
    if isinstance(channels, int) and channels != 3:
        raise BadModel(f"takes {_told(shape)}, which is no picture of 3 channels ({layout})")
    return layout


def _agreed(asked: tuple[int, int] | None, fixed: Shape, usual: tuple[int, int]) -> tuple[int, int]:
    """Each side as the settings say, or as the input says, or as is usual."""
    sides = []
    for at in range(2):
        side = fixed[at]
        if not isinstance(side, int):
            side = usual[at] if asked is None else asked[at]
        elif asked is not None and asked[at] != side:
            wants = "x".join(str(each) if isinstance(each, int) else "?" for each in fixed)
            raise BadModel(f"takes {wants} pixels, its settings say {asked[0]}x{asked[1]}")
        sides.append(side)
    return sides[0], sides[1]


def _told(shape: Shape) -> str:
    return "x".join(str(side) if isinstance(side, int) else "?" for side in shape) or "a number"
