"""Numbers and nouns of the model -> the words and units that people read."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from dupfinder.model import Action, Edit, Evidence, Match, Photo, Relation, Run, Spared, Tie
from dupfinder.reports.names import printable

RELATIONS: Final = {
    Relation.IDENTICAL: "identical",
    Relation.SAME_PIXELS: "same pixels",
    Relation.COPY: "copy",
    Relation.PART: "shows a part",
    Relation.SIMILAR: "similar",
}

# What stands between the relation and the name of the other photo.
_TO: Final = {
    Relation.IDENTICAL: "identical to",
    Relation.SAME_PIXELS: "same pixels as",
    Relation.COPY: "copy of",
    Relation.PART: "shows a part of",
    Relation.SIMILAR: "similar to",
}

_UNITS: Final = ("kB", "MB", "GB", "TB", "PB")

# How an edit of some amount is said; the amounts of others (grey levels of a tone, the share that a
# frame leaves) tell a reader little and stand in the JSON report.
_AMOUNTS: Final[dict[str, Callable[[float], str]]] = {
    "resized": lambda factor: f"resized to {_percent(factor)}",
    "stretched": lambda factor: f"stretched {_percent(factor)}",
    "cropped": lambda share: f"cropped to {_percent(share)}",
    "extended": lambda share: f"extended to {_percent(1 / share)}" if share > 0 else "extended",
    "turned": lambda degrees: f"turned {_turn(degrees)}",
    "tilted": lambda degrees: f"tilted {_turn(degrees)}",
    "written over": lambda share: f"written over ({_percent(share)})",
    "cleaned": lambda share: f"writing removed ({_percent(share)})",
}

# Edits whose kind alone would not tell what was done; others are said by their kind.
_KINDS: Final = {
    "perspective": "in perspective",
    "unframed": "frame removed",
    "cleaned": "writing removed",
    "grey": "converted to grey",
}


def counted(count: int, noun: str) -> str:
    """`1 photo`, `5,116 photos`, `2 copies`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def bytes_of(size: int) -> str:
    """A size in decimal units: `512 B`, `3.4 MB`, `120 GB`."""
    if size < 1000:
        return f"{size} B"
    # One power of 1000 more where rounding would show "1000".
    power = 1
    while size / 1000**power >= 999.5 and power < len(_UNITS):
        power += 1
    amount = size / 1000**power
    return f"{amount:.{1 if amount < 9.95 else 0}f} {_UNITS[power - 1]}"


def duration(seconds: float) -> str:
    """`0.3 s`, `21 s`, `4 min 05 s`, `2 h 03 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def sides(photo: Photo) -> str:
    """`4000x3000`."""
    return f"{photo.width}x{photo.height}"


def dated(photo: Photo, *, to_the_minute: bool) -> str:
    """When the photo was taken; in brackets the file's own date where no camera wrote one."""
    length = len("YYYY-MM-DD HH:MM") if to_the_minute else len("YYYY-MM-DD")
    if photo.taken_at is not None:
        return f" {photo.taken_at[:length]} "
    modified = photo.file.stamp.modified
    return f"({modified[:length]})" if modified is not None else " no date "


def started(run: Run) -> datetime | None:
    """When a run began, which its name begins with; None for a name that says nothing."""
    try:
        return datetime.strptime(run.name[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def relation_of(match: Match, of: str = "") -> str:
    """`identical`, or `copy: resized to 50 %, mirrored`; `of` names the base where it must be told.

    A doubtful match is no copy yet: `copy, or another exposure: cannot tell (toned)`.
    """
    name = _relation(match, of)
    edits = ", ".join(map(_edit, match.edits))
    if not edits:
        return name
    return f"{name} ({edits})" if match.doubtful else f"{name}: {edits}"


def relation_and_edits(match: Match) -> tuple[str, tuple[str, ...]]:
    """As `relation_of` says it, in pieces: `copy`, and `resized to 50 %`, `mirrored`."""
    return _relation(match, ""), tuple(map(_edit, match.edits))


def relation_to_keeper(item: Action | Tie | Spared) -> str:
    """As `relation_of`, seen from the keeper; "" if the two were never compared directly.

    The edits are left out where they lead the other way, from the photo to its keeper.
    """
    match = item.match
    if match is None:
        return ""
    if match.base.path == item.keeper.path:
        return relation_of(match)
    if match.relation is Relation.PART and not match.doubtful:
        return "shows a part" if _contains(match) else "contains it"
    return _relation(match, "")


def because(action: Action) -> str:
    """Why a photo goes, and what becomes of what it alone says."""
    why = printable(f"{action.rule}: {action.because}")
    kept = frozenset[str]() if action.sidecar is None else action.sidecar.holds.kinds
    if action.sidecar is not None:
        name = printable(os.path.basename(action.sidecar.path))
        why += f"; {', '.join(sorted(kept))} are written into {name}"
    lost = [each for each in action.loses if each not in kept]
    return f"{why}; only this one has {', '.join(lost)}" if lost else why


def proof_of(evidence: Evidence) -> str:
    """The numbers behind a match, "" where there are none: equal bytes need none.

    Hamming distance, keypoints that the geometry explains (their share of all), and agreement of
    the aligned pixels: `4 bits, 213 inliers (81 %), agree 0.97`.
    """
    parts = []
    if evidence.distance is not None:
        parts.append(counted(evidence.distance, "bit"))
    if evidence.inliers is not None:
        share = f" ({_percent(evidence.ratio)})" if evidence.ratio is not None else ""
        parts.append(f"{counted(evidence.inliers, 'inlier')}{share}")
    if evidence.agreement is not None:
        parts.append(f"agree {evidence.agreement:.2f}")
    return ", ".join(parts)


def _relation(match: Match, of: str) -> str:
    if match.doubtful:
        return f"{f'copy of {of}' if of else 'copy'}, or another exposure: cannot tell"
    if match.relation is Relation.PART and _contains(match):
        return f"contains {of or 'it'}"
    return f"{_TO[match.relation]} {of}" if of else RELATIONS[match.relation]


def _contains(match: Match) -> bool:
    """Whether the copy shows the base among other content: a screenshot, a collage."""
    return any(edit.kind == "extended" for edit in match.edits)


def _edit(edit: Edit) -> str:
    """Kinds may come from a report of another version: one without words is said as it is."""
    if edit.amount is not None and edit.kind in _AMOUNTS:
        return _AMOUNTS[edit.kind](edit.amount)
    return _KINDS.get(edit.kind) or printable(edit.kind)


def _turn(degrees: float) -> str:
    """Degrees counter-clockwise, told the shorter way round: `90° clockwise` for 270."""
    if abs(degrees) == 180:
        return "180°"
    shorter = degrees - 360 if degrees > 180 else degrees
    return f"{abs(shorter):g}° {'counter-clockwise' if shorter > 0 else 'clockwise'}"


def _percent(share: float) -> str:
    # Two digits tell 1.2 % from 1 %; above, whole numbers do.
    return f"{share * 100:.2g} %" if share < 0.1 else f"{share * 100:.0f} %"
