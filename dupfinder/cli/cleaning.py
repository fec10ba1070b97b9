"""What `dupfinder clean` does: targets and options -> a plan, printed or carried out."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass, replace
from typing import Final

from dupfinder.api import apply, find, load, merge_metadata, recheck, recover
from dupfinder.cli.decided import Chosen, decided, is_decided, remember
from dupfinder.cli.excludes import excluded
from dupfinder.cli.scan import INCOMPLETE, KEPT
from dupfinder.cli.written import check_output, write
from dupfinder.errors import UsageError
from dupfinder.model import Applied, Found, Outcome, Plan, Relation
from dupfinder.settings import Acting, Settings, WalkRules

_ACTED: Final = (
    ": what was done is journaled; dupfinder undo takes it back, the same command goes on"
)
_ONLY: Final = frozenset({Relation.IDENTICAL, Relation.SAME_PIXELS})
_BEGINS: Final = b'{\n "kind": "clean"'
_HOW: Final = """\
A dry run: nothing was touched. To do it, add one of
  --trash               dupfinder undo takes it back
  --quarantine FOLDER   likewise
  --hardlink            likewise; for files with the same bytes
  --delete --yes        for good"""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was found and is planned; `left` are photos that cannot go, whatever is said.

    `chosen` is what it was made from.
    """

    chosen: Chosen
    found: Found
    planned: Plan
    left: tuple[Outcome, ...]
    acting: Acting
    digest: str


def what_stays(options: argparse.Namespace) -> str:
    """What is said of a run that was interrupted."""
    if _acts(options):
        return _ACTED
    return "" if options.no_cache or report_of(options.targets) else KEPT


def run(options: argparse.Namespace) -> int:
    """Plan, then print it or do it, and say by the exit code how it went."""
    report = report_of(options.targets)
    _refuse_misuse(options, report)
    _refuse_rules(options, report)
    if options.output is not None:
        check_output(options.output, _BEGINS)
    # Before anything is looked at: what an interrupted run left aside would seem to be gone.
    recovered = recover() if _acts(options) else ()
    made = _made(options, report)
    remember(made.chosen.apart, acts=_acts(options))
    if options.format == "script":
        assert report is not None
        _print_script(made, options, report)
    elif _acts(options):
        return _act(made, options, recovered)
    else:
        _print_plan(made, options)
    _write(made, options)
    if not _says_what(options):
        print(_HOW, file=sys.stderr)  # noqa: T201
    return 0


def _says_what(options: argparse.Namespace) -> bool:
    """Whether the user has said what he wants, be it a dry run."""
    named = options.act is not None or options.quarantine is not None
    return named or options.delete_dry_run or options.format == "script"


def _acts(options: argparse.Namespace) -> bool:
    named = options.act is not None or options.quarantine is not None
    return named and not options.delete_dry_run and options.format != "script"


def report_of(targets: list[str]) -> str | None:
    """The report, if it is one that was named."""
    files = [path for path in map(os.path.expanduser, targets) if os.path.isfile(path)]
    if files and len(targets) > 1:
        raise UsageError(
            f"{files[0]!r} is a file: name one report, or folders to scan now",
            hint="dupfinder scan FOLDER... -o found.json makes one report of several folders",
        )
    return os.path.abspath(files[0]) if files else None


def _refuse_misuse(options: argparse.Namespace, report: str | None) -> None:
    if options.act == "delete" and not options.yes and not options.delete_dry_run:
        raise UsageError(
            "--delete removes for good, and no undo brings anything back",
            hint="say it twice (--delete --yes), or use --trash",
        )
    if report is None and options.format == "script":
        raise UsageError(
            "a script needs a report, so that it does what it says and nothing else",
            hint="dupfinder scan FOLDER -o found.json, then dupfinder clean found.json"
            " --format script",
        )
    scanning = (
        *(options.against, options.level, options.exclude, options.cache, options.no_cache),
        options.online_only == "include",
    )
    if report is not None and any(scanning):
        raise UsageError(
            f"{report!r} is a report: how to scan was said when it was made",
            hint="leave out --against, --level, --exclude, --online-only, --cache and --no-cache,"
            " or name folders",
        )


def _refuse_rules(options: argparse.Namespace, report: str | None) -> None:
    if report is not None and options.keep is not None and is_decided(report):
        raise UsageError(
            f"{report!r} holds decisions: no rule chooses what you have chosen",
            hint="leave out --keep, or name the report",
        )


def _made(options: argparse.Namespace, report: str | None) -> _Plan:
    """The plan as it can be carried out now."""
    from dupfinder.keeprules import real_folder  # noqa: PLC0415
    from dupfinder.reports.acting import plan_digest  # noqa: PLC0415

    protect = tuple(map(real_folder, options.protect))
    forced = tuple(map(real_folder, options.force_library))
    chosen = _chosen(options, report, protect)
    found = chosen.found
    acting = Acting(
        "quarantine" if options.quarantine is not None else options.act or "trash",
        found.roots,
        protect,
        options.quarantine,
        references=found.references,
    )
    planned, left = recheck(chosen.plan, acting, forced)
    if options.merge_metadata:
        merged, unkept = merge_metadata(planned)
        # Once more, for the places of the sidecars.
        planned, out_of_bounds = recheck(merged, acting, forced)
        left += unkept + out_of_bounds
    digest = plan_digest(planned)
    if options.plan_digest is not None and options.plan_digest.lower() != digest:
        raise UsageError(
            f"the plan is not the one that was looked through: its digest is {digest} by now",
            hint="photos or rules have changed since; look at the dry run again:"
            " dupfinder clean REPORT",
        )
    return _Plan(chosen, found, planned, left, acting, digest)


