"""A plan, held against the disk of this moment -> what of it can be carried out, and what cannot.

Only looks. So a dry run says what an act would do, and an old report ends in no surprise; the act
trusts nothing that was seen here and reads every photo again.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from hashlib import file_digest
from typing import Final

from dupfinder.acts import Act
from dupfinder.acts.bounds import Bounds, Identity
from dupfinder.acts.reasons import refusal
from dupfinder.acts.unit import Refused
from dupfinder.companions import Companions, companions_in
from dupfinder.model import Action, Companion, Contents, Outcome, Photo, Plan, are_marked
from dupfinder.paths import is_below
from dupfinder.settings import PHOTO_LIBRARIES

# A code and words; two empty ones where nothing speaks against it.
_Why = tuple[str, str]

_NOTHING: Final = ("", "")
_LIGHTROOM: Final = ".lrcat"
_DIGIKAM: Final = "digikam4.db"


def recheck(
    plan: Plan,
    act: Act,
    bounds: Bounds,
    forced: Collection[str] = (),
    marked: Collection[Contents] = (),
) -> tuple[Plan, tuple[Outcome, ...]]:
    """The plan without the photos that are to be left, and those with the reason.

    Left are photos that are out of bounds, photos that changed or went since they were compared (or
    whose keeper or companions did), that are `marked` as no duplicates of their keepers, files with
    other names (hard links), what the act cannot be done to, and what a photo manager knows of.

    Args:
        forced: real paths of the folders of photo managers in which may be acted nevertheless.
        marked: the digests of contents, the smaller first.
    """
    look = _Look(act, bounds, forced)
    actions: list[Action] = []
    left: list[Outcome] = []
    for action in plan.actions:
        if are_marked(marked, action.photo.digest, action.keeper.digest):
            code, reason = "marked", "marked as no duplicate of the photo kept"
        else:
            code, reason = look.obstacle(action)
        if code:
            left.append(Outcome(action, False, code, reason))
        else:
            actions.append(action)
    return replace(plan, actions=tuple(actions)), tuple(left)


class _Look:
    """One look at the disk: each folder is listed once."""

    def __init__(self, act: Act, bounds: Bounds, forced: Collection[str]) -> None:
        self._act = act
        self._bounds = bounds
        self._forced = frozenset(forced)
        self._companions: dict[str, Companions] = {}
        self._catalogues: dict[str, str] = {}
        self._ways: dict[str, frozenset[Identity]] = {}

    def obstacle(self, action: Action) -> _Why:
        """What speaks against it."""
        checks: tuple[Callable[[Action], _Why], ...] = (self._of_place, _of_files, _of_reach)
        checks += (self._of_companions,) if self._act.takes_companions else ()
        checks += (self._of_act,)
        return next((why for check in checks if (why := check(action))[0]), _NOTHING)

    def _of_place(self, action: Action) -> _Why:
        why = self._of_path(action.photo.path, "it")
        if not why[0] and action.sidecar is not None:
            why = self._of_path(action.sidecar.path, "the photo to be kept")
        return why

    def _of_path(self, path: str, what: str) -> _Why:
        folder = os.path.dirname(path)
        try:
            self._bounds.check_way(path, self._way(folder))
        except Refused as refused:
            return refused.code, str(refused)
        known = self._catalogue_of(folder)
        if known and not {known, os.path.dirname(known)} & self._forced:
            return "library", f"{known} knows of {what}"
        return _NOTHING

    def _of_act(self, action: Action) -> _Why:
        try:
            self._act.look(action)
        except Refused as refused:
            return refused.code, str(refused)
        except OSError as error:
            return _refusal(error)
        return _NOTHING

    def _of_companions(self, action: Action) -> _Why:
        photo, keeper = action.photo.file, action.keeper.file
        for file in (photo, keeper):
            if file.companions != self._companions_of(file.path):
                return "companion", "other files belong to it, or to the photo to be kept, by now"
        theirs = {each.kind: each.path for each in keeper.companions}
        for mine in photo.companions:
            other = theirs.get(mine.kind)
            if other is not None and not _same(mine.path, other):
                ours = os.path.basename(mine.path)
                reason = f"{ours} differs from {os.path.basename(other)} beside the photo kept"
                return "companion-differs", reason
        return _NOTHING

    def _companions_of(self, path: str) -> tuple[Companion, ...]:
        folder, name = os.path.split(path)
        if folder not in self._companions:
            names: list[str] = []
            with suppress(OSError), os.scandir(folder) as entries:
                names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
            self._companions[folder] = companions_in(folder, names)
        return self._companions[folder].get(name, ())

    def _way(self, folder: str) -> frozenset[Identity]:
        """Device and inode of a folder and of all above it; of one that is not there, none."""
        if folder not in self._ways:
            above = os.path.dirname(folder)
            own: frozenset[Identity] = frozenset()
            with suppress(OSError):
                status = os.lstat(folder)
                own = frozenset({(status.st_dev, status.st_ino)})
            self._ways[folder] = own if above == folder else own | self._way(above)
        return self._ways[folder]

    def _catalogue_of(self, folder: str) -> str:
        """The library in which a folder lies, or the catalogue beside or above it; "" if none.

        A catalogue counts up to the root; a library is one wherever it lies.
        """
        if folder not in self._catalogues:
            found = _library(folder) or _catalogue_in(folder)
            above = os.path.dirname(folder)
            if not found and above != folder and is_below(above, self._bounds.roots):
                found = self._catalogue_of(above)
            self._catalogues[folder] = found
        return self._catalogues[folder]


def _of_files(action: Action) -> _Why:
    photo, keeper = _status(action.photo), _status(action.keeper)
    why = _NOTHING
    if photo is None:
        why = "gone", "it is not there any more"
    elif not _is_as_seen(action.photo, photo):
        why = "changed", "it changed since it was compared"
    elif keeper is None:
        why = "keeper-gone", "the photo to be kept is not there any more"
    elif not _is_as_seen(action.keeper, keeper):
        why = "keeper-changed", "the photo to be kept changed since it was compared"
    elif photo.st_nlink > 1:
        why = "linked", "the file has other names (hard links): nothing would be freed"
    return why


def _of_reach(action: Action) -> _Why:
    """What an act would meet on the way to the two, and in their folders."""
    folder, theirs = (os.path.dirname(each.path) for each in (action.photo, action.keeper))
    error = 0
    if os.path.realpath(folder) != folder or os.path.realpath(theirs) != theirs:
        error = errno.ENOTDIR
    elif hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY:
        error = errno.EROFS
    elif not os.access(folder, os.W_OK | os.X_OK) or not all(
        os.access(each.path, os.R_OK) for each in (action.photo, action.keeper)
    ):
        error = errno.EACCES
    return _refusal(OSError(error, "")) if error else _NOTHING


def _refusal(error: OSError) -> _Why:
    refused = refusal(error)
    return refused.code, str(refused)


def _status(photo: Photo) -> os.stat_result | None:
    try:
        return os.lstat(photo.path)
    except OSError:
        return None


def _is_as_seen(photo: Photo, status: os.stat_result) -> bool:
    stamp = photo.file.stamp
    same = (status.st_size, status.st_mtime_ns) == (stamp.size, stamp.mtime_ns)
    return same and stat.S_ISREG(status.st_mode)


def _same(one: str, other: str) -> bool:
    """Whether both hold the same bytes; what cannot be read is never equal."""
    try:
        with open(one, "rb") as ours, open(other, "rb") as theirs:
            return file_digest(ours, "sha256").digest() == file_digest(theirs, "sha256").digest()
    except OSError:
        return False


def _library(folder: str) -> str:
    while (above := os.path.dirname(folder)) != folder:
        if folder.lower().endswith(PHOTO_LIBRARIES):
            return folder
        folder = above
    return ""


def _catalogue_in(folder: str) -> str:
    with suppress(OSError):  # what cannot be listed cannot be acted in either
        for name in sorted(os.listdir(folder)):
            if name.lower().endswith(_LIGHTROOM) or name == _DIGIKAM:
                return os.path.join(folder, name)
    return ""
