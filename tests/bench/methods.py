"""How well each way to search finds the original of an edit: recall@1, recall@5, mAP, ms a query.

    python tests/bench/methods.py [--by NAMES] [--model FILE] [--every N] [--among N]
                                  [--seed N] [--keep FOLDER] [--store FOLDER]

Queries are all edits of each second group of the labelled corpus (30 photos, 64 edits each);
searched are the originals of all 60 groups, and all that is nobody's copy: 1,000 other photos,
shots of one scene, made pictures. The time is that of ranking to rank 100, all queries of a method
together. With `--among` the made photos of the library of `searching.py`, which has so many with
others, are searched, too: their local features are those of real photos, their hashes noise.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from against import library as made_library
from libraries import corpus, require_shared
from searching import prepared

import dupfinder
from dupfinder import Settings
from dupfinder.settings import ASKING_MODELS, SEARCHES


def main() -> None:
    """Build what is missing, and print a line for each method as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--by", help="(all, by a model only if there is one)")
    parser.add_argument("--model", type=Path, help="for the methods that ask one")
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        help="take each Nth query; odd, or some kinds of edits are left out",
    )
    parser.add_argument(
        "--among", type=int, help="also search a made library of so many; by graded and dct256 only"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="of the corpus; a --store of its own for each"
    )
    parser.add_argument("--keep", type=Path, help="folder for the corpus, kept for next time")
    parser.add_argument("--store", type=Path, help="folder for copies and store, kept")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        whole = corpus(options.keep or Path(scratch), options.seed)
        place = options.store or Path(scratch) / "store"
        targets = dict(list(library(whole, place).items())[:: options.every])
        roots = [place / "library"]
        if options.among:
            built = made_library(options.keep or Path(scratch), options.among)
            prepared(built, place, ["graded"])
            roots.append(built.known / "made")
        named = options.by or ",".join(by for by in SEARCHES if options.model or by != "model")
        for by in named.split(","):
            settings = Settings(cache=str(place / "cache.sqlite"))
            model = options.model if by in ASKING_MODELS else None
            (found,) = dupfinder.evaluate(targets, roots, [by], settings, model=model)
            shares = (found.recall_1, found.recall_5, found.mean_average_precision)
            told = " ".join(f"{share:.3f}" for share in shares)
            print(f"{by}: {told} {found.seconds * 1000:.1f} ms", end=" ")
            print(f"({found.queries:,} queries among {found.photos:,} photos)", flush=True)


def library(whole: Path, place: Path) -> dict[str | Path, list[str | Path]]:
    """Copy what is searched; for each edit its original."""
    files = json.loads((whole / "truth.json").read_text())["files"]
    out = place / "library"
    originals: dict[int, Path] = {}
    for number, (name, file) in enumerate(sorted(files.items())):
        if file["kind"] == "original" or file["group"] is None:
            path = out / f"{number:05}{Path(name).suffix}"
            if not path.exists():
                out.mkdir(parents=True, exist_ok=True)
                shutil.copy2(whole / "library" / name, path)
            if file["group"] is not None:
                originals[file["group"]] = path
    return {
        whole / "library" / name: [originals[file["group"]]]
        for name, file in files.items()
        if file["group"] is not None and file["group"] % 2 == 0 and file["kind"] != "original"
    }


if __name__ == "__main__":
    main()
