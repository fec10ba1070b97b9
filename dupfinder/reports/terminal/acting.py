"""What a run has done, what was taken back, and all runs: a line each, then how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from dupfinder.model import Applied, Outcome, Run, Undone
from dupfinder.reports.names import base_of, printable, relative
from dupfinder.reports.terminal.rows import PATH, STRONG, WEAK, put
from dupfinder.reports.words import bytes_of, counted, started

_DONE: Final = {
    "trash": "moved to the trash",
    "quarantine": "moved to the quarantine",
    "hardlink": "made a link to the photo kept",
    "delete": "removed for good",
}
_FREED: Final = {
    "trash": "freed when the trash is emptied",
    "quarantine": "freed when the quarantine is emptied",
}
_WIDTHS: Final = (31, 16, 10, 6, 7)


def render_left(left: Sequence[Outcome], roots: Sequence[str], console: Console) -> None:
    """Prints the photos that are left before anything is done, with their reasons."""
    for outcome in left:
        _put_line(outcome, base_of(roots), console)


def render_applied(
    applied: Applied, left: Sequence[Outcome], roots: Sequence[str], console: Console
) -> None:
    """Prints what became of each photo and where it is, then the sums and the way back.

    `left` are those that were printed before.
    """
    base = base_of(roots)
    for path in applied.recovered:
        text = Text("found ", STRONG).append(printable(path), PATH)
        put(console, text.append(": an interrupted run had left it, and its old name was taken\n"))
    for outcome in applied.outcomes:
        _put_line(outcome, base, console)
    if applied.outcomes or left or applied.recovered:
        put(console, Text("\n"))
    put(console, _sums(applied, len(left)))


def _put_line(outcome: Outcome, base: str, console: Console) -> None:
    """On one line; on a terminal that is too narrow, what became of the photo stands below it."""
    action = outcome.action
    text = Text("done  " if outcome.done else "left  ", STRONG)
    text.append(printable(relative(action.photo.path, base)), PATH)
    fate = Text(printable(outcome.reason))
    if outcome.done and outcome.places:
        place, *others = outcome.places
        shown = relative(action.keeper.path, base) if place == action.photo.path else place
        fate.append(": ").append(printable(shown), PATH)
        if others:
            fate.append(f" and {counted(len(others), 'file')} beside it")
    fits = text.cell_len + 2 + fate.cell_len <= console.width
    text.append("  " if fits or not console.is_terminal else "\n      ")
    put(console, text.append_text(fate).append("\n"))


def _sums(applied: Applied, left: int) -> Text:
    done = [outcome.action.photo for outcome in applied.outcomes if outcome.done]
    left += len(applied.outcomes) - len(done)
    text = Text()
    if done:
        freed = bytes_of(sum(photo.file.frees for photo in done))
        what = f"{counted(len(done), 'photo')} {_DONE.get(applied.act, applied.act)}"
        text.append(f"{what} · {freed} {_FREED.get(applied.act, 'freed')}\n", STRONG)
    else:
        text.append("Nothing was done\n", STRONG)
    if left:
        text.append(f"{counted(left, 'photo')} left, for the reason given\n")
    if done and applied.act == "delete":
        text.append(f"Run {applied.run}: there is no way back\n")
    elif done:
        text.append("To take it back: ").append(f"dupfinder undo {applied.run}\n", STRONG)
    return text


def render_undone(undone: Undone, console: Console) -> None:
    """Prints what did not come back as it was, then the sum."""
    for path in undone.renamed:
        text = Text("renamed ", STRONG).append(printable(path), PATH)
        put(console, text.append("  its old name was taken\n"))
    for path, reason in undone.failed:
        text = Text("failed  ", STRONG).append(printable(path), PATH)
        put(console, text.append(f"  {printable(reason)}\n"))
    run = printable(undone.run)
    if not undone.restored and not undone.failed:
        put(console, Text(f"Nothing of run {run} is left to take back\n", STRONG))
        return
    back = "is back" if undone.restored == 1 else "are back"
    put(console, Text(f"{counted(undone.restored, 'photo')} {back} (run {run})\n", STRONG))
    if undone.failed:
        again = f"{counted(len(undone.failed), 'photo')} could not be taken back; try again: "
        put(console, Text(again).append(f"dupfinder undo {run}\n", STRONG))


def render_runs(runs: Sequence[Run], console: Console) -> None:
    """Prints a table of all runs, the latest last."""
    if not runs:
        put(console, Text("No run has acted yet\n"))
        return
    put(console, Text(_columns(("run", "when", "act", "photos", "to undo")), WEAK))
    for run in runs:
        moment = started(run)
        when = f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment is not None else ""
        cells = printable(run.name), when, printable(run.act), f"{run.done:,}", f"{run.left:,}"
        put(console, Text(_columns(cells)))


def _columns(cells: Sequence[str]) -> str:
    """Words to the left, numbers to the right."""
    *words, photos, left = zip(cells, _WIDTHS, strict=True)
    line = "  ".join(f"{cell:<{width}}" for cell, width in words)
    return "  ".join([line, *(f"{cell:>{width}}" for cell, width in (photos, left))]) + "\n"
