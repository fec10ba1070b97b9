"""Removal for good: nothing is left to undo."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from dupfinder.acts.unit import Refused, Unit
from dupfinder.model import Action

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

    def look(self, action: Action) -> None:
        """Raises Refused if one of the files was written within the last minute."""
        photo = action.photo.file
        for path in (photo.path, *(each.path for each in photo.companions)):
            self._refuse_new(os.path.basename(path), os.lstat(path))

    def commit(self, unit: Unit) -> None:
        """Remove.

        The photo goes first: as long as it is there all of it can be brought home, and afterwards
        nothing but companions is left.

        Raises:
            Refused: if one of the files was written within the last minute, or changes now.
            OSError: if the system refuses.
        """
        for member in unit.members:
            self._refuse_new(member.name, unit.folder.status(member.aside))
        unit.note({"op": "delete"})
        unit.confirm()
        for member in unit.members:
            unit.folder.remove(member.aside)
            # The photo may not be there again after a power loss, without what belongs to it.
            unit.folder.sync()

    def _refuse_new(self, name: str, status: os.stat_result) -> None:
        if abs(self._now() - status.st_mtime) < _JUST_NOW:
            raise Refused("just-written", f"{name} was written within the last minute")
