"""`dupfinder undo`: take back what a run of `dupfinder clean` did."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Final

from dupfinder.api import runs, undo
from dupfinder.cli.options import add_color, add_format, add_quiet
from dupfinder.cli.scan import INCOMPLETE
from dupfinder.errors import UsageError

_STOPPED: Final = ": what came back is back; the same command goes on from there"
_EPILOG = """\
examples:
  dupfinder undo                                  the last that can be undone
  dupfinder undo --list                           all runs
  dupfinder undo 20260714-182205-123456-0a1b2c3d  that run

Photos come back with their content, names, times, modes and attributes.
Nothing is overwritten: where a name was taken meanwhile the photo gets another
one, which is printed. What was removed with clean --delete, or was emptied out
of the trash since, cannot come back.

exit codes:
  0  done
  2  there is nothing to undo, the call was wrong, or the machinery failed
  3  some photos could not be taken back; each is listed with the reason
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "undo",
        help="take back what clean did",
        description="Take back what a run of dupfinder clean did, the last one by default.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run, stopped=lambda _: _STOPPED)
    parser.add_argument("name", nargs="?", metavar="RUN", help="as clean and --list print it")
    parser.add_argument("--list", action="store_true", help="only list the runs; touches nothing")
    add_format(parser)
    add_color(parser)
    add_quiet(parser)


def run(options: argparse.Namespace) -> int:
    """Undo or list, and say by the exit code how it went."""
    if options.list:
        return _list(options)
    from dupfinder.cli.console import console, live_progress  # noqa: PLC0415
    from dupfinder.reports.acting import undone_lines  # noqa: PLC0415
    from dupfinder.reports.terminal import render_undone  # noqa: PLC0415

    with live_progress(options) as progress:
        undone = undo(options.name, progress=progress)
    if options.format == "json":
        sys.stdout.writelines(undone_lines(undone))
    else:
        render_undone(undone, console(options.color))
    return INCOMPLETE if undone.failed else 0


def _list(options: argparse.Namespace) -> int:
    from dupfinder.cli.console import console  # noqa: PLC0415
    from dupfinder.reports.acting import runs_lines  # noqa: PLC0415
    from dupfinder.reports.terminal import render_runs  # noqa: PLC0415

    if options.name is not None:
        raise UsageError("--list shows all runs", hint="leave out the run, or --list")
    if options.format == "json":
        sys.stdout.writelines(runs_lines(runs()))
    else:
        render_runs(runs(), console(options.color))
    return 0
