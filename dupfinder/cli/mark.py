"""`dupfinder mark`: say that photos are no duplicates of each other, for all later scans, too."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Final

from dupfinder.api import forget, import_marks, mark, marks
from dupfinder.cli.options import add_format
from dupfinder.cli.written import check_output, write
from dupfinder.errors import UsageError

_BEGINS: Final = b'{\n "kind": "verdicts"'
_EPILOG: Final = """\
examples:
  dupfinder mark IMG_2041.jpg IMG_2042.jpg --not-duplicate
  dupfinder mark twins/*.jpg --not-duplicate         each pair of them
  dupfinder mark IMG_2041.jpg IMG_2042.jpg --forget  ask again
  dupfinder mark IMG_2041.jpg --forget               all that was said of it
  dupfinder mark --list
  dupfinder mark --export verdicts.json
  dupfinder mark --import verdicts.json              on another machine

It is remembered by what the files hold: renamed, moved and copied files stay
decided, an edited one is asked about again. Later scans never show two photos
together that were marked, and clean leaves them by an older report, too.

Files with the same bytes cannot be told apart so: clean --protect keeps both.

exit codes:
  0  done
  2  the call was wrong, or the verdicts cannot be read or written
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "mark",
        help="say that photos are no duplicates, and have it remembered",
        description="Say that photos are no duplicates of each other, and have it remembered.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run)
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="picture files")
    what = parser.add_argument_group("what to do").add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--not-duplicate",
        action="store_true",
        help="no two of the photos are duplicates of each other",
    )
    what.add_argument(
        "--forget",
        action="store_true",
        help="take back what was said of each pair of the photos, or of the one that is named",
    )
    what.add_argument("--list", action="store_true", help="print what is marked")
    what.add_argument("--export", metavar="FILE", help="write what is marked to FILE as JSON")
    what.add_argument(
        "--import", dest="import_", metavar="FILE", help="add what FILE, an export, holds"
    )
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Do it, and say in one line what was done."""
    is_about_photos = options.not_duplicate or options.forget
    if options.photos and not is_about_photos:
        raise UsageError("--list, --export and --import are about all photos", hint="name none")
    if options.format == "json" and not options.list:
        raise UsageError("--format goes with --list", hint="leave it out")
    if options.not_duplicate:
        _say(f"marked as no duplicates: {_pairs(mark(options.photos))} more")
    elif options.forget:
        _say(f"forgotten: {_pairs(len(forget(options.photos)))}")
    elif options.list:
        _list(options.format)
    elif options.import_ is not None:
        _say(f"imported: {_pairs(import_marks(options.import_))} more")
    else:
        _export(options.export)
    return 0


def _list(style: str) -> None:
    from dupfinder.reports.verdicts import listed, verdict_lines  # noqa: PLC0415

    known = marks()
    sys.stdout.writelines(verdict_lines(known) if style == "json" else listed(known))


def _export(path: str) -> None:
    from dupfinder.reports.verdicts import verdict_lines  # noqa: PLC0415

    check_output(path, _BEGINS)
    known = marks()
    write(path, verdict_lines(known))
    _say(f"exported: {_pairs(len(known))}")


def _pairs(count: int) -> str:
    from dupfinder.reports.words import counted  # noqa: PLC0415

    return counted(count, "pair")


def _say(line: str) -> None:
    print(line)  # noqa: T201
