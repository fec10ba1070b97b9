"""A plan, carried out photo by photo: the one stage that touches photos.

For every photo that goes, in this order: its folder is opened without following a link; the journal
says what will happen; the photo is moved aside in its own folder; the keeper is opened anew and
both are read whole; then the act is committed, or the photo is moved back. Nothing that was
computed before is trusted, and nothing is ever overwritten. So it holds under another run with the
opposite plan, under an edit in the last moment and under a crash at any point: recovery finds in
the journal what was begun, and takes it back.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from dupfinder.acts import Act
from dupfinder.acts.back import roll_back
from dupfinder.acts.interrupts import deferred
from dupfinder.acts.unit import Member, Refused, Unit
from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import digest, same_bytes
from dupfinder.model import Action, Outcome, Plan, Relation
from dupfinder.storage.journal import Journal, Record

_ASIDE = ".dupfinder"
_REASONS = {
    errno.ENOENT: ("gone", "it is not there any more"),
    errno.ENOTDIR: ("link", "a folder on the way to it has become a link, or is none any more"),
    errno.ELOOP: ("link", "it has become a link"),
    errno.EACCES: ("forbidden", "the system does not permit it"),
    errno.EPERM: ("forbidden", "the system does not permit it"),
    errno.EROFS: ("read-only", "the volume can only be read"),
    errno.ENOSPC: ("full", "the disk is full"),
    errno.EDQUOT: ("full", "the quota is used up"),
    errno.EBUSY: ("busy", "it changed while it was read"),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a run may act: below the roots, and never below what is protected.

    All are absolute paths without links. What is protected is known by the identity of its folders
    as well, so that another way to the same folder (a bind mount, say) does not help.
    """

    roots: tuple[str, ...]
    protected: tuple[str, ...] = ()

    def check(self, folder: Folder) -> None:
        """Let a folder pass that is in bounds.

        Raises:
            Refused: if it is not.
        """
        if not any(_is_below(folder.path, root) for root in self.roots):
            raise Refused("outside", f"{folder.path} is not below a folder that was scanned")
        for protected in self.protected:
            if _is_below(folder.path, protected) or _identity(protected) in folder.way:
                raise Refused("protected", f"{protected} is protected")


def carry_out(plan: Plan, act: Act, journal: Journal, bounds: Bounds) -> Iterator[Outcome]:
    """Act on every photo that the plan would remove, one after the other.

    The journal is ended after the last one; whoever stops earlier leaves it to recovery. An
    interruption waits until the photo at hand is done with.

    Raises:
        OSError: if the journal cannot be written: then nothing was begun that is not in it.
    """
    journal.write(
        {"op": "run", "act": act.name, "roots": bounds.roots, "actions": len(plan.actions)}
    )
    for number, action in enumerate(plan.actions):
        with deferred():
            outcome = _Item(number, action, act, journal, bounds).carried_out()
        yield outcome
    journal.write({"op": "end"})


