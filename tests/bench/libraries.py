"""The libraries that the benchmarks scan, made from the real photos that lie beside the project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

SHARED = Path(__file__).resolve().parents[3] / "shared"


def require_shared() -> None:
    """Stop with one sentence where the photos are missing."""
    if not (SHARED / "photos").is_dir():
        sys.exit(f"bench: {SHARED}/photos is missing: this measures on real photos only")


def scan(folder: Path, report: Path, *options: object) -> Path:
    """Scan a folder with an empty cache, write the JSON report and return where it is."""
    command = [sys.executable, "-m", "dupfinder.cli", "scan", folder, "--no-cache", "-q"]
    with report.open("wb") as out:
        subprocess.run([*command, "--format", "json", *map(str, options)], check=True, stdout=out)
    return report


def corpus(place: Path, seed: int = 1, distractors: int = 1000) -> Path:
    """Build the labelled corpus; its `library` is to be scanned, `truth.json` is the truth."""
    out = place / f"corpus-{seed}-{distractors}"
    if not (out / "truth.json").exists():
        script = SHARED / "bench" / "make_corpus.py"
        amounts = ["--distractors", str(distractors), "--seed", str(seed)]
        subprocess.run([sys.executable, script, SHARED / "photos", out, *amounts], check=True)
    return out


def without_edits(corpus_folder: Path) -> Path:
    """The same corpus without its edited copies: what most of a real library is like."""
    out = corpus_folder.with_name(corpus_folder.name + "-without-edits")
    if not out.exists():
        shutil.copytree(corpus_folder / "library", out, ignore=shutil.ignore_patterns("edited"))
    return out


def part_of(corpus_folder: Path, groups: int = 8, tenth: int = 10) -> Path:
    """The first groups of the corpus whole, its scenes, and every tenth of all other pictures."""
    out = corpus_folder.with_name(corpus_folder.name + "-part")
    if not out.exists():
        files = json.loads((corpus_folder / "truth.json").read_text())["files"]
        others = sorted(name for name, file in files.items() if file["group"] is None)
        scenes = [name for name in others if name.startswith("scenes/")]
        wanted = {name for name, file in files.items() if file["group"] in range(groups)}
        for name in sorted(wanted | {*scenes, *others[::tenth]}):
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(corpus_folder / "library" / name, target)
    return out


def without_metadata(corpus_folder: Path) -> Path:
    """The scenes of the corpus, their pixels as they are, without what the cameras wrote."""
    out = corpus_folder.with_name(corpus_folder.name + "-stripped")
    if not out.exists():
        out.mkdir()
        for shot in sorted((corpus_folder / "library" / "scenes").iterdir()):
            (out / shot.name).write_bytes(_without_exif(shot.read_bytes()))
    return out


def _without_exif(jpeg: bytes) -> bytes:
    """The same JPEG without its APP1 segments, in which EXIF and XMP stand."""
    kept, at = [jpeg[:2]], 2
    while jpeg[at + 1] != 0xDA:  # start of scan: no segments follow
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if jpeg[at + 1] != 0xE1:
            kept.append(jpeg[at:end])
        at = end
    return b"".join(kept) + jpeg[at:]


def camera(place: Path, count: int = 300) -> Path:
    """Camera photos of 6 to 16 megapixels, each copy with a comment segment of its own."""
    out = place / f"camera-{count}"
    if not out.exists():
        out.mkdir(parents=True)
        sources = sorted((SHARED / "photos_camera").glob("*.jpg"))
        for number in range(count):
            source = sources[number % len(sources)]
            data, comment = source.read_bytes(), b"copy %05d" % number
            segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
            (out / f"{number:04d}_{source.name}").write_bytes(data[:2] + segment + data[2:])
    return out
