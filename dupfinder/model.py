"""The nouns: frozen values that every stage takes and returns. Standard library only.

Paths are `str` as `os.fsdecode` gives them, so that names which are not UTF-8 survive unchanged
(surrogate escapes); only `reports` turns them into text that is safe to print.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from dupfinder.errors import FingerprintMismatch


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """A file as it was last seen: a changed stamp means that nothing cached about the path holds.

    `size` is in bytes, the times in nanoseconds since the epoch.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @property
    def modified(self) -> str | None:
        """`mtime_ns` as `YYYY-MM-DD HH:MM:SS` in UTC; None for what no calendar holds."""
        try:
            moment = datetime.fromtimestamp(self.mtime_ns // 10**9, UTC)
        except (ValueError, OverflowError, OSError):  # files do claim to be of the year 10,000
            return None
        return moment.isoformat(" ", "seconds").removesuffix("+00:00")


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that belongs to a photo and goes where it goes.

    `kind` says what it is ("xmp", "aae", "thm", "dop", "pp3", "json", "movie", "raw"), so that the
    companions of two photos can be told to be each other's; "-shared-" and a digest follow where
    several photos have it. `is_content` is a picture or movie of its own (the movie of a Live
    Photo, the RAW of a pair) or shared: it stays where the keeper has not the same.
    """

    path: str
    kind: str
    is_content: bool


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """One physical file, seen but not read.

    `links` are its further names below the roots (hard links), sorted; `link_count` counts all its
    names, those outside the roots too. `companions` lie in the same folder, sorted by path.
    """

    path: str
    stamp: Stamp
    links: tuple[str, ...] = ()
    link_count: int = 1
    companions: tuple[Companion, ...] = ()

    @property
    def frees(self) -> int:
        """Bytes that removing `path` gives back: none while the file has another name."""
        return self.stamp.size if self.link_count == 1 else 0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A perceptual hash: `length` bits, held as an integer, comparable within one hasher only."""

    hasher: str
    bits: int
    length: int

    def distance(self, other: Fingerprint) -> int:
        """Hamming distance in bits.

        Raises:
            FingerprintMismatch: if `other` comes from another hasher or has another length.
        """
        if self.hasher != other.hasher or self.length != other.length:
            raise FingerprintMismatch(
                f"cannot compare a fingerprint of {self.hasher} ({self.length} bits)"
                f" with one of {other.hasher} ({other.length} bits)"
            )
        return (self.bits ^ other.bits).bit_count()


class Orientation(IntEnum):
    """How one picture is turned against another: the eight symmetries of the rectangle.

    The value is `turn / 90` (counter-clockwise quarter turns applied first), plus 4 where the
    result is then mirrored left to right: the array operation is `numpy.rot90(a, turn)`, then
    `numpy.fliplr`.
    """

    UPRIGHT = 0
    TURNED_90 = 1
    TURNED_180 = 2
    TURNED_270 = 3
    MIRRORED = 4
    MIRRORED_90 = 5
    MIRRORED_180 = 6
    MIRRORED_270 = 7

    @property
    def quarter_turns(self) -> int:
        """Counter-clockwise quarter turns, applied before the mirroring."""
        return self.value % 4

    @property
    def is_mirrored(self) -> bool:
        return self.value >= 4

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self.value % 2 == 1

    @property
    def inverse(self) -> Orientation:
        """The orientation that undoes this one. Every mirrored one undoes itself."""
        return self if self.is_mirrored else Orientation(-self.value % 4)

    def then(self, following: Orientation) -> Orientation:
        """Both, one after the other."""
        turns = following.quarter_turns
        if self.is_mirrored:  # a turn after the mirroring is the opposite turn before it
            turns = -turns
        turns = (self.quarter_turns + turns) % 4
        return Orientation(turns + 4 * (self.is_mirrored != following.is_mirrored))


ANNOTATIONS = ("description", "keywords", "place", "rating")


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture file that was read and decoded once.

    `digest` is the BLAKE3 of the file's bytes. `pixel_digest` is equal for two photos only if they
    decode to the same pixels; None says nothing either way. `width` and `height` are those of the
    picture as it is shown (EXIF orientation applied), `inner` those inside a frame or letterbox
    bars, the same where there are none. `taken_at` is local time as the camera wrote it,
    `YYYY-MM-DD HH:MM:SS` and, where known, a fraction; `camera` is its make and model, `exposure`
    the time, aperture and sensitivity, each as text that is equal for equal settings. `quality` (0
    to 100) says how much the hashes can tell: flat pictures have little. `quantization` is the mean
    step of the JPEG luma table, None for other formats. `annotations` names what people wrote into
    the file, of `ANNOTATIONS`, sorted.
    """

    file: PhotoFile
    digest: bytes
    pixel_digest: bytes | None
    format: str
    width: int
    height: int
    inner: tuple[int, int]
    taken_at: str | None
    camera: str | None
    exposure: str | None
    quality: int
    quantization: float | None
    lossless: bool
    fingerprints: tuple[Fingerprint, ...]
    annotations: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.file.stamp.size

    @property
    def pixels(self) -> int:
        """Pixels of the picture itself: a frame or bars do not count."""
        return self.inner[0] * self.inner[1]

    @property
    def order(self) -> tuple[bytes, str]:
        """The sort key that makes every result independent of the order of discovery."""
        return self.digest, self.path


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be compared: at which stage, a short reason code, and why in words."""

    path: str
    stage: str
    code: str
    reason: str


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


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a plan would do: `photo` goes because `keeper`, which stays, beats it.

    `match` is their direct comparison and `rule` the keep rule that told them apart, `because` the
    rule's words for it.
    """

    kind: str
    photo: Photo
    keeper: Photo
    match: Match
    rule: str
    because: str

    @property
    def loses(self) -> tuple[str, ...]:
        """What was written into the photo and not into the keeper: it would go with it."""
        only_here = set(self.photo.annotations) - set(self.keeper.annotations)
        if self.photo.taken_at is not None and self.keeper.taken_at is None:
            only_here.add("capture time")
        return tuple(sorted(only_here))


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
