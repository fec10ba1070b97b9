"""`dupfinder search`: the photos that look like this one."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from dupfinder.api import search
from dupfinder.cli.contact_sheet import STDOUT, add_html, check_html, write_sheet
from dupfinder.cli.exchanging import add_exchange
from dupfinder.cli.excludes import excluded
from dupfinder.cli.networks import add_model
from dupfinder.cli.options import (
    add_cache,
    add_color,
    add_exclude,
    add_max_pixels,
    add_online_only,
    add_quiet,
    add_store,
)
from dupfinder.cli.scan import what_stays
from dupfinder.errors import UsageError
from dupfinder.model import Photo, Searched
from dupfinder.settings import SEARCH_INDEXES, SEARCHES, Settings, WalkRules

_STDIN: Final = "-"
INCOMPLETE: Final = 3

_EPILOG = """\
examples:
  dupfinder search query.jpg ~/Photos
  dupfinder search query.jpg ~/Photos --by phash --top 20
  dupfinder search a.jpg b.jpg ~/Photos /mnt/old-disk     two queries, two folders
  dupfinder search ~/to-find ~/Photos --format csv        each picture in a folder
  dupfinder search query.jpg ~/Photos --by model --model mobilenet.onnx
  dupfinder search query.jpg ~/Photos --html results.html then open it in a browser
  dupfinder search --evaluate queries.csv ~/Photos --by phash,orb,graded
  dupfinder search query.jpg ~/Photos --by color --store postgresql://anna@nas/photos
  dupfinder search --by kaze --export vectors.h5 ~/Photos
  curl -s https://example.org/x.jpg | dupfinder search - ~/Photos

The first PATH is the query: a picture, a folder of pictures, or - for a picture on
standard input. Files that follow are queries, too; folders that follow are searched.

Nothing is ever changed. The library is read as by scan, into the same cache: the
first search reads every photo, a later one answers from what is known.
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "search",
        help="find the photos that look like a picture",
        description="Rank the photos of a library by how much they look like a picture, and say\n"
        "of the best what they are to it.",
        epilog=_EPILOG,
    )
    parser.set_defaults(run=run, stopped=what_stays)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="queries, then folders")
    parser.add_argument(
        "--evaluate",
        metavar="FILE.csv",
        help="compare methods: the file has the columns query and target, the photo to be found,"
        " and all PATHs are searched",
    )
    _add_method(parser.add_argument_group("how to look"))
    add_model(parser.add_argument_group("networks"))
    add_exchange(parser.add_argument_group("vectors for other programs"))
    _add_output(parser.add_argument_group("output"))
    selection = parser.add_argument_group("which files")
    add_exclude(selection)
    add_online_only(selection)
    add_max_pixels(selection)
    machine = parser.add_argument_group("cache and machine")
    machine.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that decode (default: one per core; 0: this one)",
    )
    add_cache(machine)
    add_store(machine)


def _add_method(group: Any) -> None:
    group.add_argument(
        "--by",
        type=_methods,
        default=("graded",),
        metavar="METHOD",
        help=f"one of {', '.join(SEARCHES)}; with --evaluate several, with commas between"
        " (default: graded)",
    )
    group.add_argument(
        "--top",
        type=int,
        default=10,
        metavar="N",
        help="photos to tell for each query (default: %(default)s)",
    )
    group.add_argument(
        "--index",
        choices=SEARCH_INDEXES,
        default="exact",
        help="what finds the nearest: hnsw (a graph, extra ann) and lsh (random hyperplanes) are"
        " for very many vectors and may miss some; bktree is of hashes (default: %(default)s)",
    )
    group.add_argument(
        "--no-verify",
        action="store_true",
        help="only rank: do not compare the best with the query as a scan would",
    )


def _add_output(group: Any) -> None:
    group.add_argument(
        "--format", choices=("text", "json", "csv"), default="text", help="of standard output"
    )
    add_html(group)
    add_color(group)
    add_quiet(group)
    group.add_argument(
        "--strict", action="store_true", help="exit with 3 if files or queries are skipped"
    )


def _methods(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in SEARCHES:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SEARCHES)}")
    return names


