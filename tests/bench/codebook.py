"""Trains the codebook of the local features and says how well it keeps distances.

    python tests/bench/codebook.py [--write]

Recipe: the RootSIFT descriptors of one half of the photos (those of whose path below the folder of
photos the SHA-256 begins with an even byte; scenes left out), cut into halves of 64 entries in one
frame (see `dupfinder.features.codebook`); 512 centroids of 120,000 halves and 256 for each of their
eight parts by k-means (Lloyd, 12 rounds, fixed seeds); 32 random orthogonal planes. Stored as
float16 in dupfinder/features/codebook.npz. With --write the file is replaced; without, the stored
one is measured.

Figures, on the other half of the photos: how many of the matches (mutual nearest neighbours that
pass the ratio test, between a photo and itself at half size) survive coding, and the share of
their pairs that meet in a word.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
from libraries import SHARED, require_shared
from numpy.typing import NDArray

import dupfinder.features.codebook as codebook_module
from dupfinder.decode import decode, shrunk
from dupfinder.decode.sniff import sniff
from dupfinder.features.codebook import HALF, PARTS, PLANES, Codebook, halves
from dupfinder.features.sift import SIDE, detected

CENTROIDS, HALVES, ROUNDS = 512, 120_000, 12
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".ppm", ".tif")

Rows = NDArray[np.float32]


def photos() -> list[Path]:
    """All photos that are no look-alike scenes, sorted."""
    root = SHARED / "photos"
    every = sorted(path for path in root.rglob("*") if path.suffix.lower() in ENDINGS)
    return [path for path in every if "scenes" not in path.parts]


def is_for_training(path: Path) -> bool:
    """Whether a photo belongs to the half that the codebook was trained on."""
    name = path.relative_to(SHARED / "photos").as_posix()
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def descriptors(path: Path, side: int = SIDE) -> Rows:
    """RootSIFT of one photo, (N, 128)."""
    data = path.read_bytes()
    kind = sniff(data)
    assert kind is not None
    grey = decode(data, kind, side, 10**9, colour=False).picture.grey
    return detected(shrunk(grey, side))[1]


def k_means(rows: Rows, count: int, seed: int) -> Rows:
    """Lloyd's algorithm from a seeded choice of rows."""
    centroids = rows[np.random.default_rng(seed).choice(len(rows), count, replace=False)].copy()
    for _ in range(ROUNDS):
        nearest = np.concatenate(
            [
                ((centroids**2).sum(axis=1) - 2 * some @ centroids.T).argmin(axis=1)
                for some in np.array_split(rows, len(rows) // 20_000 + 1)
            ]
        )
        sums = np.zeros(centroids.shape)
        np.add.at(sums, nearest, rows)
        members = np.bincount(nearest, minlength=count)[:, None]
        centroids = np.where(members, sums / np.maximum(members, 1), centroids).astype(np.float32)
    return centroids


def trained(rows: Rows) -> Codebook:
    """The codebook of these descriptors, (N, 128)."""
    both = np.concatenate(halves(rows))
    rng = np.random.default_rng(0)
    both = both[rng.choice(len(both), min(len(both), HALVES), replace=False)]
    width = HALF // PARTS
    parts = [k_means(both[:, at : at + width], 256, 1) for at in range(0, HALF, width)]
    planes = np.linalg.qr(rng.normal(size=(HALF, HALF)))[0][:, :PLANES]
    return Codebook(k_means(both, CENTROIDS, 1), np.stack(parts), planes.astype(np.float32))


def matches(left: Rows, right: Rows) -> set[tuple[int, int]]:
    """Mutual nearest neighbours that pass the ratio test."""
    if min(len(left), len(right)) < 2:
        return set()
    far = np.sqrt(np.maximum(2 - 2 * left @ right.T, 0))
    forth, back = far.argmin(axis=1), far.argmin(axis=0)
    second = np.partition(far, 1, axis=1)[:, 1]
    kept = (back[forth] == np.arange(len(left))) & (far.min(axis=1) < 0.85 * second)
    return {(int(at), int(forth[at])) for at in np.flatnonzero(kept)}


def measure(book: Codebook, paths: list[Path]) -> None:
    """Print what survives of the matches between photos and their halves."""
    whole = coded = together = 0
    for path in paths:
        left, right = descriptors(path), descriptors(path, SIDE // 2)
        true = matches(left, right)
        whole += len(true)
        coded += len(true & matches(*(book.restored(book.encoded(each)) for each in (left, right))))
        words = [book.words(each)[0] for each in (left, right)]
        for a, b in true:
            mine, other = words[0][a], words[1][b, :, 0]
            together += bool((mine == other[:, None]).any(axis=1).all())
    print(f"{len(paths)} photos not trained on, {whole} matches with their half size:")
    print(f"  {coded / whole:.3f} of them are matches of the codes, too")
    print(f"  {together / whole:.3f} of them meet in one of the four words that are looked up")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="train, and replace the stored file")
    options = parser.parse_args()
    require_shared()
    every = photos()
    if options.write:
        learning = [path for path in every if is_for_training(path)]
        book = trained(np.concatenate([descriptors(path) for path in learning]))
        place = Path(codebook_module.__file__).with_suffix(".npz")
        stored = {name: getattr(book, name).astype(np.float16) for name in Codebook.__slots__}
        np.savez_compressed(place, **stored)
        print(f"trained on {len(learning)} of {len(every)} photos: {place.stat().st_size} bytes")
    measure(codebook_module.codebook(), [path for path in every if not is_for_training(path)][:100])


if __name__ == "__main__":
    main()
