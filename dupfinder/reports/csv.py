"""`Found` and a `Plan` -> CSV (RFC 4180) for a spreadsheet: one line a photo of a cluster.

Names are shown as everywhere, escaped where they do not print; `path_base64` holds the bytes of
such a name.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from dupfinder.model import Cluster, Found, Match, Photo, Plan
from dupfinder.reports.cells import csv_line
from dupfinder.reports.json_nouns import raw
from dupfinder.reports.names import printable
from dupfinder.reports.words import because, relation_and_edits

COLUMNS: Final = (
    "cluster", "role", "relation", "edits", "path", "base", "width", "height", "bytes",
    "frees_bytes", "format", "taken_at", "modified", "camera", "damage", "proposal", "reason",
    "path_base64",
)  # fmt: skip


def csv_lines(found: Found, plan: Plan) -> Iterator[str]:
    """A line of headings, then each photo under the id of its cluster, the representative first."""
    yield csv_line(COLUMNS)
    fates = {photo.path: ("keep", "") for photo in plan.keepers}
    fates |= {each.photo.path: ("remove", because(each)) for each in plan.actions}
    fates |= {each.photo.path: ("tie", "") for each in plan.ties}
    fates |= {each.photo.path: ("stays", each.reason) for each in plan.spared}
    for cluster in sorted(found.clusters, key=lambda each: raw(each.representative.path)):
        copies = sorted(
            zip(cluster.members[1:], cluster.matches, strict=True),
            key=lambda each: raw(each[0].path),
        )
        for photo, match in ((cluster.representative, None), *copies):
            yield csv_line(_cells(photo, match, cluster, fates[photo.path]))


def _cells(
    photo: Photo, match: Match | None, cluster: Cluster, fate: tuple[str, str]
) -> tuple[str, ...]:
    relation, edits = ("", ()) if match is None else relation_and_edits(match)
    name = photo.path
    return (
        cluster.id,
        "representative" if match is None else "copy",
        relation,
        "; ".join(edits),
        name,
        "" if match is None else match.base.path,
        str(photo.width),
        str(photo.height),
        str(photo.size),
        str(photo.file.frees),
        photo.format,
        photo.taken_at or "",
        photo.file.stamp.modified or "",
        photo.camera or "",
        photo.damage or "",
        *fate,
        "" if printable(name) == name else b64encode(raw(name)).decode("ascii"),
    )
