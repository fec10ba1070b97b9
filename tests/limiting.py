"""Photos with files, and what becomes of them in a plan."""

from __future__ import annotations

from typing import Any

from strategies_clusters import a_photo

from dupfinder.choose import REMOVABLE
from dupfinder.model import (
    Cluster,
    Companion,
    Edit,
    Evidence,
    Found,
    Match,
    Photo,
    PhotoFile,
    Plan,
    Relation,
    Stamp,
)

EXACT = (Relation.IDENTICAL, Relation.SAME_PIXELS)
WITH_PARTS = (*REMOVABLE, Relation.PART)


def photo(path: str, *companions: Companion, **changes: Any) -> Photo:
    links = changes.pop("links", ())
    link_count = changes.pop("link_count", 1 + len(links))
    reference = changes.pop("reference", None)
    stamp = Stamp(1, 2, changes.pop("size", 1000), 0, 0)
    file = PhotoFile(path, stamp, links, link_count, companions, reference)
    return a_photo(path, file=file, **changes)


def match(base: Photo, copy: Photo, relation: Relation = Relation.COPY, *edits: Edit) -> Match:
    return Match(base, copy, relation, edits, Evidence("orb"))


def found(*matches: Match) -> Found:
    members = (matches[0].base, *(each.copy for each in matches))
    return found_of(Cluster("c", members, matches))


def found_of(*clusters: Cluster) -> Found:
    return Found(("/lib",), "copies", "dct256", 60, 0, 0, 0, clusters, ())


def gone(made: Plan) -> list[str]:
    return [action.photo.path for action in made.actions]


def spared(made: Plan) -> dict[str, str]:
    return {each.photo.path: each.code for each in made.spared}


def reason(made: Plan) -> str:
    (only,) = made.spared
    return only.reason


ONE, SMALL = photo("/lib/1.jpg"), photo("/lib/2.jpg", width=200)
