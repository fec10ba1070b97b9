"""The nouns of searching by image: what looks like a query, how much, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from dupfinder.model.matches import Match, StageTime
from dupfinder.model.photos import Photo, Skipped


@dataclass(frozen=True, slots=True)
class Label:
    """What a network takes a photo for, and how probable it says that is, 0 to 1."""

    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo that looks like the query.

    `score` is its similarity, 1 for equal contents and otherwise as its method defines it; `scores`
    holds that of each method that was asked, by name. `match` is what the verifiers say of the two,
    seen from the query, None where they see different pictures or `verified` is false. `labels` are
    the most probable, best first, if a model told any.
    """

    photo: Photo
    score: float
    scores: tuple[tuple[str, float], ...]
    match: Match | None = None
    verified: bool = False
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """What looks most like one query, the most alike first; `labels` are the query's."""

    query: Photo
    hits: tuple[Hit, ...]
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found. Of the photos below the roots `discovered == compared + skipped`.

    `by` names the method, `top` how many hits were asked for. `rankings` are in the order of the
    queries' paths. `skipped` are files below the roots, `unanswered` queries, that could not be
    compared. `stages` and `notes` tell how this run went and take no part in comparisons.
    """

    roots: tuple[str, ...]
    by: str
    top: int
    discovered: int
    compared: int
    other_files: int
    rankings: tuple[Ranking, ...]
    skipped: tuple[Skipped, ...]
    unanswered: tuple[Skipped, ...] = ()
    stages: tuple[StageTime, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well one method finds the targets of some queries among so many photos.

    `recall_1` and `recall_5` are the mean share of a query's targets among the first one and five
    hits, as far as these have room for all; `mean_average_precision` looks at the first hundred.
    `seconds` is the time that ranking took for each query, all of them together; it takes no part
    in comparisons. `index` found the nearest; for one that may miss some, `recall_of_exact` is the
    mean share of the ten hits by the exact index that it found, too, else None.
    """

    by: str
    queries: int
    photos: int
    recall_1: float
    recall_5: float
    mean_average_precision: float
    seconds: float = field(compare=False)
    index: str = "exact"
    recall_of_exact: float | None = None


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Vectors that went into a file for other programs, or came out of one.

    `vectors` counts them, by the method `by`. `skipped` are files below the folder that could not
    be read or described. `notes` tell how this run went and take no part in comparisons.
    """

    path: str
    by: str
    vectors: int
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)
