"""Which files of a cluster were converted from another format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dupfinder.model import Match, Photo, Relation

SAME_PIXELS: Final = (Relation.IDENTICAL, Relation.SAME_PIXELS)

_PALETTE: Final = "GIF"


def conversions(photos: Sequence[Photo], matches: Sequence[Match]) -> dict[str, str]:
    """The format that each converted photo was made from, by path.

    A lossless file with the pixels of a lossy one was made from it, and so was a palette of 256
    colours. What no camera is named in was made from what one is named in.

    Args:
        photos: those that show one photo whole or in part, and nothing else.
        matches: the comparisons among them, each base before its copies.
    """
    lossy = _lossy_sources(photos, matches)
    taken = [photo.format for photo in photos if photo.camera is not None]
    colours = [photo.format for photo in photos if photo.format != _PALETTE]
    found = {}
    for photo in photos:
        if photo.lossless and photo.path in lossy:
            found[photo.path] = lossy[photo.path]
        elif taken and photo.format not in taken:
            found[photo.path] = taken[0]
        elif photo.format == _PALETTE and colours:
            found[photo.path] = colours[0]
    return found


def _lossy_sources(photos: Sequence[Photo], matches: Sequence[Match]) -> dict[str, str]:
    """The format of a lossy file with the same pixels, by path, where there is one."""
    twins = {photo.path: photo.path for photo in photos}  # the first of those with equal pixels
    for match in matches:
        if match.relation in SAME_PIXELS:
            twins[match.copy.path] = twins.get(match.base.path, match.base.path)
    formats: dict[str, str] = {}
    for photo in photos:
        if not photo.lossless:
            formats.setdefault(twins[photo.path], photo.format)
    return {path: formats[first] for path, first in twins.items() if first in formats}
