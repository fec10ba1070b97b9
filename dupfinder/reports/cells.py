"""Lines of CSV (RFC 4180) that a spreadsheet can open without harm.

A cell can be no formula: what begins like one gets an apostrophe in front. What does not print is
escaped.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Final

from dupfinder.reports.names import printable

# What spreadsheets take for the beginning of a formula, the full-width signs included.
_FORMULA: Final = tuple("=+-@\t\r＝＋－＠")  # noqa: RUF001  # they are meant


class _Written:
    """A file that keeps what is written last."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def csv_line(cells: Sequence[str]) -> str:
    """One line with its end."""
    written = _Written()
    csv.writer(written).writerow([_cell(each) for each in cells])
    return written.text


def _cell(text: str) -> str:
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
