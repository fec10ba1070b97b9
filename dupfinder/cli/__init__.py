"""The command line: one module per command, thin clients of `api`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from dupfinder.errors import DupfinderError

MISUSE, INTERRUPTED, TERMINATED, READER_GONE = 2, 130, 143, 141

_DESCRIPTION = """\
Find the photos that show the same picture, with proof for every pair, and put
the copies aside without losing any."""
_EPILOG = """\
examples:
  dupfinder scan ~/Photos                   clusters of copies, best photo first
  dupfinder scan ~/Photos -o found.json     and a report that clean reads
  dupfinder scan --help                     everything that a scan can be told
  dupfinder report found.json --html page.html   a page to look and decide in
  dupfinder compare a.jpg b.jpg             what two files are to each other
  dupfinder search query.jpg ~/Photos       the photos that look like this one
  dupfinder review found.json               look and decide in a browser
  dupfinder clean found.json                what would go, and why: a dry run
  dupfinder clean found.json --trash        the same, done
  dupfinder undo                            the last clean, taken back
  dupfinder mark a.jpg b.jpg --not-duplicate        never shown together again

exit codes:
  0  done
  1  scan: copies were found, and --exit-code was given
     compare: the two do not show the same photo
  2  the call was wrong, or the machinery failed; standard error says what to do
  3  scan: done, but some files were skipped, and --strict was given
     clean, undo: done, but some photos were left; each is listed with why
     cache, doctor: something needs attention; it is said what to do
  130  interrupted (Ctrl-C), 143 terminated: what was computed or done is kept
  141  the reader of standard output went away
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit code."""
    stopped = ""
    try:
        _prepare()
        options = _parser().parse_args(arguments)
        stopped = options.stopped(options)
        code: int = options.run(options)
        sys.stdout.flush()
    except DupfinderError as error:
        _complain(f"error: {error}")
        if error.hint:
            _complain(f"hint: {error.hint}")
        return MISUSE
    except KeyboardInterrupt:
        _complain(f"interrupted{stopped}")
        return INTERRUPTED
    except _Terminated:
        _complain(f"terminated{stopped}")
        return TERMINATED
    except BrokenPipeError:
        # The reader of a pipe has seen enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except OSError as error:
        # A full disk under the output, a folder that was removed under our feet.
        _complain(f"error: {error.strerror or error}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MISUSE
    return code


def _parser() -> argparse.ArgumentParser:
    # Loaded here so that an interruption meanwhile is met as every other one.
    from dupfinder.cli import (  # noqa: PLC0415
        cache,
        clean,
        compare,
        doctor,
        mark,
        report,
        review,
        scan,
        search,
        undo,
    )

    parser = _Command(prog="dupfinder", description=_DESCRIPTION, epilog=_EPILOG)
    # What an interruption leaves behind, in words; a command that leaves something says so.
    parser.set_defaults(stopped=lambda _: "")
    parser.add_argument("--version", action=_Version, help="print the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    scan.add_parser(commands)
    compare.add_parser(commands)
    search.add_parser(commands)
    report.add_parser(commands)
    review.add_parser(commands)
    clean.add_parser(commands)
    undo.add_parser(commands)
    mark.add_parser(commands)
    cache.add_parser(commands)
    doctor.add_parser(commands)
    return parser


class _Command(argparse.ArgumentParser):
    """Shows its texts as they were written, and takes no option by half its name.

    What it does not know it meets with its own usage, not with that of the whole program.
    """

    def __init__(self, **told: Any) -> None:
        texts = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=texts, allow_abbrev=False, **told)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            from dupfinder.reports.names import printable  # noqa: PLC0415

            self.error(f"unrecognized arguments: {printable(' '.join(unknown))}")
        return options, unknown


class _Terminated(SystemExit):
    """SIGTERM: whatever ends at an exit ends at this one, too."""


class _Version(argparse.Action):
    """Looks the version up when asked for, not at every start."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        print(f"dupfinder {version('dupfinder')}")  # noqa: T201
        parser.exit()


def _prepare() -> None:
    """Names that the terminal cannot show are escaped; being terminated keeps the cache."""
    # A stream that was closed before the start is None: what would go there goes nowhere.
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # to the very end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # to the very end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminate)
    # The worker processes are the parallelism; idle threads of a matrix library only cost.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _terminate(_: int, __: FrameType | None) -> None:
    raise _Terminated(TERMINATED)


def _complain(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201
