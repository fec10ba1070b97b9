"""Which kinds of pictures can be read here, and what the others need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from PIL import features

from dupfinder.decode import sniff
from dupfinder.decode.camera_raw import IN_TIFF
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


def formats() -> tuple[Format, ...]:
    """All kinds that a file is told to be, each once, as they can be read now."""
    found: dict[str, Format] = {}
    for kind in _kinds((vars(sniff), IN_TIFF)):
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
