"""Where a run may act."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
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

    Nor below what is only compared with, the references, but for roots that lie in them. All are
    absolute paths without links. Folders in which nothing may be done are known by their identity
    as well, so that another way to one of them (a bind mount, say) does not help.
    """

    roots: tuple[str, ...]
    protected: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

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
        for reference in self.references:
            if is_below(path, (reference,)) and not is_below(path, self._within(reference)):
                raise Refused("protected", f"{reference} is protected")
        for identity in self._identities.keys() & set(way):
            raise Refused("protected", f"{self._identities[identity]} is protected")

    def _within(self, reference: str) -> tuple[str, ...]:
        """The roots that lie in a reference."""
        return tuple(root for root in self.roots if is_below(root, (reference,)))

    @cached_property
    def _identities(self) -> dict[Identity, str]:
        """The folders in which nothing may be done, as they are when this is first asked.

        Raises:
            Refused: if one that was named cannot be looked at: then nothing may be done.
        """
        found: dict[Identity, str] = {}
        places: list[tuple[str, tuple[str, ...]]] = [(each, ()) for each in self.protected]
        places += [(each, self._within(each)) for each in self.references]
        for place, roots in places:
            try:
                os.stat(place)
            except OSError:
                reason = f"{place} is protected and cannot be looked at"
                raise Refused("protected", reason) from None
            for path in _closed(place, roots):
                with suppress(FileNotFoundError):
                    status = os.stat(path)
                    found[status.st_dev, status.st_ino] = place
        return found


def _closed(place: str, roots: Collection[str]) -> Iterator[str]:
    """A place and all folders in it, but for roots in it and what leads to them."""
    if not roots:
        yield place
    for folder, below, _ in os.walk(place):
        below[:] = [name for name in below if os.path.join(folder, name) not in roots]
        if not any(is_below(root, (folder,)) for root in roots):
            yield folder
