"""How well each method finds what somebody says it should find, on their own photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from dupfinder.engines.search import search
from dupfinder.engines.search_stages import Means
from dupfinder.errors import UsageError
from dupfinder.model import Evaluation, Ranking, Searched
from dupfinder.settings import EVALUATED, Searching, Settings

# What an index that may miss some is compared with, and how far down.
_EXACT, _TEN = "exact", 10


def evaluate(
    targets: Mapping[str, frozenset[str]],
    roots: Sequence[str],
    searchings: Sequence[Searching],
    settings: Settings,
    means: Means,
) -> tuple[Evaluation, ...]:
    """One evaluation for each way to search, in their order.

    Args:
        targets: for each query the photos that it should find, by their real paths; what lies not
            below the roots is never found.
        roots: where the targets are looked for.
        searchings: each with one hit more than is looked at, for the query itself. What has another
            index than the exact one is compared with that.

    Raises:
        UsageError: if a query or model cannot be read, or a method has no such index.
    """

    def run(searching: Searching) -> Searched:
        searched = search(sorted(targets), roots, searching, settings, means)
        _expect_answers(searched, targets)
        return searched

    found = []
    for searching in searchings:
        searched = run(searching)
        evaluation = replace(_evaluated(searched, targets), index=searching.index)
        if searching.index != _EXACT:
            recall = _recall_of(searched, run(replace(searching, index=_EXACT)))
            evaluation = replace(evaluation, recall_of_exact=recall)
        found.append(evaluation)
    return tuple(found)


def _recall_of(searched: Searched, exact: Searched) -> float:
    """The share of the ten nearest contents that were found, too."""
    return fmean(
        len(_nearest(some) & _nearest(all_of_them)) / max(1, len(_nearest(all_of_them)))
        for some, all_of_them in zip(searched.rankings, exact.rankings, strict=True)
    )


def _nearest(ranking: Ranking) -> set[bytes]:
    """The contents of the hits, the query's own left out: that is always found."""
    others = (hit.photo.digest for hit in ranking.hits)
    return set(list(dict.fromkeys(each for each in others if each != ranking.query.digest))[:_TEN])


def _expect_answers(searched: Searched, targets: Mapping[str, frozenset[str]]) -> None:
    for query in searched.unanswered:
        raise UsageError(f"{query.path!r} cannot be searched for: {query.reason}")
    answered = {ranking.query.path for ranking in searched.rankings}
    for path in sorted(targets.keys() - answered):
        raise UsageError(f"{path!r} is no picture to search for")


def _evaluated(searched: Searched, targets: Mapping[str, frozenset[str]]) -> Evaluation:
    told = [
        (_ranks(ranking, wanted), len(wanted))
        for ranking in searched.rankings
        for wanted in [targets[ranking.query.path]]
    ]
    (seconds,) = [each.seconds for each in searched.stages if each.stage == "rank"]
    return Evaluation(
        by=searched.by,
        queries=len(told),
        photos=searched.compared,
        recall_1=fmean(_recall(ranks, wanted, 1) for ranks, wanted in told),
        recall_5=fmean(_recall(ranks, wanted, 5) for ranks, wanted in told),
        mean_average_precision=fmean(_average_precision(*each) for each in told),
        seconds=seconds / len(told),
    )


def _ranks(ranking: Ranking, targets: frozenset[str]) -> list[int]:
    """At which ranks the targets stand, from 1 on, the query itself left out."""
    others = [hit for hit in ranking.hits if hit.photo.path != ranking.query.path][:EVALUATED]
    return [rank for rank, hit in enumerate(others, 1) if hit.photo.path in targets]


def _recall(ranks: Sequence[int], targets: int, depth: int) -> float:
    """The share of the targets among the first, as far as these have room for all."""
    return sum(rank <= depth for rank in ranks) / min(targets, depth)


def _average_precision(ranks: Sequence[int], targets: int) -> float:
    """The precision at the rank of each target, averaged over all; one that is not found has 0."""
    return sum(place / rank for place, rank in enumerate(ranks, 1)) / targets
