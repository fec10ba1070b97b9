"""The photos of a cluster, shown in the terminal: by its graphics where it has any, else by blocks.

What the terminal can is asked by the library, which writes to it and waits for its answer.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Final

from rich.console import Console

from dupfinder.model import Cluster, Photo, Skipped
from dupfinder.reports.picture.strip import strip

# Pixels of a picture, and how many a cell of the terminal is taken for.
HEIGHT: Final = 144
_CELL: Final = 9


def can_show(console: Console) -> str:
    """Why no pictures can be shown on this console, "" if they can."""
    if not console.is_terminal or console.is_dumb_terminal or not sys.stdin.isatty():
        return "this is no terminal"
    if console.color_system is None:
        return "this terminal shows no colours"
    try:
        import textual_image.renderable  # noqa: F401, PLC0415  # an extra
    except ImportError:
        return "that needs an extra: install dupfinder[pictures]"
    return ""


class Pictures:
    """Shows cluster after cluster, in the order in which their pictures come."""

    def __init__(self, made: Iterator[tuple[Photo, bytes | Skipped]], console: Console) -> None:
        self._made = made
        self._console = console
        self._held: dict[str, bytes | None] = {}

    def show(self, cluster: Cluster) -> None:
        """The first photos of the cluster, as many as fit beside each other."""
        from textual_image.renderable import Image  # noqa: PLC0415  # an extra

        pictures = [self._picture(photo) for photo in cluster.members]
        room = self._console.width - 2
        content, pixels = strip(pictures, room * _CELL, HEIGHT)
        cells = max(1, min(room, pixels // _CELL))
        self._console.print(Image(io.BytesIO(content), width=cells, height="auto"))

    def _picture(self, photo: Photo) -> bytes | None:
        while photo.path not in self._held:
            shown = next(self._made, None)
            if shown is None:
                return None
            self._held[shown[0].path] = shown[1] if isinstance(shown[1], bytes) else None
        return self._held.pop(photo.path)
