"""The JSON report -> the `Found` that it was written from.

Strict: a report may come from another version, a half-full disk or an editor, and what is read here
may end in removals. Anything unexpected is one clear sentence, never a guess.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from typing import TypeVar

from dupfinder.errors import UsageError
from dupfinder.model import (
    Cluster,
    Edit,
    Evidence,
    Fingerprint,
    Found,
    Match,
    Photo,
    PhotoFile,
    Relation,
    Skipped,
    Stamp,
    Transform,
)
from dupfinder.reports.json import SCHEMA

T = TypeVar("T")


def from_json(text: str) -> Found:
    """The result as it was found; how long it took and its notes are not in a report.

    Raises:
        UsageError: if `text` is no report of this schema, is damaged, or contradicts itself.
    """
    try:
        report = _Object(json.loads(text, parse_constant=_refuse_constant), "the report")
    except (ValueError, RecursionError) as error:
        raise _unreadable("it is not JSON") from error
    if not report.has("dupfinder"):
        raise _unreadable("it was not written by dupfinder")
    schema = report.get("schema", int)
    if schema != SCHEMA:
        raise _unreadable(f"it is of schema {schema}, and only {SCHEMA} is known here")
    try:
        found = _found(report)
    except (ValueError, OverflowError) as error:
        raise _unreadable(str(error)) from error
    _check(found, report.object("counts"))
    return found


class _Object:
    """A JSON object whose fields are asked for by name and type; `place` says where it stands."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise _unreadable(f"{place} is not an object")
        self._fields = value
        self._place = place

    def has(self, key: str) -> bool:
        return key in self._fields

    def get(self, key: str, kind: type[T]) -> T:
        value = self._fields.get(key)
        # JSON has one kind of number; true is an int in Python only.
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise _unreadable(f"{self._place} has no valid {key!r}")
        return value

    def maybe(self, key: str, kind: type[T]) -> T | None:
        return None if self.has(key) and self._fields[key] is None else self.get(key, kind)

    def object(self, key: str) -> _Object:
        return _Object(self._fields.get(key), f"{key!r} of {self._place}")

    def objects(self, key: str, make: Callable[[_Object], T]) -> tuple[T, ...]:
        return tuple(
            make(_Object(item, f"{key!r} number {number} of {self._place}"))
            for number, item in enumerate(self.get(key, list), start=1)
        )


def _found(report: _Object) -> Found:
    counts = report.object("counts")
    return Found(
        roots=report.objects("roots", _path),
        level=report.get("level", str),
        hasher=report.get("hasher", str),
        radius=report.get("radius", int),
        discovered=counts.get("discovered", int),
        compared=counts.get("compared", int),
        other_files=counts.get("other_files", int),
        clusters=report.objects("clusters", _cluster),
        skipped=report.objects("skipped", _skipped),
    )


def _check(found: Found, counts: _Object) -> None:
    """A report that was cut, or from which lines were taken, does not add up."""
    derived = {
        "skipped": len(found.skipped),
        "clusters": len(found.clusters),
        "copies": found.copies,
        "reclaimable_bytes": found.reclaimable,
        "discovered": found.compared + len(found.skipped),
    }
    for key, count in derived.items():
        if counts.get(key, int) != count:
            raise _unreadable(f"its count of {key!r} does not fit what it lists")


def _cluster(entry: _Object) -> Cluster:
    entries = entry.objects("members", lambda member: member)
    if len(entries) < 2:
        raise _unreadable("a cluster has fewer than two members")
    members = tuple(map(_photo, entries))
    matches = tuple(
        _match(members[0], photo, member)
        for photo, member in zip(members[1:], entries[1:], strict=True)
    )
    return Cluster(entry.get("id", str), members, matches)


def _match(base: Photo, copy: Photo, entry: _Object) -> Match:
    relation = Relation(entry.get("relation", str))
    edits = entry.objects("edits", _edit)
    return Match(base, copy, relation, edits, _evidence(entry.object("evidence")))


