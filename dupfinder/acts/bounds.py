"""Where a run may act."""

from __future__ import annotations

import os
from dataclasses import dataclass

from dupfinder.acts.unit import Refused
from dupfinder.filesystem import Folder
from dupfinder.paths import is_below


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a run may act: below the roots, and never below what is protected.

    All are absolute paths without links. What is protected is known by the identity of its folders
    as well, so that another way to the same folder (a bind mount, say) does not help.
    """

    roots: tuple[str, ...]
    protected: tuple[str, ...] = ()

    def check(self, folder: Folder, name: str) -> None:
        """Let an entry of a folder pass that is in bounds.

        Raises:
            Refused: if it is not.
            OSError: if the system refuses to say.
        """
        if not is_below(folder.path, self.roots):
            raise Refused("outside", f"{folder.path} is not below a folder that was scanned")
        status = folder.status(name)
        way = folder.way | {(status.st_dev, status.st_ino)}
        for protected in self.protected:
            if (
                is_below(os.path.join(folder.path, name), (protected,))
                or _identity(protected) in way
            ):
                raise Refused("protected", f"{protected} is protected")


def _identity(path: str) -> tuple[int, int]:
    """Device and inode of a protected folder; without them nothing may be done."""
    try:
        status = os.stat(path)
    except OSError:
        raise Refused("protected", f"{path} is protected and cannot be looked at") from None
    return status.st_dev, status.st_ino
