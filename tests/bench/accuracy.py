"""How many copies a scan finds on the labelled corpus, and how many wrong pairs it makes.

    python tests/bench/accuracy.py [--level copies|hash] [--stripped] [--seed N ...] [--keep FOLDER]

Figures that must hold for each seed:

    copies      recall >= 0.99; every family >= 0.97; wrong pairs 0; tangled groups 0; other shots
                of one scene in clusters 0
    hash        recall >= 0.82; exact, resize, filter, tone, turn and recompress >= 0.985 each;
                wrong pairs <= 1; tangled groups 0. Crops, tilts and screenshots are printed and not
                judged: a hash cannot see them
    --stripped  the scenes alone, at level copies, without all metadata: pairs of drone shots in
                clusters <= 3; every match between two exposures of a bracket is doubtful (it says
                that it cannot tell)

The codebook of the local features was trained on half of the photos: recall of the copies whose
photo is of the other half is printed apart.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from codebook import is_for_training, photos
from libraries import SHARED, corpus, require_shared, scan, without_metadata

import dupfinder

DRONE_PAIRS = 3


@dataclass(frozen=True)
class Limits:
    """What must hold at one level; without names, every family is meant."""

    recall: float
    family_recall: float
    wrong_pairs: int
    shots: int | None
    families: tuple[str, ...] = ()


LIMITS = {
    "copies": Limits(0.99, 0.97, 0, 0),
    "hash": Limits(
        0.82, 0.985, 1, None, ("exact", "resize", "filter", "tone", "turn", "recompress")
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--level", choices=LIMITS, default="copies")
    parser.add_argument("--stripped", action="store_true", help="the scenes without metadata")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--keep", type=Path, help="folder for the corpus, kept for the next time")
    parser.add_argument(
        "--reports", type=Path, help="folder of reports; what is there is not scanned again"
    )
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        place, reports = options.keep or Path(scratch), options.reports or Path(scratch)
        results = []
        for seed in options.seed:
            built = corpus(place, seed)
            if options.stripped:
                results.append(measure_stripped(without_metadata(built), Path(scratch)))
                continue
            report = reports / f"{built.name}-{options.level}.json"
            if not report.exists():
                scan(built / "library", report, "--level", options.level)
            results.append(measure(built, report, seed, LIMITS[options.level]))
    sys.exit(0 if all(results) else 1)


def measure(built: Path, report: Path, seed: int, limits: Limits) -> bool:
    """Print the score of one report, and say whether every figure holds."""
    print(built.name)
    score = [sys.executable, SHARED / "bench" / "score.py", built / "truth.json", report]
    subprocess.run([*score, "--list", "10"], check=True)
    figures = scored(built / "truth.json", report)
    families = limits.families or tuple(figures["families"])
    held = {
        f"recall >= {limits.recall}": figures["recall"] >= limits.recall,
        f"wrong pairs <= {limits.wrong_pairs}": figures["wrong_pairs"] <= limits.wrong_pairs,
        "tangled groups <= 0": figures["tangled"] == 0,
    } | {
        f"{name} >= {limits.family_recall}": figures["families"][name] >= limits.family_recall
        for name in families
    }
    if limits.shots is not None:
        held[f"other shots <= {limits.shots}"] = figures["shots"] <= limits.shots
    tell_halves(built, report, seed)
    return told(held)


def scored(truth: Path, report: Path) -> dict[str, Any]:
    """The figures of the corpus's own score."""
    score = [sys.executable, SHARED / "bench" / "score.py", truth, report, "--json"]
    answer = subprocess.run(score, check=True, capture_output=True)
    figures: dict[str, Any] = json.loads(answer.stdout)
    return figures


def told(held: dict[str, bool]) -> bool:
    """Print which figures hold; whether all do."""
    for figure, holds in held.items():
        print("  holds " if holds else "  FAILS ", figure)
    return all(held.values())


def tell_halves(built: Path, report: Path, seed: int) -> None:
    """Print recall apart for the originals that the codebook was trained on, and the others."""
    truth = json.loads((built / "truth.json").read_text())
    trained = {number for number, photo in enumerate(shuffled(seed)) if is_for_training(photo)}
    for name, keep in (("was trained on", True), ("has never seen", False)):
        files = {
            path: file
            for path, file in truth["files"].items()
            if file["group"] is not None and (file["group"] in trained) is keep
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json") as half:
            json.dump(truth | {"files": files}, half)
            half.flush()
            recall = scored(Path(half.name), report)["recall"]
        groups = len({file["group"] for file in files.values()})
        print(f"  recall {recall:.4f} of {groups} originals that the codebook {name}")


def shuffled(seed: int) -> list[Path]:
    """The photos as `make_corpus.py` mixes them: the first ones become the originals, in order."""
    found = photos()
    random.Random(seed).shuffle(found)
    return found


def measure_stripped(scenes: Path, scratch: Path) -> bool:
    """Scan scenes without metadata, print what was grouped, and say whether that is right."""
    found = dupfinder.load(scan(scenes, scratch / "stripped.json", "--level", "copies"))
    pairs, doubtful, certain = Counter[str](), Counter[str](), Counter[str]()
    for cluster in found.clusters:
        names = [Path(member.path).name for member in cluster.members]
        for one, other in combinations(names, 2):
            pairs["drone" if "drone" in one + other else "bracket"] += 1
        for match in cluster.matches:
            base, copy = Path(match.base.path).name, Path(match.copy.path).name
            kind = "drone" if "drone" in base + copy else "bracket"
            (doubtful if match.doubtful else certain)[kind] += 1
            if not match.doubtful:
                kinds = ", ".join(edit.kind for edit in match.edits)
                print(f"  {copy} is said to be a {match.relation} of {base}: {kinds}")
    for kind in ("drone", "bracket"):
        print(
            f"{scenes.name}: {kind}: {pairs[kind]} pairs in clusters;"
            f" matches: {doubtful[kind]} doubtful, {certain[kind]} certain"
        )
    return told(
        {
            f"pairs of drone shots <= {DRONE_PAIRS}": pairs["drone"] <= DRONE_PAIRS,
            "matches of brackets that are certain <= 0": certain["bracket"] == 0,
        }
    )


if __name__ == "__main__":
    main()
