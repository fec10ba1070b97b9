"""A live display of how far a run is, for a person at a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from dupfinder.reports.words import duration

# Seconds between two redraws: fast enough to look alive, too slow to cost anything.
_REDRAW = 0.2


class LiveProgress:
    """Implements `Progress`: one line a stage, with its count, its rate and the time left.

    A context manager, which leaves nothing behind on the terminal: the summary tells the times.
    Meant for a console on stderr that is a terminal; anywhere else the silent default serves. A
    thread redraws it, so start worker processes before or without `fork`.
    """

    def __init__(self, console: Console) -> None:
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=18),
            _Count(),
            _Rate(),
            _TimeLeft(),
            console=console,
            refresh_per_second=1 / _REDRAW,
            transient=True,
        )
        self._stage: TaskID | None = None

    def __enter__(self) -> LiveProgress:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def stage(self, name: str, total: int | None) -> None:
        """Begins the line of the stage `name`; the one before it is done."""
        if self._stage is not None:
            done = next(task for task in self._bars.tasks if task.id == self._stage)
            self._bars.update(self._stage, total=done.completed)
        self._stage = self._bars.add_task(name, total=total)

    def advance(self, steps: int = 1) -> None:
        """Counts `steps` more of the present stage."""
        if self._stage is not None:
            self._bars.advance(self._stage, steps)


class _Count(ProgressColumn):
    """`1,204 of 5,118`, or `1,204` where nobody knows of how many."""

    def render(self, task: Task) -> Text:
        total = f" of {task.total:,.0f}" if task.total is not None else ""
        return Text(f"{task.completed:,.0f}{total}", justify="right")


class _Rate(ProgressColumn):
    """`237/s`."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", justify="right")


class _TimeLeft(ProgressColumn):
    """`4 min 05 s left`."""

    def render(self, task: Task) -> Text:
        left = task.time_remaining
        return Text(f"{duration(left)} left" if left else "")