def run(options: argparse.Namespace) -> int:
    """Search, print, and say by the exit code how it went."""
    check_html(options)
    has_queries = not (options.evaluate or options.export_vectors or options.import_vectors)
    queries, roots = told_apart(options.paths) if has_queries else ([], options.paths)
    settings = Settings(
        walk=WalkRules(
            excluded(options.exclude, roots), online_only=options.online_only == "include"
        ),
        max_pixels=options.max_pixels,
        workers=options.workers,
        cache=options.cache,
        use_cache=not options.no_cache,
        store=options.store,
    )
    if options.evaluate:
        from dupfinder.cli.evaluating import run as evaluate  # noqa: PLC0415

        return evaluate(options, settings)
    if options.export_vectors or options.import_vectors:
        from dupfinder.cli.exchanging import run as exchange  # noqa: PLC0415

        return exchange(options, settings)
    if len(options.by) > 1:
        raise UsageError("a search has one method", hint="--evaluate compares several")
    from dupfinder.cli.console import live_progress  # noqa: PLC0415

    with standard_input(queries) as (asked, stored), live_progress(options) as progress:
        found = search(
            asked, roots, settings, progress,
            by=options.by[0], top=options.top, verify=not options.no_verify, index=options.index,
            model=options.model, model_settings=options.model_settings, labels=options.labels,
        )  # fmt: skip
        found = found if stored is None else _named(found, stored)
        if options.html is not None:
            places = {} if stored is None else {_STDIN: stored}
            write_sheet(found, places, options, settings, progress)
    if options.html != STDOUT:
        _report(found, options)
    return INCOMPLETE if options.strict and (found.skipped or found.unanswered) else 0


def told_apart(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Queries and the folders to search in: see the help.

    Raises:
        UsageError: if there is no folder.
    """
    first, *others = paths
    queries = [first, *(path for path in others if not _is_folder(path))]
    roots = [path for path in others if _is_folder(path)]
    if not roots:
        raise UsageError(
            "no folder to search in was named",
            hint='it follows the query: dupfinder search query.jpg ~/Photos ("." is the current)',
        )
    return queries, roots


def _is_folder(path: str) -> bool:
    return os.path.isdir(os.path.expanduser(path))


@contextlib.contextmanager
def standard_input(queries: Sequence[str]) -> Iterator[tuple[list[str], str | None]]:
    """The queries with `-` as a file that holds what standard input holds, and where that is."""
    if _STDIN not in queries:
        yield list(queries), None
        return
    with tempfile.TemporaryDirectory(prefix="dupfinder-") as folder:
        path = os.path.join(os.path.realpath(folder), "standard-input")
        with open(path, "xb") as file:
            while piece := sys.stdin.buffer.read(1 << 20):
                file.write(piece)
        if not os.path.getsize(path):
            raise UsageError("there is nothing on standard input")
        yield [path if query == _STDIN else query for query in queries], path


def _named(found: Searched, stored: str) -> Searched:
    """With the query from standard input under the name that it was given by."""

    def renamed(photo: Photo) -> Photo:
        if photo.path != stored:
            return photo
        return replace(photo, file=replace(photo.file, path=_STDIN))

    rankings = tuple(
        replace(
            ranking,
            query=renamed(ranking.query),
            hits=tuple(
                hit if hit.match is None
                else replace(hit, match=replace(hit.match, base=renamed(hit.match.base)))
                for hit in ranking.hits
            ),
        )
        for ranking in found.rankings
    )  # fmt: skip
    unanswered = tuple(
        replace(each, path=_STDIN) if each.path == stored else each for each in found.unanswered
    )
    return replace(found, rankings=rankings, unanswered=unanswered)


def _report(found: Searched, options: argparse.Namespace) -> None:
    from dupfinder.reports.names import printable  # noqa: PLC0415
    from dupfinder.reports.searched import (  # noqa: PLC0415
        render_searched,
        searched_csv,
        searched_json,
    )

    if options.format == "text":
        from dupfinder.cli.console import console  # noqa: PLC0415

        # Photos are found under their real paths; a root may have been named by a symlink.
        roots = tuple(map(os.path.realpath, found.roots))
        render_searched(replace(found, roots=roots), console(options.color))
        return
    for note in found.notes:
        print(f"note: {printable(note)}", file=sys.stderr)  # noqa: T201
    if options.format == "json":
        sys.stdout.write(searched_json(found))
    else:
        sys.stdout.writelines(searched_csv(found))
