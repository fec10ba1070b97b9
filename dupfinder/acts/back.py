"""The way back, read from a journal: for what was interrupted or refused, and for undo."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from dupfinder.acts.hardlink import part_again
from dupfinder.acts.places import free_names, take_back
from dupfinder.acts.trash import forget_info
from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import same_bytes
from dupfinder.storage.journal import Record

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR)


def roll_back(records: Sequence[Record]) -> list[str]:
    """Bring home what one photo's records say was begun; say what could not go to its old name.

    Idempotent: it may be interrupted and begun again.

    Args:
        records: of one photo, beginning with its intent.

    Raises:
        OSError: if the system refuses; what is aside then stays there.
    """
    intent = records[0]
    told: list[str] = []
    with Folder.open(intent["folder"]) as folder:
        for name, aside in reversed(intent["members"]):
            places = [each for each in records if each["op"] == "place" and each["member"] == name]
            _remove_copies(folder, aside, places)
            if folder.has(aside):
                told += _brought_home(folder, name, aside)
            elif places and not folder.has(name):
                with suppress(FileNotFoundError):
                    take_back(places[-1], folder, name)
            for place in places:
                forget_info(place)
        folder.sync()
    return told


def undo(records: Sequence[Record]) -> list[str]:
    """Take back what was done to one photo; say where it is if its old name is taken.

    Idempotent: it may be interrupted and begun again.

    Raises:
        OSError: if the system refuses.
    """
    intent = records[0]
    told: list[str] = []
    with _made(intent["folder"]) as folder:
        for name, aside in intent["members"]:
            linked = [each for each in records if each["op"] == "linked"]
            places = [each for each in records if each["op"] == "place" and each["member"] == name]
            if linked:
                part_again(linked[-1], folder, name, aside)
            elif places:
                told += _taken_back(places[-1], folder, name)
                forget_info(places[-1])
    return told


def _brought_home(folder: Folder, name: str, aside: str) -> list[str]:
    try:
        folder.move(aside, folder, name)
    except FileExistsError:
        with folder.reading(aside) as ours, folder.reading(name) as theirs:
            same = same_bytes(ours, theirs)
        if same:  # the link had been made, or somebody has put the photo back
            folder.remove(aside)
            return []
        return [_under_a_free_name(folder, name, aside)]
    return []


def _under_a_free_name(folder: Folder, name: str, aside: str) -> str:
    for free in free_names(name):
        try:
            folder.move(aside, folder, free)
        except FileExistsError:
            continue
        return os.path.join(folder.path, free)
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)


def _taken_back(place: Record, folder: Folder, name: str) -> list[str]:
    for free in free_names(name):
        try:
            take_back(place, folder, free)
        except FileExistsError:
            continue
        except FileNotFoundError:  # taken back before, or by somebody else
            return []
        return [] if free == name else [os.path.join(folder.path, free)]
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)


def _remove_copies(folder: Folder, aside: str, places: Sequence[dict[str, Any]]) -> None:
    """Remove what was copied to another volume, as long as the original is here."""
    for place in places:
        if not place.get("copied"):
            continue
        with suppress(FileNotFoundError), Folder.open(place["folder"]) as there:
            with suppress(FileNotFoundError):
                there.remove(place["temporary"])
            if not folder.has(aside) or not there.has(place["name"]):
                continue
            with folder.reading(aside) as ours, there.reading(place["name"]) as theirs:
                same = same_bytes(ours, theirs)
            if same:
                there.remove(place["name"])
                there.sync()


def _made(path: str) -> Folder:
    """The folder, made anew where it is gone."""
    os.makedirs(path, exist_ok=True)
    return Folder.open(path)
