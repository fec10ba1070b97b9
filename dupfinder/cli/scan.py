"""`dupfinder scan`: find copies and print them, as text or as a report."""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from dupfinder.api import find, thumbnails
from dupfinder.cli.excludes import excluded
from dupfinder.cli.formats import DESCRIPTION, add_formats, check_format, emit
from dupfinder.cli.options import (
    add_against,
    add_cache,
    add_color,
    add_exclude,
    add_fallback,
    add_hasher,
    add_max_pixels,
    add_online_only,
    add_output,
    add_quiet,
    add_thumbnails,
)
from dupfinder.cli.written import check_output, write
from dupfinder.model import Found, Plan
from dupfinder.settings import INDEXES, LEVELS, Settings, WalkRules

if TYPE_CHECKING:
    from rich.console import Console

    from dupfinder.reports.terminal.pictures import Pictures

DUPLICATES, INCOMPLETE = 1, 3
KEPT = ": what was computed is kept; the same command goes on from there"

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)([kmgt]?)b?", re.ASCII | re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_REPORT_BEGINS = b'{\n "dupfinder"'

_LEVELS = """\
Each level finds what the one before it finds, and more:
  identical  files with the same bytes. Reads and decodes only files of
             equal size.
  hash       also photos that were re-encoded, resized, toned, turned,
             mirrored or simply framed. Costs one small decode a photo.
  copies     also crops down to a fifth of the area, all frames, tilts,
             captions, stickers, screenshots, collages and photos of
             prints; compares colours. Costs about twice the time of hash
             on camera photos, several times that on small pictures.
"""

