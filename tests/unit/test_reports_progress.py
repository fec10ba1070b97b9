"""The live display: what it shows of a stage, and that it leaves nothing behind."""

from __future__ import annotations

import io

from rich.console import Console

from dupfinder.protocols import Progress
from dupfinder.reports.progress import LiveProgress


def console(**options: object) -> Console:
    return Console(file=io.StringIO(), width=80, **options)


def frame(display: LiveProgress) -> list[str]:
    """The lines as they stand, drawn apart from the redrawing thread."""
    paper = console(color_system=None)
    paper.print(display._bars.get_renderable())
    return paper.file.getvalue().splitlines()


def test_it_is_a_progress():
    progress: Progress = LiveProgress(console())
    progress.advance()  # before the first stage there is nothing to count


def test_a_known_total_shows_how_far_the_stage_is():
    display = LiveProgress(console())
    display.stage("decode", 5118)
    display.advance(1204)
    (line,) = frame(display)
    assert "decode" in line
    assert "1,204 of 5,118" in line


def test_an_unknown_total_shows_the_count_alone():
    display = LiveProgress(console())
    display.stage("discover", None)
    display.advance()
    display.advance(16)
    (line,) = frame(display)
    assert " 17" in line
    assert " of " not in line


def test_rate_and_time_left_are_told(monkeypatch):
    display = LiveProgress(console())
    clock = iter(range(1000))
    monkeypatch.setattr(display._bars, "get_time", lambda: float(next(clock)))
    display.stage("decode", 1000)
    for _ in range(5):
        display.advance(100)
    (line,) = frame(display)
    assert "100/s" in line
    assert line.rstrip().endswith("left")


def test_a_new_stage_ends_the_one_before():
    display = LiveProgress(console())
    display.stage("discover", None)
    display.advance(7)
    display.stage("decode", 7)
    first, second = frame(display)
    assert "7 of 7" in first
    assert "0 of 7" in second


def test_names_of_stages_are_not_markup():
    display = LiveProgress(console())
    display.stage("[red]x[/red]", None)
    assert "[red]x[/red]" in frame(display)[0]


def test_it_hides_the_cursor_only_while_it_runs():
    terminal = console(force_terminal=True)
    with LiveProgress(terminal) as display:
        display.stage("decode", 3)
        display.advance(3)
    written = terminal.file.getvalue()
    assert written.index("\x1b[?25l") < written.rindex("\x1b[?25h")
    assert not display._bars.live.is_started
