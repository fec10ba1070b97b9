"""What is on the table: the photos of a scan, and what was decided about them so far.

Photos are known by their numbers, never by a path. Every change raises `version`: a page that was
drawn from another one is stale, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from threading import RLock

from dupfinder.decide import apart, decide
from dupfinder.model import (
    Cluster,
    Contents,
    Decision,
    DecisionKind,
    Found,
    Outcome,
    Photo,
    Plan,
    contents_of,
)

Choices = dict[int, DecisionKind]
Marking = Callable[[Iterable[tuple[Photo, Photo]]], object]


class Stale(Exception):
    """The page was drawn from another state, or names what is not there."""


@dataclass(frozen=True, slots=True)
class Marks:
    """How verdicts are remembered and forgotten, and what was said before this review."""

    mark: Marking
    forget: Marking
    known: frozenset[Contents] = frozenset()


class Desk:
    """One review; its methods may be called from any thread."""

    def __init__(self, found: Found, protect: tuple[str, ...], marks: Marks) -> None:
        """The photos of the clusters are numbered as they stand there, one after the other."""
        self.found = found
        self.version = 0
        members = [(photo, cluster) for cluster in found.clusters for photo in cluster.members]
        self._photos = tuple(photo for photo, _ in members)
        self._clusters = tuple(cluster for _, cluster in members)
        self._numbers = {photo.path: number for number, photo in enumerate(self._photos)}
        self._protect = protect
        self._marks = marks
        self._choices: Choices = {}
        self._gone: dict[int, str] = {}
        self._marked: dict[Contents, tuple[Photo, Photo]] = {}
        self._lock = RLock()

    @property
    def choices(self) -> Mapping[int, DecisionKind]:
        """What was decided and is not done yet, by the numbers of the photos."""
        return dict(self._choices)

    @property
    def gone(self) -> Mapping[int, str]:
        """The photos that are in the trash, each with the run that moved it there."""
        return dict(self._gone)

    @property
    def marked(self) -> tuple[tuple[Photo, Photo], ...]:
        """The pairs that were marked as no duplicates in this review."""
        return tuple(self._marked.values())

    def planned(self) -> tuple[int, Plan]:
        """The version, and what was decided as a plan, without what is in the trash already."""
        with self._lock:
            made = decide(self.found, self._decisions(self._choices), protect=self._protect).plan
            gone = {self._photos[number].path for number in self._gone}
            actions = tuple(each for each in made.actions if each.photo.path not in gone)
            spared = tuple(each for each in made.spared if each.photo.path not in gone)
            return self.version, replace(made, actions=actions, spared=spared)

    def change(self, version: int, changes: Mapping[int, DecisionKind | None]) -> int:
        """Decide about some photos, with None take back what was decided; the version after it.

        What is no duplicate is remembered at once, and forgotten when that is taken back.

        Raises:
            Stale: if the page is of another version, or a number is not that of a photo which
                stands in a cluster and is not in the trash; then nothing changed.
            StoreError: if a verdict cannot be remembered; then nothing changed.
        """
        with self._lock:
            self.expect(version)
            for number in changes:
                if not 0 <= number < len(self._photos) or number in self._gone:
                    raise Stale
            after = {**self._choices, **{n: kind for n, kind in changes.items() if kind}}
            for number, kind in changes.items():
                if kind is None:
                    after.pop(number, None)
            self._remember(after)
            self._choices = after
            self.version += 1
            return self.version

    def expect(self, version: int) -> None:
        """Refuse what was asked of another state.

        Raises:
            Stale: if it was.
        """
        if version != self.version:
            raise Stale

    def done(self, run: str, outcomes: Iterable[Outcome]) -> None:
        """Photos were moved to the trash: what was decided about them is done."""
        with self._lock:
            for outcome in outcomes:
                if outcome.done:
                    number = self._numbers[outcome.action.photo.path]
                    self._gone[number] = run
                    self._choices.pop(number, None)
            self.version += 1

    def is_back(self, run: str, but: Container[str] = ()) -> None:
        """What a run did was taken back, `but` for the photos of these paths."""
        with self._lock:
            self._gone = {
                number: by
                for number, by in self._gone.items()
                if by != run or self._photos[number].path in but
            }
            self.version += 1

    def _remember(self, choices: Choices) -> None:
        """Mark what is no duplicate by now, and forget what is not said any more."""
        pairs = apart(self.found, self._decisions(choices))
        named = {contents_of(one.digest, other.digest): (one, other) for one, other in pairs}
        wanted = {key: pair for key, pair in named.items() if key not in self._marks.known}
        new = [pair for key, pair in wanted.items() if key not in self._marked]
        old = [pair for key, pair in self._marked.items() if key not in wanted]
        if new:
            self._marks.mark(new)
        if old:
            self._marks.forget(old)
        self._marked = wanted

    def _decisions(self, choices: Choices) -> list[Decision]:
        """What is in the trash counts as decided to go: nothing may go for its sake."""
        said = {**choices, **dict.fromkeys(self._gone, DecisionKind.REMOVE)}
        return [
            _decision(kind, self._clusters[number], self._photos[number])
            for number, kind in sorted(said.items())
        ]


def _decision(kind: DecisionKind, cluster: Cluster, photo: Photo) -> Decision:
    return Decision(kind, cluster.id, photo.path, photo.digest)
