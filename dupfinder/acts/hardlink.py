"""One file with two names in place of two files with the same bytes."""

from __future__ import annotations

import errno
import os
from typing import Any

from dupfinder.acts.unit import Refused, Unit
from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import copy
from dupfinder.filesystem.metadata import metadata, restore

# EXDEV: another volume. EPERM, ENOTSUP: a file system without links. EMLINK: too many names.
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)


class Hardlink:
    """Gives the keeper the photo's name, too; the photo's own bytes go once that has held."""

    name = "hardlink"
    done = "made a link to the photo kept"
    can_undo = True
    only_identical = True
    takes_companions = False

    def commit(self, unit: Unit) -> None:
        """Link, look whether it is the keeper that has the name now, and remove what stood aside.

        Raises:
            Refused: if the two differ in owner or mode, or the volume knows no links.
            OSError: if the system refuses.
        """
        (member,) = unit.members
        with (
            unit.folder.reading(member.aside) as aside,
            unit.keeper_folder.reading(unit.keeper) as keeper,
        ):
            ours, theirs = metadata(aside), metadata(keeper)
            if any(ours[each] != theirs[each] for each in ("mode", "owner", "attributes")):
                raise Refused("other-owner", "the two differ in owner, mode or attributes")
            unit.note({"op": "linked", "member": member.name, "carried": ours})
            try:
                unit.keeper_folder.link(unit.keeper, unit.folder, member.name)
            except OSError as error:
                if error.errno in _NO_LINK:
                    raise Refused("no-link", "the two cannot be linked on this volume") from None
                raise
            if not os.path.samestat(unit.folder.status(member.name), os.fstat(keeper)):
                unit.folder.remove(member.name)
                raise Refused("keeper-changed", "the photo to be kept was replaced meanwhile")
        unit.folder.sync()
        unit.folder.remove(member.aside)
        unit.folder.sync()
        unit.places.append(unit.path(member))


def part_again(record: dict[str, Any], folder: Folder, name: str, aside: str) -> None:
    """Make a linked name a file of its own again, with all that it carried.

    Raises:
        OSError: if the system refuses.
    """
    with folder.reading(name) as source, folder.creating(aside) as target:
        copy(source, target)
        restore(target, record["carried"])
        os.fsync(target)
    linked = aside + "l"
    folder.move(name, folder, linked)
    folder.move(aside, folder, name)
    folder.sync()
    folder.remove(linked)
    folder.sync()
