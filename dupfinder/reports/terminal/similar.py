"""Other shots of one scene: photos that look alike and are no copies of each other."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from dupfinder.model import Found, Match, Photo
from dupfinder.reports.terminal.rows import DATED, STRONG, WEAK, Layout, Row, dated_facts, put
from dupfinder.reports.words import counted, proof_of, relation_of


def render_similar(found: Found, console: Console) -> None:
    """Prints, scene by scene, the photos of all similar pairs; nothing if there are none."""
    if not found.similar:
        return
    paths = (photo.path for match in found.similar for photo in (match.base, match.copy))
    layout = Layout(console, (*found.roots, *found.references), paths, DATED)
    put(console, Text("Other shots of one scene, which are no copies of each other:\n\n", WEAK))
    for number, (first, matches) in enumerate(_scenes(found.similar), start=1):
        put(console, _scene(number, first, matches, layout))


def _scenes(pairs: Sequence[Match]) -> Iterator[tuple[Photo, list[Match]]]:
    """The first photo of each scene and how the others were reached from it, each once.

    A burst of ten shots has forty-five pairs: nobody wants to read them all.
    """
    pairs_of: defaultdict[str, list[Match]] = defaultdict(list)
    photos: dict[str, Photo] = {}
    for match in pairs:
        for photo in (match.base, match.copy):
            pairs_of[photo.path].append(match)
            photos[photo.path] = photo
    seen: set[str] = set()
    for path in sorted(photos, key=os.fsencode):
        if path in seen:
            continue
        seen.add(path)
        matches: list[Match] = []
        scene = [photos[path]]
        for photo in scene:  # which grows by all that is reached from here
            for match in (_seen_from(photo, pair) for pair in pairs_of[photo.path]):
                if match.copy.path not in seen:
                    seen.add(match.copy.path)
                    scene.append(match.copy)
                    matches.append(match)
        yield scene[0], matches


def _seen_from(photo: Photo, pair: Match) -> Match:
    """To be shown, not to be reckoned with: edits lead one way only, and so does a transform."""
    other = pair.copy if pair.base.path == photo.path else pair.base
    evidence = replace(pair.evidence, transform=None)
    return replace(pair, base=photo, copy=other, edits=(), evidence=evidence)


def _scene(number: int, first: Photo, matches: Sequence[Match], layout: Layout) -> Text:
    text = Text()
    text.append(f"Scene {number:,}", STRONG).append(f" · {counted(len(matches) + 1, 'photo')}\n")
    layout.append(text, Row("*", first, dated_facts(first, layout)))
    paths = [first.path, *(match.copy.path for match in matches)]
    for match in matches:
        base = layout.other(match.base.path, paths) if match.base.path != first.path else ""
        relation, proof = relation_of(match, base), proof_of(match.evidence)
        layout.append(text, Row("", match.copy, dated_facts(match.copy, layout), relation, proof))
    return text.append("\n")
