"""Runs that act: one at a time, journaled, recovered when they were interrupted, and undone."""

from __future__ import annotations

import os
import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from dupfinder.act import carry_out
from dupfinder.acts import Act
from dupfinder.acts.back import roll_back, undo
from dupfinder.acts.bounds import Bounds
from dupfinder.acts.interrupts import deferred
from dupfinder.acts.records import sound
from dupfinder.acts.sidecars import remove_again
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

# The records of each photo in a journal, by its number, the intent first.
Items: TypeAlias = dict[int, list[Record]]

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
                    _take_back(number, items, journal, renamed, failed)
                progress.advance()
        return Undone(journal.run, len(open_) - len(failed), tuple(renamed), tuple(failed))


def _take_back(
    number: int,
    items: Items,
    journal: Journal,
    renamed: list[str],
    failed: list[tuple[str, str]],
) -> None:
    records = items[number]
    try:
        renamed += undo(records)
        _forget_sidecar(number, items)
    except (OSError, Refused) as error:
        if isinstance(error, FileNotFoundError):
            _end(number, items, journal, {"op": "missing"})
        name = os.path.join(records[0]["folder"], records[0]["members"][0][0])
        failed.append((name, getattr(error, "strerror", None) or str(error)))
    else:
        _end(number, items, journal, {"op": "undone"})


def _forget_sidecar(number: int, items: Items) -> None:
    """Remove the sidecar that was written for a photo which is home, unless others need it.

    Raises:
        OSError: if the system refuses.
    """
    mine = _sidecar(items[number])
    if mine is None:
        return
    sharing = {each: records for each, records in items.items() if _sidecar(records) == mine}
    needed = any(
        records[-1]["op"] in ("done", "missing")
        for each, records in sharing.items()
        if each != number
    )
    for records in sharing.values():
        remove_again(records, is_done=needed)


def _sidecar(records: list[Record]) -> tuple[str, str] | None:
    """Whose sidecar the photo waits for, and its name."""
    intent = records[0]
    return None if intent.get("sidecar") is None else (intent["keeper"], intent["sidecar"])


def _end(number: int, items: Items, journal: Journal, record: Record) -> None:
    journal.write({"n": number, **record})
    items[number].append(record)


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
        items = _items(path)
        begun = [number for number in items if items[number][-1]["op"] not in _FINISHED]
        if not begun:
            continue
        with Resumed(path) as journal:
            for number in begun:
                with deferred():
                    renamed += _brought_home(number, items, journal)
    return tuple(renamed)


def _brought_home(number: int, items: Items, journal: Journal) -> tuple[str, ...]:
    try:
        back = roll_back(items[number])
        if back.is_done:
            remove_again(items[number], is_done=True)
        else:
            _forget_sidecar(number, items)
    except (OSError, Refused):  # the volume may be away; the next start tries again
        return ()
    record = {"op": "done"} if back.is_done else {"op": "back", "code": "recovered", "reason": ""}
    _end(number, items, journal, record)
    return back.renamed


def _items(path: str) -> Items:
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
