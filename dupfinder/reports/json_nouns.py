"""The nouns of a result -> the objects that stand for them in a JSON report.

Floats are rounded and only ASCII is written, so the same result gives the same bytes, and a name
can neither break an encoding nor reach a terminal raw.
"""

from __future__ import annotations

import json
from base64 import b64encode
from math import isfinite
from typing import Any, Final

from dupfinder.model import (
    Action,
    Companion,
    Edit,
    Evidence,
    Fingerprint,
    Match,
    Photo,
    Sidecar,
    Sides,
    Skipped,
    Spared,
    Stamp,
    Tie,
    Transform,
)
from dupfinder.reports.names import printable

Json = dict[str, Any]

# A transform holds pixels and perspective terms a million times smaller: digits, not decimals.
_TRANSFORM_DIGITS: Final = 7
_DECIMALS: Final = 4


def photo_object(photo: Photo) -> Json:
    """A photo with all that is known of it, on one line of a report."""
    file = photo.file
    return named(photo.path) | {
        "links": [named(link) for link in file.links],
        "link_count": file.link_count,
        "companions": [_companion(each) for each in file.companions],
        "reference": None if file.reference is None else named(file.reference),
        "size": photo.size,
        "width": photo.width,
        "height": photo.height,
        "inner": photo.inner,
        "format": photo.format,
        "taken_at": photo.taken_at,
        "camera": photo.camera,
        "exposure": photo.exposure,
        "annotations": photo.annotations,
        "modified": _iso(file.stamp),
        "digest": photo.digest.hex(),
        "pixel_digest": photo.pixel_digest.hex() if photo.pixel_digest is not None else None,
        "quality": photo.quality,
        "quantization": photo.quantization,
        "lossless": photo.lossless,
        "frames": photo.frames,
        "damage": photo.damage,
        "fingerprints": [_fingerprint(each) for each in photo.fingerprints],
        "stamp": {
            "device": file.stamp.device,
            "inode": file.stamp.inode,
            "mtime_ns": file.stamp.mtime_ns,
            "ctime_ns": file.stamp.ctime_ns,
        },
    }


def _companion(companion: Companion) -> Json:
    return named(companion.path) | {"kind": companion.kind, "is_content": companion.is_content}


def _fingerprint(fingerprint: Fingerprint) -> Json:
    bits = fingerprint.bits.to_bytes((fingerprint.length + 7) // 8)
    return {"hasher": fingerprint.hasher, "length": fingerprint.length, "bits": bits.hex()}


def proof_object(match: Match) -> Json:
    """What a pair is, what was done to its copy, and the numbers behind it."""
    return {
        "relation": match.relation,
        "doubtful": match.doubtful,
        "edits": [_edit(edit) for edit in match.edits],
        "evidence": _evidence(match.evidence),
    }


def _edit(edit: Edit) -> Json:
    return {"kind": edit.kind, "amount": _rounded(edit.amount)}


def _evidence(evidence: Evidence) -> Json:
    return {
        "verifier": evidence.verifier,
        "distance": evidence.distance,
        "inliers": evidence.inliers,
        "ratio": _rounded(evidence.ratio),
        "overlap": _rounded(evidence.overlap),
        "agreement": _rounded(evidence.agreement),
        "tone": _rounded(evidence.tone),
        "transform": _transform(evidence.transform),
        "written": _sides(evidence.written),
        "beyond": _sides(evidence.beyond),
        "saturation": _sides(evidence.saturation),
        "hue": _rounded(evidence.hue),
        "detail": _rounded(evidence.detail),
    }


def skipped_object(skipped: Skipped) -> Json:
    """A file that could not be compared, and why."""
    return named(skipped.path) | {
        "stage": skipped.stage,
        "code": skipped.code,
        "reason": skipped.reason,
    }


def action_object(action: Action) -> Json:
    """What a plan would do, for which rule, and what that frees."""
    return (
        {"kind": action.kind}
        | left_alone_object(action)
        | {
            "frees_bytes": action.photo.file.frees,
            "rule": action.rule,
            "because": action.because,
            "loses": action.loses,
            "sidecar": None if action.sidecar is None else _sidecar(action.sidecar),
        }
    )


def _sidecar(sidecar: Sidecar) -> Json:
    holds = sidecar.holds
    return named(sidecar.path) | {
        "holds": {
            "taken_at": holds.taken_at,
            "place": holds.place,
            "rating": holds.rating,
            "keywords": holds.keywords,
            "title": holds.title,
            "description": holds.description,
        }
    }


def left_alone_object(item: Action | Tie | Spared) -> Json:
    """A photo beside its keeper; no relation if the two were never compared directly."""
    match = item.match
    return named(item.photo.path) | {
        "keeper": named(item.keeper.path),
        "relation": match.relation if match is not None else None,
        "doubtful": match.doubtful if match is not None else None,
    }


def spared_object(spared: Spared) -> Json:
    """A photo that no rule decides on, and why."""
    return left_alone_object(spared) | {"code": spared.code, "reason": spared.reason}


def named(path: str) -> Json:
    """The path as text; for a name that is not UTF-8 an escaped form, with the bytes beside it."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return {"path": printable(path), "path_base64": b64encode(raw(path)).decode("ascii")}
    return {"path": path}


def raw(path: str) -> bytes:
    """The name as it is on disk, which is also what sorts names everywhere."""
    return path.encode("utf-8", "surrogateescape")


def _iso(stamp: Stamp) -> str | None:
    return f"{stamp.modified.replace(' ', 'T')}Z" if stamp.modified is not None else None


def _rounded(number: float | None) -> float | None:
    """Fewer digits than any platform disagrees on; a measure that came out as no number is none."""
    if number is None or not isfinite(number):
        return None
    return round(number, _DECIMALS) + 0.0  # no minus zero


def _sides(sides: Sides | None) -> list[float | None] | None:
    if sides is None or not all(map(isfinite, sides)):
        return None
    return [_rounded(side) for side in sides]


def _transform(transform: Transform | None) -> list[float] | None:
    if transform is None or not all(map(isfinite, transform)):
        return None
    return [float(f"{entry:.{_TRANSFORM_DIGITS}g}") + 0.0 for entry in transform]


def dumps(value: object) -> str:
    """ASCII on one line; a number that is none is a bug here, not the reader's trouble."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False)
