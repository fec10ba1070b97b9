"""Whether the label of each found copy is right: its relation to the original, and the edits.

    python tests/bench/relations.py [--seed N ...] [--keep FOLDER] [--list N]

Each copy that a scan finds in one cluster with its original is held against `expected.py`. Where
the scan compared it with another member, original and copy are compared as `dupfinder compare`
does, and seen from the original. A label is right if the relation is, all edits that were made are
named, none that was not, and the amounts that are known are met: angles within 1 degree, shares
within 0.03, factors within 2 %.

What must hold for each seed: >= 0.95 of all labels. Printed are relations (expected and found),
edits (made, named, named without having been made) and the weakest copies.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from expected import Truth, original, truth
from libraries import corpus, require_shared, scan

import dupfinder
from dupfinder import Cluster, Edit, Match, Photo, Settings
from dupfinder.engines.clusters import match_of

RIGHT = 0.95
DEGREES, SHARE, FACTOR = 1.0, 0.03, 0.02
EQUAL = ("bytes", "retagged")  # a member of the same pixels is as good a base as the original
ANGLES, FACTORS = ("turned", "tilted"), ("resized", "stretched")


@dataclass(frozen=True)
class Label:
    """What was expected of one copy, what was found, and the faults in words."""

    path: str
    edit: str
    expected: Truth
    relation: str
    kinds: frozenset[str]
    faults: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--keep", type=Path, help="folder for the corpus, kept for the next time")
    parser.add_argument(
        "--reports", type=Path, help="folder of reports; what is there is not scanned again"
    )
    parser.add_argument("--list", type=int, default=0, metavar="N", help="also list N wrong labels")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        place, reports = options.keep or Path(scratch), options.reports or Path(scratch)
        results = []
        for seed in options.seed:
            built = corpus(place, seed)
            report = reports / f"{built.name}-copies.json"
            if not report.exists():
                scan(built / "library", report, "--level", "copies")
            results.append(measure(built, report, options.list))
    sys.exit(0 if all(results) else 1)


def measure(built: Path, report: Path, listed: int) -> bool:
    """Print the tables of one report, and say whether the figure holds."""
    files = json.loads((built / "truth.json").read_text())["files"]
    kinds = {str(built.absolute() / "library" / name): file for name, file in files.items()}
    labels = [
        label for cluster in dupfinder.load(report).clusters for label in labelled(cluster, kinds)
    ]
    print(built.name)
    print_relations(labels)
    print_edits(labels)
    print_weakest(labels)
    for label in [each for each in labels if each.faults][:listed]:
        print("   ", Path(label.path).name, "|", "; ".join(label.faults))
    right = sum(not label.faults for label in labels) / len(labels)
    holds = right >= RIGHT
    print("  holds " if holds else "  FAILS ", f"{right:.4f} of {len(labels)} labels >= {RIGHT}")
    return holds


def labelled(cluster: Cluster, files: dict[str, dict[str, object]]) -> Iterator[Label]:
    """One label for each copy of an original of the corpus that is in the cluster, too."""
    matches = {match.copy.path: match for match in cluster.matches}
    for start in cluster.members:
        if files[start.path]["kind"] != "original":
            continue
        photo = original(Path(start.path))
        for copy in cluster.members:
            file = files[copy.path]
            if file["group"] != files[start.path]["group"] or copy.path == start.path:
                continue
            edit = str(file["kind"])
            match = matches.get(copy.path)
            if match is None or not is_base(match.base, start, edit, files):
                match = compared(start, copy)
            expected = truth(edit, photo)
            yield label_of(copy.path, edit, expected, match)


def is_base(base: Photo, start: Photo, edit: str, files: dict[str, dict[str, object]]) -> bool:
    """Whether what was found against `base` holds against the original, too."""
    same = files[base.path]["group"] == files[start.path]["group"]
    same_pixels = same and files[base.path]["kind"] in EQUAL and edit not in EQUAL
    return base.path == start.path or same_pixels


def compared(start: Photo, copy: Photo) -> Match | None:
    """The direct comparison, seen from the original; None if that finds nothing in common."""
    found = dupfinder.compare(start.path, copy.path, Settings(workers=1))
    if found.match is None:
        return None
    return match_of(found.first, found.second, found.tried[-1])


def label_of(path: str, edit: str, expected: Truth, match: Match | None) -> Label:
    if match is None:
        return Label(path, edit, expected, "none", frozenset(), ("not confirmed directly",))
    kinds = frozenset(each.kind for each in match.edits) - {"re-encoded"}
    faults = tuple(faults_of(expected, str(match.relation), match.edits))
    return Label(path, edit, expected, str(match.relation), kinds, faults)


def faults_of(expected: Truth, relation: str, edits: tuple[Edit, ...]) -> Iterator[str]:
    """What is wrong with a label, in words."""
    if relation not in expected.relations:
        yield f"{relation}, not {' or '.join(sorted(expected.relations))}"
    found = {each.kind for each in edits} - {"re-encoded"}
    allowed = set(expected.may)
    for kinds in sorted(expected.must):
        allowed |= set(kinds.split("|"))
        if not found & set(kinds.split("|")):
            yield f"not {kinds}"
    for kind in sorted(found - allowed):
        yield f"{kind}?"
    for each in edits:
        known = expected.amounts.get(each.kind)
        if known is not None and each.amount is not None and is_off(each.kind, each.amount, known):
            yield f"{each.kind} {each.amount:g}, not {known:.3g}"


def is_off(kind: str, amount: float, known: float) -> bool:
    if kind in ANGLES:
        return abs((amount - known + 180) % 360 - 180) > DEGREES
    if kind in FACTORS:
        return abs(amount / known - 1) > FACTOR
    return abs(amount - known) > SHARE


def print_relations(labels: list[Label]) -> None:
    """Expected in rows, found in columns; where either is right, the one that was found."""
    names = ("identical", "same_pixels", "copy", "part", "similar", "none")
    table = Counter[tuple[str, str]]()
    for label in labels:
        either = label.expected.relations
        table[label.relation if label.relation in either else min(either), label.relation] += 1
    print(f"{'expected / found':18}" + "".join(f"{name:>13}" for name in names))
    for row in names[:4]:
        print(f"{row:18}" + "".join(f"{table[row, name]:13}" for name in names))


def print_edits(labels: list[Label]) -> None:
    """For each kind on how many copies it was made, named, and named where it was not made."""
    made, named, invented = Counter[str](), Counter[str](), Counter[str]()
    for label in labels:
        for kinds in label.expected.must:
            made[kinds] += 1
            named[kinds] += bool(label.kinds & set(kinds.split("|")))
        true = {kind for kinds in label.expected.must for kind in kinds.split("|")}
        invented.update(label.kinds - true - label.expected.may)
    print(f"{'edit':27} {'made':>6} {'named':>6} {'named, not made':>16}")
    for kind in sorted(made.keys() | invented.keys()):
        print(f"{kind:27} {made[kind]:6} {named[kind]:6} {invented[kind]:16}")


def print_weakest(labels: list[Label], most: int = 16) -> None:
    """The edits of which the fewest labels are right, with what is wrong most often."""
    by_edit = defaultdict[str, list[Label]](list)
    for label in labels:
        by_edit[label.edit].append(label)
    shares = {
        edit: sum(not label.faults for label in found) / len(found)
        for edit, found in by_edit.items()
    }
    for edit in sorted(shares, key=lambda name: (shares[name], name))[:most]:
        faults = Counter(
            " ".join(
                word for word in fault.split() if not word.strip(",").replace(".", "").isdigit()
            )
            for label in by_edit[edit]
            for fault in label.faults
        )
        words = "; ".join(f"{count} {fault}" for fault, count in faults.most_common(4))
        print(f"  {edit:15} {shares[edit]:.2f} of {len(by_edit[edit])}  {words}")


if __name__ == "__main__":
    main()
