"""A hit -> the words for what it is to the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dupfinder.model import Hit, Label, Photo, Searched
from dupfinder.reports.names import printable
from dupfinder.reports.words import relation_of

# In reports for programs, where no relation of the verifiers holds.
ITSELF: Final = "itself"
ALIKE: Final = "alike"
UNVERIFIED: Final = "unverified"

_CONFIRMED: Final = "more than 0.5 is confirmed: by shared parts (features) or keypoints (orb)"


def relation_to_query(query: Photo, hit: Hit) -> str:
    """`copy of the query: resized to 50 %`, `looks alike` where no verifier sees one photo."""
    if hit.photo.path == query.path:
        return "the query itself"
    if hit.match is not None:
        return relation_of(hit.match, "the query")
    return "looks alike" if hit.verified else ""


def meaning_of_scores(searched: Searched) -> str:
    """What tells the scores of a graded search apart; empty for other methods, which have but one.

    `engines.ranking` gives them.
    """
    hits = (hit for ranking in searched.rankings for hit in ranking.hits)
    return _CONFIRMED if any(len(hit.scores) > 1 for hit in hits) else ""


def label_of(labels: Sequence[Label]) -> str:
    """`tabby cat 93 %`: what the photo is most probably of; empty where no model told any."""
    return f"{printable(labels[0].name)} {labels[0].probability * 100:.0f} %" if labels else ""


def relation_key(query: Photo, hit: Hit) -> str:
    """The same in one word."""
    if hit.photo.path == query.path:
        return ITSELF
    if hit.match is not None:
        return str(hit.match.relation)
    return ALIKE if hit.verified else UNVERIFIED
