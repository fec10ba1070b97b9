"""Clusters and photos -> what their cards say: words that the templates escape, and numbers.

A card on a page is known by its number: numbers and never paths go back and forth.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dupfinder.decide import freedoms
from dupfinder.model import Cluster, Found, Match, Photo, Plan, Transform
from dupfinder.reports.names import base_of, printable, relative
from dupfinder.reports.page.photos import (
    Badge,
    ShownPhoto,
    edit_badges,
    folder_and_name,
    kind_of,
    photo_badges,
    relation_badge,
)
from dupfinder.reports.words import bytes_of, counted, proof_of


@dataclass(frozen=True, slots=True)
class PhotoCard(ShownPhoto):
    """A photo as a card shows it; one of a cluster and of a similar pair has two cards.

    `number` tells it from all cards of the page, `picture` says which picture it shows: files of
    the same bytes share one. `base` is the number of the card that it was compared with, its own
    for a representative; `transform` leads from that one's pixels to its own, row by row, None
    where both lie over each other as they are. `proposal` is "keep", "remove" or "". `keepers` are
    the numbers of the photos for which it may go, `copies` of those of which it surely is a copy;
    where there is none `stays` says why.
    """

    number: int
    picture: int
    base: int
    transform: Transform | None = None
    proof: str = ""
    proposal: str = ""
    why: str = ""
    keepers: tuple[int, ...] = ()
    copies: tuple[int, ...] = ()
    stays: str = ""


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """A cluster as a page shows it; `relations` are the kinds of copies in it, for filters."""

    number: int
    cluster: Cluster
    photos: tuple[PhotoCard, ...]
    relations: tuple[str, ...]

    @property
    def title(self) -> str:
        return self.photos[0].name

    @property
    def total(self) -> str:
        return counted(len(self.photos), "photo")

    @property
    def reclaimable(self) -> str:
        return bytes_of(self.cluster.reclaimable)


class Cards:
    """Makes the cards of one page, in its order; names are seen from where all photos lie."""

    def __init__(self, found: Found, plan: Plan, protect: Iterable[str] = ()) -> None:
        """With what is proposed; nothing below the real paths to `protect` may be let go."""
        self.place = base_of(tuple(map(os.path.realpath, (*found.roots, *found.references))))
        self.pictures = {
            digest: number
            for number, digest in enumerate(
                dict.fromkeys(photo.digest for photo in shown_photos(found))
            )
        }
        self._keepers = {photo.path for photo in plan.keepers}
        self._actions = {action.photo.path: action for action in plan.actions}
        self._freedoms = freedoms(found, protect=protect)
        self._next = 0

    def cluster(self, number: int, cluster: Cluster) -> ClusterCard:
        """The representative first, as everywhere."""
        numbers = {photo.path: self._next + i for i, photo in enumerate(cluster.members)}
        self._next += len(cluster.members)
        matches = {match.copy.path: match for match in cluster.matches}
        photos = [
            self._member(photo, matches.get(photo.path), numbers) for photo in cluster.members
        ]
        return ClusterCard(
            number=number,
            cluster=cluster,
            photos=tuple(photos),
            relations=tuple(dict.fromkeys(map(kind_of, cluster.matches))),
        )

    def pair(self, match: Match) -> tuple[PhotoCard, PhotoCard]:
        """Two shots of one scene: nothing can be decided about them."""
        first = self._next
        self._next += 2
        numbers = {match.base.path: first, match.copy.path: first + 1}
        return (
            self._card(match.base, None, numbers),
            self._card(match.copy, match, numbers),
        )

    def name(self, path: str) -> str:
        """A path as the page shows it."""
        return printable(relative(path, self.place))

    def _member(self, photo: Photo, match: Match | None, numbers: dict[str, int]) -> PhotoCard:
        action = self._actions.get(photo.path)
        freedom = self._freedoms[photo.path]
        is_kept = photo.path in self._keepers
        return self._card(
            photo,
            match,
            numbers,
            proposal="keep" if is_kept else "remove" if action is not None else "",
            why="" if action is None else printable(f"{action.rule}: {action.because}"),
            keepers=tuple(numbers[each.path] for each in freedom.keepers),
            copies=tuple(numbers[each.path] for each in freedom.copies),
            stays=printable(freedom.stays),
        )

    def _card(
        self, photo: Photo, match: Match | None, numbers: dict[str, int], **told: Any
    ) -> PhotoCard:
        folder, name = folder_and_name(photo.path, self.place)
        first = next(iter(numbers))
        return PhotoCard(
            number=numbers[photo.path],
            picture=self.pictures[photo.digest],
            photo=photo,
            name=name,
            folder=folder,
            badges=tuple(_badges(photo, match, first, is_pair=not told)),
            base=numbers[photo.path if match is None else match.base.path],
            transform=None if match is None else match.evidence.transform,
            proof="" if match is None else proof_of(match.evidence),
            **told,
        )


def shown_photos(found: Found) -> tuple[Photo, ...]:
    """All photos of a page in its order: those of the clusters, then those of similar pairs."""
    photos = {photo.path: photo for cluster in found.clusters for photo in cluster.members}
    for match in found.similar:
        for photo in (match.base, match.copy):
            photos.setdefault(photo.path, photo)
    return tuple(photos.values())


def _badges(photo: Photo, match: Match | None, first: str, *, is_pair: bool) -> Iterator[Badge]:
    if match is None and not is_pair:
        yield Badge("first", "representative")
    elif match is not None:
        yield relation_badge(match)
        if match.base.path != first:
            yield Badge("base", f"of {printable(os.path.basename(match.base.path))}")
        yield from edit_badges(match)
    yield from photo_badges(photo)
