"""`dupfinder report`: a report of a scan, as a page to look at, or as text."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from dupfinder.api import load, thumbnails
from dupfinder.cli.formats import DESCRIPTION, add_formats, check_format, emit
from dupfinder.cli.options import add_color, add_quiet, add_thumbnails
from dupfinder.cli.scan import print_found
from dupfinder.cli.written import check_output, write
from dupfinder.errors import UsageError

if TYPE_CHECKING:
    from dupfinder.model import Found, Photo, Skipped
    from dupfinder.protocols import Progress

_EPILOG: Final = f"""\
formats:
{DESCRIPTION}
examples:
  dupfinder scan ~/Photos -o found.json
  dupfinder report found.json --html report.html     then open it in a browser
  dupfinder clean decisions.json                     what was decided there
  dupfinder report found.json                        as dupfinder scan prints it
  dupfinder report found.json --format csv > found.csv

The page holds all that it shows, asks no network for anything, and can be put
away or sent. It touches no photo: what is decided in it is saved as a file,
which dupfinder clean carries out as it does a report, a dry run first.

exit codes:
  0  done
  2  the call was wrong, or the machinery failed
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "report",
        help="show a report of scan -o: as a page to decide in, as text, or for scripts",
        description="Show a report that dupfinder scan -o has written.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run)
    parser.add_argument("report", metavar="REPORT", type=os.path.expanduser, help="of scan -o")
    parser.add_argument(
        "--html",
        metavar="FILE",
        type=os.path.expanduser,
        help="write one page with all pictures in it to FILE (-: standard output); an older page"
        " of dupfinder is replaced, nothing else",
    )
    add_formats(parser)
    parser.add_argument(
        "--similar", action="store_true", help="in text: also show other shots of one scene"
    )
    add_thumbnails(parser)
    add_color(parser)
    add_quiet(parser)


def run(options: argparse.Namespace) -> int:
    """Write or print it."""
    from dupfinder.reports.html import BEGINS  # noqa: PLC0415

    if options.html is None:
        check_format(options.format)
    elif options.format != "text":
        raise UsageError("a page has no other format", hint="leave out --html, or --format")
    elif options.html != "-":
        check_output(options.html, BEGINS)
    found = load(options.report)
    if options.html is not None:
        _write_page(found, options)
    elif options.format == "text":
        print_found(found, None, options)
    else:
        emit(options.format, found, None)
    return 0


def _write_page(found: Found, options: argparse.Namespace) -> None:
    from dupfinder.choose import plan  # noqa: PLC0415
    from dupfinder.cli.console import live_progress  # noqa: PLC0415
    from dupfinder.reports.html import html_lines  # noqa: PLC0415

    with live_progress(options) as progress:

        def made(photos: Sequence[Photo], side: int) -> Iterator[tuple[Photo, bytes | Skipped]]:
            return _counted(photos, side, progress)

        lines = html_lines(found, plan(found), made, os.path.abspath(options.report))
        if options.html == "-":
            for line in lines:
                sys.stdout.buffer.write(line.encode())
        else:
            write(options.html, lines, "utf-8")


def _counted(
    photos: Sequence[Photo], side: int, progress: Progress | None
) -> Iterator[tuple[Photo, bytes | Skipped]]:
    """The pictures, one after the other, as the progress display sees them."""
    if progress is not None:
        progress.stage("pictures", len(photos))
    for shown in thumbnails(photos, side):
        yield shown
        if progress is not None:
            progress.advance()
