"""Runs that act: one at a time, journaled, recovered when they were interrupted, and undone."""

from __future__ import annotations

import os
import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from dupfinder.act import Bounds, carry_out
from dupfinder.acts import Act
from dupfinder.acts.back import roll_back, undo
from dupfinder.errors import StoreError, UsageError
from dupfinder.model import Applied, Outcome, Plan, Run, Undone
from dupfinder.protocols import Progress
from dupfinder.storage.journal import Journal, Record, Resumed, journal_path, journals, read
from dupfinder.storage.lock import locked

_FINISHED = ("done", "back")


def apply(plan: Plan, act: Act, bounds: Bounds, state: str, progress: Progress) -> Applied:
    """Carry out a plan, after what an interrupted run has left is brought home.

    Args:
        state: the folder of the journals.

    Raises:
        UsageError: if another run is acting.
        StoreError: if the journal cannot be written; everything done before is in it.
    """
    with _alone(state) as runs:
        recovered = _recovered(runs)
        progress.stage(act.name, len(plan.actions))
        outcomes: list[Outcome] = []
        run = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}"
        try:
            with Journal(journal_path(runs, run)) as journal:
                for outcome in carry_out(plan, act, journal, bounds):
                    outcomes.append(outcome)
                    progress.advance()
        except OSError as error:
            done = sum(outcome.done for outcome in outcomes)
            raise StoreError(
                f"the journal in {runs!r} cannot be written: {error.strerror or error};"
                f" stopped after {done:,} photos",
                hint="make room on that disk and run the same command again",
            ) from None
        return Applied(run, act.name, tuple(outcomes), recovered)


def recover(state: str) -> tuple[str, ...]:
    """Bring home what interrupted runs have left aside; the paths of what got another name.

    Raises:
        UsageError: if another run is acting.
    """
    with _alone(state) as runs:
        return _recovered(runs)


def undo_run(state: str, run: str | None, progress: Progress) -> Undone:
    """Take back what a run has done, the last one that has anything to take back by default.

    Raises:
        UsageError: if there is no such run, it cannot be undone, or another run is acting.
    """
    with _alone(state) as runs:
        _recovered(runs)
        path = _journal_of(runs, run)
        items = _items(list(read(path)))
        open_ = [number for number, records in items.items() if _is_done(records)]
        progress.stage("undo", len(open_))
        restored, renamed, failed = 0, list[str](), list[tuple[str, str]]()
        with Resumed(path) as journal:
            for number in reversed(open_):
                records = items[number]
                try:
                    renamed += undo(records)
                except OSError as error:
                    name = os.path.join(records[0]["folder"], records[0]["members"][0][0])
                    failed.append((name, error.strerror or str(error)))
                else:
                    restored += 1
                    journal.write({"n": number, "op": "undone"})
                progress.advance()
        return Undone(journal.run, restored, tuple(renamed), tuple(failed))


def runs_of(state: str) -> tuple[Run, ...]:
    """All runs, the oldest first."""
    found = []
    for path in journals(os.path.join(state, "runs")):
        records = list(read(path))
        if not records:
            continue
        items = _items(records).values()
        name = os.path.basename(path).partition(".")[0]
        done = sum(any(record["op"] == "done" for record in item) for item in items)
        left = sum(map(_is_done, items))
        found.append(Run(name, records[0]["act"], done, left))
    return tuple(found)


@contextmanager
def _alone(state: str) -> Iterator[str]:
    """The folder of the journals, while nobody else acts."""
    runs = os.path.join(state, "runs")
    with ExitStack() as held:
        try:
            os.makedirs(runs, 0o700, exist_ok=True)
            mine = held.enter_context(locked(os.path.join(state, "lock")))
        except OSError as error:
            raise StoreError(f"the journals in {runs!r} cannot be used: {error.strerror}") from None
        if not mine:
            raise UsageError("another run is acting", hint="wait until it has ended")
        yield runs


def _recovered(runs: str) -> tuple[str, ...]:
    renamed: list[str] = []
    for path in journals(runs):
        records = list(read(path))
        if records and records[-1]["op"] == "end":
            continue
        with Resumed(path) as journal:
            whole = True
            for number, item in _items(records).items():
                if item[-1]["op"] in (*_FINISHED, "undone"):
                    continue
                try:
                    renamed += roll_back(item)
                except OSError:  # the volume may be away; the next start tries again
                    whole = False
                else:
                    journal.write({"n": number, "op": "back", "code": "recovered", "reason": ""})
            if whole:
                journal.write({"op": "end"})
    return tuple(renamed)


def _items(records: list[Record]) -> dict[int, list[Record]]:
    """The records of each photo, by its number."""
    items: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        if "n" in record:
            items[record["n"]].append(record)
    return dict(items)


def _is_done(records: list[Record]) -> bool:
    return records[-1]["op"] == "done" and not any(each["op"] == "delete" for each in records)


def _journal_of(runs: str, run: str | None) -> str:
    if run is not None:
        path = journal_path(runs, run)
        if os.path.dirname(path) != runs or not os.path.isfile(path):
            raise UsageError(f"there is no run {run!r}", hint="dupfinder undo --list shows all")
        return path
    for path in reversed(journals(runs)):
        if any(map(_is_done, _items(list(read(path))).values())):
            return path
    raise UsageError("there is nothing to undo", hint="dupfinder undo --list shows all runs")
