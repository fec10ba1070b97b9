"""Moving members of a unit to another place, and back: what trash and quarantine have in common."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from dupfinder.acts.unit import Member, Refused, Unit
from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import copy, digest
from dupfinder.filesystem.metadata import metadata, restore

_ATTEMPTS = 10_000  # names tried before giving up


def free_names(name: str) -> Iterator[str]:
    """The name, then variants of it that end alike and are not longer than a name may be."""
    yield name
    stem, ending = os.path.splitext(name)
    for number in range(2, _ATTEMPTS):
        mark = f" {number}"
        room = 255 - len(os.fsencode(mark + ending))
        kept = os.fsdecode(os.fsencode(stem)[:room])
        yield f"{kept}{mark}{ending}"


def put(unit: Unit, member: Member, folder: Folder) -> str:
    """Move a member from where it stands aside into a folder, under a name that is free there.

    Raises:
        Refused: if the folder is on another volume.
        OSError: if the system refuses.
    """
    for name in free_names(member.name):
        if folder.has(name):
            continue
        unit.note({"op": "place", "member": member.name, "folder": folder.path, "name": name})
        try:
            unit.folder.move(member.aside, folder, name)
        except FileExistsError:  # somebody was faster
            continue
        except OSError as error:
            if error.errno == errno.EXDEV:
                raise Refused("other-volume", f"{folder.path} is on another volume") from None
            raise
        folder.sync()
        unit.folder.sync()
        return name
    raise Refused("no-name", f"{folder.path} holds too many files of that name")


def put_copy(unit: Unit, member: Member, folder: Folder) -> str:
    """The same across volumes: copy, read the copy again from the disk, then remove the original.

    Raises:
        Refused: if the copy does not hold what was written.
        OSError: if the system refuses.
    """
    for name in free_names(member.name):
        if folder.has(name):
            continue
        record = {"op": "place", "member": member.name, "folder": folder.path, "name": name}
        unit.note({**record, "temporary": member.aside, "copied": True})
        with unit.folder.reading(member.aside) as source:
            _copy(source, folder, member.aside)
        try:
            folder.move(member.aside, folder, name)
        except FileExistsError:
            folder.remove(member.aside)
            continue
        folder.sync()
        unit.note({"op": "copied", "member": member.name})
        unit.folder.remove(member.aside)
        unit.folder.sync()
        return name
    raise Refused("no-name", f"{folder.path} holds too many files of that name")


def _copy(source: int, folder: Folder, name: str) -> None:
    """A verified copy with all that the original carries; none at all if anything fails."""
    try:
        with folder.creating(name) as target:
            written = copy(source, target)
            restore(target, metadata(source))
            os.fsync(target)
            if hasattr(os, "posix_fadvise"):  # so that it is the disk which is read
                os.posix_fadvise(target, 0, 0, os.POSIX_FADV_DONTNEED)
        with folder.reading(name) as again:
            if digest(again) != written:
                raise Refused("copy-differs", f"what was written to {folder.path} differs")
    except BaseException:
        with suppress(OSError):
            folder.remove(name)
        raise


def take_back(record: dict[str, Any], home: Folder, name: str) -> None:
    """Move what was put into a place back to its folder, under a name that is free.

    Raises:
        FileExistsError: if `name` is taken.
        OSError: if the system refuses.
    """
    with Folder.open(record["folder"]) as folder:
        try:
            folder.move(record["name"], home, name)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with folder.reading(record["name"]) as source:
                _copy(source, home, name)
            home.sync()
            folder.remove(record["name"])
        folder.sync()
        home.sync()
