"""Runs that act: one at a time, journaled, recovered when they were interrupted, and undone."""

from __future__ import annotations

import os
import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dupfinder.act import carry_out
from dupfinder.acts import Act
from dupfinder.acts.back import roll_back, undo
from dupfinder.acts.bounds import Bounds
from dupfinder.acts.interrupts import deferred
from dupfinder.acts.records import sound
from dupfinder.acts.unit import Refused
from dupfinder.errors import StoreError, UsageError
from dupfinder.model import Applied, Outcome, Plan, Run, Undone
from dupfinder.storage.journal import (
    Journal,
    Record,
    Resumed,
    Unwritten,
    journal_path,
    journals,
    read,
)
from dupfinder.storage.lock import locked

if TYPE_CHECKING:  # numpy stays out of acting
    from dupfinder.protocols import Progress

_FINISHED = ("done", "back", "undone", "missing")


def apply(plan: Plan, act: Act, bounds: Bounds, state: str, progress: Progress) -> Applied:
    """Carry out a plan, after what an interrupted run has left is brought home.

    Args:
        state: the folder of the journals.

    Raises:
        UsageError: if another run is acting.
        StoreError: if the journals cannot be used; everything done before is in them.
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
        except Unwritten as error:
            done = sum(outcome.done for outcome in outcomes)
            raise StoreError(
                f"the journal in {runs!r} cannot be written: {error.strerror};"
                f" stopped after {done:,} photos",
                hint="make room on that disk and run the same command again",
            ) from None
        return Applied(run, act.name, tuple(outcomes), recovered)


def recover(state: str) -> tuple[str, ...]:
    """Bring home what interrupted runs have left aside; the paths of what got another name.

    Raises:
        UsageError: if another run is acting.
        StoreError: if the journals cannot be used.
    """
    with _alone(state) as runs:
        return _recovered(runs)


def undo_run(state: str, run: str | None, progress: Progress) -> Undone:
    """Take back what a run has done, the last one that has anything to take back by default.

    An interruption waits until the photo at hand is home. Photos that are not where they were put,
    as in a trash can that was emptied, are looked for again only if the run is named.

    Raises:
        UsageError: if there is no such run, it cannot be undone, or another run is acting.
        StoreError: if the journals cannot be used; what came home stays there.
    """
    with _alone(state) as runs:
        _recovered(runs)
        path = _journal_of(runs, run)
        items = _items(path)
        open_ = [
            number
            for number, records in items.items()
            if _is_done(records) or (run is not None and records[-1]["op"] == "missing")
        ]
        progress.stage("undo", len(open_))
        renamed, failed = list[str](), list[tuple[str, str]]()
        with Resumed(path) as journal:
            for number in reversed(open_):
                with deferred():
                    _take_back(number, items[number], journal, renamed, failed)
                progress.advance()
        return Undone(journal.run, len(open_) - len(failed), tuple(renamed), tuple(failed))


def _take_back(
    number: int,
    records: list[Record],
    journal: Journal,
    renamed: list[str],
    failed: list[tuple[str, str]],
) -> None:
    try:
        renamed += undo(records)
    except (OSError, Refused) as error:
        if isinstance(error, FileNotFoundError):
            journal.write({"n": number, "op": "missing"})
        name = os.path.join(records[0]["folder"], records[0]["members"][0][0])
        failed.append((name, getattr(error, "strerror", None) or str(error)))
    else:
        journal.write({"n": number, "op": "undone"})


def runs_of(state: str) -> tuple[Run, ...]:
    """All runs, the oldest first.

    Raises:
        StoreError: if the journals cannot be read.
    """
    found = []
    with _store(os.path.join(state, "runs")) as runs:
        for path in journals(runs):
            first = next(sound(read(path)), None)
            if first is None:
                continue
            items = _items(path).values()
            name = os.path.basename(path).partition(".")[0]
            done = sum(any(record["op"] == "done" for record in item) for item in items)
            left = sum(map(_is_done, items))
            found.append(Run(name, first["act"], done, left))
    return tuple(found)


@contextmanager
def _alone(state: str) -> Iterator[str]:
    """The folder of the journals, while nobody else acts."""
    with _store(os.path.join(state, "runs")) as runs, ExitStack() as held:
        os.makedirs(runs, 0o700, exist_ok=True)
        if not held.enter_context(locked(os.path.join(state, "lock"))):
            raise UsageError("another run is acting", hint="wait until it has ended")
        yield runs


@contextmanager
def _store(runs: str) -> Iterator[str]:
    """Trouble with the journals, told to the user; trouble with a photo never gets here."""
    try:
        yield runs
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"the journals in {runs!r} cannot be used: {reason}") from None


def _recovered(runs: str) -> tuple[str, ...]:
    renamed: list[str] = []
    for path in journals(runs):
        begun = {
            number: records
            for number, records in _items(path).items()
            if records[-1]["op"] not in _FINISHED
        }
        if not begun:
            continue
        with Resumed(path) as journal:
            for number, records in begun.items():
                with deferred():
                    renamed += _brought_home(number, records, journal)
    return tuple(renamed)


def _brought_home(number: int, records: list[Record], journal: Journal) -> tuple[str, ...]:
    try:
        back = roll_back(records)
    except (OSError, Refused):  # the volume may be away; the next start tries again
        return ()
    op = {"op": "done"} if back.is_done else {"op": "back", "code": "recovered", "reason": ""}
    journal.write({"n": number, **op})
    return back.renamed


def _items(path: str) -> dict[int, list[Record]]:
    """The records of each photo in a journal, by its number, the intent first."""
    items: dict[int, list[Record]] = defaultdict(list)
    for record in sound(read(path)):
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
        if any(map(_is_done, _items(path).values())):
            return path
    raise UsageError("there is nothing to undo", hint="dupfinder undo --list shows all runs")
