"""`Searched` and its pictures -> one HTML file that needs nothing else: a contact sheet.

Each query stands beside the photos that look like it. Nothing in it runs: the policy of the page
allows no script at all. The same result and the same pictures give the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from typing import Final

from markupsafe import Markup

from dupfinder.model import Photo, Searched, Skipped
from dupfinder.reports.html import Thumbnails, side_for
from dupfinder.reports.names import printable
from dupfinder.reports.page import asset, environment, policy
from dupfinder.reports.searched.sheet import Sheets, summary
from dupfinder.reports.words import counted


def searched_html(searched: Searched, thumbnails: Thumbnails) -> Iterator[str]:
    """The whole page, in pieces: a head, one for each query, an end.

    Args:
        thumbnails: makes the pictures, those of the same bytes together.
    """
    pictures = _Pictures(searched, thumbnails)
    sheets = Sheets(searched)
    macros = environment().get_template("searched.html").make_module()
    style = asset("look.css")
    yield macros.head(  # type: ignore[attr-defined]  # a template's macro
        policy(style),
        Markup(style),  # noqa: S704  # our own file
        version("dupfinder"),
        summary(searched, sheets.place),
    ).lstrip()
    for sheet in sheets:
        yield macros.ranking(sheet, pictures)  # type: ignore[attr-defined]
    yield macros.end(  # type: ignore[attr-defined]
        version("dupfinder"),
        _told(searched.unanswered, sheets),
        _told(searched.skipped, sheets),
        counted(len(searched.skipped), "file"),
    )


def _told(files: Sequence[Skipped], sheets: Sheets) -> list[tuple[str, str]]:
    return [(sheets.name(each.path), printable(each.reason)) for each in files]


@dataclass(frozen=True, slots=True)
class Shown:
    """The address of a photo's picture, or why there is none."""

    src: str = ""
    lost: str = ""


class _Pictures:
    """The pictures as they come; each is held until it was shown for the last time."""

    def __init__(self, searched: Searched, thumbnails: Thumbnails) -> None:
        shown = [
            photo
            for ranking in searched.rankings
            for photo in (ranking.query, *(hit.photo for hit in ranking.hits))
        ]
        self._left = Counter(photo.digest for photo in shown)
        photos = list({photo.path: photo for photo in shown}.values())
        made = thumbnails(photos, side_for(len(shown)))
        self._coming = groupby(made, key=lambda each: each[0].digest)
        self._held: dict[bytes, Shown] = {}

    def __call__(self, photo: Photo) -> Shown:
        """The picture of the next photo of the page."""
        while photo.digest not in self._held:
            digest, made = next(self._coming)
            self._held[digest] = _shown([picture for _, picture in made])
        shown = self._held[photo.digest]
        self._left[photo.digest] -= 1
        if not self._left[photo.digest]:
            del self._held[photo.digest]
        return shown


def _shown(pictures: Sequence[bytes | Skipped]) -> Shown:
    """What the files of the same bytes look like: one that can be shown is enough."""
    for picture in pictures:
        if isinstance(picture, bytes):
            return Shown(src=_WEBP + b64encode(picture).decode("ascii"))
    first = pictures[0]
    assert isinstance(first, Skipped)
    return Shown(lost=printable(first.reason))


_WEBP: Final = "data:image/webp;base64,"
