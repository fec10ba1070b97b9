"""The way back, read from a journal: for what was interrupted or refused, and for undo."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from dupfinder.acts.hardlink import is_linked, part_again, unlink_again
from dupfinder.acts.places import drop_twin, free_names, remove_box, remove_copies, take_back
from dupfinder.acts.records import box_of
from dupfinder.acts.trash import forget_info
from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import same_bytes
from dupfinder.storage.journal import Record

_BY_HAND = (
    "it lies in the system's trash: restore it from there by hand, then undo this run by its name"
)


@dataclass(frozen=True, slots=True)
class Back:
    """What rolling back has come to.

    `is_done` is an act that had been committed after all: it stays so. `renamed` are the paths of
    files that could not go to their old names.
    """

    is_done: bool
    renamed: tuple[str, ...]


def roll_back(records: Sequence[Record]) -> Back:
    """Bring home what one photo's records say was begun.

    Idempotent: it may be interrupted and begun again.

    Args:
        records: of one photo, beginning with its intent.

    Raises:
        OSError: if the system refuses; what is aside then stays there.
    """
    intent = records[0]
    renamed: list[str] = []
    with Folder.open(intent["folder"]) as folder:
        is_done = _is_done(records, folder)
        for name, aside in reversed(intent["members"]):
            about = [each for each in records if each.get("member") == name]
            # Where one has gone for good the others stay where they are: a photo is not torn apart.
            stays = is_done and not _ends_in_box(about, folder, aside)
            renamed += _brought_back(about, intent["keeper"], folder, (name, aside), stays)
        folder.sync()
    return Back(is_done, tuple(renamed))


def undo(records: Sequence[Record]) -> list[str]:
    """Take back what was done to one photo; say where it is if its old name is taken.

    Idempotent: it may be interrupted and begun again.

    Raises:
        OSError: if the system refuses, or the photo is not where it was put.
    """
    intent = records[0]
    renamed: list[str] = []
    with Folder.open(intent["folder"], make=0o777) as folder:
        for name, aside in intent["members"]:
            about = [each for each in records if each.get("member") == name]
            places = [each for each in about if each["op"] == "place"]
            for linked in [each for each in about if each["op"] == "linked"][-1:]:
                part_again(linked, folder, name, aside)
            if places:
                renamed += _undone(about, folder, name, aside)
            _clear(places, folder, aside)
    return renamed


def _is_done(records: Sequence[Record], folder: Folder) -> bool:
    """Whether the last step of the act itself has happened: nothing of the photo is left aside."""
    name, aside = records[0]["members"][0]
    if folder.has(aside):
        return False
    for record in records:
        if record["op"] == "delete":
            return not folder.has(name)
        if record["op"] == "linked":
            return is_linked(record, folder, name)
    return any(
        _is_given_away(
            [each for each in records if each.get("member") == name], folder, name, aside
        )
        for name, aside in records[0]["members"]
    )


def _is_given_away(about: Sequence[Record], folder: Folder, name: str, aside: str) -> bool:
    """Whether the system's trash has taken a member, and nobody noted to where."""
    if not _ends_in_box(about, folder, aside) or folder.has(aside) or folder.has(name):
        return False
    with suppress(FileNotFoundError), Folder.open(box_of(folder.path, aside)) as box:
        return not box.has(name)
    return True


def _ends_in_box(about: Sequence[Record], folder: Folder, aside: str) -> bool:
    """Whether the last that is known of a member is that it went into its box."""
    return any(each.get("folder") == box_of(folder.path, aside) for each in about[-1:])


def _brought_back(
    about: Sequence[Record], keeper: str, folder: Folder, member: tuple[str, str], stays: bool
) -> list[str]:
    """Bring one member home, by the records about it; one that `stays` only if it stands aside."""
    name, aside = member
    places = [each for each in about if each["op"] == "place"]
    remove_copies(about, folder, aside)
    found = name
    if folder.has(aside):
        for record in about:
            if record["op"] == "linked":
                unlink_again(record, keeper, folder, name)
        found = _brought_home(folder, name, aside)
        folder.sync()
        for place in places:
            drop_twin(place, folder, found)
    elif places and not stays:
        with suppress(FileNotFoundError):
            found = take_back(about, folder, name, aside + "t", was_done=False)
    _clear(places, folder, aside)
    return [] if found == name else [os.path.join(folder.path, found)]


def _undone(about: Sequence[Record], folder: Folder, name: str, aside: str) -> list[str]:
    try:
        found = take_back(about, folder, name, aside + "t", was_done=True)
    except FileNotFoundError:
        if folder.has(name):
            return []  # taken back before, or by somebody else
        if _ends_in_box(about, folder, aside):
            raise FileNotFoundError(errno.ENOENT, _BY_HAND) from None
        raise
    return [] if found == name else [os.path.join(folder.path, found)]


def _clear(places: Sequence[Record], folder: Folder, aside: str) -> None:
    """Remove what an interrupted attempt to come home has left, and what the trash was told."""
    if folder.has(aside + "t"):  # where nothing can be written, removing nothing fails as well
        folder.remove(aside + "t")
    for place in places:
        forget_info(place)
        if place["folder"] == box_of(folder.path, aside):
            remove_box(folder, place["folder"])


def _brought_home(folder: Folder, name: str, aside: str) -> str:
    for free in free_names(name):
        try:
            folder.move(aside, folder, free)
        except FileExistsError:
            if free == name and _is_same(folder, name, aside):
                folder.remove(aside)  # it has its name again, or still
                return name
            continue
        return free
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)


def _is_same(folder: Folder, name: str, aside: str) -> bool:
    """Whether a file that took the photo's name holds the same bytes."""
    try:
        with folder.reading(aside) as ours, folder.reading(name) as theirs:
            return same_bytes(ours, theirs)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ELOOP):  # a folder, a link
            return False
        raise