_EPILOG = f"""\
formats:
{DESCRIPTION}
examples:
  dupfinder scan ~/Photos
  dupfinder scan ~/Photos /mnt/old-disk --exclude '*.png' --exclude Screenshots
  dupfinder scan ~/Photos --level hash      faster; no crops, no screenshots
  dupfinder scan /mnt/card --against ~/Photos       which are there already
  dupfinder scan ~/Photos --similar         also other shots of one scene
  dupfinder scan ~/Photos -o found.json     a report that other commands read
  dupfinder scan ~/Photos --format json | jq '.clusters | length'
  dupfinder scan ~/Photos --format paths0 | xargs -0 ls -l
  dupfinder scan ~/Photos --delete-dry-run  what could go; no file is touched
  dupfinder scan ~/Photos --exit-code --strict
                                    for scripts: 1 copies found, 3 files skipped

Nothing below the folders is ever changed. Results go to standard output,
progress and trouble to standard error. What was computed is kept in the cache:
a second scan decodes nothing again.
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "scan",
        help="find photos that show the same picture",
        description="Find photos that show the same picture, verified pair by pair.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run, stopped=what_stays)
    parser.add_argument("roots", nargs="+", metavar="PATH", help="folders (or single files)")
    add_against(parser)
    _add_output(parser.add_argument_group("output"))
    _add_selection(parser.add_argument_group("which files"))
    _add_method(parser.add_argument_group("how to look", _LEVELS))
    _add_machine(parser.add_argument_group("cache and machine"))


def _add_output(group: Any) -> None:
    add_output(group, "also write the JSON report to FILE")
    add_formats(group)
    group.add_argument(
        "--similar",
        action="store_true",
        help="also show other shots of one scene, which are no copies (JSON always holds them)",
    )
    group.add_argument(
        "--delete-dry-run",
        action="store_true",
        help="print which copies could go, which photo would stay and why, and how many bytes"
        " that frees; touches nothing",
    )
    add_thumbnails(group)
    add_color(group)
    add_quiet(group)
    group.add_argument("-v", "--verbose", action="store_true", help="say why it was done so")
    group.add_argument("--exit-code", action="store_true", help="exit with 1 if copies are found")
    group.add_argument("--strict", action="store_true", help="exit with 3 if files are skipped")


def _add_selection(group: Any) -> None:
    add_exclude(group)
    group.add_argument(
        "--min-size",
        type=_size,
        default=0,
        metavar="SIZE",
        help="leave out smaller files: 50000, 50k or 1.5M",
    )
    group.add_argument(
        "--hidden",
        action="store_true",
        help="also look into hidden and system folders (trash, thumbnails, photo libraries)",
    )
    add_online_only(group)
    add_max_pixels(group)


def _add_method(group: Any) -> None:
    group.add_argument("--level", choices=LEVELS, default="copies", help="default: %(default)s")
    add_hasher(group, "whose hash brings photos together")
    group.add_argument(
        "--radius",
        type=int,
        metavar="BITS",
        help="verify photos whose hashes differ in at most so many bits (default: by hasher;"
        " 60 of 256 for dct256)",
    )
    group.add_argument("--index", choices=INDEXES, default="auto", help="default: %(default)s")
    add_fallback(group)


def _add_machine(group: Any) -> None:
    group.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that decode (default: one per core; 0: this one)",
    )
    add_cache(group)


def _size(text: str) -> int:
    size = _SIZE.fullmatch(text)
    if size is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write 50000, 50k or 1.5M")
    number, unit = size.groups()
    return ceil(Fraction(number) * _UNITS[unit.lower()])


def what_stays(options: argparse.Namespace) -> str:
    """What is said of a scan that was interrupted."""
    return "" if options.no_cache else KEPT


def run(options: argparse.Namespace) -> int:
    """Scan, print, and say by the exit code how it went."""
    settings = Settings(
        walk=WalkRules(
            excluded(options.exclude, options.roots),
            options.min_size,
            options.hidden,
            options.online_only == "include",
        ),
        level=options.level,
        hasher=options.hasher,
        radius=options.radius,
        index=options.index,
        fallback=options.fallback,
        max_pixels=options.max_pixels,
        workers=options.workers,
        cache=options.cache,
        use_cache=not options.no_cache,
    )
    check_format(options.format)
    if options.output is not None:
        check_output(options.output, _REPORT_BEGINS)
    from dupfinder.cli.console import live_progress  # noqa: PLC0415

    with live_progress(options) as progress:
        found = find(options.roots, settings, progress, options.against)
    _tell(found, options)
    _report(found, options)
    if options.strict and found.skipped:
        return INCOMPLETE
    if options.exit_code and found.clusters:
        return DUPLICATES
    return 0


def _tell(found: Found, options: argparse.Namespace) -> None:
    """On standard error what is not part of what is printed."""
    from dupfinder.reports.names import printable  # noqa: PLC0415

    if options.verbose:
        for stage in found.stages:
            if stage.why:
                print(f"{stage.stage}: {printable(stage.why)}", file=sys.stderr)  # noqa: T201
    # The list of clusters ends with its notes; a report and a plan have none.
    if options.format != "text" or options.delete_dry_run:
        for note in found.notes:
            print(f"note: {printable(note)}", file=sys.stderr)  # noqa: T201


def _report(found: Found, options: argparse.Namespace) -> None:
    from dupfinder.choose import plan  # noqa: PLC0415
    from dupfinder.reports.json import json_lines  # noqa: PLC0415

    planned = plan(found) if options.delete_dry_run else None
    if options.output is not None:
        write(options.output, json_lines(found, planned))
    if options.format == "text":
        print_found(found, planned, options)
    else:
        emit(options.format, found, planned)


def print_found(found: Found, planned: Plan | None, options: argparse.Namespace) -> None:
    """For people: the clusters, or what could go."""
    from dupfinder.cli.console import console  # noqa: PLC0415
    from dupfinder.reports.terminal import (  # noqa: PLC0415
        render_found,
        render_plan,
        render_similar,
        render_skipped,
    )

    output = console(options.color)
    # Photos are found under their real paths; a root may have been named by a symlink.
    shown = replace(
        found,
        roots=tuple(map(os.path.realpath, found.roots)),
        references=tuple(map(os.path.realpath, found.references)),
    )
    if planned is None:
        pictures = _pictures(found, output) if options.thumbnails else None
        render_found(shown, output, similar=options.similar, pictures=pictures)
        return
    if options.similar:
        render_similar(shown, output)
    render_skipped(shown, output)
    render_plan(planned, (*shown.roots, *shown.references), output)


def _pictures(found: Found, output: Console) -> Pictures | None:
    """The photos of the clusters, if the terminal can show any."""
    from dupfinder.reports.terminal.pictures import HEIGHT, Pictures, can_show  # noqa: PLC0415

    why = can_show(output)
    if why:
        print(f"note: no pictures: {why}", file=sys.stderr)  # noqa: T201
        return None
    members = [photo for cluster in found.clusters for photo in cluster.members]
    return Pictures(thumbnails(members, 3 * HEIGHT), output)
