"""What the pages of a review say: the look of the report, with the decisions of this moment."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup

from dupfinder.errors import DupfinderError
from dupfinder.model import Action, Outcome, Photo, Plan, Spared
from dupfinder.reports.json_nouns import Json
from dupfinder.reports.names import base_of, printable, relative
from dupfinder.reports.page import asset, environment
from dupfinder.reports.page.cards import Cards, shown_photos
from dupfinder.reports.page.data import card_object, cluster_object, embedded
from dupfinder.reports.page.photos import kind_of
from dupfinder.reports.page.summary import summary
from dupfinder.reports.words import RELATIONS, because, bytes_of, counted, relation_to_keeper
from dupfinder.web.desk import Desk
from dupfinder.web.review import Acted, Review

_IN_TRASH: Final = "In the trash"
# What a plan says of photos about which nothing was decided: see `decide`.
_UNDECIDED: Final = "undecided"
_STATIC: Final = {
    "look.css": "text/css",
    "look.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "review.css": "text/css",
    "review.js": "text/javascript",
}
_STAGES: Final = {
    "discover": "Looking for photos",
    "fingerprint": "Reading photos",
    "candidates": "Comparing hashes",
    "verify": "Comparing pictures",
    "features": "Looking for parts",
    "parts": "Comparing parts",
    "representatives": "Comparing copies",
    "edits": "Finding out what was done",
    "trash": "Moving to the trash",
    "undo": "Bringing back",
}


@lru_cache(maxsize=1)
def _templates() -> Environment:
    ours = PackageLoader("dupfinder.web", "page")
    theirs = environment()
    assert theirs.loader is not None
    return theirs.overlay(loader=ChoiceLoader([ours, theirs.loader]))


def static(name: str) -> tuple[str, str] | None:
    """Media type and text of a file that belongs to the pages, None for any other name."""
    if name not in _STATIC:
        return None
    if name.startswith("look."):
        return _STATIC[name], asset(name)
    text = files("dupfinder.web").joinpath("page", name).read_text(encoding="utf-8")
    return _STATIC[name], text


def waiting(token: str) -> str:
    """While photos are looked for."""
    return _render("waiting.html", token, stages=_embedded(_STAGES))


def trouble(error: DupfinderError, token: str) -> str:
    """What went wrong, in the words of the command line."""
    return _render("trouble.html", token, told=said(error))


def said(error: DupfinderError) -> str:
    """An error and its hint, printable."""
    return printable(f"{error}: {error.hint}" if error.hint else str(error))


def clusters(review: Review, token: str) -> str:
    """All clusters, as they are decided so far."""
    desk, proposed = review.desk, review.proposed
    assert desk is not None
    assert proposed is not None
    cards = Cards(desk.found, proposed, review.protect)
    made = [cards.cluster(number, each) for number, each in enumerate(desk.found.clusters)]
    pairs = [cards.pair(match) for match in desk.found.similar]
    objects = [card_object(card) for cluster in made for card in cluster.photos]
    objects += [card_object(card) for pair in pairs for card in pair]
    gone = desk.gone
    for number, each in enumerate(objects):
        each["keepers"] = [other for other in each["keepers"] if other not in gone]
        if number in gone:
            each |= {"stays": _IN_TRASH, "gone": True}
    present = {kind_of(match) for cluster in desk.found.clusters for match in cluster.matches}
    known = {relation.value: word for relation, word in RELATIONS.items()}
    known["doubtful"] = "copy, or another exposure"
    return _render(
        "review.html",
        token,
        summary=summary(desk.found, cards.place),
        relations=[(kind, word) for kind, word in known.items() if kind in present],
        clusters=made,
        pairs=pairs,
        notes=[printable(note) for note in desk.found.notes],
        skipped=[(cards.name(each.path), printable(each.reason)) for each in desk.found.skipped],
        skipped_total=counted(len(desk.found.skipped), "file"),
        data=_embedded(
            {
                "version": desk.version,
                "choices": sorted(desk.choices.items()),
                "clusters": [cluster_object(card) for card in made],
                "cards": objects,
            }
        ),
    )


def plan(review: Review, token: str) -> str:
    """What would be done now."""
    desk = review.desk
    assert desk is not None
    run = review.dry_run()
    names = _Names(desk, review.proposed)
    planned = run.planned
    reclaimed = bytes_of(planned.reclaimed)
    return _render(
        "plan.html",
        token,
        title=f"{counted(len(planned.actions), 'photo')} to the trash",
        lead=f"{reclaimed} are freed when the trash is emptied." if planned.actions else "",
        going=[names.action(each) for each in planned.actions],
        left=[names.outcome(each) for each in run.left],
        spared=[names.spared(each) for each in planned.spared if each.code != _UNDECIDED],
        marked=[(names.name(one), names.name(other)) for one, other in desk.marked],
        digest=run.digest,
        data=_embedded({"version": run.version, "digest": run.digest}),
    )


def done(review: Review, token: str) -> str:
    """What the last act came to, and if it was taken back, that."""
    desk, acted = review.desk, review.acted
    assert desk is not None
    names = _Names(desk, review.proposed)
    outcomes = () if acted is None else (*acted.applied.outcomes, *acted.left)
    undone = None if acted is None else acted.undone
    return _render(
        "done.html",
        token,
        failure=None if review.failure is None else said(review.failure),
        title=_title(acted),
        run="" if acted is None else acted.applied.run,
        moved=[names.outcome(each) for each in outcomes if each.done],
        left=[names.outcome(each) for each in outcomes if not each.done],
        recovered=[] if acted is None else [printable(path) for path in acted.applied.recovered],
        is_undone=undone is not None,
        renamed=[] if undone is None else [names.path(path) for path in undone.renamed],
        failed=[]
        if undone is None
        else [(names.path(path), printable(reason)) for path, reason in undone.failed],
        can_undo=acted is not None and undone is None and any(each.done for each in outcomes),
        data=_embedded({"version": desk.version}),
    )


def _title(acted: Acted | None) -> str:
    if acted is None:
        return ""
    if acted.undone is not None:
        count = acted.undone.restored
        return f"{counted(count, 'photo')} back where {'it was' if count == 1 else 'they were'}"
    return f"{counted(sum(each.done for each in acted.applied.outcomes), 'photo')} in the trash"


class _Names:
    """Photos and what is said of them, as lists of texts; each with its picture."""

    def __init__(self, desk: Desk, proposed: Plan | None) -> None:
        found = desk.found
        actions = () if proposed is None else proposed.actions
        self._proposed = {(each.photo.path, each.keeper.path): each for each in actions}
        self._base = base_of(tuple(map(os.path.realpath, (*found.roots, *found.references))))
        digests = dict.fromkeys(photo.digest for photo in shown_photos(found))
        self._pictures = {digest: number for number, digest in enumerate(digests)}

    def path(self, path: str) -> str:
        return printable(relative(path, self._base))

    def name(self, photo: Photo) -> Json:
        return {"name": self.path(photo.path), "picture": self._pictures[photo.digest]}

    def action(self, action: Action) -> Json:
        """With the keep rule's words where it was proposed just so."""
        proposed = self._proposed.get((action.photo.path, action.keeper.path))
        return {
            "photo": self.name(action.photo),
            "keeper": self.name(action.keeper),
            "size": bytes_of(action.photo.size),
            "relation": relation_to_keeper(action),
            "why": action.because if proposed is None else because(proposed),
        }

    def outcome(self, outcome: Outcome) -> Json:
        places = ", ".join(map(printable, outcome.places))
        return self.action(outcome.action) | {
            "reason": printable(outcome.reason),
            "places": places,
        }

    def spared(self, spared: Spared) -> Json:
        return {"photo": self.name(spared.photo), "reason": printable(spared.reason)}


def _embedded(value: object) -> Markup:
    """JSON that may stand within a page: see `reports.page.data`."""
    return Markup(embedded(value))  # noqa: S704  # nothing in it can end its element


def _render(name: str, token: str, **told: Any) -> str:
    template = _templates().get_template(name)
    return template.render(token=token, version=version("dupfinder"), **told)
