"""How well two aligned pictures agree, block by block, in their fine structure.

The normalised cross-correlation (NCC) of Laplacians does not see brightness, contrast or colour,
and a block without texture says nothing. Two shots of one scene agree badly even where keypoints
match well; an edited copy agrees everywhere but where it was written over.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.protocols import GreyImage

# Grey levels: a block is textured if the Laplacian of either side has this root mean square.
_TEXTURE = 1.5
_AGREES = 0.6
_DISAGREES = 0.3
_COST = 4
# Share of a block's energy that the means of its rows, or of its columns, hold: pages of text have
# 0.8 and more, photos 0.2.
_ONE_WAY = 0.7
# So many agreeing blocks speak for themselves.
_FEW = 12


@dataclass(frozen=True, slots=True)
class Agreement:
    """Over the textured blocks: how many there are, their NCC at three ranks, and who agrees.

    `share` is the share of blocks whose NCC exceeds 0.6. `hole` is the largest region of textured
    blocks that lie side by side and do not agree at all, as a share of all blocks. `coarse` is the
    NCC of the means of the blocks that agree: low where it is a watermark in both that agrees.
    `patch` is the rectangle of blocks that agrees best, as a share of all blocks, and
    `patch_blocks` how many textured ones agree in it; next to none disagrees.
    """

    blocks: int
    median: float
    tenth: float
    least: float
    share: float
    hole: float
    coarse: float
    patch: float
    patch_blocks: int


NOTHING = Agreement(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)


def agreement(
    left: GreyImage, right: GreyImage, side: int, mask: GreyImage | None = None
) -> Agreement:
    """Compare two aligned pictures (height, width) uint8 in blocks of `side` pixels.

    Only blocks that lie wholly inside `mask` (non-zero) count.
    """
    a, b = _blocks(_laplacian(left), side), _blocks(_laplacian(right), side)
    inside = np.ones(len(a), bool)
    if mask is not None:
        inside = _blocks(mask, side).min(axis=1) > 0
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    energy_a, energy_b = (a * a).mean(axis=1), (b * b).mean(axis=1)
    textured = inside & (np.maximum(energy_a, energy_b) > _TEXTURE**2)
    if not textured.any():
        return NOTHING
    every = (a * b).mean(axis=1) / np.sqrt(energy_a * energy_b + 1e-6)
    columns = left.shape[1] // side
    apart = (textured & (every < _DISAGREES)).reshape(-1, columns)
    agreeing = (textured & (every > _AGREES)).reshape(-1, columns)
    patch, in_patch = _best_rectangle(agreeing, apart)
    ncc = np.sort(every[textured])
    return Agreement(
        blocks=len(ncc),
        median=float(ncc[len(ncc) // 2]),
        tenth=float(ncc[len(ncc) // 10]),
        least=float(ncc[0]),
        share=float((ncc > _AGREES).mean()),
        hole=_largest(apart) / int(inside.sum()),
        coarse=_coarse(left, right, side, agreeing.ravel() if in_patch >= _FEW else inside),
        patch=patch / len(inside),
        patch_blocks=in_patch,
    )


def _best_rectangle(agreeing: NDArray[np.bool_], apart: NDArray[np.bool_]) -> tuple[int, int]:
    """Blocks, and agreeing blocks, of the smallest rectangle with the most of them.

    Each block that disagrees costs several that agree. All rectangles of the small grid are tried.
    """
    rows, columns = agreeing.shape
    worth = np.zeros((rows + 1, columns + 1), np.int64)
    worth[1:, 1:] = (agreeing - _COST * apart).cumsum(axis=0).cumsum(axis=1)
    top, bottom = np.triu_indices(rows + 1, 1)
    start, end = np.triu_indices(columns + 1, 1)
    sums = (
        worth[bottom][:, end] - worth[bottom][:, start] - worth[top][:, end] + worth[top][:, start]
    )
    areas = (bottom - top)[:, None] * (end - start)[None, :]
    best = int(np.argmax(sums * (areas.max() + 1) - areas))
    across, along = divmod(best, sums.shape[1])
    cut = agreeing[top[across] : bottom[across], start[along] : end[along]]
    return int(areas.flat[best]), int(cut.sum())


def _largest(apart: NDArray[np.bool_]) -> int:
    """How many blocks of a grid the largest region of side-by-side ones has."""
    if not apart.any():
        return 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(apart.astype(np.uint8), connectivity=4)
    return int(stats[1:, cv2.CC_STAT_AREA].max())


def _coarse(left: GreyImage, right: GreyImage, side: int, inside: NDArray[np.bool_]) -> float:
    """The normalised cross-correlation of the means of some blocks."""
    a, b = (_blocks(each, side).mean(axis=1)[inside] for each in (left, right))
    a, b = a - a.mean(), b - b.mean()
    return float((a @ b) / np.sqrt((a @ a) * (b @ b) + 1e-6))


def _laplacian(grey: GreyImage) -> NDArray[np.float32]:
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.7)
    return np.asarray(cv2.Laplacian(smooth, cv2.CV_32F), np.float32)


def _blocks(image: NDArray[np.generic], side: int) -> NDArray[np.float32]:
    """(blocks, side * side): whole blocks only, centred."""
    rows, columns = image.shape[0] // side, image.shape[1] // side
    top = (image.shape[0] - rows * side) // 2
    start = (image.shape[1] - columns * side) // 2
    kept = image[top : top + rows * side, start : start + columns * side]
    cut = kept.reshape(rows, side, columns, side).transpose(0, 2, 1, 3)
    return cut.reshape(rows * columns, side * side).astype(np.float32)


def is_graphic(grey: GreyImage) -> bool:
    """Whether the picture is drawn or written: three of 32 grey levels hold four fifths of it."""
    counts = np.bincount(grey.ravel() >> 3, minlength=32)
    return bool(np.sort(counts)[-3:].sum() >= 0.8 * grey.size)


def is_striped(grey: GreyImage, side: int, block: int) -> bool:
    """Whether the fine structure runs one way, as in lines of text: stripes agree with any others.

    At the scale at which overlaps are compared: the longer side `side` pixels, in blocks of
    `block`. Of one textured photo in a hundred this is true as well (blinds, ribbed cloth).
    """
    scale = side / max(grey.shape)
    size = tuple(max(1, round(length * scale)) for length in grey.shape[::-1])
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    blocks = _blocks(_laplacian(small), block)
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    energy = (blocks * blocks).mean(axis=1)
    textured = energy > _TEXTURE**2
    if not textured.any():
        return False
    square = blocks[textured].reshape(-1, block, block)
    lengthwise = [(square.mean(axis=axis) ** 2).mean(axis=1) for axis in (1, 2)]
    return bool(np.median(np.maximum(*lengthwise) / energy[textured]) >= _ONE_WAY)


def beside_stripes(left: GreyImage, right: GreyImage, side: int, mask: GreyImage) -> float:
    """The share of textured blocks that agree in what their rows and columns do not have in common.

    Of lines of text the letters are left. As `agreement`, but for that; 1.0 where nothing is left.
    """
    a, b = (_without_stripes(_blocks(_laplacian(each), side), side) for each in (left, right))
    energy_a, energy_b = (a * a).mean(axis=1), (b * b).mean(axis=1)
    inside = _blocks(mask, side).min(axis=1) > 0
    textured = inside & (np.maximum(energy_a, energy_b) > _TEXTURE**2)
    if not textured.any():
        return 1.0
    ncc = (a * b).mean(axis=1) / np.sqrt(energy_a * energy_b + 1e-6)
    return float((ncc[textured] > _AGREES).mean())


def _without_stripes(blocks: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    square = blocks.reshape(-1, side, side)
    square = square - square.mean(axis=1, keepdims=True)
    square = square - square.mean(axis=2, keepdims=True)
    return np.asarray(square, np.float32).reshape(-1, side * side)


def tone(left: GreyImage, right: GreyImage, mask: GreyImage | None = None) -> float:
    """Mean absolute difference of the grey levels of aligned pictures, inside the mask."""
    apart = np.abs(left.astype(np.int16) - right)
    inside = apart if mask is None else apart[mask > 0]
    return round(float(inside.mean()), 2) if inside.size else 0.0
