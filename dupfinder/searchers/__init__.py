"""The ways to search by image, one file each; a name leads to each."""

from __future__ import annotations

from collections.abc import Iterable

from dupfinder.protocols import Picture, Searcher
from dupfinder.searchers.colour import ColourSearcher
from dupfinder.searchers.dense import bhattacharyya, correlation
from dupfinder.searchers.hashes import HashSearcher
from dupfinder.searchers.kaze import KazeSearcher
from dupfinder.searchers.orb import OrbSearcher

_HASHES = ("dct256", "phash", "dhash", "ahash", "whash")

SEARCHERS: dict[str, Searcher] = {
    **{name: HashSearcher(name) for name in _HASHES},
    "orb": OrbSearcher(),
    "color": ColourSearcher("color", correlation),
    "color-bhattacharyya": ColourSearcher("color-bhattacharyya", bhattacharyya),
    "kaze": KazeSearcher(),
}


def described(methods: Iterable[str], picture: Picture) -> dict[str, bytes]:
    """The descriptors of one picture by the names of the methods."""
    return {name: SEARCHERS[name].describe(picture) for name in methods}
