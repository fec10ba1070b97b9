"""What people have said of photos: remembered by content, so that renamed files stay decided."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import combinations

from dupfinder.api.places import PathLike, verdicts_path
from dupfinder.errors import UsageError
from dupfinder.model import Contents, Mark, Photo, Skipped, contents_of


def mark(paths: Sequence[PathLike], state: str | None = None) -> int:
    """Remember that no two of these files are duplicates of each other.

    Later scans never bring two of them together, whatever they are called by then.

    Args:
        paths: two pictures at least; `~` is the home folder.
        state: the folder of the verdicts, None for the platform's own.

    Returns:
        How many pairs were not known yet.

    Raises:
        UsageError: if there are fewer than two, two hold the same bytes, or one is no picture.
        StoreError: if the verdicts cannot be written.
    """
    if len(paths) < 2:
        raise UsageError(
            "a photo is no duplicate of another one",
            hint="name two files at least: dupfinder mark A B --not-duplicate",
        )
    named = [(_digest(path), os.path.abspath(_expanded(path))) for path in paths]
    return _add(combinations(named, 2), state)


def mark_photos(pairs: Iterable[tuple[Photo, Photo]], state: str | None = None) -> int:
    """As `mark`, of pairs of photos that a scan has found, by their contents of then.

    Raises:
        UsageError: if two hold the same bytes.
        StoreError: if the verdicts cannot be written.
    """
    return _add((((a.digest, a.path), (b.digest, b.path)) for a, b in pairs), state)


def forget(paths: Sequence[PathLike], state: str | None = None) -> tuple[Mark, ...]:
    """Take back what was said of each pair of these files; of a single one, all of it.

    Returns:
        What was forgotten.

    Raises:
        UsageError: if no file is named, or one is no picture.
        StoreError: if the verdicts cannot be written.
    """
    from dupfinder.storage.verdicts import forget as run  # noqa: PLC0415

    if not paths:
        raise UsageError("no photo is named", hint="dupfinder mark --list shows what is marked")
    digests = {_digest(path) for path in paths}
    least = min(len(digests), 2)
    return run(verdicts_path(state), lambda pair: len(digests.intersection(pair)) >= least)


def forget_photos(pairs: Iterable[tuple[Photo, Photo]], state: str | None = None) -> None:
    """Take back what `mark_photos` has said of these pairs.

    Raises:
        StoreError: if the verdicts cannot be written.
    """
    from dupfinder.storage.verdicts import forget as run  # noqa: PLC0415

    doomed = {contents_of(one.digest, other.digest) for one, other in pairs}
    run(verdicts_path(state), doomed.__contains__)


def marks(state: str | None = None) -> tuple[Mark, ...]:
    """All verdicts, by the digests of their contents.

    Raises:
        StoreError: if they cannot be read.
    """
    from dupfinder.storage.verdicts import marks as run  # noqa: PLC0415

    return run(verdicts_path(state))


def import_marks(path: PathLike, state: str | None = None) -> int:
    """Add the verdicts of an export, which is checked as untrusted input; how many were new.

    Raises:
        UsageError: if it cannot be read, or is no export of this schema.
        StoreError: if the verdicts cannot be written.
    """
    from dupfinder.reports.verdicts import from_json  # noqa: PLC0415
    from dupfinder.storage.verdicts import add  # noqa: PLC0415

    name = _expanded(path)
    try:
        with open(name, encoding="utf-8") as file:
            read = from_json(file.read())
    except OSError as error:
        raise UsageError(f"cannot read {name!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name!r} is no export of verdicts") from None
    return add(verdicts_path(state), read)


def marked_contents(state: str | None) -> frozenset[Contents]:
    """The digests of what people have marked as no duplicates.

    Raises:
        StoreError: if the verdicts cannot be read.
    """
    return frozenset(each.contents for each in marks(state))


_Named = tuple[bytes, str]


def _add(pairs: Iterable[tuple[_Named, _Named]], state: str | None) -> int:
    from dupfinder.storage.verdicts import add  # noqa: PLC0415

    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    return add(verdicts_path(state), [_mark(one, other, now) for one, other in pairs])


def _mark(one: _Named, other: _Named, now: str) -> Mark:
    if one[0] == other[0]:
        raise UsageError(
            f"{one[1]!r} and {other[1]!r} hold the same bytes",
            hint="what is said of the one is said of the other",
        )
    names = (one[1], other[1]) if one[0] < other[0] else (other[1], one[1])
    return Mark(contents_of(one[0], other[0]), names, now)


def _digest(path: PathLike) -> bytes:
    from dupfinder.engines.pair import seen  # noqa: PLC0415
    from dupfinder.fingerprint import content_digest  # noqa: PLC0415

    name = _expanded(path)
    found = content_digest(seen(name))
    if isinstance(found, Skipped):
        raise UsageError(f"{name!r} cannot be marked: {found.reason}")
    if found is None:
        raise UsageError(f"{name!r} is no picture")
    return found


def _expanded(path: PathLike) -> str:
    return os.path.expanduser(os.fspath(path))
