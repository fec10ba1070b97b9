"""What people have marked <-> the JSON that is exported and imported, schema 1; and as lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Final

from dupfinder.errors import UsageError
from dupfinder.model import Mark
from dupfinder.reports.json import array
from dupfinder.reports.json_fields import CANNOT, Fields, parse, path_in, unreadable
from dupfinder.reports.json_nouns import Json, dumps, named
from dupfinder.reports.names import printable

KIND: Final = "verdicts"
SCHEMA: Final = 1
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


def verdict_lines(marks: Iterable[Mark]) -> Iterator[str]:
    """The export in pieces, one line a pair: the same verdicts give the same bytes."""
    yield "{\n"
    head = {"kind": KIND, "dupfinder": version("dupfinder"), "schema": SCHEMA}
    for key, value in head.items():
        yield f" {dumps(key)}: {dumps(value)},\n"
    rows = sorted(marks, key=lambda mark: mark.contents)
    yield from array(" ", "not_duplicates", map(dumps, map(_mark_object, rows)))
    yield "\n}\n"


def from_json(text: str) -> tuple[Mark, ...]:
    """The verdicts of an export, which is checked as untrusted input.

    Raises:
        UsageError: if it is none of this schema, is damaged, or contradicts itself.
    """
    try:
        return _marks(parse(text))
    except (UsageError, ValueError, OverflowError) as error:
        why = str(error).removeprefix(CANNOT)
        raise UsageError(
            f"cannot read the verdicts: {why}",
            hint="dupfinder mark --export FILE writes what is read",
        ) from error


def listed(marks: Sequence[Mark]) -> Iterator[str]:
    """For people, the oldest first: when, and which two; names are safe to print."""
    for mark in sorted(marks, key=lambda each: (each.at, each.names, each.contents)):
        one, other = sorted(map(printable, mark.names))
        yield f"{mark.at[:16]}  {one}\n{' ' * 18}{other}\n"
    pairs = "1 pair" if len(marks) == 1 else f"{len(marks):,} pairs"
    yield f"{pairs} marked as no duplicates\n" if marks else "Nothing is marked\n"


def _mark_object(mark: Mark) -> Json:
    photos = [
        named(name) | {"digest": digest.hex()}
        for name, digest in zip(mark.names, mark.contents, strict=True)
    ]
    return {"at": mark.at, "photos": photos}


def _marks(export: Fields) -> tuple[Mark, ...]:
    if export.maybe("kind", str) != KIND:
        raise unreadable("it tells of something else")
    if (schema := export.get("schema", int)) != SCHEMA:
        raise unreadable(f"they are of schema {schema}, and only {SCHEMA} is known here")
    return export.objects("not_duplicates", _mark)


def _mark(entry: Fields) -> Mark:
    photos = sorted(entry.objects("photos", _photo))
    if len(photos) != 2 or photos[0][0] == photos[1][0]:
        raise unreadable("a pair is not of two different photos")
    (one, one_name), (other, other_name) = photos
    at = entry.get("at", str)
    if not _MOMENT.fullmatch(at):
        raise unreadable(f"{at[:40]!r} is no moment")
    return Mark((one, other), (one_name, other_name), at)


def _photo(entry: Fields) -> tuple[bytes, str]:
    digest = entry.get("digest", str)
    if not _DIGEST.fullmatch(digest):
        raise unreadable(f"{digest[:40]!r} is no digest")
    return bytes.fromhex(digest), path_in(entry)
