"""What the commands print text on."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from typing import Any, Final

from rich.console import Console

_COLOR_SYSTEMS: Final[dict[str, Any]] = {"auto": "auto", "always": "standard", "never": None}


class Output(Console):
    """A pipe that was closed is for `main` to deal with; rich would exit with 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(color: str, *, stderr: bool = False) -> Console:
    """Standard output or standard error, in colour as `--color` says.

    "always" was asked for just now and beats NO_COLOR. It does not make a pipe a terminal: there,
    names are never shortened.
    """
    return Output(
        stderr=stderr,
        color_system=_COLOR_SYSTEMS[color],
        no_color=False if color == "always" else None,
    )


def live_progress(options: argparse.Namespace) -> Any:
    """A live display, only on a terminal and only if wanted."""
    if options.quiet or not sys.stderr.isatty():
        return nullcontext()
    from dupfinder.reports.progress import LiveProgress  # noqa: PLC0415

    return LiveProgress(console(options.color, stderr=True))
