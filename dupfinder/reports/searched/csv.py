"""`Searched` -> CSV (RFC 4180) for a spreadsheet: one line for each query and hit.

Names are shown as everywhere, escaped where they do not print; `path_base64` holds the bytes of
such a name.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Final

from dupfinder.model import Hit, Label, Ranking, Searched
from dupfinder.reports.cells import csv_line
from dupfinder.reports.json_nouns import raw
from dupfinder.reports.names import printable
from dupfinder.reports.searched.words import relation_key, relation_to_query

COLUMNS: Final = (
    "query", "rank", "score", "is", "relation", "path", "width", "height", "bytes", "format",
    "taken_at", "path_base64", "label", "probability", "query_label", "query_probability",
)  # fmt: skip


def searched_csv(searched: Searched) -> Iterator[str]:
    """A line of headings, then the hits of each query, the best first."""
    yield csv_line(COLUMNS)
    for ranking in searched.rankings:
        for rank, hit in enumerate(ranking.hits, start=1):
            yield csv_line(_cells(ranking, rank, hit))


def _cells(ranking: Ranking, rank: int, hit: Hit) -> tuple[str, ...]:
    photo = hit.photo
    return (
        ranking.query.path,
        str(rank),
        f"{hit.score:.6f}",
        relation_key(ranking.query, hit),
        relation_to_query(ranking.query, hit),
        photo.path,
        str(photo.width),
        str(photo.height),
        str(photo.size),
        photo.format,
        photo.taken_at or "",
        "" if printable(photo.path) == photo.path else b64encode(raw(photo.path)).decode("ascii"),
        *_best(hit.labels),
        *_best(ranking.labels),
    )


def _best(labels: Sequence[Label]) -> tuple[str, str]:
    return (labels[0].name, f"{labels[0].probability:.6f}") if labels else ("", "")
