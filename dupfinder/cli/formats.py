"""`--format` of the commands that print what a scan has found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

from dupfinder.errors import UsageError
from dupfinder.model import Found, Plan, Relation

FORMATS: Final = ("text", "json", "jsonl", "csv", "fdupes", "paths0")
# Whoever reads bare paths sees no relation: what may be another picture is left out.
_SAME: Final = (Relation.IDENTICAL, Relation.SAME_PIXELS)
# Those that hold names as they are, whatever a terminal makes of them.
_RAW: Final = ("fdupes", "paths0")

DESCRIPTION: Final = """\
  text    for people
  json    the report that clean and report read
  jsonl   one JSON object a line: the scan, each cluster, similar pair and
          skipped file
  csv     a line for each photo of a cluster, with what is proposed for it;
          no cell can be a formula
  fdupes  as fdupes prints: sets of paths, the photo to keep first, an empty
          line behind each; only photos of the same bytes or pixels
  paths0  the paths of the photos that clean would let go by default (the same
          bytes or pixels), each followed by a zero byte, for xargs -0
"""


def add_formats(group: Any) -> None:
    """Add `--format`."""
    group.add_argument(
        "--format", choices=FORMATS, default="text", help="of standard output; see below"
    )


def check_format(name: str) -> None:
    """Refuse to write names as they are to a terminal, which would obey them.

    Raises:
        UsageError: if standard output is one.
    """
    if name in _RAW and sys.stdout.isatty():
        raise UsageError(
            f"--format {name} is for programs: it holds names as they are on disk",
            hint=f"write it to a file or a pipe: ... --format {name} > FILE",
        )


def emit(name: str, found: Found, planned: Plan | None) -> None:
    """Print in one of the formats but "text".

    Args:
        planned: what is shown of a plan in "json" and "csv", if any.
    """
    sys.stdout.flush()
    for piece in _pieces(name, found, planned):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _pieces(name: str, found: Found, planned: Plan | None) -> Iterator[bytes]:
    from dupfinder.choose import plan  # noqa: PLC0415

    if name == "json":
        from dupfinder.reports.json import json_lines  # noqa: PLC0415

        return (line.encode() for line in json_lines(found, planned))
    if name == "jsonl":
        from dupfinder.reports.jsonl import jsonl_lines  # noqa: PLC0415

        return (line.encode() for line in jsonl_lines(found))
    if name == "csv":
        from dupfinder.reports.csv import csv_lines  # noqa: PLC0415

        return (line.encode() for line in csv_lines(found, planned or plan(found)))
    planned = plan(found, only=_SAME)
    from dupfinder.reports.paths import fdupes_lines, paths0  # noqa: PLC0415

    return fdupes_lines(planned) if name == "fdupes" else paths0(planned)
