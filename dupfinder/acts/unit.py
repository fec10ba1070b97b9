"""What an act is done to: a photo and its companions, moved aside, beside the keeper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dupfinder.filesystem import Folder

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


@dataclass(slots=True)
class Unit:
    """A photo (the first member) with its companions, all in one folder, and the keeper."""

    folder: Folder
    members: tuple[Member, ...]
    keeper_folder: Folder
    keeper: str
    note: Note
    roots: tuple[str, ...]
    places: list[str] = field(default_factory=list)

    def path(self, member: Member) -> str:
        """The full path that a member has when it does not stand aside."""
        return self.folder.path.rstrip("/") + "/" + member.name
