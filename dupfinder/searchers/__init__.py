"""The ways to search by image, one file each; a name leads to each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from dupfinder.decode.errors import Undecodable
from dupfinder.protocols import Describer, Picture, Searcher
from dupfinder.searchers.colour import ColourSearcher
from dupfinder.searchers.dense import bhattacharyya, correlation, deviations, roots
from dupfinder.searchers.hashes import HashSearcher
from dupfinder.searchers.kaze import KazeSearcher
from dupfinder.searchers.mirrored import Mirrored
from dupfinder.searchers.networks import ImageModel
from dupfinder.searchers.networks.searching import Labeller, ModelSearcher
from dupfinder.searchers.orb import OrbSearcher

_HASHES = ("dct256", "phash", "dhash", "ahash", "whash")

# Those that need nothing but the picture; a model is a file of the user: see `searcher_of`.
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
_DESCRIBERS: dict[str, Describer] = {**SEARCHERS, **{each.name: each for each in MIRRORED.values()}}


def searcher_of(method: str, model: ImageModel | None = None) -> Searcher:
    """The way to search by this name; "model" needs the model."""
    if method != ModelSearcher.name:
        return SEARCHERS[method]
    assert model is not None
    return ModelSearcher(model)


def describer_of(method: str, model: ImageModel | None = None) -> Describer:
    """What describes pictures for the search of this name, a `Mirrored` one, or "labels"."""
    if method in _DESCRIBERS:
        return _DESCRIBERS[method]
    assert model is not None
    return Labeller(model) if method == Labeller.name else ModelSearcher(model)


def described(
    methods: Iterable[str], picture: Picture, model: ImageModel | None = None
) -> dict[str, bytes]:
    """The descriptors of one picture by the names of the methods.

    Raises:
        Undecodable: if a method has none of this picture.
    """
    return {name: describer_of(name, model).describe(picture) for name in methods}


def described_as_far(
    methods: Iterable[str], picture: Picture, model: ImageModel | None = None
) -> dict[str, bytes]:
    """The same without the methods that have none."""
    found: dict[str, bytes] = {}
    for name in methods:
        with contextlib.suppress(Undecodable):
            found |= described((name,), picture, model)
    return found
