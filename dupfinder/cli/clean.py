"""`dupfinder clean`: put the copies aside that a report or a scan has found, or say which."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any, Final

from dupfinder.cli.cleaning import run, what_stays
from dupfinder.cli.options import (
    add_against,
    add_cache,
    add_color,
    add_exclude,
    add_online_only,
    add_output,
    add_quiet,
)
from dupfinder.keeprules import DEFAULT_RULES, describe
from dupfinder.model import Relation
from dupfinder.settings import LEVELS

_RULES: Final = """\
The first keep rule that tells two photos apart decides which of them stays;
where none does, both stay:

{}

The default is:

{}
"""

_EPILOG = """\
examples:
  dupfinder scan ~/Photos -o found.json
  dupfinder clean found.json                    what would go, and why
  dupfinder clean found.json --trash            do it
  dupfinder undo                                take it back
  dupfinder clean ~/Photos --quarantine ~/look  scan now, move the copies there
  dupfinder clean found.json --hardlink         all names stay, the bytes once
  dupfinder clean found.json --delete --yes     for good: there is no undo
  dupfinder clean found.json --only identical,copy --protect ~/Photos/Albums
  dupfinder clean found.json --keep in:~/Photos/Albums,most-pixels,oldest
  dupfinder clean decisions.json --trash        what you decided on the page of
                                    a report (dupfinder report --html)
  dupfinder clean found.json --trash --format script > clean.sh
                                    read it, then run it: sh clean.sh

Without a word that acts nothing is touched. An act does what the dry run
prints. It moves each photo aside, then reads it and the photo kept whole, and
moves it back if they are not what they were. Nothing is ever overwritten, and
each step is journaled: dupfinder undo takes back all but --delete.

exit codes:
  0  all was done, or it was a dry run
  2  the call was wrong, or the machinery failed; nothing more was done
  3  done, but some photos were left; each is listed with the reason
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "clean",
        help="move copies to the trash or elsewhere, or only say which (default)",
        description="Put copies aside. Every photo that goes was compared directly with one that"
        "\nstays, and is compared with it again in that moment.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run, stopped=what_stays)
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="TARGET",
        help="a report (scan -o), decisions (saved from its page), or folders to scan now",
    )
    _add_acts(parser.add_argument_group("what to do (default: nothing, a dry run)"))
    _add_choice(parser.add_argument_group("which photos go", _rules()))
    _add_output(parser.add_argument_group("output"))
    scan = parser.add_argument_group("where TARGET is folders", "As for dupfinder scan.")
    add_against(scan)
    scan.add_argument("--level", choices=LEVELS, help="default: copies")
    add_exclude(scan)
    add_online_only(scan)
    add_cache(scan)


def _add_acts(group: Any) -> None:
    acts = group.add_mutually_exclusive_group()
    acts.add_argument(
        "--trash",
        dest="act",
        action="store_const",
        const="trash",
        help="move to the trash can of the volume; where there is none the photo stays",
    )
    acts.add_argument(
        "--quarantine",
        metavar="FOLDER",
        help="move to FOLDER, in the same tree of folders; across volumes copied and verified",
    )
    acts.add_argument(
        "--hardlink",
        dest="act",
        action="store_const",
        const="hardlink",
        help="make files with the same bytes one file with several names",
    )
    acts.add_argument(
        "--delete",
        dest="act",
        action="store_const",
        const="delete",
        help="remove for good; needs --yes, too",
    )
    group.add_argument("--yes", action="store_true", help="goes with --delete")
    group.add_argument(
        "--delete-dry-run",
        action="store_true",
        help="only print what would be done, also beside a word that acts",
    )


def _add_choice(group: Any) -> None:
    group.add_argument(
        "--keep",
        metavar="RULES",
        help="other keep rules than the default: in:~/Albums,oldest",
    )
    group.add_argument(
        "--only",
        type=_relations,
        metavar="RELATIONS",
        help="of identical, same_pixels, copy, part (default: identical,same_pixels; of what was"
        " decided on a page: all)",
    )
    group.add_argument(
        "--protect",
        action="append",
        default=[],
        metavar="FOLDER",
        help="nothing below FOLDER goes; can be repeated",
    )
    group.add_argument(
        "--force-library",
        action="append",
        default=[],
        metavar="FOLDER",
        help="act on photos that a photo manager in FOLDER knows of, too; can be repeated",
    )
    group.add_argument(
        "--merge-metadata",
        action="store_true",
        help="write what only a photo that goes says of itself (place, time, rating, keywords,"
        " description) into a new XMP sidecar of the photo kept",
    )
    group.add_argument(
        "--plan-digest",
        metavar="HEX",
        help="do nothing if the plan is not the one of this digest, as a dry run prints it",
    )


def _add_output(group: Any) -> None:
    group.add_argument(
        "--format",
        choices=("text", "json", "script"),
        default="text",
        help="of standard output; script: for sh, and nothing is touched now",
    )
    add_output(group, "also write the plan, and what became of it, to FILE as JSON")
    add_color(group)
    add_quiet(group)


def _rules() -> str:
    lines = [
        textwrap.fill(f"{rule:<18}{keeps}", 76, subsequent_indent=" " * 18)
        for rule, keeps in describe()
    ]
    default = ", ".join(rule.name for rule in DEFAULT_RULES)
    return _RULES.format("\n".join(lines), textwrap.fill(default, 76, break_on_hyphens=False))


def _relations(text: str) -> frozenset[Relation]:
    known = [each.value for each in Relation if each is not Relation.SIMILAR]
    names = [name.strip().replace("-", "_") for name in text.split(",")]
    for name in names:
        if name == Relation.SIMILAR:
            raise argparse.ArgumentTypeError("similar photos are no copies: they never go")
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
    return frozenset(map(Relation, names))
