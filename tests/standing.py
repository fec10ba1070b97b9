"""Photos and comparisons of which a test says no more than it needs, and how they come to stand."""

from __future__ import annotations

from typing import Any

from strategies_clusters import a_photo

from dupfinder.choose import plan, ranked
from dupfinder.keeprules.standing import Standing, standings
from dupfinder.model import Cluster, Edit, Evidence, Found, Match, Photo, Relation


def photo(name: str, **changes: Any) -> Photo:
    """A photo of which nothing but its picture is known."""
    bare = {"camera": None, "taken_at": None, "exposure": None}
    return a_photo(f"/lib/{name}", **(bare | changes))


def taken(name: str, **changes: Any) -> Photo:
    """A photo as a camera wrote it."""
    return a_photo(f"/lib/{name}", **changes)


def match(base: Photo, copy: Photo, *edits: Edit, **changes: Any) -> Match:
    relation = changes.pop("relation", Relation.COPY)
    return Match(base, copy, relation, edits, Evidence("orb", **changes))


def cluster(*matches: Match) -> Cluster:
    return Cluster("c", (matches[0].base, *(each.copy for each in matches)), matches)


def order(*matches: Match) -> list[str]:
    return [each.path.removeprefix("/lib/") for each in ranked(cluster(*matches))]


def removed_because(*matches: Match) -> dict[str, str]:
    found = Found(("/lib",), "copies", "dct256", 60, 0, 0, 0, (cluster(*matches),), ())
    return {each.photo.path.removeprefix("/lib/"): each.because for each in plan(found).actions}


def lossless(name: str, coding: str, **changes: Any) -> Photo:
    return photo(name, format=coding, lossless=True, quantization=None, **changes)


def part(base: Photo, copy: Photo, *edits: Edit, **changes: Any) -> Match:
    return match(base, copy, *edits, relation=Relation.PART, **changes)


def scaled(factor: float) -> list[Edit]:
    return [Edit("resized", factor)] if factor != 1 else []


def stand(*matches: Match) -> dict[str, Standing]:
    """How each photo stands, by its name."""
    found = standings(cluster(*matches))
    return {path.removeprefix("/lib/"): standing for path, standing in found.items()}
