"""Files that were cut or lost a sector: is one of them ever taken for the best copy?

    python tests/bench/damaged.py [--photos COUNT] [--keep FOLDER]

Of COUNT photos (20) in each format: the better file cut at 25 places, beside a whole copy that is
smaller and worse, so that every keep rule is for the cut one as soon as it decodes. The same with a
sector of 512 bytes that was lost (zeros, noise) at 25 places. Needs all extras. Figures:

- files that were cut and are the keeper of a plan, or the first of a cluster: must be 0. One that
  only lost what holds no pixels (a GIF's last byte, the padding of a TIFF) counts as whole;
- files that lost a sector and are: printed by format. Only PNG has checksums; other decoders notice
  what breaks their code, and show the rest as if it were the picture.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from libraries import SHARED, require_shared, scan
from PIL import Image, ImageSequence

import dupfinder
from dupfinder.choose import ranked
from dupfinder.model import Relation

CUTS = 25
# Bytes before the end: where the last block, checksum or trailer is cut.
FROM_THE_END = (1, 2, 3, 4, 8, 16, 64, 256, 1024, 4096)
SECTOR = 512
COPIES = (Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.COPY)

# Ending, Pillow's name of the format, options of the better file, and of the lesser one.
FORMATS: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("jpg", "JPEG", {"quality": 95}, {"quality": 60}),
    ("progressive.jpg", "JPEG", {"quality": 95, "progressive": True}, {"quality": 60}),
    ("png", "PNG", {}, {}),
    ("gif", "GIF", {}, {}),
    ("film.gif", "GIF", {"save_all": True}, {}),
    ("webp", "WEBP", {"quality": 95}, {"quality": 50}),
    ("lossless.webp", "WEBP", {"lossless": True}, {"quality": 50}),
    ("tif", "TIFF", {}, {}),
    ("lzw.tif", "TIFF", {"compression": "tiff_lzw"}, {}),
    ("pages.tif", "TIFF", {"save_all": True}, {}),
    ("bmp", "BMP", {}, {}),
    ("ppm", "PPM", {}, {}),
    ("jp2", "JPEG2000", {"quality_mode": "dB", "quality_layers": [45]}, {"quality_layers": [40]}),
    ("avif", "AVIF", {"quality": 90}, {"quality": 50}),
    ("heic", "HEIF", {"quality": 90}, {"quality": 50}),
    ("jxl", "JXL", {"quality": 90}, {"quality": 60}),
)
Spoil = Callable[[bytes, random.Random], Iterator[bytes]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=int, default=20, help="photos for each format")
    parser.add_argument("--keep", type=Path, help="folder to make the files in and to keep")
    options = parser.parse_args()
    require_shared()
    for plugin in ("pillow_heif", "pillow_jxl"):
        import_module(plugin)
    import_module("pillow_heif").register_heif_opener()
    with tempfile.TemporaryDirectory() as scratch:
        place = options.keep or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        preferred = measured(place, "cut", cut, options.photos)
        measured(place, "sector", without_a_sector, options.photos)
    print(f"cut files preferred: {preferred} (must be 0) {'ok' if not preferred else 'FAILED'}")
    sys.exit(1 if preferred else 0)


def measured(place: Path, name: str, spoil: Spoil, count: int) -> int:
    """Make, scan and judge; how many spoilt files are preferred to a whole one."""
    folder = place / f"{name}-{count}"
    if not folder.exists():
        make(folder, spoil, count)
    found = dupfinder.load(scan(folder, place / f"{name}.json"))
    skipped = Counter(ending(each.path) for each in found.skipped)
    shown = [photo for cluster in found.clusters for photo in cluster.members]
    damaged = Counter(ending(photo.path) for photo in shown if photo.damage is not None)
    kept = {each.path for each in dupfinder.plan(found, only=COPIES).keepers}
    kept |= {ranked(cluster)[0].path for cluster in found.clusters}
    preferred = Counter(ending(path) for path in kept if "whole" not in path)
    print(f"{name:<18}{'files':>7}{'skipped':>9}{'said damaged':>14}{'preferred':>11}")
    for kind, *_ in FORMATS:
        row = skipped[kind], damaged[kind], preferred[kind]
        print(f"  {kind:<16}{count * CUTS:>7}{row[0]:>9}{row[1]:>14}{row[2]:>11}")
    return preferred.total()


def ending(path: str) -> str:
    return Path(path).name.split(".", 1)[1]


def make(folder: Path, spoil: Spoil, count: int) -> None:
    photos = sorted((SHARED / "photos").glob("*/*.jpg"))
    chosen = photos[:: max(1, len(photos) // count)][:count]
    for number, path in enumerate(chosen):
        chance = random.Random(number)
        with Image.open(path) as opened:
            photo = opened.convert("RGB")
        photo.thumbnail((480, 480))
        lesser = photo.resize((photo.width * 3 // 4, photo.height * 3 // 4))
        for kind, coding, better, worse in FORMATS:
            home = folder / kind / f"{number:03}"
            home.mkdir(parents=True)
            (home / f"whole.{kind}").write_bytes(encoded(lesser, coding, worse))
            more = {"append_images": [photo.rotate(180)]} if "save_all" in better else {}
            best = encoded(photo, coding, better | more)
            for at, data in enumerate(spoil(best, chance)):
                is_whole = pictures_in(data) == pictures_in(best)
                (home / f"{at:02}{'-whole' * is_whole}.{kind}").write_bytes(data)


def pictures_in(data: bytes) -> list[bytes]:
    """The pixels of all frames or pages; none if one of them cannot be had."""
    try:
        with Image.open(BytesIO(data)) as image:
            return [frame.convert("RGB").tobytes() for frame in ImageSequence.Iterator(image)]
    except Exception:  # noqa: BLE001  # decoders raise anything
        return []


def encoded(photo: Image.Image, coding: str, options: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    photo.copy().save(buffer, coding, **options)
    return buffer.getvalue()


def cut(data: bytes, _: random.Random) -> Iterator[bytes]:
    evenly = CUTS - len(FROM_THE_END)
    for number in range(evenly):
        yield data[: len(data) * (number + 1) // (evenly + 1)]
    for less in FROM_THE_END:
        yield data[:-less]


def without_a_sector(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Behind the header, where most of a file lies; zeros and noise in turns."""
    for number in range(CUTS):
        at = chance.randrange(min(1024, len(data) // 2), len(data) - SECTOR)
        lost = chance.randbytes(SECTOR) if number % 2 else bytes(SECTOR)
        yield data[:at] + lost + data[at + SECTOR :]


if __name__ == "__main__":
    main()
