"""A TOML file beside a model -> how pictures are made ready for it. Unknown keys are refused."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dupfinder.errors import UsageError
from dupfinder.searchers.networks.recipe import (
    CHANNELS,
    INTERPOLATIONS,
    LARGEST,
    LAYOUTS,
    POOLINGS,
    PRESETS,
    RESIZES,
    SMALLEST,
    Recipe,
)

_LONGEST: Final = 100_000  # bytes of a sidecar
_STEEPEST: Final = 100.0  # exponent: beyond, the mean is the maximum
# Hexadecimal digits of both digests.
_DIGITS: Final = 64


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What such a file says; `labels` is a path, digests are lower-case hexadecimal."""

    recipe: Recipe = field(default_factory=Recipe)
    labels: str | None = None
    sha256: str | None = None
    blake3: str | None = None


def read_sidecar(path: str) -> Sidecar:
    """What the file says.

    Raises:
        UsageError: if it cannot be read, is no TOML, or a key or value makes no sense.
    """
    try:
        with open(path, "rb") as file:
            raw = file.read(_LONGEST + 1)
        if len(raw) > _LONGEST:
            raise UsageError(f"{path!r} is too long to be the settings of a model")
        told = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path!r}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path!r} is no TOML: {error}") from None
    unknown = [key for key in told if key not in _KEYS]
    if unknown:
        raise UsageError(
            f"{path!r} has the unknown key {unknown[0]!r}", hint=f"known: {', '.join(_KEYS)}"
        )
    return _sidecar({key: _checked(path, key, value) for key, value in told.items()}, path)


def _sidecar(told: Mapping[str, Any], path: str) -> Sidecar:
    own = {key: value for key, value in told.items() if key not in _BESIDE}
    recipe = Recipe(**own)
    labels = told.get("labels")
    if labels is not None:
        labels = os.path.join(os.path.dirname(path), labels)
    return Sidecar(recipe, labels, told.get("sha256"), told.get("blake3"))


def _checked(path: str, key: str, value: Any) -> Any:
    read, expected = _KEYS[key]
    try:
        return read(value)
    except (TypeError, ValueError):
        raise UsageError(f"{path!r}: {key} must be {expected}, not {value!r}") from None


def _one_of(names: Sequence[str]) -> tuple[Callable[[Any], str], str]:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError
        return str(value)

    return read, f"one of {', '.join(names)}"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError
    return value


def _digest(value: Any) -> str:
    told = _text(value).lower()
    if len(told) != _DIGITS or not set(told) <= set("0123456789abcdef"):
        raise ValueError
    return told


def _side(value: Any) -> int:
    if type(value) is not int or not SMALLEST <= value <= LARGEST:
        raise ValueError
    return value


def _size(value: Any) -> tuple[int, int]:
    height, width = value if isinstance(value, list) else (value, value)
    return _side(height), _side(width)


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not -1e6 < value < 1e6:
        raise ValueError
    return float(value)


def _positive(value: Any) -> float:
    number = _number(value)
    if number < 1e-6:
        raise ValueError
    return number


def _exponent(value: Any) -> float:
    if not 1 <= _number(value) <= _STEEPEST:
        raise ValueError
    return float(value)


def _triple(read: Callable[[Any], float]) -> Callable[[Any], tuple[float, float, float]]:
    def triple(value: Any) -> tuple[float, float, float]:
        first, second, third = value if isinstance(value, list) else (value,) * 3
        return read(first), read(second), read(third)

    return triple


_BESIDE: Final = ("labels", "sha256", "blake3")
_SIDE: Final = f"of {SMALLEST} to {LARGEST} pixels"
# How each is read, and what is expected of it.
_KEYS: Final[dict[str, tuple[Callable[[Any], Any], str]]] = {
    "preset": _one_of(tuple(PRESETS)),
    "size": (_size, f"a side, or [height, width], {_SIDE}"),
    "resize": _one_of(RESIZES),
    "resize_to": (_side, f"a side {_SIDE}"),
    "interpolation": _one_of(INTERPOLATIONS),
    "channels": _one_of(CHANNELS),
    "layout": _one_of(LAYOUTS),
    "scale": (_positive, "a number above 0"),
    "mean": (_triple(_number), "a number, or one for each channel"),
    "std": (_triple(_positive), "a number above 0, or one for each channel"),
    "output": (_text, "a name"),
    "pooling": _one_of(POOLINGS),
    "gem_p": (_exponent, f"a number of 1 to {_STEEPEST:.0f}"),
    "labels": (_text, "a file"),
    "labels_output": (_text, "a name"),
    "sha256": (_digest, f"{_DIGITS} hexadecimal digits"),
    "blake3": (_digest, f"{_DIGITS} hexadecimal digits"),
}
