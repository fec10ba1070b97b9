"""`dupfinder review`: look at clusters in a browser, decide, move to the trash, take it back."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, Final

from dupfinder.api import find
from dupfinder.cli.cleaning import loaded, report_of
from dupfinder.cli.excludes import excluded
from dupfinder.cli.options import (
    add_against,
    add_cache,
    add_exclude,
    add_online_only,
)
from dupfinder.cli.scan import KEPT
from dupfinder.errors import UsageError
from dupfinder.settings import LEVELS, Settings, WalkRules

if TYPE_CHECKING:
    from dupfinder.model import Found
    from dupfinder.protocols import Progress

_STOPPED: Final = "; what was done is journaled: dupfinder undo takes it back"
_EPILOG: Final = """\
examples:
  dupfinder review found.json                a report of scan -o
  dupfinder review ~/Photos                  scan now; the page shows how far it is
  dupfinder review ~/Photos --browser        and open the page
  dupfinder review found.json --protect ~/Photos/Albums

Open the address that is printed; it lets one browser in, once. Decide with k
(keep), b (keep this one, its copies go), x (remove), n (not a duplicate) and
l (later), a takes what is proposed, u undoes, ? shows all keys, e shows the
plan. Nothing is moved before the plan was seen, and then to the trash only:
Undo on the page or dupfinder undo takes it back. Not a duplicate is remembered
at once, as by dupfinder mark. Ctrl-C ends the review.

The page is served to this machine alone, and to nobody without that address.

exit codes:
  0  ended by Ctrl-C while nothing was under way
  2  the call was wrong, or the machinery failed
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "review",
        help="look at the clusters in a browser, decide, and take it back",
        description="Look at clusters in a browser on this machine and decide about them.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run, stopped=_what_stays)
    parser.add_argument(
        "targets", nargs="+", metavar="TARGET", help="a report (scan -o), or folders to scan now"
    )
    parser.add_argument(
        "--keep", metavar="RULES", help="other keep rules to propose by: see dupfinder clean --help"
    )
    parser.add_argument(
        "--protect",
        action="append",
        default=[],
        metavar="FOLDER",
        help="nothing below FOLDER goes; can be repeated",
    )
    parser.add_argument(
        "--browser",
        action="store_true",
        help="open the address in the browser; for a moment other users of this machine can see"
        " it in the list of programs",
    )
    scan = parser.add_argument_group("where TARGET is folders", "As for dupfinder scan.")
    add_against(scan)
    scan.add_argument("--level", choices=LEVELS, help="default: copies")
    add_exclude(scan)
    add_online_only(scan)
    add_cache(scan)


def _what_stays(options: argparse.Namespace) -> str:
    return (KEPT if not options.no_cache else "") + _STOPPED


def run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    from dupfinder.keeprules import DEFAULT_RULES, parse, real_folder  # noqa: PLC0415
    from dupfinder.web.review import Told  # noqa: PLC0415
    from dupfinder.web.server import serve  # noqa: PLC0415

    report = report_of(options.targets)
    if report is not None and _says_how_to_scan(options):
        raise UsageError(
            f"{report!r} is a report: how to scan was said when it was made",
            hint="leave out --against, --level, --exclude, --online-only, --cache and --no-cache,"
            " or name folders",
        )
    found = None if report is None else loaded(report)

    def get(progress: Progress) -> Found:
        return found if found is not None else _scanned(options, progress)

    rules = DEFAULT_RULES if options.keep is None else parse(options.keep)
    told = Told(get, tuple(rules), tuple(map(real_folder, options.protect)))
    undone = serve(told, lambda url: _announce(url, opens=options.browser))
    _say(f"ended; {undone} decided to go were not moved" if undone else "ended")
    return 0


def _scanned(options: argparse.Namespace, progress: Progress) -> Found:
    settings = Settings(
        walk=WalkRules(
            excluded(options.exclude, options.targets),
            online_only=options.online_only == "include",
        ),
        level=options.level or "copies",
        cache=options.cache,
        use_cache=not options.no_cache,
    )
    return find(options.targets, settings, progress, options.against)


def _says_how_to_scan(options: argparse.Namespace) -> bool:
    told = (options.against, options.level, options.exclude, options.cache, options.no_cache)
    return any(told) or options.online_only == "include"


def _announce(url: str, *, opens: bool) -> None:
    _say(f"Open {url}\nCtrl-C ends the review")
    if opens:
        import webbrowser  # noqa: PLC0415

        webbrowser.open(url)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
