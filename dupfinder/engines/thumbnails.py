"""Small pictures of many photos, made by workers: whatever a file does, it does it there.

The pictures are re-encoded, so that nothing of a file's own bytes reaches whoever looks at them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dupfinder.decode.errors import Undecodable
from dupfinder.decode.source import read, stamp_of
from dupfinder.decode.thumbnail import thumbnail
from dupfinder.engines.patience import patience
from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.model import Photo, PhotoFile, Skipped

# Photos that travel together: few, so that the first pictures are there at once.
_CHUNK = 4

Shown = tuple[Photo, bytes | Skipped]


@dataclass(frozen=True, slots=True)
class ThumbnailTask:
    """Show files that held the same bytes; a function of plain values, so that a worker can do it.

    `number` says where in the answer they stand.
    """

    number: int
    files: tuple[PhotoFile, ...]
    side: int
    max_pixels: int


def shown(task: ThumbnailTask) -> tuple[bytes | Skipped, ...]:
    """For each file the picture, made once, or why that file cannot be shown any more."""
    picture: bytes | None = None
    told: list[bytes | Skipped] = []
    for file in task.files:
        try:
            made = _made(file, task, picture)
        except Undecodable as trouble:
            told.append(Skipped(file.path, "decode", trouble.code, str(trouble)))
        else:
            picture = made
            told.append(made)
    return tuple(told)


def _made(file: PhotoFile, task: ThumbnailTask, known: bytes | None) -> bytes:
    """The picture of a file, decoded only if that of its twins is not `known`."""
    found = read(_as_it_is(file), whole=known is None)
    if found is None:
        raise Undecodable("changed", "it is no picture any more")
    kind, data = found
    return known if known is not None else thumbnail(data, kind, task.side, task.max_pixels)


def _as_it_is(file: PhotoFile) -> PhotoFile:
    """The file with its stamp of today, if size and time are those that were seen.

    A disk that was connected again has another number, and shows the same photos.
    """
    try:
        now = stamp_of(os.lstat(file.path))
    except OSError:
        return file  # reading it tells why
    same = (now.size, now.mtime_ns) == (file.stamp.size, file.stamp.mtime_ns)
    return replace(file, stamp=now) if same else file


def thumbnails(
    photos: Iterable[Photo],
    side: int,
    max_pixels: int,
    workers: SerialWorkers | ProcessWorkers,
) -> Iterator[Shown]:
    """Each photo with its picture, as `decode.thumbnail` makes it, or why it has none.

    In an order that depends on the photos alone: by first appearance, those of the same bytes
    together, which are decoded once. Only what is ahead of its turn is held in memory.
    """
    groups: dict[bytes, list[Photo]] = {}
    for photo in photos:
        groups.setdefault(photo.digest, []).append(photo)
    of_group = list(groups.values())
    tasks = (
        ThumbnailTask(number, tuple(photo.file for photo in group), side, max_pixels)
        for number, group in enumerate(of_group)
    )
    early: dict[int, tuple[bytes | Skipped, ...]] = {}
    turn = 0
    for task, result in workers.run(shown, _chunks(tasks), ahead=2, patience=_patience):
        early[task.number] = _given_up(task, result) if isinstance(result, Crashed) else result
        while turn in early:
            yield from zip(of_group[turn], early.pop(turn), strict=True)
            turn += 1


def _chunks(tasks: Iterable[ThumbnailTask]) -> Iterator[list[ThumbnailTask]]:
    chunk: list[ThumbnailTask] = []
    for task in tasks:
        chunk.append(task)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _patience(task: ThumbnailTask) -> float:
    return patience(max(file.stamp.size for file in task.files))


def _given_up(task: ThumbnailTask, crashed: Crashed) -> tuple[Skipped, ...]:
    reason = f"showing it crashed: {crashed.reason}"
    if crashed.code == "timeout":
        reason = "it was given up: decoding took too long"
    return tuple(Skipped(file.path, "decode", crashed.code, reason) for file in task.files)
