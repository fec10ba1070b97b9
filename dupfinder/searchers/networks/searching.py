"""A network as a searcher: cosine of its features. And its classes, kept beside them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import numpy as np

from dupfinder.decode.errors import Undecodable
from dupfinder.protocols import Nearest, Picture, Rows, Sieve
from dupfinder.searchers.dense import INDEXES, cosine, directions, nearest, sieve, stored
from dupfinder.searchers.networks.onnx_file import BadModel
from dupfinder.searchers.networks.reading import ImageModel

if TYPE_CHECKING:
    from dupfinder.searchers.networks.runtime import Told

# Raised whenever the vector of a picture could change: presets, defaults, pooling.
_VERSION: Final = 1
_FLOAT: Final = 4  # bytes
_BEST: Final = 5  # classes that are kept
_HEAD, _CLASS = struct.Struct("<I"), struct.Struct("<If")


class ModelSearcher:
    """A pass over all vectors, streamed from the store."""

    name = "model"
    needs_colour = True
    indexes = INDEXES

    def __init__(self, model: ImageModel) -> None:
        self._model = model

    @property
    def signature(self) -> str:
        recipe = replace(self._model.recipe, labels_output=None)
        return _signature(replace(self._model, recipe=recipe))

    def describe(self, picture: Picture) -> bytes:
        return stored(_told(self._model, picture).features)

    def nearest(self, queries: Sequence[bytes], rows: Iterable[Rows], count: int) -> list[Nearest]:
        length = len(queries[0]) // _FLOAT if queries else 1
        return nearest(queries, rows, count, length, cosine)

    def sieve(self, index: str, octets: int) -> Sieve:
        return sieve(index, octets, directions)


class Labeller:
    """The most probable classes of a picture, by the same run of the network."""

    name = "labels"
    needs_colour = True

    def __init__(self, model: ImageModel) -> None:
        self._model = model

    @property
    def signature(self) -> str:
        return f"labels;{_signature(self._model)}"

    def describe(self, picture: Picture) -> bytes:
        shares = _told(self._model, picture).probabilities
        assert shares is not None
        best = np.lexsort((np.arange(len(shares)), -shares))[:_BEST].tolist()
        told = b"".join(_CLASS.pack(at, shares[at]) for at in best)
        return _HEAD.pack(len(shares)) + told


def classes_of(packed: bytes) -> tuple[int, list[tuple[int, float]]]:
    """How many classes the network tells apart, and the best with their probabilities.

    Args:
        packed: what a `Labeller` made of a picture.
    """
    (count,) = _HEAD.unpack_from(packed)
    return count, list(_CLASS.iter_unpack(packed[_HEAD.size :]))


def _told(model: ImageModel, picture: Picture) -> Told:
    from dupfinder.searchers.networks.runtime import loaded  # noqa: PLC0415  # loads the runtime

    try:
        return loaded(model).told(picture)
    except BadModel as bad:
        raise Undecodable("undescribed", f"the model {bad}") from None


def _signature(model: ImageModel) -> str:
    runtime = version("onnxruntime")
    return f"model={_VERSION};{model.digest};{model.recipe.signature};onnxruntime={runtime}"
