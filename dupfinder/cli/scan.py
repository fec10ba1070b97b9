"""`dupfinder scan`: find copies and print them, as text or as a report."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

from dupfinder.api import find
from dupfinder.errors import UsageError
from dupfinder.model import Found, Plan
from dupfinder.settings import FALLBACKS, HASHERS, INDEXES, MAX_PIXELS, Settings, WalkRules

DUPLICATES, INCOMPLETE = 1, 3

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
_REPORT_BEGINS = b'{\n "dupfinder"'

_EPILOG = """\
examples:
  dupfinder scan ~/Photos
  dupfinder scan ~/Photos /mnt/old-disk --exclude '*.png' --exclude Screenshots
  dupfinder scan ~/Photos -o found.json               a report that other commands read
  dupfinder scan ~/Photos --format json | jq '.clusters | length'
  dupfinder scan ~/Photos --delete-dry-run            what could go; no file is touched
  dupfinder scan ~/Photos --exit-code --strict        for scripts: 1 copies found, 3 files skipped

Nothing below the folders is ever changed. Results go to standard output, progress and trouble to
standard error. What was computed is kept in the cache: a second scan decodes nothing again.
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "scan",
        help="find photos that show the same picture",
        description="Find photos that show the same picture, verified pair by pair.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    parser.add_argument("roots", nargs="+", metavar="PATH", help="folders (or single files)")
    _add_output(parser.add_argument_group("output"))
    _add_selection(parser.add_argument_group("which files"))
    _add_method(parser.add_argument_group("how to look"))
    _add_machine(parser.add_argument_group("cache and machine"))


def _add_output(group: Any) -> None:
    group.add_argument("-o", "--output", metavar="FILE", help="also write the JSON report to FILE")
    group.add_argument(
        "--format", choices=("text", "json"), default="text", help="of standard output"
    )
    group.add_argument(
        "--delete-dry-run",
        action="store_true",
        help="print which copies could go, which photo would stay and why, and how many bytes"
        " that frees; touches nothing",
    )
    group.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="NO_COLOR is heeded"
    )
    group.add_argument("-q", "--quiet", action="store_true", help="no progress display")
    group.add_argument("-v", "--verbose", action="store_true", help="say why it was done so")
    group.add_argument("--exit-code", action="store_true", help="exit with 1 if copies are found")
    group.add_argument("--strict", action="store_true", help="exit with 3 if files are skipped")


def _add_selection(group: Any) -> None:
    group.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="GLOB",
        help="leave out files and folders of this name, or with a slash of this path below a"
        " root; can be repeated",
    )
    group.add_argument(
        "--min-size", type=_size, default=0, metavar="SIZE", help="in bytes, or like 50k or 2M"
    )
    group.add_argument(
        "--hidden",
        action="store_true",
        help="also look into hidden and system folders (trash, thumbnails, photo libraries)",
    )
    group.add_argument(
        "--max-pixels",
        type=int,
        default=MAX_PIXELS,
        metavar="N",
        help="skip larger pictures (default: %(default)s)",
    )


def _add_method(group: Any) -> None:
    group.add_argument("--hasher", choices=HASHERS, default="dct256", help="default: %(default)s")
    group.add_argument(
        "--radius",
        type=int,
        metavar="BITS",
        help="verify photos whose hashes differ in at most so many bits (default: by hasher;"
        " 60 of 256 for dct256)",
    )
    group.add_argument("--index", choices=INDEXES, default="auto", help="default: %(default)s")
    group.add_argument(
        "--fallback",
        choices=FALLBACKS,
        default="kaze",
        help="the keypoints to ask where ORB is undecided (default: %(default)s)",
    )


def _add_machine(group: Any) -> None:
    group.add_argument("--workers", type=int, metavar="N", help="processes (default: one per core)")
    group.add_argument("--cache", metavar="FILE", help="default: in the platform's cache folder")
    group.add_argument("--no-cache", action="store_true", help="remember nothing beyond this run")


def _size(text: str) -> int:
    number, unit = (text[:-1], text[-1]) if text[-1:] in ("k", "M", "G") else (text, "")
    if not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write 50000, 50k or 2M")
    return int(number) * _UNITS[unit]


def run(options: argparse.Namespace) -> int:
    """Scan, print, and say by the exit code how it went."""
    settings = Settings(
        walk=WalkRules(tuple(options.exclude), options.min_size, options.hidden),
        hasher=options.hasher,
        radius=options.radius,
        index=options.index,
        fallback=options.fallback,
        max_pixels=options.max_pixels,
        workers=options.workers,
        cache=options.cache,
        use_cache=not options.no_cache,
    )
    if options.output is not None:
        _check_output(options.output)
    with _progress(options) as progress:
        found = find(options.roots, settings, progress)
    if options.verbose:
        for stage in found.stages:
            if stage.why:
                print(f"{stage.stage}: {stage.why}", file=sys.stderr)  # noqa: T201
    _report(found, options)
    if options.strict and found.skipped:
        return INCOMPLETE
    if options.exit_code and found.clusters:
        return DUPLICATES
    return 0


def _progress(options: argparse.Namespace) -> Any:
    """A live display, only on a terminal and only if wanted."""
    if options.quiet or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console  # noqa: PLC0415

    from dupfinder.reports.progress import LiveProgress  # noqa: PLC0415

    return LiveProgress(Console(stderr=True, color_system=_colors(options)))


def _report(found: Found, options: argparse.Namespace) -> None:
    from dupfinder.choose import plan  # noqa: PLC0415
    from dupfinder.reports.json import json_lines  # noqa: PLC0415

    planned = plan(found) if options.delete_dry_run else None
    if options.output is not None:
        _write(options.output, json_lines(found, planned))
    if options.format == "json":
        sys.stdout.writelines(json_lines(found, planned))
    else:
        _print(found, planned, options)


def _print(found: Found, planned: Plan | None, options: argparse.Namespace) -> None:
    from rich.console import Console  # noqa: PLC0415

    from dupfinder.reports.terminal import render_found, render_plan, render_skipped  # noqa: PLC0415

    class Output(Console):
        """A pipe that was closed is for `main` to deal with; rich would exit with 1."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = Output(
        color_system=_colors(options), force_terminal=True if options.color == "always" else None
    )
    if planned is None:
        render_found(found, console)
    else:
        render_skipped(found, console)
        render_plan(planned, found.roots, console)


def _colors(options: argparse.Namespace) -> Any:
    return {"auto": "auto", "always": "standard", "never": None}[options.color]


def _check_output(path: str) -> None:
    """Refuse before the scan what could not be written after it."""
    if os.path.isdir(path) or not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise UsageError(f"cannot write a report to {path!r}", hint="name a file in a folder")
    if os.path.lexists(path):
        if not os.path.isfile(path):
            raise UsageError(
                f"{path!r} is no file that a report could replace",
                hint="--format json prints the report",
            )
        with open(path, "rb") as file:
            begin = file.read(len(_REPORT_BEGINS))
        if begin and begin != _REPORT_BEGINS:
            raise UsageError(
                f"{path!r} exists and is no report of dupfinder: it is not overwritten",
                hint="name another file",
            )


def _write(path: str, lines: Iterable[str]) -> None:
    """Whole or not at all: an interrupted run leaves an older report as it was."""
    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "x", encoding="ascii", newline="\n") as file:
            file.writelines(lines)
        os.replace(part, path)
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {error.strerror}") from None
