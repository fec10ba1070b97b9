"""`Found` and its pictures -> one HTML file that needs nothing else: a report to look at.

In pieces, so that neither the pictures nor the page are ever held as a whole. The first pictures
stand where they are seen; the others come behind everything else as text that no browser reads
before somebody looks there, so that the first cluster is seen while the rest is being loaded.
The same result and the same pictures give the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from itertools import islice
from typing import Final

from blake3 import blake3
from markupsafe import Markup

from dupfinder.model import Found, Photo, Plan, Skipped
from dupfinder.reports.decisions import SCHEMA
from dupfinder.reports.json_nouns import Json, dumps, named
from dupfinder.reports.names import printable
from dupfinder.reports.page import asset, environment, policy
from dupfinder.reports.page.cards import Cards, PhotoCard, shown_photos
from dupfinder.reports.page.data import card_object, cluster_object, embedded
from dupfinder.reports.page.photos import kind_of
from dupfinder.reports.page.summary import summary
from dupfinder.reports.words import RELATIONS, counted

BEGINS: Final = (
    b'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    b'<meta name="generator" content="dupfinder '
)

_SIMILAR: Final = """\
<h2 class="part-title" id="similar">Similar pairs</h2>
<p class="weak">Other shots of one scene. They are no copies, and nothing is proposed for them.</p>
"""
# So many photos, the first ones, have their pictures with them.
_LEAD: Final = 24
# Bytes of all pictures together, about: what can be mailed, and what a browser holds with ease.
_BUDGET: Final = 30_000_000
# Bytes that the picture of a camera photo took on average, by its longer side in pixels.
_COSTS: Final = {640: 25_000, 480: 15_800, 320: 8_100, 256: 5_400}

# Pictures of photos, longer side in pixels: see `engines.thumbnails`.
Thumbnails = Callable[[Sequence[Photo], int], Iterable[tuple[Photo, bytes | Skipped]]]


def side_for(count: int) -> int:
    """The longer side of the pictures, in pixels, for so many of them: sharp where they are few."""
    return next((side for side, cost in _COSTS.items() if count * cost <= _BUDGET), min(_COSTS))


def html_lines(found: Found, plan: Plan, thumbnails: Thumbnails, report: str) -> Iterator[str]:
    """The whole page, in pieces.

    Args:
        plan: what is proposed.
        thumbnails: makes the pictures, in the order of the photos.
        report: absolute path of the JSON report, which the saved decisions name.
    """
    cards = Cards(found, plan)
    side = side_for(len(cards.pictures))
    pictures = _Pictures(cards, iter(thumbnails(shown_photos(found), side)))
    yield _head(found, cards)
    made: list[PhotoCard] = []
    clusters: list[Json] = []
    macros = environment().get_template("card.html").make_module()
    lead = pictures.lead()
    for number, cluster in enumerate(found.clusters):
        card = cards.cluster(number, cluster)
        yield macros.cluster(card, lead)  # type: ignore[attr-defined]  # a template's macro
        made += card.photos
        clusters.append(cluster_object(card))
    yield from _similar(found, cards, made)
    yield _end(found, cards)
    data = {
        "id": _identity(made, report),
        "dupfinder": version("dupfinder"),
        "schema": SCHEMA,
        "report": named(report),
        "lead": [card.number for card in made if card.picture in lead],
        "clusters": clusters,
        "cards": [card_object(card) for card in made],
    }
    yield _block("data", data) + f"<script>{_script()}</script>\n"
    yield from pictures.rest()
    yield _block("missing", pictures.missing(made)) + "</body>\n</html>\n"


class _Pictures:
    """The pictures as they come: some ahead for the first cards, then all others."""

    def __init__(self, cards: Cards, made: Iterator[tuple[Photo, bytes | Skipped]]) -> None:
        self._numbers = cards.pictures
        self._made = made
        self._written: set[int] = set()
        self._lost: dict[str, str] = {}

    def lead(self) -> dict[int, str]:
        """The addresses of the first ones, by their numbers."""
        first = self._told(islice(self._made, _LEAD))
        return {number: f"data:image/webp;base64,{text}" for number, text in first}

    def rest(self) -> Iterator[str]:
        """All others, as text that stands for itself."""
        for number, text in self._told(self._made):
            yield f'<script type="text/plain" id="d{number}">{text}</script>\n'

    def missing(self, cards: Iterable[PhotoCard]) -> Json:
        """Why a card has no picture, by its number; to be asked in the end."""
        return {
            str(card.number): self._lost[card.photo.path]
            for card in cards
            if card.photo.path in self._lost
        }

    def _told(self, made: Iterable[tuple[Photo, bytes | Skipped]]) -> Iterator[tuple[int, str]]:
        for photo, picture in made:
            number = self._numbers[photo.digest]
            if isinstance(picture, Skipped):
                self._lost[photo.path] = printable(picture.reason)
            elif number not in self._written:
                self._written.add(number)
                yield number, b64encode(picture).decode("ascii")


def _head(found: Found, cards: Cards) -> str:
    present = {kind_of(match) for cluster in found.clusters for match in cluster.matches}
    known = {relation.value: word for relation, word in RELATIONS.items()}
    known["doubtful"] = "copy, or another exposure"
    style = asset("look.css")
    return (
        environment()
        .get_template("report.html")
        .render(
            policy=policy(style, _script()),
            style=Markup(style),  # noqa: S704  # our own file
            version=version("dupfinder"),
            summary=summary(found, cards.place),
            relations=[(kind, word) for kind, word in known.items() if kind in present],
        )
    )


def _similar(found: Found, cards: Cards, made: list[PhotoCard]) -> Iterator[str]:
    if not found.similar:
        return
    macros = environment().get_template("card.html").make_module()
    yield _SIMILAR
    for number, match in enumerate(found.similar):
        pair = cards.pair(match)
        made += pair
        yield macros.pair(number, pair)  # type: ignore[attr-defined]  # a template's macro


def _end(found: Found, cards: Cards) -> str:
    return (
        environment()
        .get_template("report_end.html")
        .render(
            version=version("dupfinder"),
            skipped=[(cards.name(each.path), printable(each.reason)) for each in found.skipped],
            skipped_total=counted(len(found.skipped), "file"),
        )
    )


def _block(name: str, value: Json) -> str:
    return f'<script type="application/json" id="{name}">{embedded(value)}</script>\n'


def _identity(cards: Iterable[PhotoCard], report: str) -> str:
    """Under which name a browser remembers decisions: other photos, other decisions."""
    shown = [(card.photo.path, card.photo.digest.hex()) for card in cards]
    return "dupfinder " + blake3(dumps([report, shown]).encode("ascii")).hexdigest()[:32]


@cache
def _script() -> str:
    return asset("look.js") + asset("report.js")
