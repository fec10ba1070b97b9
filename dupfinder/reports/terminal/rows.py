"""One line a photo where the terminal is wide enough, two or three where it is not.

Lines are padded here and not by `rich.table`: a table a cluster is slow, and one table for all
would hold the output back until the last cluster is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dupfinder.reports.names import base_of, printable, relative, shorten

# From this width on, all columns stand beside each other.
WIDE: Final = 165

PATH: Final = "cyan"
STRONG: Final = "bold"
WEAK: Final = "dim"

_GAP: Final = "  "
_RELATION: Final = 40
# A path column below this says too little, however long the rest is.
_LEAST_PATH: Final = 30


def put(console: Console, text: Text) -> None:
    """Prints `text` as it is: the layout has placed the lines, and a file is never cut."""
    console.print(text, soft_wrap=True, end="")


@dataclass(frozen=True, slots=True)
class Row:
    """A photo as it is shown: its part, its path, what the file is, what it is to another, and why.

    Only `path` may hold what does not print.
    """

    mark: str
    path: str
    facts: str
    relation: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells of what stands beside the path; marks and facts never exceed theirs."""

    mark: int
    facts: int
    reason: int


class Layout:
    """Where things stand on one console, for all rows of one report.

    `paths` are all that will be shown: they decide how far the other columns are from the names.
    On a terminal a path is shortened to the room there is; in a pipe it is always whole.
    """

    def __init__(
        self, console: Console, roots: Sequence[str], paths: Iterable[str], columns: Columns
    ) -> None:
        self.base = base_of(roots)
        self.width = console.width
        self.is_wide = console.width >= WIDE
        self._shortens = console.is_terminal
        self._columns = columns
        others = columns.mark + columns.facts + _RELATION + columns.reason + 3 * len(_GAP)
        longest = max((cell_len(self.name(path)) for path in paths), default=0)
        self._path = max(_LEAST_PATH, min(longest, self.width - others))

    def name(self, path: str, room: int | None = None) -> str:
        """The path as it is shown: below the roots, printable, within `room` cells."""
        seen = relative(path, self.base)
        if room is None or not self._shortens:
            return printable(seen)
        return shorten(seen, room, cell_len)

    def append(self, text: Text, row: Row) -> None:
        """Adds the lines of `row` to `text`, each with its line end."""
        if self.is_wide:
            self._append_wide(text, row)
        else:
            self._append_narrow(text, row)

    def _append_wide(self, text: Text, row: Row) -> None:
        name = self.name(row.path, self._path)
        text.append(f"{row.mark:<{self._columns.mark}}", STRONG)
        text.append(name, PATH)
        text.append(" " * (self._path - cell_len(name)) + _GAP)
        text.append(row.facts if row.relation or row.reason else row.facts.rstrip())
        further = self._columns.mark + self._path + len(_GAP) + self._columns.facts
        details = zip_longest(
            _wrapped(row.relation, _RELATION),
            _wrapped(row.reason, self._columns.reason),
            fillvalue="",
        )
        for number, (relation, reason) in enumerate(details):
            if number:
                text.append("\n" + " " * further)
            text.append(_GAP + (f"{relation:<{_RELATION}}" if reason else relation))
            if reason:
                text.append(_GAP + reason, WEAK)
        text.append("\n")

    def _append_narrow(self, text: Text, row: Row) -> None:
        """Path and facts on a line each, the rest at the right end of the first line with room."""
        name = self.name(row.path, self.width - self._columns.mark)
        indent = " " * (self._columns.mark + 2)
        lines = [
            Text.assemble((f"{row.mark:<{self._columns.mark}}", STRONG), (name, PATH)),
            Text(indent + row.facts.rstrip()),
        ]
        here = 0
        for detail, style in ((row.relation, ""), (row.reason, WEAK)):
            for piece in _wrapped(detail, self.width - len(indent)):
                taken = len(_GAP) + len(piece)
                while here < len(lines) and lines[here].cell_len + taken > self.width:
                    here += 1
                if here == len(lines):
                    lines.append(Text())
                free = self.width - lines[here].cell_len - len(piece)
                lines[here].append(" " * free + piece, style)
                here += 1
        for line in lines:
            text.append_text(line).append("\n")


def _wrapped(words: str, width: int) -> list[str]:
    """`words` in lines of at most `width`, none for no words; a number stays with its per cent."""
    if len(words) <= width:
        return [words] if words else []
    glued = words.replace(" %", "\N{NO-BREAK SPACE}%")
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in wrap(glued, width)]
