"""What a user may set, checked once; every stage takes only the part it needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from dupfinder.errors import UsageError

LEVELS = ("identical", "hash", "copies")
INDEXES = ("auto", "banded", "linear", "bktree")
FALLBACKS = ("kaze", "sift", "none")
ACTS = ("trash", "quarantine", "hardlink", "delete")
HASHERS = ("dct256", "phash", "dhash", "ahash", "whash", "colorhash")
SEARCHES = (
    "graded", "dct256", "phash", "dhash", "ahash", "whash",
    "orb", "color", "color-bhattacharyya", "kaze", "model",
)  # fmt: skip
SEARCH_INDEXES = ("exact", "hnsw", "lsh", "bktree")

# Which of them ask a network, if one is named.
ASKING_MODELS = ("graded", "model")
# How far down a ranking an evaluation looks for targets.
EVALUATED = 100

# Endings of folders that are the library of a photo manager: only that program may touch them.
PHOTO_LIBRARIES = (
    ".aplibrary",  # Aperture
    ".cocatalog",  # Capture One
    ".migratedphotolibrary",
    ".photolibrary",  # iPhoto
    ".photoslibrary",  # Apple Photos
)

# Twice a 200-megapixel phone: anything above is a bomb until the user says otherwise.
MAX_PIXELS = 400_000_000


@dataclass(frozen=True, slots=True)
class WalkRules:
    """Which files of the roots are looked at.

    `exclude` are globs, matched against the file's or folder's name and against its path below the
    root. `min_size` is in bytes. `hidden` also walks hidden and system folders (trash, thumbnails,
    the insides of photo-manager libraries). `online_only` also reads files whose content is in the
    cloud, which downloads it.
    """

    exclude: tuple[str, ...] = ()
    min_size: int = 0
    hidden: bool = False
    online_only: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a scan can be told; the defaults are what most people want.

    `level` says how hard to look: "identical" for equal bytes, "hash" for copies that a perceptual
    hash can see, "copies" also for crops, frames, tilts, screenshots, and colours are compared.
    `radius` is the Hamming distance in bits within which photos are verified, None for the hasher's
    own. `workers` counts the processes that decode, None for one per core; 0 decodes in this one,
    which a hostile file may take down. `cache` is the file to use, None for the platform's cache
    folder; `use_cache=False` remembers nothing beyond the run. `state` is the folder where the
    verdicts of people are kept, which are respected; None for the platform's own. `store` is where
    searches keep what photos look like: a file, or the URL of a database on a server, with which a
    password may come; None for a file beside the cache.

    Raises:
        UsageError: if a name is unknown or a number makes no sense.
    """

    walk: WalkRules = field(default_factory=WalkRules)
    level: str = "copies"
    hasher: str = "dct256"
    radius: int | None = None
    index: str = "auto"
    fallback: str = "kaze"
    max_pixels: int = MAX_PIXELS
    workers: int | None = None
    cache: str | None = None
    use_cache: bool = True
    state: str | None = None
    store: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _known("level", self.level, LEVELS)
        _known("hasher", self.hasher, HASHERS)
        _known("index", self.index, INDEXES)
        _known("fallback", self.fallback, FALLBACKS)
        _at_least("radius", self.radius, 0)
        _at_least("workers", self.workers, 0)
        _at_least("max_pixels", self.max_pixels, 1)
        _at_least("min_size", self.walk.min_size, 0)


@dataclass(frozen=True, slots=True)
class Searching:
    """How a search by image looks for photos.

    `by` names the method, `top` is how many photos are told for each query. Those are compared with
    it by the verifiers of a scan if `verify` is set, which says what each is to the query. `index`
    names what finds the nearest: "exact"; of vectors also "hnsw" and "lsh", which may miss some; of
    hashes also "bktree", which misses none. `model` is the ONNX file that "model" and the last
    stage of "graded" ask, `model_settings` says how, None for the file of the same name that ends
    in `.toml`, if there is one; `labels` names its classes, one a line.

    Raises:
        UsageError: if a name is unknown, a number makes no sense, or a model is missing.
    """

    by: str = "graded"
    top: int = 10
    verify: bool = True
    index: str = "exact"
    model: str | None = None
    model_settings: str | None = None
    labels: str | None = None

    def __post_init__(self) -> None:
        _known("method to search by", self.by, SEARCHES)
        _known("index to search by", self.index, SEARCH_INDEXES)
        _at_least("top", self.top, 1)
        if self.model is None and (self.by == "model" or self.model_settings or self.labels):
            raise UsageError("no model was named", hint="--model FILE.onnx names it")
        if self.model is not None and self.by not in ASKING_MODELS:
            raise UsageError(
                f"the method {self.by!r} asks no model",
                hint=f"those that do: {', '.join(ASKING_MODELS)}",
            )


@dataclass(frozen=True, slots=True)
class Acting:
    """How a plan is carried out, and where that may be.

    `act` is "trash", "quarantine", "hardlink" or "delete". Nothing outside `roots` is touched and
    nothing below `protect`; nor anything below `references`, but for roots that lie in them.
    `quarantine` is the folder for the act of that name. `state` is the
    folder of the journals and the verdicts of people, None for the platform's own.

    Raises:
        UsageError: if a name is unknown, or a folder is missing.
    """

    act: str
    roots: tuple[str, ...]
    protect: tuple[str, ...] = ()
    quarantine: str | None = None
    state: str | None = None
    references: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _known("act", self.act, ACTS)
        if (self.act == "quarantine") != (self.quarantine is not None):
            raise UsageError("a folder for the quarantine goes with the act of that name")


def _known(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise UsageError(f"unknown {what} {name!r}", hint=f"one of: {', '.join(names)}")


def _at_least(what: str, value: int | None, least: int) -> None:
    if value is not None and value < least:
        raise UsageError(f"{what} must be at least {least}, not {value}")
