"""Which versions of which libraries decode here, and what remembered results are named by."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from PIL import features

from dupfinder.decode.sniff import HEIF, JPEG_XL
from dupfinder.model import CAMERA_RAW

# Raised with every change here of what pixels come out, or of what is read of a file.
_OURS = 6

_EXTRAS: Final = {"heif": "pillow-heif", "raw": "rawpy", "jxl": "pillow-jxl-plugin"}
# What Pillow carries, by the names that it has for them: the first one that it knows.
_JPEG: Final = ("libjpeg_turbo", "jpg")
_PILLOW: Final = {
    "libjpeg-turbo": _JPEG,
    "zlib-ng" if features.check("zlib_ng") else "zlib": ("zlib_ng", "zlib"),
    "libtiff": ("libtiff",),
    "libwebp": ("webp",),
    "OpenJPEG": ("jpg_2000",),
    "libavif": ("avif",),
}


def decoder_version() -> str:
    """Our version and those of the libraries that pixels come from; loads none of the extras.

    With an extra installed later, files that were refused for its lack are asked again.
    """
    extras = (f"{key}={_installed(name) or 'none'}" for key, name in _EXTRAS.items())
    jpeg = f"{_of_pillow(*_JPEG)}/{version('simplejpeg')}"
    return ";".join((f"{_OURS};pillow={version('pillow')};jpeg={jpeg}", *extras))


def extras_apart(one: str, other: str) -> frozenset[str] | None:
    """The extras in which two names that hold a `decoder_version` differ; None if in more."""
    if without_extras(one) != without_extras(other):
        return None
    different = set(one.split(";")) ^ set(other.split(";"))
    return frozenset(part.partition("=")[0] for part in different)


def without_extras(name: str) -> str:
    """A name that holds a `decoder_version` without its versions of extras."""
    return ";".join(part for part in name.split(";") if part.partition("=")[0] not in _EXTRAS)


def extra_of(kind: str) -> str | None:
    """The extra by which photos of this format are decoded, as it is called in such names."""
    if kind.startswith(CAMERA_RAW):
        return "raw"
    return {HEIF.name: "heif", JPEG_XL.name: "jxl"}.get(kind)


@dataclass(frozen=True, slots=True)
class Library:
    """A library and its version, None if it is not there; `part_of` is the one that carries it."""

    name: str
    version: str | None
    part_of: str = ""
    trouble: str = ""


def libraries() -> tuple[Library, ...]:
    """Everything that bytes of strangers pass through, and what reckons with the pixels."""
    return (
        *_of("Pillow", "PIL", lambda module: str(module.__version__)),
        *(Library(name, _of_pillow(*keys), "Pillow") for name, keys in _PILLOW.items()),
        *_of("simplejpeg", "simplejpeg", lambda _: version("simplejpeg")),
        *_of("pillow-heif", "pillow_heif", lambda module: str(module.__version__)),
        *_of("libheif", "pillow_heif", lambda m: str(m.libheif_version()), "pillow-heif"),
        *_of("rawpy", "rawpy", lambda module: str(module.__version__)),
        *_of("LibRaw", "rawpy", lambda m: ".".join(map(str, m.libraw_version)), "rawpy"),
        Library("pillow-jxl-plugin", _installed("pillow-jxl-plugin")),
        *((Library("pi-heif", found),) if (found := _installed("pi-heif")) else ()),
        *_of("OpenCV", "cv2", lambda module: str(module.__version__)),
        *_of("NumPy", "numpy", lambda module: str(module.__version__)),
    )


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
