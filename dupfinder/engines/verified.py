"""What verification has come to, gathered from one candidate group after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dupfinder.cluster import Star
from dupfinder.engines.culprits import culprit
from dupfinder.engines.solving import GroupTask, Judged, Solved
from dupfinder.engines.workers import Crashed
from dupfinder.model import Relation, Skipped


@dataclass(slots=True)
class Verified:
    """Stars by positions, verdicts by the positions of both photos, and what came up beside them.

    `similar` are verdicts on two shots of one scene, `skipped` photos that went bad, by path.
    """

    stars: list[Star] = field(default_factory=list)
    judged: dict[tuple[int, int], Judged] = field(default_factory=dict)
    similar: list[Judged] = field(default_factory=list)
    skipped: dict[str, Skipped] = field(default_factory=dict)

    def add(self, judged: Iterable[Judged], skipped: Mapping[str, Skipped]) -> None:
        """What came up when pairs were compared."""
        self.similar += [each for each in judged if each[1].relation is Relation.SIMILAR]
        self.skipped.update(skipped)


def take(verified: Verified, task: GroupTask, solved: Solved, place: Mapping[str, int]) -> None:
    """Add what one group came to, its positions turned into those of all photos."""
    at = [place[photo.path] for photo in task.photos]
    for star in solved.stars:
        members = tuple(sorted(at[member] for member in star.members))
        verified.stars.append(Star(at[star.centre], members))
    for (one, other), judged in solved.accepted.items():
        verified.judged[min(at[one], at[other]), max(at[one], at[other])] = judged
    verified.similar += solved.similar
    verified.skipped.update((skipped.path, skipped) for skipped in solved.skipped)


def unsolved(task: GroupTask, crash: Crashed) -> Solved:
    """A group over which a worker died: no photo counts as compared that may be to blame."""
    to_blame = culprit(crash, {photo.path for photo in task.photos})
    if to_blame is not None:
        return Solved((), {}, (), 0, (), (to_blame,))
    reason = f"the comparison crashed: {crash.reason}"
    skipped = tuple(Skipped(photo.path, "verify", "crashed", reason) for photo in task.photos)
    return Solved((), {}, (), 0, (), skipped)
