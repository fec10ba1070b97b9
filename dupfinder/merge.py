"""What would be lost with the photos that go -> the sidecars that keep it beside those that stay.

Pure. A photo whose metadata cannot be kept is left where it is. A sidecar that somebody else wrote
is never written into.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from dupfinder.model import (
    ANNOTATIONS,
    CAPTURE_TIME,
    Action,
    Metadata,
    Outcome,
    Photo,
    Plan,
    Sidecar,
    Skipped,
)
from dupfinder.xmp import packet

# By the path of a photo that goes what it says, with its sidecar; by that of a sidecar beside a
# photo that stays what that says.
Told: TypeAlias = Mapping[str, Metadata | Skipped]

# Of these there is one only: two that differ cannot both be kept.
_SINGLE = ("taken_at", "place", "rating", "title", "description")
_IN_PHOTOS = frozenset({*ANNOTATIONS, CAPTURE_TIME})
_DECIMALS = 7  # of a degree: a centimetre


class _Unkept(Exception):
    """Why the metadata of a photo cannot be kept: a short code, and words for the user."""


def sidecar_of(photo: Photo) -> str | None:
    """The path of the XMP sidecar that a photo has."""
    return next((each.path for each in photo.file.companions if each.kind == "xmp"), None)


def merge(plan: Plan, told: Told) -> tuple[Plan, tuple[Outcome, ...]]:
    """The plan with the sidecars that its actions need, and what is left, with the reason.

    Whatever would be lost with several photos of one keeper goes into one sidecar, which each of
    them waits for.
    """
    holds: dict[str, Metadata] = defaultdict(Metadata)
    waiting: set[str] = set()
    left: dict[str, Outcome] = {}
    for action in sorted(plan.actions, key=lambda action: action.photo.path):
        photo, keeper = action.photo.path, action.keeper.path
        try:
            only_here = _only_here(action, told)
            if only_here.kinds:
                holds[keeper] = _added(holds[keeper], only_here)
                waiting.add(photo)
        except _Unkept as why:
            left[photo] = Outcome(action, False, *why.args)
    sidecars = {path: Sidecar(f"{path}.xmp", each, packet(each)) for path, each in holds.items()}
    actions = tuple(
        replace(each, sidecar=sidecars[each.keeper.path]) if each.photo.path in waiting else each
        for each in plan.actions
        if each.photo.path not in left
    )
    outcomes = (left[each.photo.path] for each in plan.actions if each.photo.path in left)
    return replace(plan, actions=actions), tuple(outcomes)


def _only_here(action: Action, told: Told) -> Metadata:
    """What the photo says and its keeper does not, be it in a sidecar.

    Raises:
        _Unkept: if nobody knows, or the keeper has a sidecar already that does not say it.
    """
    said = told.get(action.photo.path, Metadata())
    if isinstance(said, Skipped):
        raise _Unkept(said.code, said.reason)
    missing = sorted(_IN_PHOTOS.intersection(action.loses) - said.kinds)
    if missing:
        raise _Unkept("metadata-unread", f"its {' and '.join(missing)} cannot be read")
    keeper = action.keeper
    has = {*keeper.annotations, *([CAPTURE_TIME] if keeper.taken_at is not None else [])}
    path = sidecar_of(keeper)
    known = told.get(path, Metadata()) if path is not None else Metadata()
    if isinstance(known, Metadata):
        has |= known.kinds
    only_here = said.only(said.kinds - has)
    if path is not None and only_here.kinds:
        what = " and ".join(sorted(only_here.kinds))
        raise _Unkept("sidecar", f"{os.path.basename(path)} is there already, without its {what}")
    return only_here


def _added(held: Metadata, further: Metadata) -> Metadata:
    """Both in one.

    Raises:
        _Unkept: if they contradict each other.
    """
    for name in _SINGLE:
        ours, theirs = getattr(held, name), getattr(further, name)
        if None not in (ours, theirs) and _rounded(ours) != _rounded(theirs):
            what = CAPTURE_TIME if name == "taken_at" else name
            raise _Unkept("metadata-differs", f"its {what} is not that of another copy that goes")
    return held.joined(further)


def _rounded(value: object) -> object:
    return tuple(round(each, _DECIMALS) for each in value) if isinstance(value, tuple) else value
