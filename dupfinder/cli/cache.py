"""`dupfinder cache`: show, verify or prune what scans remember."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from dupfinder.api import look_at_cache, prune_cache, verify_cache
from dupfinder.cli.options import add_cache_file, add_color, add_format
from dupfinder.cli.scan import INCOMPLETE

if TYPE_CHECKING:
    from rich.console import Console

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

exit codes:
  0  done, or there is no cache
  2  the call was wrong, another run is using the cache, or the machinery failed
  3  show, verify: the cache is damaged
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
    parser.add_argument("action", choices=tuple(_ACTIONS), help="what to do with it")
    add_cache_file(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="prune: only say what would go; touches nothing"
    )
    add_format(parser)
    add_color(parser)


def run(options: argparse.Namespace) -> int:
    """Do it, and say by the exit code how the cache is."""
    return _ACTIONS[options.action](options)


def _show(options: argparse.Namespace) -> int:
    from dupfinder.reports.health import cache_text  # noqa: PLC0415

    state = look_at_cache(options.cache)

    def render(console: Console) -> None:
        from dupfinder.reports.terminal.health import render_cache  # noqa: PLC0415

        render_cache(state, console)

    _print(options, lambda: cache_text(state), render)
    return 0 if state.is_well else INCOMPLETE


def _verify(options: argparse.Namespace) -> int:
    from dupfinder.reports.health import verified_text  # noqa: PLC0415

    verified = verify_cache(options.cache)

    def render(console: Console) -> None:
        from dupfinder.reports.terminal.health import render_verified  # noqa: PLC0415

        render_verified(verified, console)

    _print(options, lambda: verified_text(verified), render)
    return 0 if verified.is_sound else INCOMPLETE


def _prune(options: argparse.Namespace) -> int:
    from dupfinder.reports.health import pruned_text  # noqa: PLC0415

    pruned = prune_cache(options.cache, dry_run=options.dry_run)

    def render(console: Console) -> None:
        from dupfinder.reports.terminal.health import render_pruned  # noqa: PLC0415

        render_pruned(pruned, console)

    _print(options, lambda: pruned_text(pruned), render)
    return 0


def _print(
    options: argparse.Namespace, text: Callable[[], str], render: Callable[[Console], None]
) -> None:
    if options.format == "json":
        sys.stdout.write(text())
        return
    from dupfinder.cli.console import console  # noqa: PLC0415

    render(console(options.color))


_ACTIONS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "show": _show,
    "verify": _verify,
    "prune": _prune,
}
