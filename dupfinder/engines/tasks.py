"""What workers are asked to do: functions of plain values, so that they can run anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Literal

from dupfinder.engines.solving import Blind, GroupSolver, GroupTask, Judged, Solved, Unknown
from dupfinder.engines.witness import at
from dupfinder.fingerprint import Reading, content_digest, fingerprint
from dupfinder.hashers import HASHERS
from dupfinder.model import CandidatePair, PhotoFile, Skipped, Verdict
from dupfinder.protocols import Verifier
from dupfinder.verifiers import chain, part_chain, without_looks
from dupfinder.verify import PhotoTrouble, Views, verify

if TYPE_CHECKING:
    from dupfinder.searchers.networks import ImageModel

Wanted = Literal["reading", "digest", "kind"]


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Fingerprint a file, take only its digest, or only see whether it is a picture at all.

    The same decode describes it for a search by the `methods` that are named, one of which may be a
    `model`; what cannot be described is told when that is missed.
    """

    file: PhotoFile
    hasher: str
    max_pixels: int
    deep: bool
    what: Wanted = "reading"
    methods: tuple[str, ...] = ()
    model: ImageModel | None = None


def read_file(task: ReadTask) -> Reading | bytes | Skipped | None:
    """A reading, a digest (of nothing, for a mere look), or why there is neither."""
    if task.what != "reading":
        return content_digest(task.file, whole=task.what == "digest")
    describe = None
    if task.methods:
        from dupfinder.searchers import described_as_far  # noqa: PLC0415  # scans need none

        describe = partial(described_as_far, task.methods, model=task.model)
    hasher = HASHERS[task.hasher]
    return fingerprint(task.file, hasher, task.max_pixels, deep=task.deep, describe=describe)


def solve_group(task: GroupTask) -> Solved:
    """Verify and cluster one group, reading photos where verdicts are not known."""
    deep = task.level == "copies"
    looks = Views(task.max_pixels, task.thumbnails, task.features, colour=deep, watch=at)
    return GroupSolver(task, _chain(task.level, task.fallback), looks).solve()


def solve_without_looking(task: GroupTask) -> Solved | None:
    """The same from remembered verdicts and from what files say of themselves; None if short."""
    try:
        return GroupSolver(task, without_looks(task.level), Blind()).solve()
    except Unknown:
        return None


@dataclass(frozen=True, slots=True)
class PairsTask:
    """Pairs with what is known of them so far; thumbnails and features by content digest."""

    asked: tuple[Judged, ...]
    max_pixels: int
    thumbnails: Mapping[bytes, bytes]
    features: Mapping[bytes, bytes]


def compare_pairs(task: PairsTask) -> tuple[Judged | Skipped, ...]:
    """A verdict on each pair, or which of its photos cannot be read any more."""
    return _done(task, lambda pair, _, looks: verify(pair, _part_chain(), looks))


def relate_pairs(task: PairsTask) -> tuple[Judged | Skipped, ...]:
    """The verdicts on pairs that a search brought together, with what was done to the copies."""
    from dupfinder.engines.relating import related  # noqa: PLC0415  # loads OpenCV

    return _done(task, lambda pair, _, looks: related(pair, looks))


def explain_pairs(task: PairsTask) -> tuple[Judged | Skipped, ...]:
    """The verdicts with all that the aligned pictures tell; see `verifiers.explain`."""
    from dupfinder.verifiers.explain import explained  # noqa: PLC0415  # loads OpenCV

    return _done(
        task,
        lambda pair, verdict, looks: replace(
            verdict, evidence=explained(pair, verdict.evidence, looks)
        ),
    )


def _done(
    task: PairsTask, work: Callable[[CandidatePair, Verdict, Views], Verdict]
) -> tuple[Judged | Skipped, ...]:
    looks = Views(task.max_pixels, task.thumbnails, task.features, colour=True, watch=at)
    return tuple(_attempt(pair, verdict, looks, work) for pair, verdict in task.asked)


def _attempt(
    pair: CandidatePair,
    verdict: Verdict,
    looks: Views,
    work: Callable[[CandidatePair, Verdict, Views], Verdict],
) -> Judged | Skipped:
    try:
        return pair, work(pair, verdict, looks)
    except PhotoTrouble as trouble:
        return Skipped(trouble.photo.path, "verify", trouble.code, str(trouble))


def prepare_to_compare() -> None:
    """Load OpenCV and the verifiers ahead of the first group."""
    _chain("hash", "none")


@cache
def _chain(level: str, fallback: str) -> tuple[Verifier, ...]:
    return chain(level, fallback)


@cache
def _part_chain() -> tuple[Verifier, ...]:
    return part_chain()
