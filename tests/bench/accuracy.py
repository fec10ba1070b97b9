"""How many copies a scan finds on the labelled corpus, and how many wrong pairs it makes.

    python tests/bench/accuracy.py [--seed N ...] [--keep FOLDER]

Figures that must hold for each seed: recall >= 0.82; exact, resize, filter, tone, turn and
recompress >= 0.985 each; wrong pairs <= 1; tangled groups 0. Crops, tilts and screenshots are
printed and not judged: a hash cannot see them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from libraries import SHARED, corpus, require_shared

RECALL, FAMILY_RECALL, WRONG_PAIRS, TANGLED = 0.82, 0.985, 1, 0
FAMILIES = ("exact", "resize", "filter", "tone", "turn", "recompress")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--keep", type=Path, help="folder for the corpus, kept for the next time")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        place = options.keep or Path(scratch)
        results = [measure(corpus(place, seed), Path(scratch)) for seed in options.seed]
    sys.exit(0 if all(results) else 1)


def measure(built: Path, scratch: Path) -> bool:
    """Scan one corpus, print its score, and say whether every figure holds."""
    report = scratch / "report.json"
    scan = [sys.executable, "-m", "dupfinder.cli", "scan", built / "library", "--no-cache"]
    subprocess.run([*scan, "--format", "json", "-q"], check=True, stdout=report.open("wb"))
    score = [sys.executable, SHARED / "bench" / "score.py", built / "truth.json", report]
    subprocess.run(score, check=True)
    answer = subprocess.run([*score, "--json"], check=True, capture_output=True)
    figures: dict[str, Any] = json.loads(answer.stdout)
    held = {
        f"recall >= {RECALL}": figures["recall"] >= RECALL,
        f"wrong pairs <= {WRONG_PAIRS}": figures["wrong_pairs"] <= WRONG_PAIRS,
        f"tangled groups <= {TANGLED}": figures["tangled"] <= TANGLED,
    } | {
        f"{name} >= {FAMILY_RECALL}": figures["families"][name] >= FAMILY_RECALL
        for name in FAMILIES
    }
    for figure, holds in held.items():
        print("  holds " if holds else "  FAILS ", figure)
    return all(held.values())


if __name__ == "__main__":
    main()
