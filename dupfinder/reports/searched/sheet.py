"""A ranking -> what its part of a contact sheet says: words that the templates escape."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from dupfinder.model import Hit, Photo, Ranking, Searched
from dupfinder.reports.names import base_of, printable, relative
from dupfinder.reports.page.photos import (
    Badge,
    ShownPhoto,
    edit_badges,
    folder_and_name,
    photo_badges,
    relation_badge,
)
from dupfinder.reports.page.summary import Summary
from dupfinder.reports.searched.words import label_of, meaning_of_scores
from dupfinder.reports.words import counted, proof_of

# How a picture from standard input is named, which has neither folder nor date.
_STDIN, _STDIN_SHOWN = "-", "standard input"


@dataclass(frozen=True, slots=True)
class SheetPhoto(ShownPhoto):
    """A photo of a contact sheet.

    `when` is its date, "" where that says nothing; `label` what a model takes it for, if one told.
    """

    when: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class SheetHit(SheetPhoto):
    """One that was found: its score, that in per cent for a bar, and the score of each stage."""

    score: str = ""
    share: str = ""
    scores: tuple[tuple[str, str], ...] = ()
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A query and what was found; `total` says how many and by which method."""

    number: int
    query: SheetPhoto
    hits: tuple[SheetHit, ...]
    total: str


class Sheets:
    """The parts of one page, in the order of the queries; names are seen from the roots' folder."""

    def __init__(self, searched: Searched) -> None:
        self._searched = searched
        self.place = base_of(tuple(map(os.path.realpath, searched.roots)))

    def __iter__(self) -> Iterator[Sheet]:
        for number, ranking in enumerate(self._searched.rankings):
            yield Sheet(
                number,
                self._query(ranking),
                tuple(self._hit(ranking.query, hit) for hit in ranking.hits),
                f"{counted(len(ranking.hits), 'photo')} by {self._searched.by}",
            )

    def name(self, path: str) -> str:
        """A path as the page shows it."""
        return _STDIN_SHOWN if path == _STDIN else printable(relative(path, self.place))

    def _query(self, ranking: Ranking) -> SheetPhoto:
        photo, label = ranking.query, label_of(ranking.labels)
        folder, name = folder_and_name(photo.path, self.place)
        shown = ShownPhoto(photo, name, folder, (Badge("first", "query"), *photo_badges(photo)))
        if photo.path != _STDIN:
            return SheetPhoto(photo, name, folder, shown.badges, shown.date, label)
        when = shown.date if photo.taken_at is not None else ""
        return SheetPhoto(photo, _STDIN_SHOWN, "", shown.badges, when, label)

    def _hit(self, query: Photo, hit: Hit) -> SheetHit:
        folder, name = folder_and_name(hit.photo.path, self.place)
        badges = (*_relation(query, hit), *photo_badges(hit.photo))
        several = hit.scores if len(hit.scores) > 1 else ()
        return SheetHit(
            hit.photo,
            name,
            folder,
            badges,
            when=ShownPhoto(hit.photo, name, folder, badges).date,
            label=label_of(hit.labels),
            score=f"{hit.score:.4f}",
            share=f"{100 * min(max(hit.score, 0), 1):.1f}",
            scores=tuple((name, f"{score:.3f}") for name, score in several),
            proof="" if hit.match is None else proof_of(hit.match.evidence),
        )


def _relation(query: Photo, hit: Hit) -> Iterator[Badge]:
    """What a photo is to the query, as far as that was verified."""
    if hit.photo.path == query.path:
        yield Badge("first", "the query itself")
    elif hit.match is not None:
        yield relation_badge(hit.match)
        yield from edit_badges(hit.match)
    elif hit.verified:
        yield Badge("alike", "looks alike")


def summary(searched: Searched, place: str) -> Summary:
    """The head of the page: counts as in all reports."""
    asked = searched.rankings
    facts = [
        ("queries", f"{len(asked):,}"),
        ("photos compared", f"{searched.compared:,}"),
        ("method", searched.by),
    ]
    if searched.unanswered:
        facts.append(("not searched for", f"{len(searched.unanswered):,}"))
    if searched.skipped:
        facts.append(("files skipped", f"{len(searched.skipped):,}"))
    is_one = len(asked) == 1
    lead = ("the most alike come first", "1 is the highest score", meaning_of_scores(searched))
    return Summary(
        title="What looks like this photo" if is_one else f"What looks like {len(asked):,} photos",
        lead="; ".join(each for each in lead if each).capitalize() + ".",
        place=printable(place),
        facts=tuple(facts),
        bars=(),
    )
