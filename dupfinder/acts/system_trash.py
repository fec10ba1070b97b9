"""The trash of macOS and Windows, reached through the library send2trash.

The library takes a path, and the trash shows the name that it finds there. So what stands aside
first gets its own name again, in a box: a folder of its own, beside it. Under its own path another
run with the opposite plan could take it for a photo that is kept.

What has become of a file is read from the file itself, which is open all the while. For the library
ends without an error where Windows removes a file for good, as it does where there is no recycle
bin, or too small a one (send2trash, issues 28 and 94). What was removed is written anew from the
open file, and nothing more of that volume is put into the trash.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from dupfinder.acts.places import announced, remove_box
from dupfinder.acts.records import box_of, is_place
from dupfinder.acts.unit import Member, Refused, Unit, Witness
from dupfinder.errors import EngineError
from dupfinder.filesystem import Folder, has_trash, is_removed, path_of
from dupfinder.filesystem.contents import copy
from dupfinder.filesystem.metadata import metadata, restore
from dupfinder.model import Action

_NONE = "there is no trash can on this volume that keeps files"


def by_library(path: str) -> None:
    """Put a file into the trash.

    Raises:
        Exception: of any kind, if the library, or what it is built on, cannot do it.
    """
    from send2trash import send2trash  # noqa: PLC0415 - not on every platform

    send2trash(path)


class SystemTrash:
    """Moves to the trash that the system's own programs show; there is no other way out."""

    name = "trash"
    done = "moved to the trash"
    only_identical = False
    takes_companions = True

    def __init__(
        self,
        home: str,
        trash: Callable[[str], None] = by_library,
        locate: Callable[[int], str | None] = path_of,
    ) -> None:
        """What the tests put in place of the system.

        Args:
            home: the folder of the trash of the home's volume, where that is a folder (macOS).
            trash: puts the file of a path into the trash.
            locate: says where an open file is by now, if that can be known.
        """
        self.places = (os.path.realpath(home),)
        self._trash = trash
        self._locate = locate
        self._removing: set[int] = set()  # devices that keep nothing

    def look(self, action: Action) -> None:
        """Raises Refused if the volume has no trash that keeps files."""
        if not has_trash(os.path.dirname(action.photo.path)):
            raise Refused("no-trash", _NONE)

    def commit(self, unit: Unit) -> None:
        """Put all members into the trash, the photo first.

        Not every trash can be looked into, so a photo that is there may be there to stay; then its
        companions alone can still be brought home.

        Raises:
            Refused: if the trash does not take one, or would not keep it.
            OSError: if the system refuses.
            EngineError: if the trash removed one for good and it could not be written anew.
        """
        device = unit.folder.own_status().st_dev
        if device in self._removing or not has_trash(unit.folder.path):
            raise Refused("no-trash", _NONE)
        for member, witness in zip(unit.members, unit.ours, strict=True):
            record = _box(unit, member, witness)
            unit.confirm_kept()
            self._give(unit, member, witness.descriptor, device)
            if place := self._place_of(witness.descriptor):
                unit.note({**record, "folder": place[0], "name": place[1]})
                unit.places.append(os.path.join(*place))
            remove_box(unit.folder, box_of(unit.folder.path, member.aside))
        unit.confirm_kept()

    def _give(self, unit: Unit, member: Member, descriptor: int, device: int) -> None:
        """Let the library take a member out of its box, and look whether it has done so."""
        box = box_of(unit.folder.path, member.aside)
        trouble = "it said nothing of why"
        try:
            self._trash(os.path.join(box, member.name))
        except Exception as error:  # noqa: BLE001 - whatever it says, the file says what it did
            trouble = str(error)
        if is_removed(descriptor):
            self._removing.add(device)
            _write_anew(unit, member, descriptor)
            raise Refused("no-trash", "the trash removed it for good; it was written anew")
        with Folder.open(box) as folder:
            if folder.has(member.name):
                raise Refused("no-trash", f"the trash did not take it: {trouble}")

    def _place_of(self, descriptor: int) -> tuple[str, str] | None:
        """Folder and name that an open file has in the trash, if undo may and can go there."""
        with suppress(OSError):  # the system may hide its trash from programs
            path = self._locate(descriptor)
            if path is not None and is_place(os.path.dirname(path), self.places):
                place, name = os.path.split(path)
                with Folder.open(place) as folder:
                    if os.path.samestat(folder.status(name), os.fstat(descriptor)):
                        return place, name
        return None


def _box(unit: Unit, member: Member, witness: Witness) -> dict[str, Any]:
    """Give what stands aside its own name, in a folder that was not there; the record of that.

    Raises:
        Refused: if it is not the file that was compared.
        OSError: if the system refuses.
    """
    box = box_of(unit.folder.path, member.aside)
    record = announced(unit, member, box, member.name)
    unit.note(record)
    unit.folder.make(os.path.basename(box))
    with unit.folder.below(os.path.basename(box)) as folder:
        unit.folder.move(member.aside, folder, member.name)
        folder.sync()
        unit.folder.sync()
        if not os.path.samestat(folder.status(member.name), os.fstat(witness.descriptor)):
            # Whosever it is, from there it comes home as any other.
            folder.move(member.name, unit.folder, member.aside)
            raise Refused("changed", f"{member.name} was replaced after it was compared")
    return record


def _write_anew(unit: Unit, member: Member, descriptor: int) -> None:
    """Write a file that has no name any more to where it stood aside, while it is still open.

    Raises:
        EngineError: if that cannot be done.
        OSError: if the system refuses afterwards.
    """
    temporary = member.aside + "t"
    try:
        with unit.folder.creating(temporary) as target:
            copy(descriptor, target)
            with suppress(Exception):  # the bytes first of all
                restore(target, metadata(descriptor))
                os.fsync(target)
        unit.folder.move(temporary, unit.folder, member.aside)
    except OSError as error:
        raise EngineError(
            f"the trash removed {unit.path(member)!r} for good, and it cannot be written anew:"
            f" {error.strerror}",
            hint=f"a copy of it is {os.path.join(unit.keeper.folder.path, unit.keeper.name)!r}",
        ) from None
    unit.folder.sync()
