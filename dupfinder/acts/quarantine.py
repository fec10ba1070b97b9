"""A folder of the user's choice to look through later: files keep their place below it."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress

from dupfinder.acts.places import put, put_copy
from dupfinder.acts.unit import Unit
from dupfinder.filesystem import Folder


class Quarantine:
    """Moves to the same path below another folder; copied and verified where that is elsewhere."""

    name = "quarantine"
    done = "moved to the quarantine folder"
    can_undo = True
    only_identical = False
    takes_companions = True

    def __init__(self, folder: str) -> None:
        """`folder` is an absolute path without links; it is made if it is not there."""
        self._folder = folder

    def commit(self, unit: Unit) -> None:
        """Move all members.

        Raises:
            Refused: if a copy cannot be verified.
            OSError: if the system refuses.
        """
        os.makedirs(self._folder, 0o700, exist_ok=True)
        with ExitStack() as opened:
            folder = opened.enter_context(Folder.open(self._folder))
            for part in _below(unit):
                with suppress(FileExistsError):
                    folder.make(part)
                    folder.sync()
                folder = opened.enter_context(folder.below(part))
            same_volume = folder.own_status().st_dev == unit.folder.own_status().st_dev
            for member in unit.members:
                name = (put if same_volume else put_copy)(unit, member, folder)
                unit.places.append(os.path.join(folder.path, name))


def _below(unit: Unit) -> list[str]:
    """The components of the path below the root, the root's own name first."""
    roots = [
        root for root in unit.roots if (unit.folder.path + "/").startswith(root.rstrip("/") + "/")
    ]
    root = max(roots, key=len)
    below = os.path.relpath(unit.folder.path, os.path.dirname(root))
    return [part for part in below.split(os.sep) if part not in ("", ".")]
