"""Small networks, built for the tests: what they compute can be computed by hand as well."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

KERNEL, STRIDE, CHANNELS, CLASSES = 8, 8, 6, 4

Shape = Sequence[int | str]


def weights(name: str, *shape: int) -> NDArray[np.float32]:
    """The same numbers for the same name."""
    noise = np.random.default_rng([ord(letter) for letter in name])
    return noise.normal(size=shape).astype(np.float32)


FILTERS = weights("filters", CHANNELS, 3, KERNEL, KERNEL)
TO_CLASSES = weights("to classes", CHANNELS, CLASSES)


def made(
    nodes: Sequence[Any],
    outputs: Sequence[str],
    shape: Shape = (1, 3, 64, 64),
    constants: dict[str, NDArray[Any]] | None = None,
    kind: int = TensorProto.FLOAT,
    **more: Any,
) -> ModelProto:
    """A model with one input, `picture`."""
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("picture", kind, shape)],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    opsets = [helper.make_opsetid("", 17), *more.pop("opsets", ())]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, **more)


def convolution(shape: Shape = (1, 3, 64, 64)) -> ModelProto:
    """Picture -> `maps` (1, CHANNELS, h, w): one convolution, what is negative becomes zero."""
    return made(_convolving("picture"), ["maps"], shape, {"filters": FILTERS})


def convolution_nhwc() -> ModelProto:
    """The same with channels last, in and out, as Keras has it."""
    nodes = [
        helper.make_node("Transpose", ["picture"], ["turned"], perm=[0, 3, 1, 2]),
        *_convolving("turned"),
        helper.make_node("Transpose", ["maps"], ["last"], perm=[0, 2, 3, 1]),
    ]
    return made(nodes, ["last"], (1, 64, 64, 3), {"filters": FILTERS})


def classifier(shape: Shape = (1, 3, 64, 64)) -> ModelProto:
    """Picture -> `features` (1, CHANNELS), the means of the maps; and `logits` (1, CLASSES)."""
    nodes = [
        *_convolving("picture"),
        helper.make_node("GlobalAveragePool", ["maps"], ["means"]),
        helper.make_node("Flatten", ["means"], ["features"]),
        helper.make_node("MatMul", ["features", "to classes"], ["logits"]),
    ]
    constants = {"filters": FILTERS, "to classes": TO_CLASSES}
    return made(nodes, ["features", "logits"], shape, constants)


def computing(operator: str, shape: Shape = (1, 3, 64, 64), **attributes: Any) -> ModelProto:
    """Picture -> one operator of it."""
    return made([helper.make_node(operator, ["picture"], ["told"], **attributes)], ["told"], shape)


def _convolving(tensor: str) -> list[Any]:
    convolve = helper.make_node("Conv", [tensor, "filters"], ["sums"], strides=[STRIDE, STRIDE])
    return [convolve, helper.make_node("Relu", ["sums"], ["maps"])]


def saved(model: ModelProto, path: Path, settings: str | None = None) -> Path:
    """In a file, with its sidecar beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    if settings is not None:
        path.with_suffix(".toml").write_text(settings, encoding="utf-8")
    return path


def convolved(tensor: NDArray[np.float64]) -> NDArray[np.float64]:
    """The maps by their definition: the slow twin of `convolution`, of (3, H, W)."""
    _, height, width = tensor.shape
    rows, columns = ((side - KERNEL) // STRIDE + 1 for side in (height, width))
    maps = np.zeros((CHANNELS, rows, columns))
    for channel in range(CHANNELS):
        for row in range(rows):
            for column in range(columns):
                top, left = row * STRIDE, column * STRIDE
                seen = tensor[:, top : top + KERNEL, left : left + KERNEL]
                maps[channel, row, column] = (seen * FILTERS[channel].astype(np.float64)).sum()
    return np.maximum(maps, 0)
