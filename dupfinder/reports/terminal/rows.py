"""One line a photo where the terminal is wide enough, two or three where it is not.

Lines are padded here and not by `rich.table`: a table a cluster is slow, and one table for all
would hold the output back until the last cluster is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from dupfinder.model import Photo
from dupfinder.reports.names import base_of, known_as, printable, relative, shorten
from dupfinder.reports.words import bytes_of, dated, sides

# From this width on, all columns stand beside each other.
WIDE: Final = 165

PATH: Final = "cyan"
STRONG: Final = "bold"
WEAK: Final = "dim"

SHARES: Final = "%: of a side where resized, of the area where cropped, extended, written over\n"

_GAP: Final = "  "
_RELATION: Final = 40
# A path column below this says too little, however long the rest is.
_LEAST_PATH: Final = 30
# The name of another photo within a relation: a longer one would push out what it is about.
_OTHER_NAME: Final = 30


def put(console: Console, text: Text) -> None:
    """Prints `text` as it is: the layout has placed the lines, and a file is never cut."""
    console.print(text, soft_wrap=True, end="")


@dataclass(frozen=True, slots=True)
class Row:
    """A photo as it is shown: its part, its names, what it is, what it is to another, and why.

    Only the names of `photo` may hold what does not print.
    """

    mark: str
    photo: Photo
    facts: str
    relation: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells of what stands beside the path; marks and facts never exceed theirs."""

    mark: int
    facts: int
    reason: int


# Beside what `dated_facts` says.
DATED: Final = Columns(mark=2, facts=40, reason=44)


class Layout:
    """Where things stand on one console, for all rows of one report.

    `paths` are all that will be shown: they decide how far the other columns are from the names.
    On a terminal a path is shortened to the room there is; in a pipe it is always whole.
    """

    def __init__(
        self, console: Console, roots: Sequence[str], paths: Iterable[str], columns: Columns
    ) -> None:
        self.width = console.width
        self.is_wide = console.width >= WIDE
        self._base = base_of(roots)
        self._shortens = console.is_terminal
        self._columns = columns
        others = columns.mark + columns.facts + _RELATION + columns.reason + 3 * len(_GAP)
        longest = max((cell_len(self.name(path)) for path in paths), default=0)
        self._path = max(_LEAST_PATH, min(longest, self.width - others))

    def name(self, path: str, room: int | None = None) -> str:
        """The path as it is shown: below the roots, printable, within `room` cells."""
        return self._within(relative(path, self._base), room)

    def other(self, path: str, among: Iterable[str]) -> str:
        """The name of a photo in the line of another one, which tells it from all `among`."""
        known = known_as(path, among)
        return self._within(relative(known, self._base), _OTHER_NAME)

    def head(self, legend: str) -> Text:
        """Where the photos lie, and what the signs mean."""
        text = Text()
        if self._base:
            text.append("Photos below ").append(printable(self._base), PATH).append("\n")
        return text.append(legend, WEAK).append("\n")

    def append(self, text: Text, row: Row) -> None:
        """Adds the lines of `row` to `text`, each with its line end."""
        if self.is_wide:
            self._append_wide(text, row)
        else:
            self._append_narrow(text, row)
        indent = " " * (self._columns.mark + 2)
        if row.photo.damage is not None:
            text.append(f"{indent}damaged: {printable(row.photo.damage)}\n", STRONG)
        label = f"{indent}also: "
        for link in row.photo.file.links:
            name = self.name(link, self.width - len(label))
            text.append(label).append(name, PATH).append("\n")

    def _within(self, seen: str, room: int | None) -> str:
        if room is None or not self._shortens:
            return printable(seen)
        return shorten(seen, room, cell_len)

    def _append_wide(self, text: Text, row: Row) -> None:
        name = self.name(row.photo.path, self._path)
        text.append(f"{row.mark:<{self._columns.mark}}", STRONG)
        text.append(name, PATH)
        text.append(" " * (self._path - cell_len(name)) + _GAP)
        text.append(row.facts if row.relation or row.reason else row.facts.rstrip())
        further = self._columns.mark + self._path + len(_GAP) + self._columns.facts
        details = zip_longest(
            wrapped(row.relation, _RELATION),
            wrapped(row.reason, self._columns.reason),
            fillvalue="",
        )
        for number, (relation, reason) in enumerate(details):
            if number:
                text.append("\n" + " " * further)
            text.append(_GAP + relation)
            if reason:
                text.append(" " * (_RELATION - cell_len(relation)) + _GAP).append(reason, WEAK)
        text.append("\n")

    def _append_narrow(self, text: Text, row: Row) -> None:
        """Path and facts on a line each, the rest at the right end of the first line with room."""
        name = self.name(row.photo.path, self.width - self._columns.mark)
        indent = " " * (self._columns.mark + 2)
        lines = [
            Text.assemble((f"{row.mark:<{self._columns.mark}}", STRONG), (name, PATH)),
            Text(indent + row.facts.rstrip()),
        ]
        here = 0
        for detail, style in ((row.relation, ""), (row.reason, WEAK)):
            pieces = wrapped(detail, self.width - len(indent))
            start = self.width - max(map(cell_len, pieces), default=0)
            for piece in pieces:
                while here < len(lines) and lines[here].cell_len + len(_GAP) > start:
                    here += 1
                if here == len(lines):
                    lines.append(Text())
                lines[here].append(" " * (start - lines[here].cell_len) + piece, style)
                here += 1
        for line in lines:
            text.append_text(line).append("\n")


def dated_facts(photo: Photo, layout: Layout) -> str:
    """Sides, bytes and date of a photo, one below the other in all rows."""
    date = dated(photo, to_the_minute=layout.is_wide)
    if layout.is_wide:
        return f"{sides(photo):>11}  {bytes_of(photo.size):>7}  {date:<18}"
    return f"{sides(photo):>9}  {bytes_of(photo.size):>6}  {date}"


def wrapped(words: str, width: int, *, cut: bool = True) -> list[str]:
    """`words` in lines of at most `width` cells, none for no words.

    A number stays with its per cent. A word that is longer than a line is `cut`, or where it may be
    wanted as it is (a path) stands on a line of its own.
    """
    lines: list[str] = []
    line = ""
    for word in words.replace(" %", "\N{NO-BREAK SPACE}%").split(" "):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        lines.append(line)
        *whole, line = (cut and chop_cells(word, width)) or [word]
        lines += whole
    return [
        line.replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in (*lines, line) if line.rstrip()
    ]
