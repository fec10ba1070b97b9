"""The acts: what can be done to a photo that a plan lets go, each in one module."""

from __future__ import annotations

from typing import Protocol

from dupfinder.acts.unit import Unit
from dupfinder.model import Action


class Act(Protocol):
    """One way out: `done` says it in words, `only_identical` bars all but copies of the bytes.

    With `takes_companions` the files that belong to the photo share its way. `places` are the
    folders below which they then are, where that is not the trash of a volume.
    """

    name: str
    done: str
    only_identical: bool
    takes_companions: bool

    @property
    def places(self) -> tuple[str, ...]: ...

    def look(self, action: Action) -> None:
        """Say what can be seen to stand in the way, before anything is done; only looks.

        Raises:
            Refused: if the act could not be done to a photo.
            OSError: if the system refuses to say.
        """
        ...

    def commit(self, unit: Unit) -> None:
        """Do it to members that stand aside and were compared; `unit.places` then says where to.

        Raises:
            Refused: if it cannot be done here; then the members are moved back.
            OSError: if the system refuses; likewise.
        """
        ...
