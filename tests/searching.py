"""What the tests of searching share: small libraries drawn for them, and calls."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from pictures import Pixels, encoded, scene
from PIL import Image

from dupfinder import Hit, Searched, Settings, search
from dupfinder.protocols import Picture

SCENES = ("harbour", "meadow", "market", "bridge", "dunes")
_LONG_AGO = 1_600_000_000


def write(path: Path, data: bytes) -> Path:
    """A file whose time is settled: the cache relies on it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (_LONG_AGO, _LONG_AGO))
    return path


def cornered(seed: int, width: int = 320, height: int = 240) -> Pixels:
    """A scene with boxes on it: soft colours alone have no keypoints."""
    noise = np.random.default_rng(seed)
    pixels = scene(seed, width, height)
    for _ in range(40):
        x, y = (int(noise.integers(0, side)) for side in (width, height))
        w, h = (int(each) for each in noise.integers(6, 50, 2))
        pixels[y : y + h, x : x + w] = noise.integers(0, 256, 3)
    return pixels


def drawn(name: str, quality: int = 95, width: int = 320) -> bytes:
    image = Image.fromarray(cornered(SCENES.index(name)))
    return encoded(image.resize((width, width * 3 // 4)), "JPEG", quality=quality)


def make_library(folder: Path, names: Iterable[str] = SCENES) -> Path:
    """Five scenes, a smaller copy of the first and one with its bytes; and a file that is cut."""
    for name in names:
        write(folder / f"{name}.jpg", drawn(name))
    write(folder / "copies" / "harbour small.jpg", drawn("harbour", 80, 200))
    write(folder / "copies" / "harbour again.jpg", drawn("harbour"))
    write(folder / "cut.jpg", drawn("meadow")[:2_000])
    write(folder / "notes.txt", b"no picture")
    return folder


def remembering(folder: Path, **changes: Any) -> Settings:
    return Settings(workers=0, cache=str(folder / "cache.sqlite"), **changes)


ALONE = Settings(workers=0, use_cache=False)


def hits(found: Searched) -> tuple[Hit, ...]:
    (ranking,) = found.rankings
    return ranking.hits


def names(found: Searched) -> list[str]:
    return [os.path.basename(hit.photo.path) for hit in hits(found)]


def decoded(found: Searched) -> int:
    """Photos that were decoded in this run, to be read or to be described."""
    told = [each.detail for each in found.stages if each.stage in ("fingerprint", "describe")]
    return sum(int(each.split(" ")[0].replace(",", "")) for each in told)


def ranked(query: Path, library: Path, settings: Settings = ALONE, **how: Any) -> Searched:
    return search(query, library, settings, verify=False, **how)


def picture(seed: int, width: int = 320, height: int = 240) -> Picture:
    """As a decode gives it."""
    from dupfinder.decode.pixels import picture_of  # noqa: PLC0415

    return picture_of(Image.fromarray(cornered(seed, width, height)), width, height, colour=True)


def flat(value: int) -> Picture:
    from dupfinder.decode.pixels import picture_of  # noqa: PLC0415

    grey = np.full((240, 320, 3), value, np.uint8)
    return picture_of(Image.fromarray(grey), 320, 240, colour=True)
