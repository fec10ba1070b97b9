"""How often the original ranks before the copies that were made from it, by edit.

    python tests/bench/best.py [--seed N ...] [--keep FOLDER]

Each copy that a scan finds in one cluster with its original is one pair; the original is right to
rank first, and for copies with the same bytes or pixels either is. The second column ranks the same
clusters with every word of the cameras left out: then only the pictures and files tell.

What must hold for each seed: >= 0.97 of all pairs. The second column is printed and not judged.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from libraries import corpus, require_shared

import dupfinder
from dupfinder import Cluster, Match, Photo
from dupfinder.choose import ranked

PREFERRED = 0.97
EITHER = ("bytes", "retagged")


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
    """Scan one corpus, print the shares by edit, and say whether the figure holds."""
    report = scratch / "report.json"
    scan = [sys.executable, "-m", "dupfinder.cli", "scan", built / "library", "--no-cache"]
    subprocess.run([*scan, "--format", "json", "-q"], check=True, stdout=report.open("wb"))
    found = dupfinder.load(report)
    truth = json.loads((built / "truth.json").read_text())["files"]
    files = {str(built.absolute() / "library" / name): file for name, file in truth.items()}
    pairs, right, bare = Counter[str](), Counter[str](), Counter[str]()
    for cluster in found.clusters:
        for edit, preferred in outcomes(cluster, files):
            pairs[edit] += 1
            right[edit] += preferred
        for edit, preferred in outcomes(without_metadata(cluster), files):
            bare[edit] += preferred
    print(f"{built.name}\n{'edit':16} {'pairs':>6} {'preferred':>10} {'no metadata':>12}")
    for edit in sorted(pairs):
        print(
            f"{edit:16} {pairs[edit]:6} {share(right, pairs, edit)} {share(bare, pairs, edit):>12}"
        )
    all_pairs = pairs.total()
    holds = right.total() >= PREFERRED * all_pairs
    print(f"{'all':16} {all_pairs:6} {right.total() / all_pairs:10.3f}", end=" ")
    print(f"{bare.total() / all_pairs:12.3f}")
    print("  holds " if holds else "  FAILS ", f"originals preferred >= {PREFERRED}")
    return holds


def outcomes(cluster: Cluster, files: dict[str, dict[str, object]]) -> Iterator[tuple[str, bool]]:
    """The edit of each copy whose original is in the cluster, and whether that ranks before it."""
    place = {photo.path: number for number, photo in enumerate(ranked(cluster))}
    original = {files[path]["group"]: path for path in place if files[path]["kind"] == "original"}
    for path, number in place.items():
        kind, group = str(files[path]["kind"]), files[path]["group"]
        if kind != "original" and group in original:
            yield kind, kind in EITHER or place[original[group]] < number


def without_metadata(cluster: Cluster) -> Cluster:
    """The same cluster as if no file told its camera, capture time or exposure."""
    bare = {photo.path: stripped(photo) for photo in cluster.members}
    return replace(
        cluster,
        members=tuple(bare.values()),
        matches=tuple(between(match, bare) for match in cluster.matches),
    )


def between(match: Match, bare: dict[str, Photo]) -> Match:
    return replace(match, base=bare[match.base.path], copy=bare[match.copy.path])


def stripped(photo: Photo) -> Photo:
    return replace(photo, camera=None, taken_at=None, exposure=None)


def share(part: Counter[str], whole: Counter[str], name: str) -> str:
    return f"{part[name] / whole[name]:10.3f}"


if __name__ == "__main__":
    main()
