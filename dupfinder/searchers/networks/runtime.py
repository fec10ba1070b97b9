"""The one place that loads onnxruntime: a judged model, loaded once in a process and asked.

One thread and deterministic kernels: the same picture gives the same vector.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from dupfinder.errors import UsageError
from dupfinder.protocols import Picture
from dupfinder.searchers.networks.feeding import Feeding, feeding_of
from dupfinder.searchers.networks.onnx_file import BadModel
from dupfinder.searchers.networks.pooling import by_channel, pooled, probabilities, unit
from dupfinder.searchers.networks.reading import ImageModel, model_bytes
from dupfinder.searchers.networks.recipe import preset_of

# Numbers of a descriptor: more are kept of no picture.
_LONGEST: Final = 65_536
_TYPES: Final[dict[str, type[np.floating[Any]]]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
}
# What the runtime begins each of its messages with.
_PREFIX: Final = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
# Of a picture that every model is tried on: neither square nor flat.
_TRIED: Final = (192, 256)


class Told(NamedTuple):
    """What a network tells of a picture: (D,) float32 of unit length, and perhaps (C,) float64."""

    features: NDArray[np.float32]
    probabilities: NDArray[np.float64] | None


@lru_cache(maxsize=1)
def loaded(model: ImageModel) -> Network:
    """The model, loaded and tried.

    Raises:
        BadModel: if it cannot be used, with what there is to say after its name.
    """
    return Network(model)


class Network:
    """A session of the runtime with what goes in and comes out of it."""

    def __init__(self, model: ImageModel) -> None:
        self._model = model
        self._session = _session(model)
        self._input, self._type, self._feeding = _input(model, self._session)
        self._outputs = _outputs(model, self._session)
        self._last: tuple[Picture, Told] | None = None
        self._length: int | None = None
        height, width = _TRIED
        tried = np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)
        self._length = len(self._told(tried).features)

    def told(self, picture: Picture) -> Told:
        """What it tells of a picture, asked once for each.

        Raises:
            BadModel: if it tells nothing that can be used.
        """
        if self._last is None or self._last[0] is not picture:
            assert picture.rgb is not None
            self._last = picture, self._told(picture.rgb)
        return self._last[1]

    def _told(self, rgb: NDArray[np.uint8]) -> Told:
        tensor = self._feeding.tensor(rgb).astype(self._type)
        with _explained("fails on a picture"):
            outputs = self._session.run(list(self._outputs), {self._input: tensor})
        vector = self._features(np.asarray(outputs[0]))
        if self._length not in (None, len(vector)):
            raise BadModel(f"tells {len(vector)} numbers of this picture, {self._length} of others")
        classes = _classes(np.asarray(outputs[1])) if len(outputs) > 1 else None
        return Told(unit(vector), classes)

    def _features(self, output: NDArray[Any]) -> NDArray[np.float64]:
        recipe, preset = self._model.recipe, preset_of(self._model.recipe, self._feeding.layout)
        positions = by_channel(output, self._feeding.layout)
        if positions is None or not positions.size:
            shape = "x".join(map(str, output.shape))
            raise BadModel(f"tells {shape} numbers, which are no features of one picture")
        if recipe.pooling not in (None, "none") and output.ndim < 3:
            raise BadModel(f"tells a vector: there is nothing for pooling = {recipe.pooling!r}")
        how = recipe.pooling or preset.pooling or "mean"
        if output.ndim < 3:
            how = "none"
        vector = pooled(_finite(positions), how, recipe.gem_p or preset.gem_p or 3.0)
        if len(vector) > _LONGEST:
            raise BadModel(f"tells {len(vector):,} numbers: the limit is {_LONGEST:,}; pool them")
        return vector


def _session(model: ImageModel) -> Any:
    # Since 1.29 the runtime tells its maker of each start, and keeps a file for that, unless this
    # is set before it is loaded; on Windows, where it did so before, the call below is needed.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415  # an extra, and heavy

    onnxruntime.disable_telemetry_events()
    try:
        data = model_bytes(model.path)
    except UsageError as error:
        raise BadModel(f"is gone: {error}") from None
    if blake3(data).hexdigest() != model.digest:
        raise BadModel("changed since the search began")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.enable_cpu_mem_arena = False  # what it once took it would keep
    options.log_severity_level = 4
    # Its other format is told by the content alone otherwise, and was not judged.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    with _explained("cannot be loaded"):
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _input(model: ImageModel, session: Any) -> tuple[str, type[np.floating[Any]], Feeding]:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise BadModel(f"has {len(inputs)} inputs, and a picture is only one")
    (only,) = inputs
    if only.type not in _TYPES:
        raise BadModel(f"takes {only.type}, and pictures come as tensor(float)")
    return only.name, _TYPES[only.type], feeding_of(model.recipe, only.shape)


def _outputs(model: ImageModel, session: Any) -> tuple[str, ...]:
    """The names of what is asked for: the features and, if wanted, the scores of classes."""
    names = [each.name for each in session.get_outputs()]
    features = _named("output", model.recipe.output or names[0], names)
    if not model.labelled:
        return (features,)
    others = [name for name in names if name != features] or [features]
    if model.recipe.labels_output is None and len(others) > 1:
        told = ", ".join(map(repr, others))
        raise BadModel(f"has several outputs: labels_output must name one of {told}")
    return features, _named("labels_output", model.recipe.labels_output or others[0], names)


def _named(key: str, name: str, names: list[str]) -> str:
    if name not in names:
        raise BadModel(f"has no output {name!r} ({key}), only {', '.join(map(repr, names))}")
    return name


def _classes(output: NDArray[Any]) -> NDArray[np.float64]:
    scores = output.astype(np.float64).ravel()
    if not scores.size or scores.size != max(output.shape):
        shape = "x".join(map(str, output.shape))
        raise BadModel(f"tells {shape} scores of classes, not one for each")
    return probabilities(_finite(scores))


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.isfinite(values).all():
        raise BadModel("tells numbers that are not finite (NaN or infinity)")
    return values


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Whatever the runtime raises, as one line."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # its exceptions have no other base
        # Names of the model stand in it, which may be anything.
        text = "".join(filter(str.isprintable, " ".join(str(error).split())))
        if isinstance(error, MemoryError) or "bad_alloc" in text or "allocate memory" in text:
            raise BadModel("needs more memory than it may have") from None
        raise BadModel(f"{what}: {_PREFIX.sub('', text)[:300]}") from None
