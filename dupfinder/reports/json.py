"""`Found` (and a `Plan`) -> the JSON report, schema 2, which other commands read back.

The same result gives the same bytes: clusters, members, pairs and skipped files are sorted, floats
are rounded, and nothing tells when or how fast the run was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import chain
from typing import Final

from dupfinder.model import Action, Cluster, Found, Match, Photo, Plan, Spared, Tie
from dupfinder.reports.json_nouns import (
    Json,
    action_object,
    dumps,
    left_alone_object,
    named,
    photo_object,
    proof_object,
    raw,
    skipped_object,
    spared_object,
)

SCHEMA: Final = 5


def to_json(found: Found, plan: Plan | None = None) -> str:
    """The whole report as one string; `json_lines` writes a large one without holding it."""
    return "".join(json_lines(found, plan))


def json_lines(found: Found, plan: Plan | None = None) -> Iterator[str]:
    """The report in pieces, one line a photo: for `writelines`, constant memory."""
    yield "{\n"
    for key, value in header(found).items():
        yield f" {dumps(key)}: {dumps(value)},\n"
    yield from _clusters(sorted(found.clusters, key=lambda each: raw(each.representative.path)))
    yield ",\n"
    yield from array(" ", "singles", map(dumps, map(photo_object, _singles(found))))
    yield ",\n"
    similar = sorted(found.similar, key=lambda each: (raw(each.base.path), raw(each.copy.path)))
    yield from array(" ", "similar", map(dumps, map(pair_object, similar)))
    yield ",\n"
    skipped = sorted(found.skipped, key=lambda each: (raw(each.path), each.stage, each.code))
    yield from array(" ", "skipped", map(dumps, map(skipped_object, skipped)))
    if plan is not None:
        yield ",\n"
        yield from plan_lines(plan)
    yield "\n}\n"


def header(found: Found) -> Json:
    """What a report says of the scan as a whole."""
    return {
        "dupfinder": version("dupfinder"),
        "schema": SCHEMA,
        "roots": [named(root) for root in found.roots],
        "references": [named(reference) for reference in found.references],
        "level": found.level,
        "hasher": found.hasher,
        "radius": found.radius,
        "counts": {
            "discovered": found.discovered,
            "compared": found.compared,
            "skipped": len(found.skipped),
            "other_files": found.other_files,
            "clusters": len(found.clusters),
            "copies": found.copies,
            "similar": len(found.similar),
            "reclaimable_bytes": found.reclaimable,
        },
    }


def _clusters(clusters: Iterable[Cluster]) -> Iterator[str]:
    return array(" ", "clusters", ("".join(_cluster(cluster)) for cluster in clusters))


def _cluster(cluster: Cluster) -> Iterator[str]:
    first = cluster.representative
    head = {"id": cluster.id, "representative": named(first.path)["path"]}
    yield dumps(head)[:-1] + ",\n"
    copies = sorted(
        zip(cluster.members[1:], cluster.matches, strict=True), key=lambda each: raw(each[0].path)
    )
    members = chain(
        [photo_object(first)],
        (
            photo_object(photo) | edge_object(match, cluster.representative)
            for photo, match in copies
        ),
    )
    yield from array("  ", "members", map(dumps, members))
    yield "}"


def edge_object(match: Match, representative: Photo) -> Json:
    """What a member was compared with, null for the representative, and how that went."""
    is_direct = match.base.path == representative.path
    return {"base": None if is_direct else named(match.base.path)} | proof_object(match)


def _singles(found: Found) -> list[Photo]:
    """Photos of similar pairs that stand in no cluster, so that all of a report's are described."""
    seen = {photo.path: photo for match in found.similar for photo in (match.base, match.copy)}
    for cluster in found.clusters:
        for photo in cluster.members:
            seen.pop(photo.path, None)
    return sorted(seen.values(), key=lambda photo: raw(photo.path))


def pair_object(match: Match) -> Json:
    """Two shots of one scene, by their names."""
    return {"base": named(match.base.path), "copy": named(match.copy.path)} | proof_object(match)


def array(indent: str, key: str, items: Iterable[str]) -> Iterator[str]:
    """A member that is a list, one line an item."""
    yield f"{indent}{dumps(key)}: ["
    separator = "\n"
    for item in items:
        yield f"{separator}{indent} {item}"
        separator = ",\n"
    yield "]"


def plan_lines(plan: Plan) -> Iterator[str]:
    """The member "plan" of a report in pieces, without what separates it from its neighbours."""
    head = {"rules": plan.rules, "reclaimed_bytes": plan.reclaimed}
    yield f' "plan": {dumps(head)[:-1]},\n'
    parts: dict[str, Iterable[Json]] = {
        "keepers": map(named, sorted((photo.path for photo in plan.keepers), key=raw)),
        "actions": map(action_object, sorted(plan.actions, key=place_of)),
        "ties": map(left_alone_object, sorted(plan.ties, key=place_of)),
        "spared": map(spared_object, sorted(plan.spared, key=place_of)),
    }
    separator = ""
    for key, items in parts.items():
        yield separator
        yield from array("  ", key, map(dumps, items))
        separator = ",\n"
    yield "}"


def place_of(item: Action | Tie | Spared) -> tuple[bytes, bytes]:
    """What items of a plan are sorted by: the keeper, then the photo."""
    return raw(item.keeper.path), raw(item.photo.path)
