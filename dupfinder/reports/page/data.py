"""Cards -> the JSON that the script of a page reads, safe to stand within HTML."""

from __future__ import annotations

from dupfinder.reports.json_nouns import Json, dumps, named
from dupfinder.reports.page.cards import ClusterCard, PhotoCard

_DIGITS = 9


def embedded(value: object) -> str:
    """JSON in ASCII that can end no element and begin no comment: `<`, `>` and `&` are escaped."""
    text = dumps(value)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def cluster_object(card: ClusterCard) -> Json:
    """A cluster, whose cards follow each other."""
    return {
        "id": card.cluster.id,
        "first": card.photos[0].number,
        "count": len(card.photos),
        "bytes": card.cluster.reclaimable,
        "relations": list(card.relations),
    }


def card_object(card: PhotoCard) -> Json:
    """A card with all that comparing and deciding need."""
    photo = card.photo
    transform = card.transform
    return named(photo.path) | {
        "name": card.name,
        "digest": photo.digest.hex(),
        "picture": card.picture,
        "width": photo.width,
        "height": photo.height,
        "frees": photo.file.frees,
        "base": card.base,
        "transform": None if transform is None else [float(f"{x:.{_DIGITS}g}") for x in transform],
        "proof": card.proof,
        "proposal": card.proposal,
        "keepers": list(card.keepers),
        "copies": list(card.copies),
        "stays": card.stays,
    }
