"""The nouns of what is decided and done: plans, what became of them, one pair explained."""

from __future__ import annotations

from dataclasses import dataclass

from dupfinder.model.matches import CandidatePair, Match, Verdict
from dupfinder.model.photos import CAPTURE_TIME, Metadata, Photo


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A file to be written beside a photo that stays: what would be lost with those that go.

    `holds` is what `content`, an XMP packet, says.
    """

    path: str
    holds: Metadata
    content: bytes


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a plan would do: `photo` goes because `keeper`, which stays, beats it.

    `match` is their direct comparison and `rule` the keep rule that told them apart, `because` the
    rule's words for it. `sidecar` is written before the photo goes, if it is not there.
    """

    kind: str
    photo: Photo
    keeper: Photo
    match: Match
    rule: str
    because: str
    sidecar: Sidecar | None = None

    @property
    def loses(self) -> tuple[str, ...]:
        """What was written into the photo or beside it and not so of the keeper: it would go, too.

        Of a sidecar only its kind is known ("xmp sidecar").
        """
        only_here = set(self.photo.annotations) - set(self.keeper.annotations)
        if self.photo.taken_at is not None and self.keeper.taken_at is None:
            only_here.add(CAPTURE_TIME)
        sidecars = self.photo.file.sidecars - self.keeper.file.sidecars
        return (*sorted(only_here), *(f"{kind} sidecar" for kind in sorted(sidecars)))


@dataclass(frozen=True, slots=True)
class Tie:
    """A copy that no keep rule tells apart from its keeper: both are left alone."""

    photo: Photo
    keeper: Photo
    match: Match


@dataclass(frozen=True, slots=True)
class Spared:
    """A member that no plan touches, whatever the keep rules say.

    `match` is its direct comparison with the keeper; None if the two were never compared directly.
    `code` and `reason` say in short and in words why it is left alone.
    """

    photo: Photo
    keeper: Photo
    match: Match | None
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What could go and what would stay. Making a plan changes nothing.

    Every member of every cluster stands in exactly one of the four. A cluster has one keeper, and
    one more for every set of twins (the same bytes or pixels) that is left alone beside it.
    """

    rules: tuple[str, ...]
    keepers: tuple[Photo, ...]
    actions: tuple[Action, ...]
    ties: tuple[Tie, ...]
    spared: tuple[Spared, ...]

    @property
    def reclaimed(self) -> int:
        """Bytes that the plan would give back; a file with another name (hard link) gives none."""
        return sum(action.photo.file.frees for action in self.actions)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one action: done, or the photo left where it was, with a code and a reason.

    `places` are the paths at which the photo and its companions are now; none if they are gone.
    """

    action: Action
    done: bool
    code: str
    reason: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """A run that acted: its name, what became of each action, in the order of the plan.

    `recovered` are files of interrupted runs that were brought home under another name, because
    theirs was taken.
    """

    run: str
    act: str
    outcomes: tuple[Outcome, ...]
    recovered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run that acted on `done` photos, of which `left` can still be taken back."""

    name: str
    act: str
    done: int
    left: int


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back of a run: how many photos, and those that could not go home.

    `renamed` are paths of photos whose old name was taken, `failed` paths with the reason.
    """

    run: str
    restored: int
    renamed: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One pair, explained; `first` and `second` are in the order in which they were named.

    `distances` holds, for each hasher (the `source`), the pair as it is and then, where that brings
    the two nearer, turned. `tried` are the verdicts in the order in which they were asked for.
    `match` is None if the two show different pictures, `plan` if there is no choice between them:
    they are different, or one file.
    """

    first: Photo
    second: Photo
    distances: tuple[CandidatePair, ...]
    tried: tuple[tuple[CandidatePair, Verdict], ...]
    match: Match | None
    plan: Plan | None
