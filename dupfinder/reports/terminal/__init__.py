"""What was found and what is planned, printed with rich.

Readable at any width and without colour: a word or a sign says whatever a colour says. Names are
never read as rich markup, and nothing in them reaches the terminal raw.
"""

from dupfinder.reports.terminal.acting import (
    render_applied,
    render_left,
    render_runs,
    render_undone,
)
from dupfinder.reports.terminal.found import render_found, render_skipped
from dupfinder.reports.terminal.plan import render_plan
from dupfinder.reports.terminal.similar import render_similar

__all__ = [
    "render_applied",
    "render_found",
    "render_left",
    "render_plan",
    "render_runs",
    "render_similar",
    "render_skipped",
    "render_undone",
]
