"""One file with two names in place of two files with the same bytes."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, suppress
from typing import Any

from dupfinder.acts.unit import Refused, Unit, Witness
from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import copy, same_bytes
from dupfinder.filesystem.metadata import Metadata, metadata, restore
from dupfinder.model import Action, Relation

# EXDEV: another volume. EPERM, ENOTSUP: a file system without links. EMLINK: too many names.
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)


class Hardlink:
    """Gives the keeper the photo's name, too; the photo's own bytes go once that has held."""

    name = "hardlink"
    done = "made a link to the photo kept"
    only_identical = True
    takes_companions = False
    places: tuple[str, ...] = ()

    def look(self, action: Action) -> None:
        """Raises Refused if the two cannot become one file."""
        if action.match.relation is not Relation.IDENTICAL:
            raise Refused("not-identical", "only files with the same bytes can become one")
        folders = (os.path.split(each.path) for each in (action.photo, action.keeper))
        with ExitStack() as opened:
            ours, theirs = (
                opened.enter_context(opened.enter_context(Folder.open(folder)).reading(name))
                for folder, name in folders
            )
            if os.fstat(ours).st_dev != os.fstat(theirs).st_dev:
                raise Refused("no-link", "the two cannot be linked: they are on different volumes")
            _refuse_other(metadata(ours), metadata(theirs))

    def commit(self, unit: Unit) -> None:
        """Link, look whether it is the keeper that has the name now, and remove what stood aside.

        Raises:
            Refused: if the two differ in owner or mode, or the volume knows no links.
            OSError: if the system refuses.
        """
        (member,) = unit.members
        (aside,) = unit.ours
        keeper = unit.keeper
        ours, theirs = metadata(aside.descriptor), metadata(keeper.descriptor)
        _refuse_other(ours, theirs)
        identity = _identity(os.fstat(keeper.descriptor))
        unit.note(
            {"op": "linked", "member": member.name, "carried": ours, "identity": list(identity)}
        )
        unit.confirm()
        try:
            keeper.folder.link(keeper.name, unit.folder, member.name)
        except OSError as error:
            if error.errno in _NO_LINK:
                raise Refused("no-link", "the two cannot be linked on this volume") from None
            raise
        unit.folder.sync()
        # Linking sets the keeper's own time on, so that only reading tells whether it was edited.
        linked = Witness.of(keeper.folder, keeper.name, keeper.descriptor)
        if (
            _identity(unit.folder.status(member.name)) != identity
            or not same_bytes(aside.descriptor, keeper.descriptor)
            or not linked.is_unchanged()
            or not aside.is_unchanged()
        ):
            raise Refused("keeper-changed", "one of the two was changed meanwhile")
        unit.folder.remove(member.aside)
        unit.folder.sync()
        unit.places.append(unit.path(member))


def _refuse_other(ours: Metadata, theirs: Metadata) -> None:
    if any(ours[each] != theirs[each] for each in ("mode", "owner", "attributes")):
        raise Refused("other-owner", "the two differ in owner, mode or attributes")


def unlink_again(record: dict[str, Any], keeper: str, folder: Folder, name: str) -> None:
    """Take the link off a name whose photo stands aside, if it is our link and not the last name.

    Raises:
        OSError: if the system refuses.
    """
    with suppress(FileNotFoundError):
        status = folder.status(name)
        is_keepers = is_linked(record, folder, name)
        with suppress(OSError):  # it may be another file that has come to be linked
            is_keepers = is_keepers or os.path.samestat(status, os.lstat(keeper))
        if is_keepers and status.st_nlink > 1:
            folder.remove(name)
            folder.sync()


def is_linked(record: dict[str, Any], folder: Folder, name: str) -> bool:
    """Whether the name is that of the keeper, as a record of its linking says.

    Raises:
        OSError: if the system refuses.
    """
    with suppress(FileNotFoundError):
        # The number of a device is another one after a restart.
        return bool(folder.status(name).st_ino == record["identity"][1])
    return False


def part_again(record: dict[str, Any], folder: Folder, name: str, aside: str) -> None:
    """Make a linked name a file of its own again, with all that it carried.

    Idempotent: it may be interrupted and begun again.

    Raises:
        OSError: if the system refuses, or the name is not that link any more.
    """
    linked = aside + "l"
    if folder.has(linked):  # begun before: what is to come home had been copied whole
        _end_parting(folder, name, aside)
        return
    with suppress(FileNotFoundError):
        folder.remove(aside)
    if not is_linked(record, folder, name):
        if _carries(folder, name, record["carried"]):  # parted before
            return
        raise OSError(errno.ESTALE, "it is not the link any more that was made")
    with folder.reading(name) as source, folder.creating(aside) as target:
        copy(source, target)
        restore(target, record["carried"])
        os.fsync(target)
    folder.sync()
    folder.move(name, folder, linked)
    _end_parting(folder, name, aside)


def _end_parting(folder: Folder, name: str, aside: str) -> None:
    linked = aside + "l"
    # Where moving is linking and removing, a file may have had two names when it was interrupted.
    if _are_one(folder, name, linked):
        folder.remove(name)
    if _are_one(folder, name, aside):
        folder.remove(aside)
    elif folder.has(aside):
        folder.move(aside, folder, name)
    elif not folder.has(name):  # somebody took the copy away: then the link is what there is
        folder.move(linked, folder, name)
        return
    folder.sync()
    folder.remove(linked)
    folder.sync()


def _are_one(folder: Folder, name: str, other: str) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(folder.status(name), folder.status(other))
    return False


def _carries(folder: Folder, name: str, carried: Metadata) -> bool:
    with suppress(FileNotFoundError), folder.reading(name) as there:
        here = metadata(there)
        return here | {"times": here["times"][1:]} == carried | {"times": carried["times"][1:]}
    return False


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
