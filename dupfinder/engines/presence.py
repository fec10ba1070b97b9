"""Which roots of a scan are still there: one that goes away costs its own files, and one line."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator

from dupfinder.model import PhotoFile, Skipped
from dupfinder.paths import is_below
from dupfinder.roots import VANISHED, is_gone, vanished

# How a file fails when it is not for its own sake: it is missing, another one stands in its place,
# or the system reports an error of the disk or of the network.
_SIGNS = frozenset({"vanished", "changed", "unreadable", VANISHED})


class Presence:
    """The folders as they were when the scan began; asks again where a file fails."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._at_first: dict[str, os.stat_result] = {}
        self._gone: set[str] = set()
        for root in roots:
            try:
                path, status = os.path.realpath(root), os.stat(root)
            except (OSError, ValueError):  # whoever walks it will say so
                continue
            if stat.S_ISDIR(status.st_mode):
                self._at_first[path] = status

    def there(self, files: Iterable[PhotoFile], left: list[PhotoFile]) -> Iterator[PhotoFile]:
        """The files in turn, as long as their root is not known to be gone; then they go to `left`.

        What nobody can read need not be tried: each try may wait for a network.
        """
        for file in files:
            if self._gone and self._root_of(file.path) in self._gone:
                left.append(file)
            else:
                yield file

    def lost(self, file: PhotoFile) -> Skipped:
        """Why one of those that were `left` was not read."""
        return vanished(file.path, "decode", self._root_of(file.path))

    def explained(self, skipped: Skipped) -> Skipped:
        """The same, with the true reason where the whole root is gone."""
        if skipped.code not in _SIGNS:
            return skipped
        root = self._root_of(skipped.path)
        before = self._at_first.get(root)
        if root not in self._gone and (before is None or not is_gone(root, before)):
            return skipped
        self._gone.add(root)
        return vanished(skipped.path, skipped.stage, root)

    def notes(self, skipped: Iterable[Skipped]) -> tuple[str, ...]:
        """One for each root that is gone."""
        lost = [each for each in skipped if each.code == VANISHED]
        files = Counter(self._root_of(each.path) for each in lost)
        walked = {each.path for each in lost if each.path in self._at_first}
        return tuple(
            _note(root, files[root] - (root in walked), root in walked)
            for root in sorted(files, key=os.fsencode)
        )

    def _root_of(self, path: str) -> str:
        """The deepest root that holds the path; "" for a file that was named itself."""
        return max((root for root in self._at_first if is_below(path, [root])), key=len, default="")


def _note(root: str, files: int, was_walked: bool) -> str:
    told = f"{files:,} of its files were" if files != 1 else "1 of its files was"
    whole = ", and not all of them had been found" if was_walked else ""
    return (
        f"{root!r} went away during the scan: {told} not compared{whole};"
        " bring it back and scan again"
    )
