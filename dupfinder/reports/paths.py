"""A `Plan` -> bare paths for other programs, as bytes: the names as they are on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dupfinder.model import Action, Plan, Tie
from dupfinder.reports.json_nouns import raw

# What ends a line, for one program or another.
_BREAKS: Final = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def fdupes_lines(plan: Plan) -> Iterator[bytes]:
    """As fdupes prints: a path a line, and an empty line behind every set.

    The first of a set is the photo to keep, the others are what could go for it, or is as good:
    all were compared directly with the first. What is protected, or left alone for another reason,
    is in no set, as a script will remove all but the first. Names are as they are; one that holds a
    line end would be read as two, and is left out.
    """
    beside: dict[str, list[str]] = {}
    items: list[Action | Tie] = [*plan.actions, *plan.ties]
    for item in items:
        if _is_one_line(item.photo.path):
            beside.setdefault(item.keeper.path, []).append(item.photo.path)
    for kept in sorted(plan.keepers, key=lambda photo: raw(photo.path)):
        others = beside.get(kept.path)
        if others and _is_one_line(kept.path):
            yield b"".join(raw(path) + b"\n" for path in (kept.path, *sorted(others, key=raw)))
            yield b"\n"


def _is_one_line(path: str) -> bool:
    return not _BREAKS & set(path)


def paths0(plan: Plan) -> Iterator[bytes]:
    """The photos that could go, each path followed by a zero byte, for `xargs -0`."""
    for path in sorted((action.photo.path for action in plan.actions), key=raw):
        yield raw(path) + b"\0"
