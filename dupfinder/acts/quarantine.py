"""A folder of the user's choice to look through later: files keep their place below it."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, suppress

from dupfinder.acts.places import put, put_copy
from dupfinder.acts.unit import Member, Refused, Unit
from dupfinder.filesystem import Folder
from dupfinder.model import Action
from dupfinder.paths import is_below


class Quarantine:
    """Moves to the same path below another folder; copied and verified where that is elsewhere."""

    name = "quarantine"
    done = "moved to the quarantine folder"
    only_identical = False
    takes_companions = True

    def __init__(self, folder: str) -> None:
        """`folder` is an absolute path without links; it is made if it is not there."""
        self._folder = folder
        self.places = (folder,)

    def look(self, action: Action) -> None:
        """Nothing can be seen beforehand: where there is no folder yet, one is made."""

    def commit(self, unit: Unit) -> None:
        """Move all members.

        Raises:
            Refused: if a copy cannot be verified, or the quarantine lies among the photos.
            OSError: if the system refuses.
        """
        with ExitStack() as opened:
            folder = opened.enter_context(Folder.open(self._folder, make=0o700))
            for part in _below(unit):
                with suppress(FileExistsError):
                    folder.make(part)
                    folder.sync()
                folder = opened.enter_context(folder.below(part))
            self._check(folder, unit)
            for member in unit.members:
                name = _put(unit, member, folder)
                unit.places.append(os.path.join(folder.path, name))
        unit.confirm_kept()

    def _check(self, folder: Folder, unit: Unit) -> None:
        status = unit.folder.own_status()
        if (status.st_dev, status.st_ino) in folder.way:
            raise Refused("quarantine", f"{self._folder} leads to the photo's own folder")


def _put(unit: Unit, member: Member, folder: Folder) -> str:
    if folder.own_status().st_dev == unit.folder.own_status().st_dev:
        try:
            return put(unit, member, folder)
        except OSError as error:  # one device can be mounted at two places
            if error.errno != errno.EXDEV:
                raise
    return put_copy(unit, member, folder)


def _below(unit: Unit) -> list[str]:
    """The components of the path below the root, the root's own name first."""
    roots = [root for root in unit.roots if is_below(unit.folder.path, (root,))]
    root = max(roots, key=len)
    below = os.path.relpath(unit.folder.path, os.path.dirname(root))
    return [part for part in below.split(os.sep) if part != os.curdir]
