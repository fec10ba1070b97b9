"""One explained pair, printed with rich: legible at 80 columns and without colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dupfinder.hashers import HASHERS
from dupfinder.model import Comparison, Orientation, Photo, Relation
from dupfinder.reports.comparison.words import (
    answer,
    better_rows,
    by_hasher,
    evidence_rows,
    headline,
    sentence,
    turn_of_first,
)
from dupfinder.reports.names import printable, shorten
from dupfinder.reports.words import bytes_of, sides

_PATH: Final = "cyan"
_STRONG: Final = "bold"
_LABEL: Final = 14
_ORIENTATIONS: Final = {
    Orientation.UPRIGHT: "as they are",
    Orientation.TURNED_90: "A turned 90° counter-clockwise",
    Orientation.TURNED_180: "A turned 180°",
    Orientation.TURNED_270: "A turned 90° clockwise",
    Orientation.MIRRORED: "A mirrored",
    Orientation.MIRRORED_90: "A turned 90° counter-clockwise, then mirrored",
    Orientation.MIRRORED_180: "A turned 180°, then mirrored",
    Orientation.MIRRORED_270: "A turned 90° clockwise, then mirrored",
}


def render_comparison(comparison: Comparison, console: Console) -> None:
    """Prints the files, what they are to each other, the evidence, and which is the better copy."""
    text = Text()
    for letter, photo in (("A", comparison.first), ("B", comparison.second)):
        text.append(f"{letter}  ", _STRONG).append(_name(photo, console), _PATH).append("\n")
        for line in _joined(_facts(photo), console.width - 3):
            text.append(f"   {line}\n")
    _heading(text, headline(comparison))
    rows: list[tuple[str, str]] = []
    if comparison.match is not None:
        rows += [("relation", sentence(comparison)), *evidence_rows(comparison, comparison.match)]
    _rows(text, rows, console)
    if comparison.match is None or comparison.match.relation is Relation.SIMILAR:
        _heading(text, "What was tried")
        _rows(text, _tried(comparison), console)
    _hashes(text, comparison)
    better = list(better_rows(comparison))
    if better:
        _heading(text, "The better copy")
        _rows(text, better, console)
    console.print(text, soft_wrap=True, end="")


def _heading(text: Text, words: str) -> None:
    text.append(f"\n{words}\n", _STRONG)


def _joined(facts: Iterable[str], width: int) -> Iterator[str]:
    """As many facts on a line as there is room for."""
    line = ""
    for fact in facts:
        longer = f"{line} · {fact}" if line else fact
        if line and cell_len(longer) > width:
            yield line
            longer = fact
        line = longer
    yield line


def _rows(text: Text, rows: list[tuple[str, str]], console: Console) -> None:
    """Label and words; long words go on below themselves."""
    for label, words in rows:
        # A percent sign stays with its number.
        lines = wrap(words.replace(" %", "\u00a0%"), max(30, console.width - _LABEL - 2)) or [""]
        lines = [line.replace("\u00a0", " ") for line in lines]
        text.append(f"  {label:<{_LABEL}}{lines[0]}".rstrip() + "\n")
        for line in lines[1:]:
            text.append(f"  {'':<{_LABEL}}{line}\n")


def _name(photo: Photo, console: Console) -> str:
    if console.is_terminal:
        return shorten(photo.path, console.width - 3, cell_len)
    return printable(photo.path)


def _facts(photo: Photo) -> Iterator[str]:
    yield f"{sides(photo)} pixels"
    if photo.inner != (photo.width, photo.height):
        yield f"{photo.inner[0]}x{photo.inner[1]} without its frame"
    yield bytes_of(photo.size)
    yield f"{photo.format}{', lossless' if photo.lossless else ''}"
    if photo.taken_at is not None:
        yield f"taken {printable(photo.taken_at)}"
    else:
        modified = photo.file.stamp.modified
        yield f"no capture time, written {modified} UTC" if modified else "no capture time"
    for told in (photo.camera, photo.exposure):
        if told is not None:
            yield printable(told)


def _tried(comparison: Comparison) -> list[tuple[str, str]]:
    """Every verifier that was asked, and how far the pair came."""
    rows = []
    turn = None
    for pair, verdict in comparison.tried:
        now = turn_of_first(comparison, pair)
        if now is not turn:
            rows.append((_ORIENTATIONS[now], ""))
            turn = now
        rows.append((f"  {verdict.evidence.verifier}", answer(verdict)))
    return rows


def _hashes(text: Text, comparison: Comparison) -> None:
    """A line a hasher: the distance as the pictures are, at best turned, and what a scan sees."""
    _heading(text, "Hash distances, in bits")
    text.append(f"  {'':<{_LABEL}}{'as they are':>11}{'turned':>9}{'a scan looks within':>22}\n")
    for name, pairs in by_hasher(comparison).items():
        hasher = HASHERS[name]
        upright = f"{pairs[0].distance} of {hasher.length}"
        turned = str(pairs[1].distance) if len(pairs) > 1 else ""
        radius = hasher.default_radius
        text.append(f"  {name:<{_LABEL}}{upright:>11}{turned:>9}{radius:>22}\n")
    if any(len(pairs) > 1 for pairs in by_hasher(comparison).values()):
        text.append("  turned: with A turned or mirrored, at best; only dct256 looks for that\n")
