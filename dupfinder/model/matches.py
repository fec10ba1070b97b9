"""The nouns of what is compared: pairs, verdicts, matches, clusters, and what a scan found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dupfinder.model.photos import Orientation, Photo, Skipped


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """Two photos worth verifying, `left.order < right.order`.

    `distance` is the Hamming distance in bits between the hash of `left`, brought into
    `orientation`, and the hash of `right`, None if no hash was asked; `source` names what proposed
    the pair.
    """

    left: Photo
    right: Photo
    source: str
    distance: int | None
    orientation: Orientation = Orientation.UPRIGHT


class Answer(StrEnum):
    """What a verifier says; UNDECIDED hands the pair to the next one."""

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


class Relation(StrEnum):
    """What a copy is to its representative, from the strictest to the loosest."""

    IDENTICAL = "identical"
    SAME_PIXELS = "same_pixels"
    COPY = "copy"
    PART = "part"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference: `kind` such as "resized" or "turned", `amount` its factor or degrees."""

    kind: str
    amount: float | None = None


# One number of the first picture, one of the second.
Sides = tuple[float, float]

# Row-major 3x3 homography from pixels of the first picture to pixels of the second, both upright at
# full size; it includes turning and mirroring.
Transform = tuple[float, float, float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers behind an answer; None where a verifier does not measure one.

    `verifier` decided. `distance` is the Hamming distance in bits. `inliers` counts the keypoint
    matches that the transform explains, `ratio` is their share of all matches. `overlap` is the
    share of the smaller picture that the other one shows. `agreement` is the median normalised
    cross-correlation (-1 to 1) of the aligned pictures, block by block; `tone` is the mean absolute
    difference of their grey levels (0 to 255).

    `written` is the share of the overlap over which something stands in one picture that the other
    does not have (text, a sticker); `beyond` the share of what each shows beyond the other that is
    flat, 1 where there is nothing: a frame, bars. `saturation` is the mean chroma (0 to 128) of
    each in the overlap, `hue` the share of the overlap where both are coloured and differ in hue.
    `detail` says of two that differ in size how much fine structure the larger one has that the
    smaller one has not, as a logarithm (base 10): below 0 it was only made larger.
    """

    verifier: str
    distance: int | None = None
    inliers: int | None = None
    ratio: float | None = None
    overlap: float | None = None
    agreement: float | None = None
    tone: float | None = None
    transform: Transform | None = None
    written: Sides | None = None
    beyond: Sides | None = None
    saturation: Sides | None = None
    hue: float | None = None
    detail: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verifier's answer on one pair; the transform in `evidence` leads from left to right.

    `relation` comes with SAME. With the other answers it is SIMILAR where both show one scene.
    """

    answer: Answer
    relation: Relation | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Match:
    """A verified pair, seen from `base`: `edits` say what turned `base` into `copy`.

    The transform in `evidence` leads from `base` to `copy`. `doubtful` is a copy that may as well
    be another exposure of the same view, as from a tripod: the pixels cannot tell, and nothing says
    when the two were taken.
    """

    base: Photo
    copy: Photo
    relation: Relation
    edits: tuple[Edit, ...]
    evidence: Evidence
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """Photos that show the same picture: a star around the representative.

    `members` starts with the representative; `matches` holds, in the order of the other members,
    the direct verification of each: against the representative, or where that says nothing (a
    blurred copy and a written-over one) against a member that is itself verified against the
    representative. `id` derives from content alone.
    """

    id: str
    members: tuple[Photo, ...]
    matches: tuple[Match, ...]

    @property
    def representative(self) -> Photo:
        return self.members[0]

    @property
    def reclaimable(self) -> int:
        """Bytes that removing all copies would give back; parts and doubtful copies stay."""
        kept = (Relation.PART, Relation.SIMILAR)
        return sum(
            match.copy.file.frees
            for match in self.matches
            if match.relation not in kept and not match.doubtful
        )


@dataclass(frozen=True, slots=True)
class StageTime:
    """Seconds of wall time that one stage took, what it did in words, and why in that way."""

    stage: str
    seconds: float
    detail: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan found. `discovered == compared + len(skipped)` always.

    `other_files` counts files that are no pictures and do not claim to be. `stages` and `notes`
    tell how this run went; they are no part of the result and do not take part in comparisons.
    `similar` are pairs of representatives or single photos that show another shot of one scene.
    `references` are folders whose photos were only compared with: every cluster and every similar
    pair has a photo that lies in none of them.
    """

    roots: tuple[str, ...]
    level: str
    hasher: str
    radius: int
    discovered: int
    compared: int
    other_files: int
    clusters: tuple[Cluster, ...]
    skipped: tuple[Skipped, ...]
    similar: tuple[Match, ...] = ()
    references: tuple[str, ...] = ()
    stages: tuple[StageTime, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def copies(self) -> int:
        """Photos that are a copy of some representative."""
        return sum(len(cluster.members) - 1 for cluster in self.clusters)

    @property
    def reclaimable(self) -> int:
        """Bytes that removing every copy would give back."""
        return sum(cluster.reclaimable for cluster in self.clusters)
