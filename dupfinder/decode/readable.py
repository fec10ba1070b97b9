"""Which kinds of pictures can be read here, by which libraries, and what the others need."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from PIL import features

from dupfinder.decode import sniff
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.opening import guarded, opened
from dupfinder.decode.sniff import Kind

# What Pillow may have been built without, by the name of its decoder.
_CODECS: Final = {
    "JPEG": "jpg",
    "PNG": "zlib",
    "TIFF": "libtiff",
    "WEBP": "webp",
    "AVIF": "avif",
    "JPEG2000": "jpg_2000",
}
_INSTALL: Final = re.compile(r"; install (\S+)")


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of picture; `needs` is what to install where it cannot be read, if that helps."""

    name: str
    is_readable: bool
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """A library and its version, None if it is not there; `part_of` is the one that carries it."""

    name: str
    version: str | None
    part_of: str = ""
    trouble: str = ""


def formats() -> tuple[Format, ...]:
    """All kinds that the first bytes of a file tell apart, each once, as they can be read now."""
    found: dict[str, Format] = {}
    for kind in _kinds(vars(sniff).values()):
        found.setdefault(kind.name, readable(kind))
    return tuple(sorted(found.values(), key=lambda each: (not each.is_readable, each.name.lower())))


def readable(kind: Kind) -> Format:
    """Whether a kind can be read: asked of the decoder itself, with a file of no bytes.

    What it calls unsupported then, it cannot read; everything else that it says is about the bytes.
    """
    codec = _CODECS.get(kind.decoder or "")
    if codec is not None and not features.check(codec):
        return Format(kind.name, False, "a Pillow that was built with it")
    try:
        with guarded(kind), opened(b"", kind, 1):
            pass
    except Undecodable as refusal:
        if refusal.code == "unsupported":
            needs = _INSTALL.search(str(refusal))
            return Format(kind.name, False, needs[1] if needs else "")
    return Format(kind.name, True)


def _kinds(values: Iterable[object]) -> Iterator[Kind]:
    """The kinds in a module, its tables included."""
    for value in values:
        if isinstance(value, Kind):
            yield value
        elif isinstance(value, tuple | list | frozenset):
            yield from _kinds(value)
        elif isinstance(value, dict):
            yield from _kinds([*value, *value.values()])


def libraries() -> tuple[Library, ...]:
    """Everything that bytes of strangers pass through, and what reckons with the pixels."""
    return (
        *_of("Pillow", "PIL", lambda module: str(module.__version__)),
        *(Library(name, _of_pillow(*keys), "Pillow") for name, keys in _PILLOW.items()),
        *_of("pillow-heif", "pillow_heif", lambda module: str(module.__version__)),
        *_of("libheif", "pillow_heif", lambda m: str(m.libheif_version()), "pillow-heif"),
        *_of("rawpy", "rawpy", lambda module: str(module.__version__)),
        *_of("LibRaw", "rawpy", lambda m: ".".join(map(str, m.libraw_version)), "rawpy"),
        Library("pillow-jxl-plugin", _installed("pillow-jxl-plugin")),
        *((Library("pi-heif", found),) if (found := _installed("pi-heif")) else ()),
        *_of("OpenCV", "cv2", lambda module: str(module.__version__)),
        *_of("NumPy", "numpy", lambda module: str(module.__version__)),
    )


_PILLOW: Final = {
    "libjpeg-turbo": ("libjpeg_turbo", "jpg"),
    "zlib-ng" if features.check("zlib_ng") else "zlib": ("zlib_ng", "zlib"),
    "libtiff": ("libtiff",),
    "libwebp": ("webp",),
    "OpenJPEG": ("jpg_2000",),
    "libavif": ("avif",),
}


def _of_pillow(*keys: str) -> str | None:
    for key in keys:
        with contextlib.suppress(ValueError):  # a name that this Pillow does not know
            found = features.version(key)
            if found:
                return str(found)
    return None


def _of(name: str, module: str, told: Any, part_of: str = "") -> tuple[Library, ...]:
    """One library; a part of another that is not there is not worth a line."""
    try:
        return (Library(name, told(import_module(module)), part_of),)
    except ModuleNotFoundError:
        return () if part_of else (Library(name, None),)
    except Exception as error:  # noqa: BLE001  # a broken installation raises anything
        text = " ".join(str(error).split())[:200] or type(error).__name__
        return (Library(name, _installed(name), part_of, text),)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
