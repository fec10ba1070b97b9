"""The nouns of what is seen and read: files, hashes, photos, and what was skipped."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

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
    `reference` is the folder that was only compared with, if it lies in one: then it never goes.
    """

    path: str
    stamp: Stamp
    links: tuple[str, ...] = ()
    link_count: int = 1
    companions: tuple[Companion, ...] = ()
    reference: str | None = None

    @property
    def sidecars(self) -> frozenset[str]:
        """The kinds of companions that only say something of the photo."""
        return frozenset(each.kind for each in self.companions if not each.is_content)

    @property
    def frees(self) -> int:
        """Bytes that removing `path` gives back: none while the file has another name, or stays."""
        return self.stamp.size if self.link_count == 1 and self.reference is None else 0


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
CAPTURE_TIME = "capture time"

# How the names of all formats begin that hold what a camera's sensor saw.
CAMERA_RAW = "camera RAW"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What people, or the camera, have written into a file about its picture.

    `taken_at` is local time, `YYYY-MM-DD HH:MM:SS` and perhaps a fraction; `place` degrees north
    and east; `rating` 1 to 5 stars. None or nothing: it is not there.
    """

    taken_at: str | None = None
    place: tuple[float, float] | None = None
    rating: int | None = None
    keywords: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """Of which of `ANNOTATIONS` and `CAPTURE_TIME` it says anything."""
        has = {
            CAPTURE_TIME: self.taken_at is not None,
            "place": self.place is not None,
            "rating": self.rating is not None,
            "keywords": bool(self.keywords),
            "description": self.title is not None or self.description is not None,
        }
        return frozenset(kind for kind, is_there in has.items() if is_there)

    def only(self, kinds: Collection[str]) -> Metadata:
        """What it says of these kinds."""
        has_words = "description" in kinds
        return Metadata(
            taken_at=self.taken_at if CAPTURE_TIME in kinds else None,
            place=self.place if "place" in kinds else None,
            rating=self.rating if "rating" in kinds else None,
            keywords=self.keywords if "keywords" in kinds else (),
            title=self.title if has_words else None,
            description=self.description if has_words else None,
        )

    def joined(self, other: Metadata) -> Metadata:
        """This, and of the other what only that says, its further keywords included."""
        return Metadata(
            taken_at=self.taken_at or other.taken_at,
            place=self.place or other.place,
            rating=self.rating or other.rating,
            keywords=tuple(dict.fromkeys(self.keywords + other.keywords)),
            title=self.title or other.title,
            description=self.description or other.description,
        )


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
    the file, of `ANNOTATIONS`, sorted. `frames` counts the pictures in the file (frames of a film,
    pages, views of a scene), of which only the first is compared; a JPEG XL film counts as 2.
    `damage` is what the decoder complained of while it made a picture of the file all the same.
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
    frames: int = 1
    damage: str | None = None

    @property
    def is_raw(self) -> bool:
        """Whether it is what a camera's sensor saw, from which pictures are made."""
        return self.format.startswith(CAMERA_RAW)

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
