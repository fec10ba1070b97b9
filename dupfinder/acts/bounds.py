"""Where a run may act."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from dupfinder.acts.unit import Refused
from dupfinder.filesystem import Folder
from dupfinder.paths import is_below

# Device and inode.
Identity = tuple[int, int]


@dataclass(frozen=True)
class Bounds:
    """Where a run may act: below the roots, and never below what is protected.

    All are absolute paths without links. What is protected is known by the identity of its folders
    as well, so that another way to one of them (a bind mount, say) does not help.
    """

    roots: tuple[str, ...]
    protected: tuple[str, ...] = ()

    def check(self, folder: Folder, name: str) -> None:
        """Let an entry of a folder pass that is in bounds.

        Raises:
            Refused: if it is not.
            OSError: if the system refuses to say.
        """
        status = folder.status(name)
        way = folder.way | {(status.st_dev, status.st_ino)}
        self.check_way(os.path.join(folder.path, name), way)

    def check_way(self, path: str, way: Collection[Identity]) -> None:
        """The same for the path of a file, and the identities of it and all folders above it.

        Raises:
            Refused: if it is out of bounds.
        """
        folder = os.path.dirname(path)
        if not is_below(folder, self.roots):
            raise Refused("outside", f"{folder} is not below a folder that was scanned")
        for protected in self.protected:
            if is_below(path, (protected,)):
                raise Refused("protected", f"{protected} is protected")
        for identity in self._identities.keys() & set(way):
            raise Refused("protected", f"{self._identities[identity]} is protected")

    @cached_property
    def _identities(self) -> dict[Identity, str]:
        """What is protected, and every folder in it, as they are when this is first asked.

        Raises:
            Refused: if what is protected cannot be looked at: then nothing may be done.
        """
        found: dict[Identity, str] = {}
        for protected in self.protected:
            try:
                found[_identity(protected)] = protected
            except OSError:
                reason = f"{protected} is protected and cannot be looked at"
                raise Refused("protected", reason) from None
            for folder, _, _ in os.walk(protected):
                with suppress(FileNotFoundError):
                    found[_identity(folder)] = protected
        return found


def _identity(path: str) -> Identity:
    status = os.stat(path)
    return status.st_dev, status.st_ino
