"""What of all formats is read, what is skipped and why, and whether copies in them are found.

    python tests/bench/formats.py [--twins COUNT] [--keep FOLDER]

Unpacks ../shared/corpora/formats.tar.gz into a temporary folder and scans it. Needs all extras
(`uv sync --all-extras`): what an extra lacks is a file left out. Figures that must hold:

- files that Pillow with the plug-ins of the extras opens and loads, and that are neither compared
  nor known to end early: 0. FITS is left out on purpose: measurements of telescopes, and a decoder
  with a record of endless loops;
- files that the scan counts neither as compared, nor as skipped, nor as no pictures, and files that
  it compared and that read alone are none, or the other way round: 0;
- series of EXIF orientations whose eight samples are not in one cluster: 0;
- of COUNT photos, each saved again as HEIC, AVIF, JPEG XL, WebP and JPEG 2000, and as the JPEG XL
  that holds the JPEG unchanged: twins that are not found as copies (or same pixels): 0.
"""

from __future__ import annotations

import argparse
import os
import sys
import tarfile
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from libraries import SHARED, require_shared, scan
from PIL import Image

import dupfinder
from dupfinder.decode.source import stamp_of
from dupfinder.fingerprint import Reading, fingerprint
from dupfinder.hashers import HASHERS
from dupfinder.model import PhotoFile
from dupfinder.settings import MAX_PIXELS

ARCHIVE = SHARED / "corpora" / "formats.tar.gz"
ON_PURPOSE = {"FITS"}
SERIES, ORIENTATIONS = ("Landscape", "Portrait"), range(1, 9)

# How a twin is saved: its ending, Pillow's name of the format, options.
TWINS = (
    ("heic", "HEIF", {"quality": 60}),
    ("avif", "AVIF", {"quality": 60}),
    ("jxl", "JXL", {"quality": 80}),
    ("webp", "WEBP", {"quality": 75}),
    ("jp2", "JPEG2000", {"quality_mode": "dB", "quality_layers": [38]}),
)
UNCHANGED = "jpeg.jxl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--twins", type=int, default=20, help="photos to save in other formats")
    parser.add_argument("--keep", type=Path, help="folder to unpack into and to keep")
    options = parser.parse_args()
    require_shared()
    if not ARCHIVE.exists():
        sys.exit(f"bench: {ARCHIVE} is missing")
    warnings.simplefilter("ignore")
    for plugin in ("pillow_heif", "pillow_jxl", "rawpy"):
        import_module(plugin)
    import_module("pillow_heif").register_heif_opener()
    with tempfile.TemporaryDirectory() as scratch:
        place = options.keep or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        results = [*corpus(place), twins(place, options.twins)]
    sys.exit(0 if all(results) else 1)


def corpus(place: Path) -> Iterable[bool]:
    """Unpack and scan the corpus, print the table, and judge it."""
    folder = place / "formats"
    if not folder.exists():
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(place, filter="data")
    found = dupfinder.load(scan(folder, place / "formats.json", "--hidden"))
    files = sorted(str(path) for path in folder.resolve().rglob("*") if path.is_file())
    formats = {path: name for path in files if (name := format_of(path)) is not None}
    skipped = {each.path: each.code for each in found.skipped}
    table(files, formats, skipped)
    opened = {path: name for path in files if (name := as_pillow_opens(path)) is not None}
    cut = {path for path, code in skipped.items() if code == "truncated"}
    left = [p for p in opened if p not in formats and p not in cut and opened[p] not in ON_PURPOSE]
    named(left)
    yield judged("files that Pillow opens and that are not compared", len(left), len(opened))
    lost = abs(len(files) - found.compared - len(skipped) - found.other_files)
    lost += abs(found.compared - len(formats)) + len(formats.keys() & skipped.keys())
    yield judged("files unaccounted for", lost, len(files))
    yield judged("series of orientations in more than one cluster", apart(found), len(SERIES))


def format_of(path: str) -> str | None:
    """What the file is read as; None if it is not compared. Reports list no lone photos."""
    file = PhotoFile(path, stamp_of(os.lstat(path)))
    result = fingerprint(file, HASHERS["dct256"], MAX_PIXELS)
    return result.photo.format if isinstance(result, Reading) else None


def table(files: Iterable[str], formats: dict[str, str], codes: dict[str, str]) -> None:
    """By format or, where that is unknown, by ending: how many are compared, and why not."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for path in files:
        name = formats.get(path) or f"({Path(path).suffix.lower() or 'no ending'})"
        state = "compared" if path in formats else codes.get(path, "no picture")
        rows[name][state] += 1
    states = sorted({state for row in rows.values() for state in row} - {"compared"})
    print(f"{'format':<12} {'compared':>9} " + " ".join(f"{state:>14}" for state in states))
    for name, row in sorted(rows.items()):
        print(f"{name:<12} {row['compared']:>9} " + " ".join(f"{row[s] or '':>14}" for s in states))


def as_pillow_opens(path: str) -> str | None:
    """The format, if Pillow opens and loads the file; None otherwise."""
    try:
        with Image.open(path) as image:
            image.load()
            return image.format
    except Exception:  # noqa: BLE001  # decoders raise anything
        return None


def apart(found: dupfinder.Found) -> int:
    """How many series are in more than one cluster, or lack a sample."""
    clusters = [{Path(p.path).stem for p in each.members} for each in found.clusters]
    wanted = [{f"{name}_{number}" for number in ORIENTATIONS} for name in SERIES]
    return sum(not any(series <= cluster for cluster in clusters) for series in wanted)


def twins(place: Path, count: int) -> bool:
    """Save photos in other formats, scan, and print how many of each format are found."""
    folder = place / f"twins-{count}"
    photos = sorted((SHARED / "photos").glob("*/*.jpg"))
    step = max(1, len(photos) // count)
    if not folder.exists():
        folder.mkdir()
        for number, photo in enumerate(photos[::step][:count]):
            save(photo, folder, f"{number:03}")
    found = dupfinder.load(scan(folder, place / "twins.json"))
    together: Counter[str] = Counter()
    for cluster in found.clusters:
        names = {Path(photo.path).name for photo in cluster.members}
        said = {Path(m.copy.path).name: m.relation for m in cluster.matches}
        for name in names:
            number, ending = name.split(".", 1)
            fine = said.get(name, "copy") in ("copy", "same_pixels", "identical")
            together[ending] += fine and f"{number}.jpg" in names
    missing = 0
    for ending in (*(each[0] for each in TWINS), UNCHANGED):
        print(f"  twins as {ending:<9} {together[ending]:>4} of {count} found")
        missing += count - together[ending]
    return judged("twins not found", missing, count * (len(TWINS) + 1))


def save(photo: Path, folder: Path, stem: str) -> None:
    """The photo and its twins, with the EXIF and profile that it has."""
    (folder / f"{stem}.jpg").write_bytes(photo.read_bytes())
    with Image.open(photo) as image:
        image.save(folder / f"{stem}.{UNCHANGED}", "JXL", lossless_jpeg=True)
        known = {key: image.info[key] for key in ("exif", "icc_profile") if key in image.info}
        rgb = image.convert("RGB")
    for ending, name, options in TWINS:
        tags = {} if name in ("JPEG2000", "JXL") else known
        rgb.save(folder / f"{stem}.{ending}", name, **options, **tags)


def named(paths: Iterable[str]) -> None:
    for path in paths:
        print("  left out:", path)


def judged(what: str, count: int, among: int) -> bool:
    print(f"{'holds' if count == 0 else 'FAILS'}  {what}: {count} <= 0, of {among}")
    return count == 0


if __name__ == "__main__":
    main()
