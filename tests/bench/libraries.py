"""The libraries that the benchmarks scan, made from the real photos that lie beside the project."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

SHARED = Path(__file__).resolve().parents[3] / "shared"


def require_shared() -> None:
    """Stop with one sentence where the photos are missing."""
    if not (SHARED / "photos").is_dir():
        sys.exit(f"bench: {SHARED}/photos is missing: this measures on real photos only")


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
