"""The nouns of what a person decides after a look at photos."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dupfinder.model.plans import Plan


class DecisionKind(StrEnum):
    """What is to become of a photo: LATER leaves it alone and says that it was looked at."""

    KEEP = "keep"
    REMOVE = "remove"
    NOT_DUPLICATE = "not_duplicate"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about one photo of a cluster.

    `digest` is that of the contents that were looked at, `cluster` the id of the cluster, which
    derives from the contents of its members: of other photos than those nothing was said.
    """

    kind: DecisionKind
    cluster: str
    path: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Decided:
    """A plan of what was decided, and the decisions that say nothing of the photos at hand."""

    plan: Plan
    stale: tuple[Decision, ...]
