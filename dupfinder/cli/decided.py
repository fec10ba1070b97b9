"""What was decided on a page and saved, as `dupfinder clean` carries it out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from dupfinder.api import load_decisions
from dupfinder.errors import UsageError
from dupfinder.model import DecisionKind, Found, Plan, Relation

_BEGINS: Final = re.compile(rb'\s*\{\s*"kind"\s*:\s*"decisions"')
_LONGEST: Final = 200


def is_decided(path: str) -> bool:
    """Whether a file that was named holds decisions, and not a report: by its beginning."""
    try:
        with open(path, "rb") as file:
            return _BEGINS.match(file.read(_LONGEST)) is not None
    except OSError:
        return False  # reading it as a report tells why


def decided(
    path: str,
    only: Iterable[Relation] | None,
    protect: Sequence[str],
    loaded: Callable[[str], Found],
) -> tuple[Found, Plan, int]:
    """The report that was looked at, the plan of what was decided, and how much of that it is not.

    What was decided about photos that are not in the report any more, or not with these contents,
    is told on standard error.

    Args:
        loaded: reads a report.

    Raises:
        UsageError: if the file holds no decisions, or its report cannot be read.
    """
    from dupfinder.decide import PERMITTED, decide  # noqa: PLC0415
    from dupfinder.reports.names import printable  # noqa: PLC0415

    told = load_decisions(path)
    found = loaded(_report(told.report, path))
    made = decide(found, told.decisions, PERMITTED if only is None else only, protect)
    for decision in made.stale:
        print(  # noqa: T201
            f"note: {printable(decision.path)} is not in the report any more as it was decided"
            " about: it is left",
            file=sys.stderr,
        )
    wanted = sum(decision.kind is DecisionKind.REMOVE for decision in told.decisions)
    return found, made.plan, wanted - len(made.plan.actions)


def _report(named: str, path: str) -> str:
    """The report where it was, or beside the decisions: both may have been put elsewhere."""
    beside = os.path.join(os.path.dirname(os.path.abspath(path)), os.path.basename(named))
    for place in (named, beside):
        if os.path.isfile(place):
            return place
    raise UsageError(
        f"the report {named!r}, of which {path!r} tells, is not there",
        hint="put it beside the decisions, or back to where it was",
    )