def _chosen(options: argparse.Namespace, report: str | None, protect: tuple[str, ...]) -> Chosen:
    """By rules, or as it was decided."""
    from dupfinder.choose import plan  # noqa: PLC0415
    from dupfinder.keeprules import DEFAULT_RULES, parse  # noqa: PLC0415

    if report is not None and is_decided(report):
        return decided(report, options.only, protect, loaded)
    rules = DEFAULT_RULES if options.keep is None else parse(options.keep)
    found = _scanned(options) if report is None else loaded(report)
    only = _ONLY if options.only is None else options.only
    return Chosen(found, plan(found, rules, only=only, protect=protect))


def _scanned(options: argparse.Namespace) -> Found:
    from dupfinder.cli.console import live_progress  # noqa: PLC0415
    from dupfinder.reports.names import printable  # noqa: PLC0415

    settings = Settings(
        walk=WalkRules(
            excluded(options.exclude, options.targets),
            online_only=options.online_only == "include",
        ),
        level=options.level or "copies",
        cache=options.cache,
        use_cache=not options.no_cache,
    )
    with live_progress(options) as progress:
        found = find(options.targets, settings, progress, options.against)
    for note in found.notes:
        print(f"note: {printable(note)}", file=sys.stderr)  # noqa: T201
    return found


def loaded(report: str) -> Found:
    """What a report tells of, if the folders that it names are there.

    Raises:
        UsageError: if one is not, or the report cannot be read.
    """
    found = load(report)
    for root in (*found.roots, *found.references):
        if not os.path.isabs(root) or not os.path.exists(root):
            raise UsageError(
                f"{root!r}, of which {report!r} tells, is not there",
                hint="connect its drive, or scan again where the photos are now",
            )
    return found


def _print_plan(made: _Plan, options: argparse.Namespace) -> None:
    from dupfinder.cli.console import console  # noqa: PLC0415
    from dupfinder.reports.acting import clean_lines  # noqa: PLC0415
    from dupfinder.reports.terminal import render_plan  # noqa: PLC0415

    if options.format == "json":
        sys.stdout.writelines(clean_lines(made.planned, made.acting.act, made.left))
        return
    output = console(options.color)
    roots = _shown_roots(made.found)
    render_plan(made.planned, roots, output, made.left)
    output.print(f"Plan {made.digest}", style="dim", highlight=False, soft_wrap=True)


def _print_script(made: _Plan, options: argparse.Namespace, report: str) -> None:
    from dupfinder.reports.script import script  # noqa: PLC0415

    if options.quarantine is not None:
        words = ["--quarantine", _real(options.quarantine)]
    else:
        words = [f"--{made.acting.act}", *(["--yes"] if made.acting.act == "delete" else [])]
    if options.keep is not None:
        words.append(f"--keep={options.keep}")
    if not is_decided(report):
        words.append(f"--only={','.join(sorted(options.only or _ONLY))}")
    elif options.only is not None:
        words.append(f"--only={','.join(sorted(options.only))}")
    words += [f"--protect={_real(folder)}" for folder in options.protect]
    words += [f"--force-library={_real(folder)}" for folder in options.force_library]
    words += ["--merge-metadata"] if options.merge_metadata else []
    words.append(f"--plan-digest={made.digest}")
    # Bytes: the names in it may be of any encoding.
    sys.stdout.buffer.write(script(made.planned, made.left, report, words))


def _act(made: _Plan, options: argparse.Namespace, recovered: tuple[str, ...]) -> int:
    from dupfinder.cli.console import console, live_progress  # noqa: PLC0415
    from dupfinder.reports.acting import clean_lines  # noqa: PLC0415
    from dupfinder.reports.terminal import render_applied, render_left  # noqa: PLC0415

    _write(made, options)
    output = console(options.color)
    roots = _shown_roots(made.found)
    if options.format == "text":
        render_left(made.left, roots, output)
    applied = Applied("", made.acting.act, ())
    if made.planned.actions:
        with live_progress(options) as progress:
            applied = apply(made.planned, made.acting, progress)
    applied = replace(applied, recovered=(*recovered, *applied.recovered))
    _write(made, options, applied)
    if options.format == "json":
        sys.stdout.writelines(clean_lines(made.planned, made.acting.act, made.left, applied))
    else:
        render_applied(applied, made.left, roots, output)
    whole = all(outcome.done for outcome in (*made.left, *applied.outcomes))
    return 0 if whole and not made.chosen.unmet else INCOMPLETE


def _write(made: _Plan, options: argparse.Namespace, applied: Applied | None = None) -> None:
    from dupfinder.reports.acting import clean_lines  # noqa: PLC0415

    if options.output is not None:
        lines = clean_lines(made.planned, made.acting.act, made.left, applied)
        write(options.output, lines)


def _shown_roots(found: Found) -> tuple[str, ...]:
    return tuple(map(os.path.realpath, (*found.roots, *found.references)))


def _real(folder: str) -> str:
    return os.path.realpath(os.path.expanduser(folder))
