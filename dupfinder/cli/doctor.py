"""`dupfinder doctor`: what is installed here, what can be read, and how the cache is."""

from __future__ import annotations

import argparse
from typing import Any, Final

from dupfinder.api import examine
from dupfinder.cli.options import add_cache_file, add_color, add_format
from dupfinder.cli.told import tell

_EPILOG: Final = """\
examples:
  dupfinder doctor
  dupfinder doctor --format json      to be sent along with a report of trouble
  dupfinder doctor --cache FILE       with another cache than the default one

Prints the versions of all libraries that photos pass through, and which of
them are known to be bad; the formats that can be read, and what to install for
the others; the cache's place, size and health; where the journals of clean
are, and the trash. Reads the cache whole. Never changes anything.

exit codes:
  0  all is well
  2  the call was wrong, or the machinery failed
  3  something needs attention: a version that is known to be bad, a damaged
     cache, a folder that cannot be written; what to do is said at the end
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "doctor",
        help="print versions, readable formats, and how the cache is",
        description="Say what is installed here, what can be read, and what needs attention.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run)
    add_cache_file(parser)
    add_format(parser)
    add_color(parser)


def run(options: argparse.Namespace) -> int:
    """Look, print, and say by the exit code whether all is well."""
    return tell(examine(options.cache), options)
