"""All photos that lie beside the project against each other: nothing may be found but real copies.

    python tests/bench/distractors.py [--level identical hash copies] [--sheet FILE] [--keep FOLDER]

The photos without the look-alike scenes, as they are, scanned at every level. Every pair in one
cluster is printed with its paths; --sheet draws them side by side into a picture, to be looked at.
Figure that must hold at each level: 0 pairs beside those in CONFIRMED, which a person has seen to
show the same photo.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import combinations
from pathlib import Path

from libraries import SHARED, require_shared, scan
from PIL import Image, ImageDraw

import dupfinder

PHOTOS = (SHARED / "photos").resolve()  # as reports name them
CONFIRMED: frozenset[tuple[str, str]] = frozenset()

SIDE, LINE = 320, 20  # pixels of a photo on the sheet, and of the line of text above it

Pair = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    levels = ("identical", "hash", "copies")
    parser.add_argument("--level", nargs="+", choices=levels, default=levels)
    parser.add_argument("--sheet", type=Path, help="picture (PNG) to draw the pairs into")
    parser.add_argument("--keep", type=Path, help="taken as by the others: nothing is built here")
    options = parser.parse_args()
    require_shared()
    seen: dict[Pair, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        results = [measure(level, Path(scratch), seen) for level in options.level]
    if options.sheet:
        sheet(seen).save(options.sheet)
    sys.exit(0 if all(results) else 1)


def measure(level: str, scratch: Path, seen: dict[Pair, str]) -> bool:
    """Scan at one level, print what was found, and say whether all of it is confirmed."""
    report = scan(PHOTOS, scratch / f"{level}.json", "--level", level, "--exclude", "scenes")
    found = dupfinder.load(report)
    pairs = {}
    for cluster in found.clusters:
        said = {match.copy.path: str(match.relation) for match in cluster.matches}
        for one, other in combinations([photo.path for photo in cluster.members], 2):
            left, right = sorted(Path(path).relative_to(PHOTOS).as_posix() for path in (one, other))
            pairs[left, right] = said.get(other, "copy")
    unconfirmed = pairs.keys() - CONFIRMED
    for pair, relation in sorted(pairs.items()):
        print("  WRONG?" if pair in unconfirmed else "  seen  ", f"{level}:", *pair, relation)
    seen.update(pairs)
    verdict = "FAILS" if unconfirmed else "holds"
    print(
        f"{verdict}  {level}: {found.compared:,} photos, {len(pairs)} pairs in clusters,", end=" "
    )
    print(f"{len(unconfirmed)} unconfirmed <= 0; {len(found.similar)} pairs of other shots")
    return not unconfirmed


def sheet(pairs: dict[Pair, str]) -> Image.Image:
    """The pairs below each other, each with its paths and relation."""
    height = max(1, len(pairs)) * (SIDE + LINE)
    out = Image.new("RGB", (2 * SIDE, height), (255, 255, 255))
    draw = ImageDraw.Draw(out)
    for row, (pair, relation) in enumerate(sorted(pairs.items())):
        top = row * (SIDE + LINE)
        draw.text((2, top + 4), f"{pair[0]}  {relation}  {pair[1]}", fill=(0, 0, 0))
        for side, name in enumerate(pair):
            with Image.open(PHOTOS / name) as photo:
                photo.thumbnail((SIDE - 4, SIDE - 4))
                out.paste(photo.convert("RGB"), (side * SIDE, top + LINE))
    return out


if __name__ == "__main__":
    main()
