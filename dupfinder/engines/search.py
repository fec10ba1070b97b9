"""A search by image as one readable function over the stages."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dupfinder.engines.bulk import thawed
from dupfinder.engines.search_stages import Means, Run
from dupfinder.engines.shelf import Outdated, Shelf
from dupfinder.errors import UsageError
from dupfinder.model import Photo, Ranking, Searched, Skipped
from dupfinder.settings import Searching, Settings


@thawed()
def search(
    queries: Sequence[str],
    roots: Sequence[str],
    searching: Searching,
    settings: Settings,
    means: Means,
) -> Searched:
    """Read the library as a scan does, describe what was not, rank, and verify the best."""
    run = Run((*queries, *roots), searching, settings, means)
    run.try_model()
    answer = _early(run, queries, roots) or _answer(run, queries, run.shelf(roots))
    if not answer.rankings:
        raise _nothing_to_ask(queries, answer.unanswered)
    shelf, stock = answer.shelf, answer.shelf.stock
    rankings, bad = run.verify(shelf, answer.rankings)
    lost = [*shelf.failed(answer.failed), *bad, *shelf.lost.values()]
    return Searched(
        roots=tuple(sorted({os.path.abspath(root) for root in roots})),
        by=searching.by,
        top=searching.top,
        discovered=stock.discovered,
        compared=stock.pictures - len(lost),
        other_files=stock.others,
        rankings=tuple(rankings),
        skipped=tuple(sorted([*stock.skipped, *lost], key=lambda each: os.fsencode(each.path))),
        unanswered=tuple(answer.unanswered),
        stages=tuple(run.stages.times),
        notes=run.notes(),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a library says to some queries: no rankings where there is no picture among them."""

    shelf: Shelf
    rankings: list[Ranking]
    unanswered: list[Skipped]
    failed: dict[bytes, Skipped]


def _early(run: Run, queries: Sequence[str], roots: Sequence[str]) -> _Answer | None:
    """By what the last search has found, if nothing there has changed: that is found out meanwhile.

    What it did for nothing else is in the cache and the store; the stages do not tell of it.
    """
    before = len(run.stages.times)
    try:
        with run.remembered(roots) as shelf:
            if shelf is None:
                return None
            answer = _answer(run, queries, shelf)
            shelf.expect_current()
            return answer
    except Outdated:
        del run.stages.times[before:]
        return None


def _answer(run: Run, queries: Sequence[str], shelf: Shelf) -> _Answer:
    """All but how the best are related to the queries; photos that are alike are found by now."""
    asked, unanswered = run.stocktaking.asked(queries)
    answers = run.answered(asked, shelf)
    unanswered += [each for each in answers if isinstance(each, Skipped)]
    photos = [each for each in answers if isinstance(each, Photo)]
    failed = run.describe(shelf, photos) if photos else {}
    unanswered += _undescribed(photos, failed)
    can_be_asked = any(photo.digest not in failed for photo in photos)
    rankings = run.rank(shelf, photos, failed) if can_be_asked else []
    return _Answer(shelf, rankings, unanswered, failed)


def _undescribed(queries: Sequence[Photo], failed: Mapping[bytes, Skipped]) -> list[Skipped]:
    return [
        replace(failed[query.digest], path=query.path)
        for query in queries
        if query.digest in failed
    ]


def _nothing_to_ask(queries: Sequence[str], unanswered: Sequence[Skipped]) -> UsageError:
    if unanswered:
        first = unanswered[0]
        return UsageError(f"{first.path!r} cannot be searched for: {first.reason}")
    return UsageError(f"there is no picture in {queries[0]!r} to search for")
