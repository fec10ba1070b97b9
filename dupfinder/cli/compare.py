"""`dupfinder compare`: explain two files, as text, as JSON and as a picture."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from dupfinder.api import compare
from dupfinder.cli.options import add_color, add_fallback, add_format, add_hasher, add_max_pixels
from dupfinder.errors import UsageError
from dupfinder.model import Comparison
from dupfinder.settings import Settings

SAME, DIFFERENT = 0, 1

_EPILOG = """\
examples:
  dupfinder compare IMG_2041.jpg "IMG_2041 (1).jpg"
  dupfinder compare a.jpg b.jpg --picture why.png       a picture of the evidence
  dupfinder compare a.jpg b.jpg --format json | jq .match.edits
  if dupfinder compare a.jpg b.jpg > /dev/null; then echo one photo; fi

exit codes:
  0  both show the same photo: identical, a copy, or a part of it
  1  they do not: different photos, or another shot of one scene
  2  the call was wrong, or a file cannot be compared; one sentence on standard error says why

Neither file is changed, and nothing is remembered.
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "compare",
        help="explain what two files are to each other, and which is the better copy",
        description="Explain two pictures: what one is to the other, which edits lead from one\n"
        "to the other, on what evidence, and which is the better copy.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run)
    parser.add_argument("first", metavar="A", help="a picture")
    parser.add_argument("second", metavar="B", help="the other one")
    _add_output(parser)
    _add_method(parser)


def _add_output(parser: argparse.ArgumentParser) -> None:
    add_format(parser)
    parser.add_argument(
        "--picture",
        metavar="FILE.png",
        help="also draw both side by side: matching keypoints, the overlap outlined, and where the"
        " aligned pictures differ; never overwrites a file",
    )
    add_color(parser)


def _add_method(parser: argparse.ArgumentParser) -> None:
    add_hasher(parser, "whose hash says how the pictures are turned")
    add_fallback(parser)
    add_max_pixels(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, print, draw, and answer by the exit code."""
    settings = Settings(
        hasher=options.hasher, fallback=options.fallback, max_pixels=options.max_pixels
    )
    target = None if options.picture is None else _target(options.picture)
    comparison = compare(options.first, options.second, settings)
    from dupfinder.reports.comparison import comparison_json, is_same  # noqa: PLC0415

    if target is not None:
        from dupfinder.reports.picture import draw  # noqa: PLC0415

        _write(target, draw(comparison, settings.max_pixels))
    if options.format == "json":
        sys.stdout.write(comparison_json(comparison))
    else:
        _print(comparison, options)
    return SAME if is_same(comparison) else DIFFERENT


def _print(comparison: Comparison, options: argparse.Namespace) -> None:
    from dupfinder.cli.console import console  # noqa: PLC0415
    from dupfinder.reports.comparison import render_comparison  # noqa: PLC0415

    render_comparison(comparison, console(options.color))


def _target(name: str) -> str:
    """Refuse before comparing what could not be written after it."""
    path = os.path.expanduser(name)
    if not path.lower().endswith(".png"):
        raise UsageError(
            f"{path!r}: the picture is a PNG file", hint="give it a name ending in .png"
        )
    if os.path.lexists(path):
        raise UsageError(
            f"{path!r} exists: it is not overwritten", hint="name a file that is not there yet"
        )
    if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise UsageError(f"cannot write a picture to {path!r}", hint="name a file in a folder")
    return path


def _write(path: str, data: bytes) -> None:
    try:
        with open(path, "xb") as file:  # refuses what came into being meanwhile
            file.write(data)
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {error.strerror}") from None
