"""`Found` (and a `Plan`) -> the JSON report, schema 1, which other commands read back.

The same result gives the same bytes: clusters, members and skipped files are sorted, floats are
rounded, and nothing tells when or how fast the run was. Only ASCII is written, so a name can
neither break an encoding nor reach a terminal raw.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import chain
from math import isfinite
from typing import Any, Final

from dupfinder.model import (
    Action,
    Cluster,
    Edit,
    Evidence,
    Fingerprint,
    Found,
    Match,
    Photo,
    Plan,
    Skipped,
    Spared,
    Stamp,
    Tie,
    Transform,
)
from dupfinder.reports.names import printable

SCHEMA: Final = 1

# A transform holds pixels and perspective terms a million times smaller: digits, not decimals.
_TRANSFORM_DIGITS: Final = 7
_DECIMALS: Final = 4

Json = dict[str, Any]


def to_json(found: Found, plan: Plan | None = None) -> str:
    """The whole report as one string; `json_lines` writes a large one without holding it."""
    return "".join(json_lines(found, plan))


def json_lines(found: Found, plan: Plan | None = None) -> Iterator[str]:
    """The report in pieces, one line a photo: for `writelines`, constant memory."""
    yield "{\n"
    for key, value in _header(found).items():
        yield f" {_dumps(key)}: {_dumps(value)},\n"
    yield from _clusters(sorted(found.clusters, key=lambda each: _raw(each.representative.path)))
    yield ",\n"
    skipped = sorted(found.skipped, key=lambda each: (_raw(each.path), each.stage, each.code))
    yield from _array(" ", "skipped", (_dumps(_skipped(each)) for each in skipped))
    if plan is not None:
        yield ",\n"
        yield from _plan(plan)
    yield "\n}\n"


def _header(found: Found) -> Json:
    return {
        "dupfinder": version("dupfinder"),
        "schema": SCHEMA,
        "roots": [_named(root) for root in found.roots],
        "level": found.level,
        "hasher": found.hasher,
        "radius": found.radius,
        "counts": {
            "discovered": found.discovered,
            "compared": found.compared,
            "skipped": len(found.skipped),
            "other_files": found.other_files,
            "clusters": len(found.clusters),
            "copies": found.copies,
            "reclaimable_bytes": found.reclaimable,
        },
    }


def _clusters(clusters: Iterable[Cluster]) -> Iterator[str]:
    return _array(" ", "clusters", ("".join(_cluster(cluster)) for cluster in clusters))


def _cluster(cluster: Cluster) -> Iterator[str]:
    head = {"id": cluster.id, "representative": _named(cluster.representative.path)["path"]}
    yield _dumps(head)[:-1] + ",\n"
    copies = sorted(
        zip(cluster.members[1:], cluster.matches, strict=True), key=lambda each: _raw(each[0].path)
    )
    members = chain(
        [_photo(cluster.representative)],
        (_photo(photo) | _proof(match) for photo, match in copies),
    )
    yield from _array("  ", "members", map(_dumps, members))
    yield "}"


def _array(indent: str, key: str, items: Iterable[str]) -> Iterator[str]:
    yield f"{indent}{_dumps(key)}: ["
    separator = "\n"
    for item in items:
        yield f"{separator}{indent} {item}"
        separator = ",\n"
    yield "]"


def _photo(photo: Photo) -> Json:
    file = photo.file
    return _named(photo.path) | {
        "links": [_named(link) for link in file.links],
        "link_count": file.link_count,
        "size": photo.size,
        "width": photo.width,
        "height": photo.height,
        "inner": photo.inner,
        "format": photo.format,
        "taken_at": photo.taken_at,
        "camera": photo.camera,
        "exposure": photo.exposure,
        "modified": _iso(file.stamp),
        "digest": photo.digest.hex(),
        "pixel_digest": photo.pixel_digest.hex() if photo.pixel_digest is not None else None,
        "quality": photo.quality,
        "quantization": photo.quantization,
        "lossless": photo.lossless,
        "fingerprints": [_fingerprint(each) for each in photo.fingerprints],
        "stamp": {
            "device": file.stamp.device,
            "inode": file.stamp.inode,
            "mtime_ns": file.stamp.mtime_ns,
            "ctime_ns": file.stamp.ctime_ns,
        },
    }


def _fingerprint(fingerprint: Fingerprint) -> Json:
    bits = fingerprint.bits.to_bytes((fingerprint.length + 7) // 8)
    return {"hasher": fingerprint.hasher, "length": fingerprint.length, "bits": bits.hex()}


def _proof(match: Match) -> Json:
    return {
        "relation": match.relation,
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
    }


def _skipped(skipped: Skipped) -> Json:
    return _named(skipped.path) | {
        "stage": skipped.stage,
        "code": skipped.code,
        "reason": skipped.reason,
    }


def _plan(plan: Plan) -> Iterator[str]:
    head = {"rules": plan.rules, "reclaimed_bytes": plan.reclaimed}
    yield f' "plan": {_dumps(head)[:-1]},\n'
    parts: dict[str, Iterable[Json]] = {
        "keepers": map(_named, sorted((photo.path for photo in plan.keepers), key=_raw)),
        "actions": map(_action, sorted(plan.actions, key=_place)),
        "ties": map(_left_alone, sorted(plan.ties, key=_place)),
        "spared": map(_left_alone, sorted(plan.spared, key=_place)),
    }
    separator = ""
    for key, items in parts.items():
        yield separator
        yield from _array("  ", key, map(_dumps, items))
        separator = ",\n"
    yield "}"


def _action(action: Action) -> Json:
    return (
        {"kind": action.kind}
        | _left_alone(action)
        | {
            "frees_bytes": action.photo.file.frees,
            "rule": action.rule,
            "because": action.because,
        }
    )


def _place(item: Action | Tie | Spared) -> tuple[bytes, bytes]:
    return _raw(item.keeper.path), _raw(item.photo.path)


def _left_alone(item: Action | Tie | Spared) -> Json:
    """A photo beside its keeper; no relation if the two were never compared directly."""
    relation = item.match.relation if item.match is not None else None
    return _named(item.photo.path) | {"keeper": _named(item.keeper.path), "relation": relation}


def _named(path: str) -> Json:
    """The path as text; for a name that is not UTF-8 an escaped form, with the bytes beside it."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return {"path": printable(path), "path_base64": b64encode(_raw(path)).decode("ascii")}
    return {"path": path}


def _raw(path: str) -> bytes:
    """The name as it is on disk, which is also what sorts names everywhere."""
    return path.encode("utf-8", "surrogateescape")


def _iso(stamp: Stamp) -> str | None:
    return f"{stamp.modified.replace(' ', 'T')}Z" if stamp.modified is not None else None


def _rounded(number: float | None) -> float | None:
    """Fewer digits than any platform disagrees on; a measure that came out as no number is none."""
    if number is None or not isfinite(number):
        return None
    return round(number, _DECIMALS) + 0.0  # no minus zero


def _transform(transform: Transform | None) -> list[float] | None:
    if transform is None or not all(map(isfinite, transform)):
        return None
    return [float(f"{entry:.{_TRANSFORM_DIGITS}g}") + 0.0 for entry in transform]


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)
