"""What was decided on a page and saved, as `dupfinder clean` carries it out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dupfinder.api import load_decisions, mark_photos
from dupfinder.errors import UsageError
from dupfinder.model import DecisionKind, Found, Photo, Plan, Relation, contents_of

_BEGINS: Final = re.compile(rb'\s*\{\s*"kind"\s*:\s*"decisions"')
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was found, and what was planned by rules or decided by a person.

    `unmet` counts photos that were decided to go and are not planned to, `apart` are pairs that
    were said to be no duplicates.
    """

    found: Found
    plan: Plan
    unmet: int = 0
    apart: tuple[tuple[Photo, Photo], ...] = ()


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
) -> Chosen:
    """The report that was looked at, and the plan of what was decided.

    What was decided about photos that are not in the report any more, or not with these contents,
    is told on standard error.

    Args:
        loaded: reads a report.

    Raises:
        UsageError: if the file holds no decisions, or its report cannot be read.
    """
    from dupfinder.decide import PERMITTED, apart, decide  # noqa: PLC0415
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
    unmet = wanted - len(made.plan.actions)
    return Chosen(found, made.plan, unmet, apart(found, told.decisions))


def remember(apart: Sequence[tuple[Photo, Photo]], *, acts: bool) -> None:
    """Keep what was said to be no duplicates from meeting in later scans, or say that it would be.

    Raises:
        StoreError: if that cannot be written down.
    """
    from dupfinder.reports.words import counted  # noqa: PLC0415

    if apart:
        if acts:
            mark_photos(apart)
        pairs = counted(
            len({contents_of(one.digest, other.digest) for one, other in apart}), "pair"
        )
        told = f"{pairs} {'' if acts else 'would be '}marked as no duplicates"
        print(f"note: {told}", file=sys.stderr)  # noqa: T201


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
