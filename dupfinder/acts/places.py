"""Moving members of a unit to another place, and back: what trash and quarantine have in common."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from dupfinder.acts.unit import Member, Refused, Unit
from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import copy, digest, same_bytes
from dupfinder.filesystem.metadata import Metadata, metadata, restore

_ATTEMPTS = 10_000  # names tried before giving up
_LONGEST = 255  # bytes of a name
_ENDING = 32  # bytes; what is longer is no ending of a file's name
_COARSE = 2 * 10**9  # nanoseconds, as FAT counts


def free_names(name: str, spare: int = 0) -> Iterator[str]:
    """The name, then variants of it that end alike; all leave `spare` bytes of what a name may be.

    A name that is too long itself is left out.
    """
    if len(os.fsencode(name)) + spare <= _LONGEST:
        yield name
    stem, ending = os.path.splitext(name)
    if len(os.fsencode(ending)) > _ENDING:
        stem, ending = name, ""
    for number in range(2, _ATTEMPTS):
        mark = f" {number}"
        room = _LONGEST - spare - len(os.fsencode(mark + ending))
        yield f"{_cut(stem, room)}{mark}{ending}"


def _cut(text: str, room: int) -> str:
    """As much of the beginning as there is room for, without a part of a character."""
    raw = os.fsencode(text)
    if len(raw) > room:
        while room and raw[room] & 0xC0 == 0x80:  # UTF-8 goes on here
            room -= 1
    return os.fsdecode(raw[:room])


def announced(unit: Unit, member: Member, folder: str, name: str) -> dict[str, Any]:
    """The record of a place in a folder, by which the file is known there later."""
    status = unit.folder.status(member.aside)
    return {
        "op": "place",
        "member": member.name,
        "folder": folder,
        "name": name,
        "state": [status.st_ino, status.st_size, status.st_mtime_ns],
    }


def put(unit: Unit, member: Member, folder: Folder) -> str:
    """Move a member from where it stands aside into a folder, under a name that is free there.

    Raises:
        Refused: if no name is free.
        OSError: if the system refuses; EXDEV if the folder is on another volume.
    """
    for name in free_names(member.name):
        if folder.has(name):
            continue
        unit.note(announced(unit, member, folder.path, name))
        try:
            unit.folder.move(member.aside, folder, name)
        except FileExistsError:  # somebody was faster
            continue
        folder.sync()
        unit.folder.sync()
        return name
    raise Refused("no-name", f"{folder.path} holds too many files of that name")


def put_copy(unit: Unit, member: Member, folder: Folder) -> str:
    """The same across volumes: copy, read the copy again from the disk, then remove the original.

    Raises:
        Refused: if the copy does not hold what was written, or anything changed meanwhile.
        OSError: if the system refuses.
    """
    temporary = member.aside
    for name in free_names(member.name):
        if folder.has(name):
            continue
        unit.note({**announced(unit, member, folder.path, name), "temporary": temporary})
        with unit.folder.reading(member.aside) as source:
            carried = metadata(source)
            _copy(source, folder, temporary, carried)
        inode = folder.status(temporary).st_ino
        # Not every volume can hold what the file carries: undo has it from here.
        told = {"name": name, "inode": inode, "carried": carried}
        unit.note({"op": "copied", "member": member.name, **told})
        try:
            folder.move(temporary, folder, name)
        except FileExistsError:
            folder.remove(temporary)
            continue
        folder.sync()
        unit.confirm_kept()
        unit.confirm_own(member)
        unit.folder.remove(member.aside)
        unit.folder.sync()
        return name
    raise Refused("no-name", f"{folder.path} holds too many files of that name")


def _copy(source: int, folder: Folder, name: str, carried: Metadata) -> None:
    """A verified copy with all that the original carried, under a name that nobody else uses.

    Raises:
        FileExistsError: if the name is taken.
        Refused: if the copy does not hold what was written.
        OSError: if the system refuses; then there is no copy.
    """
    with folder.creating(name) as target:  # from here on the file of that name is ours
        try:
            written = copy(source, target)
            restore(target, carried)
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


def remove_copies(records: Sequence[dict[str, Any]], folder: Folder, aside: str) -> None:
    """Remove what was copied to another volume while the original is here.

    Args:
        records: of one member.

    Raises:
        OSError: if the system refuses.
    """
    for place in records:
        if place["op"] != "place" or "temporary" not in place:
            continue
        copies = _copies(records, place)
        with suppress(FileNotFoundError), Folder.open(place["folder"]) as there:
            with suppress(FileNotFoundError):
                there.remove(place["temporary"])
            # Another file of that name may hold the same bytes, and be somebody's own.
            is_ours = there.has(place["name"]) and there.status(place["name"]).st_ino in copies
            if folder.has(aside) and is_ours:
                with folder.reading(aside) as ours, there.reading(place["name"]) as theirs:
                    same = same_bytes(ours, theirs)
                if same:
                    there.remove(place["name"])
            there.sync()


def take_back(
    records: Sequence[dict[str, Any]], home: Folder, name: str, temporary: str, was_done: bool
) -> str:
    """Move what was put into a place back to its folder, under its name or one that is free.

    Idempotent: it may be interrupted and begun again.

    Args:
        records: of one member; the last place is where it went.
        home: the folder that it came from.
        name: the name that it had.
        temporary: a name in that folder that nobody else uses.
        was_done: it surely went there, it was not only announced.

    Returns:
        The name that it has now.

    Raises:
        FileNotFoundError: if it is not in that place any more.
        OSError: if the system refuses.
    """
    place = [each for each in records if each["op"] == "place"][-1]
    with Folder.open(place["folder"]) as there:
        if not _is_ours(records, place, there, was_done or not home.has(name)):
            raise FileNotFoundError(errno.ENOENT, "it is not there any more", place["name"])
        for free in free_names(name):
            if home.has(free):
                if _is_home(there, place["name"], home, free):
                    there.remove(place["name"])
                    there.sync()
                    return free
                continue
            with suppress(FileExistsError):
                carried = _carried(records, place)
                _move_back(there, (place["name"], carried), home, free, temporary)
                return free
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)


def remove_box(home: Folder, box: str) -> None:
    """Remove the folder in which a file had its own name, unless somebody uses it.

    Raises:
        OSError: if the system refuses.
    """
    try:
        home.unmake(os.path.basename(box))
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
            raise
    home.sync()


def drop_twin(place: dict[str, Any], home: Folder, name: str) -> None:
    """Take the name in a place off a file that has come home.

    Where a file system moves by linking and removing, it may have had both when it was interrupted.

    Raises:
        OSError: if the system refuses.
    """
    with suppress(FileNotFoundError), Folder.open(place["folder"]) as there:
        ours, theirs = there.status(place["name"]), home.status(name)
        if os.path.samestat(ours, theirs) and ours.st_nlink > 1:
            there.remove(place["name"])
            there.sync()


def _is_ours(
    records: Sequence[dict[str, Any]], place: dict[str, Any], there: Folder, by_state: bool
) -> bool:
    """Whether it is the file of the records that has the name in the place, not somebody else's.

    There are file systems that number their files anew, where size and time must do; that is only
    good enough `by_state` if there is no other file that it could be.
    """
    status = there.status(place["name"])
    inode, size, modified = place["state"]
    known = _copies(records, place) if "temporary" in place else {inode}
    is_same = status.st_size == size and abs(status.st_mtime_ns - modified) < _COARSE
    return status.st_ino in known or (by_state and is_same)


def _copies(records: Sequence[dict[str, Any]], place: dict[str, Any]) -> set[int]:
    """The inodes of the copies that were made to go under the name of the place."""
    return {
        each["inode"]
        for each in records
        if each["op"] == "copied" and each["name"] == place["name"]
    }


def _carried(records: Sequence[dict[str, Any]], place: dict[str, Any]) -> Metadata | None:
    """What the file carried that was copied to a place; None if it was moved there."""
    copied = (each for each in records if each["op"] == "copied" and each["name"] == place["name"])
    return next((each["carried"] for each in copied), None)


def _move_back(
    there: Folder, kept: tuple[str, Metadata | None], home: Folder, new: str, temporary: str
) -> None:
    name, carried = kept
    try:
        there.move(name, home, new)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with suppress(FileNotFoundError):  # of an interrupted attempt
            home.remove(temporary)
        with there.reading(name) as source:
            _copy(source, home, temporary, carried or metadata(source))
        try:
            home.move(temporary, home, new)
        except OSError:
            home.remove(temporary)
            raise
        home.sync()
        there.remove(name)
    there.sync()
    home.sync()


def _is_home(there: Folder, name: str, home: Folder, new: str) -> bool:
    """Whether an interrupted attempt has brought the file home and only left it in its place."""
    ours, theirs = there.status(name), home.status(new)
    if not stat.S_ISREG(ours.st_mode) or not stat.S_ISREG(theirs.st_mode):
        return False
    if os.path.samestat(ours, theirs):  # moved by linking: it is safe under the new name
        return ours.st_nlink > 1
    if ours.st_dev == theirs.st_dev or abs(ours.st_mtime_ns - theirs.st_mtime_ns) >= _COARSE:
        return False
    with there.reading(name) as one, home.reading(new) as other:
        return same_bytes(one, other)
