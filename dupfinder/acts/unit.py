"""What an act is done to: a photo and its companions, moved aside, beside the keeper."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import State, is_being_written, state

# Writes a record into the journal; what it announces may happen once this has returned.
Note = Callable[[dict[str, Any]], None]


class Refused(Exception):
    """Why a photo is left where it is: a short code, and words for the user."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(slots=True)
class Member:
    """One file of a unit: its name, and the one it has while it stands aside."""

    name: str
    aside: str


@dataclass(frozen=True, slots=True)
class Witness:
    """A file that was read for the comparison, still open, as it was when the reading began."""

    folder: Folder
    name: str
    descriptor: int
    state: State

    @classmethod
    def of(cls, folder: Folder, name: str, descriptor: int) -> Witness:
        return cls(folder, name, descriptor, state(descriptor))

    def is_there(self) -> bool:
        """Whether the name still is that of the file that was read."""
        try:
            status = self.folder.status(self.name)
        except FileNotFoundError:
            return False
        return os.path.samestat(status, os.fstat(self.descriptor))

    def is_unchanged(self) -> bool:
        return self.is_there() and state(self.descriptor) == self.state


@dataclass(slots=True)
class Unit:
    """A photo (the first member) with its companions, all in one folder, and the keeper.

    `ours` are the members as they were read, `theirs` the keeper and those of its companions that
    members were compared with.
    """

    folder: Folder
    members: tuple[Member, ...]
    ours: tuple[Witness, ...]
    theirs: tuple[Witness, ...]
    note: Note
    roots: tuple[str, ...]
    places: list[str] = field(default_factory=list)

    @property
    def keeper(self) -> Witness:
        return self.theirs[0]

    def path(self, member: Member) -> str:
        """The full path that a member has when it does not stand aside."""
        return os.path.join(self.folder.path, member.name)

    def confirm(self) -> None:
        """Let nothing pass that was edited, replaced or removed since it was compared.

        Raises:
            Refused: if anything was, or if somebody may still be writing what is to go.
        """
        self.confirm_kept()
        for member in self.members:
            self.confirm_own(member)

    def confirm_own(self, member: Member) -> None:
        """The same for one that is to go.

        Raises:
            Refused: if it changed, or somebody may still be writing.
        """
        witness = self.ours[self.members.index(member)]
        if not witness.is_unchanged():
            raise Refused("changed", f"{member.name} changed after it was compared")
        if is_being_written(witness.descriptor):
            raise Refused("open", f"{member.name} is open in another program, to be written")

    def confirm_kept(self) -> None:
        """The same for what is kept alone.

        Raises:
            Refused: if it changed.
        """
        if not self.keeper.is_there():
            raise Refused("keeper-gone", "the photo to be kept is not there any more")
        if not all(each.is_unchanged() for each in self.theirs):
            raise Refused("keeper-changed", "the photo to be kept changed after it was compared")