def _edit(entry: _Object) -> Edit:
    return Edit(entry.get("kind", str), entry.maybe("amount", float))


def _evidence(entry: _Object) -> Evidence:
    return Evidence(
        verifier=entry.get("verifier", str),
        distance=entry.maybe("distance", int),
        inliers=entry.maybe("inliers", int),
        ratio=entry.maybe("ratio", float),
        overlap=entry.maybe("overlap", float),
        agreement=entry.maybe("agreement", float),
        tone=entry.maybe("tone", float),
        transform=_transform(entry.maybe("transform", list)),
    )


def _transform(entries: list[float] | None) -> Transform | None:
    if entries is None:
        return None
    if len(entries) != 9 or not all(type(entry) in (int, float) for entry in entries):
        raise _unreadable("a 'transform' is not nine numbers")
    a, b, c, d, e, f, g, h, i = map(float, entries)
    return a, b, c, d, e, f, g, h, i


def _photo(entry: _Object) -> Photo:
    pixel_digest = entry.maybe("pixel_digest", str)
    photo = Photo(
        file=_file(entry),
        digest=bytes.fromhex(entry.get("digest", str)),
        pixel_digest=bytes.fromhex(pixel_digest) if pixel_digest is not None else None,
        format=entry.get("format", str),
        width=entry.get("width", int),
        height=entry.get("height", int),
        inner=_sides(entry.get("inner", list)),
        taken_at=entry.maybe("taken_at", str),
        camera=entry.maybe("camera", str),
        exposure=entry.maybe("exposure", str),
        quality=entry.get("quality", int),
        quantization=entry.maybe("quantization", float),
        lossless=entry.get("lossless", bool),
        fingerprints=entry.objects("fingerprints", _fingerprint),
    )
    if min(photo.width, photo.height, *photo.inner, photo.size) < 1:
        raise _unreadable("a photo has no pixels or no bytes")
    return photo


def _sides(entries: list[int]) -> tuple[int, int]:
    if len(entries) != 2 or not all(type(entry) is int for entry in entries):
        raise _unreadable("an 'inner' is not two whole numbers")
    width, height = entries
    return width, height


def _file(entry: _Object) -> PhotoFile:
    stamp = entry.object("stamp")
    return PhotoFile(
        path=_path(entry),
        stamp=Stamp(
            device=stamp.get("device", int),
            inode=stamp.get("inode", int),
            size=entry.get("size", int),
            mtime_ns=stamp.get("mtime_ns", int),
            ctime_ns=stamp.get("ctime_ns", int),
        ),
        links=entry.objects("links", _path),
        link_count=entry.get("link_count", int),
    )


def _fingerprint(entry: _Object) -> Fingerprint:
    bits = int.from_bytes(bytes.fromhex(entry.get("bits", str)))
    length = entry.get("length", int)
    if bits.bit_length() > length:
        raise _unreadable("a fingerprint has more bits than its length")
    return Fingerprint(entry.get("hasher", str), bits, length)


def _skipped(entry: _Object) -> Skipped:
    code, reason = entry.get("code", str), entry.get("reason", str)
    return Skipped(_path(entry), entry.get("stage", str), code, reason)


def _path(entry: _Object) -> str:
    if entry.has("path_base64"):
        raw = b64decode(entry.get("path_base64", str), validate=True)
        path = raw.decode("utf-8", "surrogateescape")
    else:
        path = entry.get("path", str)
        path.encode("utf-8")  # a lone surrogate is a byte only where it was written as base64
    if not path or "\0" in path:
        raise _unreadable("a path is empty or holds a zero byte")
    return path


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _unreadable(why: str) -> UsageError:
    return UsageError(
        f"cannot read the report: {why}",
        hint="write a new one with dupfinder scan -o REPORT",
    )
