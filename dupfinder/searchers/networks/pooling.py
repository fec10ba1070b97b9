"""What a network tells -> one vector: feature maps pooled over all positions, unit length."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Below it values count as this: a root of nothing has no derivative, and training needs one.
_LEAST = 1e-6


def pooled(positions: NDArray[np.float64], how: str, exponent: float) -> NDArray[np.float64]:
    """One number for each channel: (C,), or with "none" all of them (C * N,).

    "gem" is the generalised mean of what is positive, the mean at `exponent` 1 and near the maximum
    at a large one: Radenović, Tolias, Chum, "Fine-tuning CNN image retrieval with no human
    annotation", 2018.

    Args:
        positions: (C, N) float64: each channel at each position.
        how: of `recipe.POOLINGS`.
    """
    if how == "none":
        return positions.ravel()
    if how == "mean":
        return np.asarray(positions.mean(axis=1))
    highest: NDArray[np.float64] = positions.max(axis=1, keepdims=True)
    if how == "max":
        return highest[:, 0]
    # In shares of the highest, so that no power of a large number is too large.
    highest = np.maximum(highest, _LEAST)
    shares = np.maximum(positions, _LEAST) / highest
    return np.asarray(highest[:, 0] * (shares**exponent).mean(axis=1) ** (1 / exponent))


def by_channel(output: NDArray[Any], layout: str) -> NDArray[np.float64] | None:
    """An output for one picture as (channels, positions) float64; None if it is no such thing.

    A vector has one position; (1, T, C) are T tokens; (1, C, H, W) or, in the layout NHWC,
    (1, H, W, C) is a feature map.
    """
    if output.ndim > 1 and output.shape[0] != 1:
        return None
    values: NDArray[np.float64] = output.astype(np.float64)
    if output.ndim in (1, 2):
        return values.reshape(-1, 1)
    if output.ndim == 3:
        return np.asarray(values[0].T)
    if output.ndim != 4:
        return None
    maps: NDArray[np.float64] = values[0] if layout == "NCHW" else np.moveaxis(values[0], 2, 0)
    return maps.reshape(maps.shape[0], -1)


def unit(vector: NDArray[np.float64]) -> NDArray[np.float32]:
    """float32 of length 1, or zeros if it is all zeros."""
    largest = float(np.abs(vector).max(initial=0))
    if largest == 0:
        return np.zeros(len(vector), np.float32)
    vector = vector / largest  # squares of large numbers are too large
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def probabilities(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores of classes as they are if they are probabilities, else by softmax."""
    if scores.min() >= 0 and abs(scores.sum() - 1) < 1e-3:
        return scores
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())
