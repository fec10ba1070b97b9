"""The metadata of photos that go, read by workers and planned into sidecars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dupfinder.decode import read_metadata
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.source import read
from dupfinder.engines.patience import patience
from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.merge import merge, sidecar_of
from dupfinder.model import Metadata, Outcome, Photo, Plan, Skipped
from dupfinder.xmp import LONGEST, parsed

_CHUNK = 16  # files that travel together


@dataclass(frozen=True, slots=True)
class MetadataTask:
    """Read what a file says; a function of plain values, so that a worker can do it.

    With a `photo` it is that one and its `sidecar`, if it has any; without, the sidecar alone.
    """

    photo: Photo | None
    sidecar: str | None

    @property
    def path(self) -> str:
        path = self.photo.path if self.photo is not None else self.sidecar
        assert path is not None
        return path


def merged(plan: Plan, workers: SerialWorkers | ProcessWorkers) -> tuple[Plan, tuple[Outcome, ...]]:
    """The plan with the sidecars that keep what its photos alone have, and what is left."""
    told: dict[str, Metadata | Skipped] = {}
    chunks = _chunks(tuple(_tasks(plan)))
    for task, said in workers.run(told_by, chunks, patience=_patience):
        told[task.path] = _crashed(task, said) if isinstance(said, Crashed) else said
    return merge(plan, told)


def _patience(task: MetadataTask) -> float:
    return patience(0 if task.photo is None else task.photo.file.stamp.size)


def _crashed(task: MetadataTask, crashed: Crashed) -> Skipped:
    reason = f"reading its metadata crashed: {crashed.reason}"
    if crashed.code == "timeout":
        reason = "it was given up: reading its metadata took too long"
    return Skipped(task.path, "decode", crashed.code, reason)


def told_by(task: MetadataTask) -> Metadata | Skipped:
    """What a photo and its sidecar say, the sidecar believed first; of one alone, what it says."""
    try:
        said = Metadata() if task.sidecar is None else _in_sidecar(task.sidecar)
        return said if task.photo is None else said.joined(_in_photo(task.photo))
    except Undecodable as trouble:
        return Skipped(task.path, "decode", trouble.code, str(trouble))


def _tasks(plan: Plan) -> Iterator[MetadataTask]:
    """Only of what may be lost: most photos have nothing that their keepers have not."""
    keepers: dict[str, None] = {}
    for action in plan.actions:
        sidecar = sidecar_of(action.photo)
        if action.loses or sidecar is not None:
            yield MetadataTask(action.photo, sidecar)
            kept = sidecar_of(action.keeper)
            if kept is not None:
                keepers[kept] = None
    for path in keepers:
        yield MetadataTask(None, path)


def _chunks(tasks: Sequence[MetadataTask]) -> Iterator[Sequence[MetadataTask]]:
    for start in range(0, len(tasks), _CHUNK):
        yield tasks[start : start + _CHUNK]


def _in_photo(photo: Photo) -> Metadata:
    found = read(photo.file)
    if found is None:
        raise Undecodable("changed", "it is no picture any more")
    kind, data = found
    return read_metadata(data, kind, photo.width * photo.height)


def _in_sidecar(path: str) -> Metadata:
    try:
        with open(path, "rb") as file:
            return parsed(file.read(LONGEST + 1))
    except OSError as error:
        raise Undecodable("unreadable", f"{path} cannot be read: {error.strerror}") from None
