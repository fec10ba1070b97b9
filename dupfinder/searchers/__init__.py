"""The ways to search by image, one file each; a name leads to each."""

from __future__ import annotations

from collections.abc import Iterable

from dupfinder.protocols import Picture, Searcher
from dupfinder.searchers.colour import ColourSearcher
from dupfinder.searchers.dense import bhattacharyya, correlation, deviations, roots
from dupfinder.searchers.hashes import HashSearcher
from dupfinder.searchers.kaze import KazeSearcher
from dupfinder.searchers.mirrored import Mirrored
from dupfinder.searchers.orb import OrbSearcher

_HASHES = ("dct256", "phash", "dhash", "ahash", "whash")

SEARCHERS: dict[str, Searcher] = {
    **{name: HashSearcher(name) for name in _HASHES},
    "orb": OrbSearcher(),
    "color": ColourSearcher("color", correlation, deviations),
    "color-bhattacharyya": ColourSearcher("color-bhattacharyya", bhattacharyya, roots),
    "kaze": KazeSearcher(),
}


# Those that queries are asked by once more as mirror images; the hash of scans knows all
# orientations by itself.
MIRRORED = {name: Mirrored(SEARCHERS[name]) for name in ("orb", "kaze")}
_DESCRIBERS = SEARCHERS | {each.name: each for each in MIRRORED.values()}


def described(methods: Iterable[str], picture: Picture) -> dict[str, bytes]:
    """The descriptors of one picture by the names of the methods, `Mirrored` ones included."""
    return {name: _DESCRIBERS[name].describe(picture) for name in methods}
