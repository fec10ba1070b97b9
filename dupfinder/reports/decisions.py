"""What was decided on a page -> JSON, schema 1, and back.

Written by a browser, kept in a folder of downloads, perhaps sent by mail: read as strictly as a
report. It names the report that was looked at, and acts on nothing that is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dupfinder.errors import UsageError
from dupfinder.model import Decision, DecisionKind
from dupfinder.reports.json_fields import CANNOT, Fields, parse, path_in, unreadable

SCHEMA: Final = 1
KIND: Final = "decisions"


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided, and the path of the report that was looked at."""

    report: str
    decisions: tuple[Decision, ...]


def decisions_from_json(text: str) -> Decisions:
    """What was decided, as it was saved.

    Raises:
        UsageError: if `text` holds no decisions of this schema, is damaged, or decides about one
            photo twice.
    """
    try:
        return _decisions(parse(text))
    except (UsageError, ValueError) as error:
        why = str(error).removeprefix(CANNOT)
        raise UsageError(
            f"cannot read the decisions: {why}", hint="save them again from the page"
        ) from error


def _decisions(told: Fields) -> Decisions:
    if not told.has("kind") or told.get("kind", str) != KIND:
        raise unreadable("it holds none")
    schema = told.get("schema", int)
    if schema != SCHEMA:
        raise unreadable(f"they are of schema {schema}, and only {SCHEMA} is known here")
    decisions = told.objects("decisions", _decision)
    paths = [decision.path for decision in decisions]
    if len(set(paths)) != len(paths):
        raise unreadable("a photo is decided about twice")
    return Decisions(path_in(told.object("report")), decisions)


def _decision(entry: Fields) -> Decision:
    return Decision(
        DecisionKind(entry.get("decision", str)),
        entry.get("cluster", str),
        path_in(entry),
        bytes.fromhex(entry.get("digest", str)),
    )
