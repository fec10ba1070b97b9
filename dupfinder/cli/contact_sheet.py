"""`dupfinder search --html`: what was found as a page to look at."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dupfinder.api import thumbnails
from dupfinder.cli.written import check_output, write
from dupfinder.errors import UsageError
from dupfinder.model import Photo, Searched, Skipped
from dupfinder.settings import Settings

if TYPE_CHECKING:
    from dupfinder.protocols import Progress

STDOUT: Final = "-"


def add_html(group: Any) -> None:
    """The option."""
    group.add_argument(
        "--html",
        metavar="FILE",
        type=os.path.expanduser,
        help="also write one page with each query beside its results, all pictures in it (-: to"
        " standard output, and nothing else); an older page of dupfinder is replaced, nothing else",
    )


def check_html(options: argparse.Namespace) -> None:
    """Refuse before the search what could not be written after it.

    Raises:
        UsageError: if the options do not go together, or something else has that name.
    """
    if options.html is None:
        return
    if options.evaluate:
        raise UsageError("an evaluation has no page", hint="leave out --html, or --evaluate")
    if options.html != STDOUT:
        from dupfinder.reports.html import BEGINS  # noqa: PLC0415

        check_output(options.html, BEGINS)
    elif options.format != "text":
        raise UsageError(
            "standard output cannot hold a page and another format",
            hint="name a file: --html results.html",
        )


def write_sheet(
    found: Searched,
    places: dict[str, str],
    options: argparse.Namespace,
    settings: Settings,
    progress: Progress | None,
) -> None:
    """Write the page.

    Args:
        places: where photos lie that are shown under another name.
    """
    from dupfinder.reports.searched.html import searched_html  # noqa: PLC0415

    def made(photos: Sequence[Photo], side: int) -> Iterator[tuple[Photo, bytes | Skipped]]:
        lying = [_at(photo, places.get(photo.path, photo.path)) for photo in photos]
        if progress is not None:
            progress.stage("pictures", len(photos))
        for shown in thumbnails(lying, side, settings):
            yield shown
            if progress is not None:
                progress.advance()

    lines = searched_html(found, made)
    if options.html == STDOUT:
        for line in lines:
            sys.stdout.buffer.write(line.encode())
    else:
        write(options.html, lines, "utf-8")


def _at(photo: Photo, path: str) -> Photo:
    return replace(photo, file=replace(photo.file, path=path))
