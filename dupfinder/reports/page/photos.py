"""A photo -> what any page says of it: words that the templates escape, and numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from dupfinder.model import Match, Photo
from dupfinder.reports.names import printable, relative
from dupfinder.reports.words import bytes_of, dated, relation_and_edits

# A picture is laid out as if it were so high; of a very narrow or wide one so much is shown.
_HEIGHT, _LEAST, _MOST = 240, 24, 2400


@dataclass(frozen=True, slots=True)
class Badge:
    """A word on a card; `kind` gives its colour."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """A photo, its name and folder as a page shows them, and the words on its card."""

    photo: Photo
    name: str
    folder: str
    badges: tuple[Badge, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height in true proportion, for the layout."""
        width = round(self.photo.width * _HEIGHT / self.photo.height)
        return max(_LEAST, min(_MOST, width)), _HEIGHT

    @property
    def sides(self) -> str:
        return f"{self.photo.width} × {self.photo.height}"  # noqa: RUF001  # the sign is meant

    @property
    def size(self) -> str:
        return bytes_of(self.photo.size)

    @property
    def date(self) -> str:
        """When it was taken; else when the file was written, and that it is that."""
        told = dated(self.photo, to_the_minute=True).strip()
        return f"{told[1:-1]} (file)" if told.startswith("(") else told

    @property
    def format(self) -> str:
        return printable(self.photo.format)

    @property
    def camera(self) -> str:
        return printable(self.photo.camera or "")

    @property
    def damage(self) -> str:
        return printable(self.photo.damage or "")


def folder_and_name(path: str, place: str) -> tuple[str, str]:
    """The two parts of a path, seen from the folder `place`, as a page shows them."""
    folder, name = os.path.split(relative(path, place))
    return printable(folder), printable(name)


def kind_of(match: Match) -> str:
    """The relation; a copy that may be another exposure is a kind of its own."""
    return "doubtful" if match.doubtful else match.relation.value


def relation_badge(match: Match) -> Badge:
    """What a copy is to its base."""
    return Badge(kind_of(match), relation_and_edits(match)[0])


def edit_badges(match: Match) -> Iterator[Badge]:
    """What was done to a copy."""
    for edit in relation_and_edits(match)[1]:
        yield Badge("edit", edit)


def photo_badges(photo: Photo) -> Iterator[Badge]:
    """What is said of a photo wherever it is shown."""
    if photo.damage is not None:
        yield Badge("damaged", "damaged")
    if photo.file.reference is not None:
        yield Badge("reference", "only compared with")
    if photo.frames > 1:
        yield Badge("note", f"{photo.frames:,} frames")
    if photo.file.links:
        yield Badge("note", f"{len(photo.file.links) + 1:,} names")
