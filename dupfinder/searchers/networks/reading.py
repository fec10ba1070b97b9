"""Files that a user names -> a model that workers may load, and names for its classes."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from blake3 import blake3

from dupfinder.errors import UsageError
from dupfinder.searchers.networks.onnx_file import BadModel, judge
from dupfinder.searchers.networks.recipe import Recipe
from dupfinder.searchers.networks.sidecar import Sidecar, read_sidecar

# What a protocol buffer can hold at most.
_LARGEST: Final = (1 << 31) - 1
_LONGEST_LABELS: Final = 10_000_000  # bytes of a file of labels


@dataclass(frozen=True, slots=True)
class ImageModel:
    """A network in a file that was judged, and how to ask it. Plain values: it goes to workers.

    `digest` is the BLAKE3 of the file in hexadecimal digits, `labelled` whether its scores of
    classes are wanted as well.
    """

    path: str
    digest: str
    recipe: Recipe
    labelled: bool = False


def read_model(
    path: str, settings: str | None = None, labels: str | None = None
) -> tuple[ImageModel, tuple[str, ...]]:
    """A model by its file, and the names of its classes, none without a file of labels.

    Args:
        path: an ONNX file; `~` is the home folder in all three.
        settings: its sidecar, None for the file of the same name that ends in `.toml`, if there is
            one.
        labels: the names of its classes, None for what the sidecar says.

    Raises:
        UsageError: if the runtime is not installed, a file cannot be used, or a digest differs.
    """
    if find_spec("onnxruntime") is None:
        raise UsageError("searching by a model needs an extra", hint="install dupfinder[models]")
    path = os.path.abspath(os.path.expanduser(path))
    sidecar = _sidecar(path, settings)
    data = model_bytes(path)
    digest = blake3(data).hexdigest()
    if sidecar.blake3 not in (None, digest):
        raise _other(path, "BLAKE3")
    if sidecar.sha256 not in (None, hashlib.sha256(data).hexdigest()):
        raise _other(path, "SHA-256")
    try:
        judge(data)
    except BadModel as bad:
        raise UsageError(f"{path!r} {bad}") from None
    labels = os.path.expanduser(labels) if labels is not None else sidecar.labels
    names = () if labels is None else read_labels(labels)
    return ImageModel(path, digest, sidecar.recipe, bool(names)), names


def model_bytes(path: str) -> bytes:
    """The file.

    Raises:
        UsageError: if it is none, or cannot be read.
    """
    try:
        with open(path, "rb", opener=_regular) as file:
            size = os.fstat(file.fileno()).st_size
            if size > _LARGEST:
                raise UsageError(f"{path!r} has more than 2 GB, which no ONNX file has")
            return file.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"cannot read the model {path!r}: {error.strerror}") from None


def read_labels(path: str) -> tuple[str, ...]:
    """The names of classes, one a line.

    Raises:
        UsageError: if the file cannot be read, or there is nothing in it.
    """
    try:
        with open(path, "rb", opener=_regular) as file:
            raw = file.read(_LONGEST_LABELS)
    except OSError as error:
        raise UsageError(f"cannot read the labels {path!r}: {error.strerror}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path!r} is no text in UTF-8, so there are no labels in it") from None
    lines = text.removesuffix("\n").split("\n")
    names = tuple(line.removesuffix("\r").strip() for line in lines)
    if not any(names):
        raise UsageError(f"there are no labels in {path!r}")
    return names


def _sidecar(path: str, settings: str | None) -> Sidecar:
    if settings is not None:
        return read_sidecar(os.path.abspath(os.path.expanduser(settings)))
    beside = f"{os.path.splitext(path)[0]}.toml"
    return read_sidecar(beside) if os.path.lexists(beside) else Sidecar()


def _other(path: str, kind: str) -> UsageError:
    return UsageError(
        f"{path!r} is not the model that its settings are for: its {kind} is another one"
    )


def _regular(path: str, flags: int) -> int:
    """Open a file; a pipe or a device would wait or never end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(0, "it is no file")
    return os.open(path, flags)
