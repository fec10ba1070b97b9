"""`Found` -> JSON Lines: one object a line, so that a script reads a large result as it comes.

`type` says what a line is: first "scan" (as the head of a JSON report), then "cluster", "similar"
and "skipped", each in the order of the report and with its fields.
"""

from __future__ import annotations

from collections.abc import Iterator

from dupfinder.model import Cluster, Found
from dupfinder.reports.json import edge_object, header, pair_object
from dupfinder.reports.json_nouns import Json, dumps, named, photo_object, raw, skipped_object


def jsonl_lines(found: Found) -> Iterator[str]:
    """One line for the scan, each cluster, each similar pair and each skipped file."""
    yield _line("scan", header(found))
    for cluster in sorted(found.clusters, key=lambda each: raw(each.representative.path)):
        yield _line("cluster", _cluster(cluster))
    for match in sorted(found.similar, key=lambda each: (raw(each.base.path), raw(each.copy.path))):
        yield _line("similar", pair_object(match))
    for skipped in sorted(found.skipped, key=lambda each: (raw(each.path), each.stage, each.code)):
        yield _line("skipped", skipped_object(skipped))


def _cluster(cluster: Cluster) -> Json:
    first = cluster.representative
    copies = sorted(
        zip(cluster.members[1:], cluster.matches, strict=True), key=lambda each: raw(each[0].path)
    )
    return {
        "id": cluster.id,
        "representative": named(first.path),
        "reclaimable_bytes": cluster.reclaimable,
        "members": [
            photo_object(first),
            *(photo_object(photo) | edge_object(match, first) for photo, match in copies),
        ],
    }


def _line(kind: str, fields: Json) -> str:
    return dumps({"type": kind} | fields) + "\n"
