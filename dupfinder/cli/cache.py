"""`dupfinder cache`: show, verify or prune what scans remember."""

from __future__ import annotations

import argparse
from typing import Any, Final

from dupfinder.api import look_at_cache, prune_cache, verify_cache
from dupfinder.cli.options import add_cache_file, add_color, add_format
from dupfinder.cli.told import tell

_EPILOG: Final = """\
examples:
  dupfinder cache show                  where it is, and what is in it
  dupfinder cache verify                whether it is what was written
  dupfinder cache prune --dry-run       what is of no use any more
  dupfinder cache prune                 removed, and the file made smaller

The cache makes scans faster and authorises nothing: it can be removed at any
time, and the next scan makes a new one.

verify reads every page and every row and changes nothing. prune removes what
belongs to files that are gone, what other versions of dupfinder or of its
decoders have left, damaged rows, and caches that were set aside. A file counts
as gone if its folder is there and holds something else: what lies on a volume
that is not mounted is kept. No photo is ever touched.

What searches keep beside the cache, in a file that ends in .vectors, is shown,
verified and pruned with it; the folder that ends in .rows is shown and pruned.
What --store keeps elsewhere is not.

exit codes:
  0  done, or there is no cache
  2  the call was wrong, another run is using the cache, or the machinery failed
  3  something needs attention: the cache is damaged, or there is no room to
     make it smaller
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "cache",
        help="show, verify or prune what scans remember",
        description="Show, verify or prune what scans remember.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run)
    parser.add_argument("action", choices=("show", "verify", "prune"), help="what to do with it")
    add_cache_file(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="prune: only say what would go; touches nothing"
    )
    add_format(parser)
    add_color(parser)


def run(options: argparse.Namespace) -> int:
    """Do it, and say by the exit code how the cache is."""
    match options.action:
        case "show":
            return tell(look_at_cache(options.cache), options)
        case "verify":
            return tell(verify_cache(options.cache), options)
    return tell(prune_cache(options.cache, dry_run=options.dry_run), options)
