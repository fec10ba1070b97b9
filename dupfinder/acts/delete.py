"""Removal for good: nothing is left to undo."""

from __future__ import annotations

import time
from collections.abc import Callable

from dupfinder.acts.unit import Refused, Unit

_JUST_NOW = 60.0  # seconds: whoever wrote the file then may still be writing


class Delete:
    """Removes the photo, then its companions."""

    name = "delete"
    done = "removed for good"
    only_identical = False
    takes_companions = True
    places: tuple[str, ...] = ()

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def commit(self, unit: Unit) -> None:
        """Remove.

        The photo goes first: as long as it is there all of it can be brought home, and afterwards
        nothing but companions is left.

        Raises:
            Refused: if one of the files was written within the last minute, or changes now.
            OSError: if the system refuses.
        """
        for member in unit.members:
            if abs(self._now() - unit.folder.status(member.aside).st_mtime) < _JUST_NOW:
                raise Refused("just-written", f"{member.name} was written within the last minute")
        unit.note({"op": "delete"})
        unit.confirm()
        for member in unit.members:
            unit.folder.remove(member.aside)
        unit.folder.sync()