class _Item:
    """One photo on its way out."""

    def __init__(
        self, number: int, action: Action, act: Act, journal: Journal, bounds: Bounds
    ) -> None:
        self._number = number
        self._action = action
        self._act = act
        self._journal = journal
        self._bounds = bounds
        self._records: list[Record] = []

    def carried_out(self) -> Outcome:
        try:
            with Folder.open(os.path.dirname(self._action.photo.path)) as folder:
                self._bounds.check(folder)
                self._look(folder)
                return self._moved_aside(folder)
        except Refused as refused:
            return self._left(refused)
        except OSError as error:
            if self._records:  # the journal could not be written
                raise
            return self._left(_refusal(error))

    def _look(self, folder: Folder) -> None:
        """Refuse what can be refused before anything moves."""
        action = self._action
        status = folder.status(_name(action.photo.path))
        if not stat.S_ISREG(status.st_mode):
            raise Refused("no-file", "it is no regular file any more")
        if status.st_nlink > 1:
            raise Refused("linked", "the file has other names (hard links): nothing would be freed")
        if self._act.only_identical and action.match.relation is not Relation.IDENTICAL:
            raise Refused("not-identical", "only files with the same bytes can become one")

    def _moved_aside(self, folder: Folder) -> Outcome:
        """The protocol itself; see the module."""
        members = self._members(folder)
        self._note(
            {
                "op": "intent",
                "folder": folder.path,
                "members": [[member.name, member.aside] for member in members],
                "keeper": self._action.keeper.path,
            }
        )
        try:
            for member in members:
                folder.move(member.name, folder, member.aside)
            folder.sync()
            places = self._committed(folder, members)
        except (Refused, OSError) as trouble:
            refused = trouble if isinstance(trouble, Refused) else _refusal(trouble)
            return self._back(members, refused)
        self._note({"op": "done"})
        return Outcome(self._action, True, "done", self._act.done, places)

    def _members(self, folder: Folder) -> tuple[Member, ...]:
        """The photo and what belongs to it, with the names that they get while they are aside."""
        photo = self._action.photo
        paths = [photo.path]
        if self._act.takes_companions:
            paths += [companion.path for companion in photo.file.companions]
        if any(os.path.dirname(path) != folder.path for path in paths):
            raise Refused("companion", "a file that belongs to it lies in another folder")
        aside = f"{_ASIDE}-{self._journal.run[-8:]}-{self._number:x}"
        return tuple(Member(_name(path), f"{aside}-{at:x}") for at, path in enumerate(paths))

    def _back(self, members: tuple[Member, ...], refused: Refused) -> Outcome:
        try:
            roll_back(self._records)
        except OSError:
            aside = ", ".join(member.aside for member in members)
            reason = f"{refused}; it stands aside as {aside} until the next run brings it home"
            return self._left(Refused("aside", reason))
        self._note({"op": "back", "code": refused.code, "reason": str(refused)})
        return self._left(refused)

    def _committed(self, folder: Folder, members: tuple[Member, ...]) -> tuple[str, ...]:
        there, keeper = os.path.split(self._action.keeper.path)
        with ExitStack() as opened:
            with _if_gone("keeper-gone", "the photo to be kept is not there any more"):
                keeper_folder = opened.enter_context(Folder.open(there))
                theirs = opened.enter_context(keeper_folder.reading(keeper))
            ours = opened.enter_context(folder.reading(members[0].aside))
            self._compare(ours, theirs)
            self._compare_companions(folder, members, keeper_folder)
            self._note({"op": "commit"})
            unit = Unit(
                folder, members, keeper_folder, keeper, note=self._note, roots=self._bounds.roots
            )
            self._act.commit(unit)
        return tuple(unit.places)

    def _compare(self, ours: int, theirs: int) -> None:
        """Read photo and keeper whole, in this moment.

        Raises:
            Refused: if they are not what the plan was made for.
        """
        action = self._action
        if os.path.samestat(os.fstat(ours), os.fstat(theirs)):
            raise Refused("same-file", "it is the photo to be kept, under another name")
        if action.match.relation is Relation.IDENTICAL:
            if not same_bytes(ours, theirs):
                raise Refused("changed", "the two are not identical any more")
        elif digest(ours) != action.photo.digest:
            raise Refused("changed", "it changed since it was compared")
        elif digest(theirs) != action.keeper.digest:
            raise Refused("keeper-changed", "the photo to be kept changed since it was compared")

    def _compare_companions(
        self, folder: Folder, members: tuple[Member, ...], keeper_folder: Folder
    ) -> None:
        """What belongs to the photo must say nothing that the keeper's says otherwise.

        Raises:
            Refused: if a sidecar differs, or a movie or RAW is not beside the keeper.
        """
        kept = {each.kind: each.path for each in self._action.keeper.file.companions}
        companions = self._action.photo.file.companions
        # An act that leaves the companions alone has the photo as its only member.
        for member, companion in zip(members[1:], companions, strict=False):
            path = kept.get(companion.kind)
            if path is None:
                if companion.is_content:
                    reason = f"{member.name} belongs to it, and the photo kept has none"
                    raise Refused("companion-only-here", reason)
                continue
            with (
                _if_gone("keeper-gone", f"{_name(path)}, which belongs to the photo kept, is gone"),
                folder.reading(member.aside) as ours,
                keeper_folder.reading(_name(path)) as theirs,
            ):
                if not same_bytes(ours, theirs):
                    reason = f"{member.name} differs from {_name(path)} beside the photo kept"
                    raise Refused("companion-differs", reason)

    def _note(self, record: Record) -> None:
        record = {"n": self._number, **record}
        self._journal.write(record)
        self._records.append(record)

    def _left(self, refused: Refused) -> Outcome:
        return Outcome(self._action, False, refused.code, str(refused), ())


@contextmanager
def _if_gone(code: str, reason: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise Refused(code, reason) from None


def _refusal(error: OSError) -> Refused:
    code, reason = _REASONS.get(error.errno or 0, ("system", error.strerror or str(error)))
    return Refused(code, reason)


def _name(path: str) -> str:
    return os.path.basename(path)


def _is_below(path: str, root: str) -> bool:
    return (path.rstrip("/") + "/").startswith(root.rstrip("/") + "/")


def _identity(path: str) -> tuple[int, int]:
    """Device and inode of a protected folder; without them nothing may be done."""
    try:
        status = os.stat(path)
    except OSError:
        raise Refused("protected", f"{path} is protected and cannot be looked at") from None
    return status.st_dev, status.st_ino
