"""Keep rules by where a file lies and what it is called."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dupfinder.errors import UsageError
from dupfinder.model import PhotoFile
from dupfinder.paths import is_below

if TYPE_CHECKING:  # numpy stays out of `import dupfinder`
    from dupfinder.keeprules.standing import Standing
    from dupfinder.protocols import KeepKey


class InFolder:
    """A photo below the folder, by any of its names, wins."""

    def __init__(self, folder: str) -> None:
        self._folder = real_folder(folder)
        self.name = f"in:{_typed(self._folder)}"

    def key(self, standing: Standing) -> KeepKey:
        return (not lies_in(self._folder, standing.photo.file),)

    def because(self, keeper: Standing, lesser: Standing) -> str:  # noqa: ARG002  # the seam
        return f"lies in {self._folder}; the copy does not"


class NotInFolder:
    """A photo below the folder, by any of its names, loses."""

    def __init__(self, folder: str) -> None:
        self._folder = real_folder(folder)
        self.name = f"not-in:{_typed(self._folder)}"

    def key(self, standing: Standing) -> KeepKey:
        return (lies_in(self._folder, standing.photo.file),)

    def because(self, keeper: Standing, lesser: Standing) -> str:  # noqa: ARG002  # the seam
        return f"the copy lies in {self._folder}"


class NameMatches:
    """A file whose name, without its folder, matches the pattern wins; case counts everywhere."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.name = f"name:{_typed(pattern)}"

    def key(self, standing: Standing) -> KeepKey:
        return (not fnmatchcase(os.path.basename(standing.photo.path), self._pattern),)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        ours, theirs = (os.path.basename(each.photo.path) for each in (keeper, lesser))
        return f"{ours} matches {self._pattern}; {theirs} does not"


class ShortestPath:
    """The path with fewer characters wins: copies tend to lie deeper and to be called "(1)"."""

    name = "shortest-path"

    def key(self, standing: Standing) -> KeepKey:
        return (len(standing.photo.path),)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        ours, theirs = len(keeper.photo.path), len(lesser.photo.path)
        return f"path of {ours} characters against {theirs}"


def real_folder(typed: str) -> str:
    """The folder that was meant, as photos are found in it: absolute, without links.

    Raises:
        UsageError: if there is none: a rule or a protection that holds nothing, because of a slip
            of the pen, would let the wrong photo go.
    """
    folder = os.path.realpath(os.path.expanduser(typed))
    if not os.path.isdir(folder):
        raise UsageError(f"{typed!r} is no folder", hint="name a folder that is there")
    return folder


def lies_in(folder: str, file: PhotoFile) -> bool:
    """Whether a file lies below a folder by any of its names."""
    return any(is_below(name, (folder,)) for name in (file.path, *file.links))


def _typed(argument: str) -> str:
    """As it has to be typed in a list of rules, which are parted by commas."""
    return argument.replace(",", r"\,")
