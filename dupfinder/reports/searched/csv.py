"""`Searched` -> CSV (RFC 4180) for a spreadsheet: one line for each query and hit.

A cell can be no formula: what begins like one gets an apostrophe in front. Names are shown as
everywhere, escaped where they do not print; `path_base64` holds the bytes of such a name.
"""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from dupfinder.model import Hit, Ranking, Searched
from dupfinder.reports.json_nouns import raw
from dupfinder.reports.names import printable
from dupfinder.reports.searched.words import relation_key, relation_to_query

COLUMNS: Final = (
    "query", "rank", "score", "is", "relation", "path", "width", "height", "bytes", "format",
    "taken_at", "path_base64",
)  # fmt: skip

# What spreadsheets take for the beginning of a formula, the full-width signs included.
_FORMULA: Final = tuple("=+-@\t\r＝＋－＠")  # noqa: RUF001  # they are meant


def searched_csv(searched: Searched) -> Iterator[str]:
    """A line of headings, then the hits of each query, the best first."""
    yield _line(COLUMNS)
    for ranking in searched.rankings:
        for rank, hit in enumerate(ranking.hits, start=1):
            yield _line(_cells(ranking, rank, hit))


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
    )


def _line(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([_cell(each) for each in cells])
    return written.getvalue()


def _cell(text: str) -> str:
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
