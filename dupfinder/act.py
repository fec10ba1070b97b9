"""A plan, carried out photo by photo: the one stage that touches photos.

For every photo that goes, in this order: its folder is opened without following a link; the journal
says what will happen; the photo is moved aside in its own folder; the keeper is opened anew and
both are read whole; then the act is committed, or the photo is moved back. Nothing that was
computed before is trusted, and nothing is ever overwritten. So it holds under another run with the
opposite plan, under an edit in the last moment and under a crash at any point: recovery finds in
the journal what was begun, and takes it back.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from dupfinder.acts import Act, sidecars
from dupfinder.acts.back import roll_back
from dupfinder.acts.bounds import Bounds
from dupfinder.acts.interrupts import deferred
from dupfinder.acts.reasons import refusal
from dupfinder.acts.records import ASIDE, SCHEMA, is_plain
from dupfinder.acts.unit import Member, Refused, Unit, Witness
from dupfinder.companions import companions_in
from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import digest, same_bytes
from dupfinder.model import Action, Outcome, Plan, Relation, Sidecar
from dupfinder.storage.journal import Journal, Record, Unwritten


def carry_out(plan: Plan, act: Act, journal: Journal, bounds: Bounds) -> Iterator[Outcome]:
    """Act on every photo that the plan would remove, one after the other.

    The journal is ended after the last one; whoever stops earlier leaves it to recovery. An
    interruption waits until the photo at hand is done with.

    Raises:
        Unwritten: if the journal cannot be written: then nothing was begun that is not in it.
    """
    journal.write(
        {
            "op": "run",
            "schema": SCHEMA,
            "act": act.name,
            "roots": [os.path.normpath(root) for root in bounds.roots],
            "places": act.places,
            "actions": len(plan.actions),
        }
    )
    going = frozenset(action.photo.path for action in plan.actions)
    for number, action in enumerate(plan.actions):
        if action.keeper.path in going:
            reason = "the photo to be kept would go as well"
            yield Outcome(action, False, "keeper-goes", reason)
            continue
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
        photo, keeper = self._action.photo.path, self._action.keeper.path
        if not is_plain(photo) or not is_plain(keeper):
            return self._left(Refused("no-path", "its path is none that files can have"))
        try:
            with Folder.open(os.path.dirname(photo)) as folder:
                self._look(folder)
                return self._moved_aside(folder)
        except Refused as refused:
            return self._left(refused)
        except Unwritten:
            raise
        except OSError as error:
            return self._left(refusal(error))

    def _look(self, folder: Folder) -> None:
        """Refuse what can be refused before anything moves."""
        action = self._action
        status = folder.status(_name(action.photo.path))
        self._bounds.check(folder, _name(action.photo.path))
        if not stat.S_ISREG(status.st_mode):
            raise Refused("no-file", "it is no regular file any more")
        if status.st_nlink > 1:
            raise Refused("linked", "the file has other names (hard links): nothing would be freed")
        if self._act.only_identical and action.match.relation is not Relation.IDENTICAL:
            raise Refused("not-identical", "only files with the same bytes can become one")
        if {action.match.base.path, action.match.copy.path} != {
            action.photo.path,
            action.keeper.path,
        }:
            raise Refused("unmatched", "it was not compared with the photo to be kept")

    def _moved_aside(self, folder: Folder) -> Outcome:
        """The protocol itself; see the module."""
        members = self._members(folder)
        self._note(
            {
                "op": "intent",
                "folder": folder.path,
                "members": [[member.name, member.aside] for member in members],
                "keeper": self._action.keeper.path,
                "sidecar": self._sidecar_name(),
            }
        )
        try:
            for member in members:
                folder.move(member.name, folder, member.aside)
            folder.sync()
            places = self._committed(folder, members)
        except (Refused, OSError) as trouble:
            refused = trouble if isinstance(trouble, Refused) else refusal(trouble)
            return self._back(members, refused)
        except BaseException:  # no memory, say: whatever it is, the photo goes home first
            self._back(members, Refused("error", "an error in the program"))
            raise
        self._tell({"op": "done"})
        return self._gone(places)

    def _gone(self, places: tuple[str, ...]) -> Outcome:
        return Outcome(self._action, True, "done", self._act.done, places)

    def _members(self, folder: Folder) -> tuple[Member, ...]:
        """The photo and what belongs to it, with the names that they get while they are aside."""
        photo = self._action.photo
        paths = [photo.path]
        if self._act.takes_companions:
            paths += [companion.path for companion in photo.file.companions]
        if any(os.path.dirname(path) != folder.path for path in paths):
            raise Refused("companion", "a file that belongs to it lies in another folder")
        if self._act.takes_companions:
            self._look_for_further(folder, {_name(path) for path in paths})
        aside = f"{ASIDE}{self._journal.run[-8:]}-{self._number:x}"
        return tuple(Member(_name(path), f"{aside}-{at:x}") for at, path in enumerate(paths))

    def _look_for_further(self, folder: Folder, known: set[str]) -> None:
        """Refuse a photo beside which something has appeared that belongs to it.

        Only what begins like the photo is looked at: a folder may hold thousands.
        """
        name = _name(self._action.photo.path)
        stem = os.path.splitext(name)[0]
        names = known | {each for each in folder.names() if each.startswith(stem)}
        for companion in companions_in(folder.path, names).get(name, ()):
            further = _name(companion.path)
            if further not in known and stat.S_ISREG(folder.status(further).st_mode):
                raise Refused("companion-new", f"{further} was not there when it was compared")

    def _back(self, members: tuple[Member, ...], refused: Refused) -> Outcome:
        try:
            back = roll_back(self._records)
        except OSError:
            aside = ", ".join(member.aside for member in members)
            reason = f"{refused}; it stands aside as {aside} until the next run brings it home"
            return self._left(Refused("aside", reason))
        try:
            sidecars.remove_again(self._records, is_done=back.is_done)
        except OSError:
            reason = f"{refused}; what was written beside the photo kept stays until the next run"
            return self._left(Refused(refused.code, reason))
        if back.is_done:  # what failed came after the last step
            self._tell({"op": "done"})
            return self._gone(back.renamed)
        self._tell({"op": "back", "code": refused.code, "reason": str(refused)})
        if back.renamed:
            reason = f"{refused}; its name was taken meanwhile, it is now {back.renamed[0]}"
            refused = Refused(refused.code, reason)
        return self._left(refused)

    def _committed(self, folder: Folder, members: tuple[Member, ...]) -> tuple[str, ...]:
        there, keeper = os.path.split(self._action.keeper.path)
        with ExitStack() as opened:

            def witness(folder: Folder, name: str) -> Witness:
                descriptor = opened.enter_context(folder.reading(name))
                return Witness.of(folder, name, descriptor)

            with _if_gone("keeper-gone", "the photo to be kept is not there any more"):
                keeper_folder = opened.enter_context(Folder.open(there))
                theirs = [witness(keeper_folder, keeper)]
            ours = [witness(folder, member.aside) for member in members]
            self._compare(ours[0], theirs[0])
            for member, each in zip(members[1:], ours[1:], strict=True):
                path = self._counterpart(member)
                if path is not None:
                    with _if_gone("keeper-gone", f"{path}, which belongs to it, is gone"):
                        theirs.append(witness(keeper_folder, _name(path)))
                    _compare_companion(member, each, theirs[-1])
            if self._action.sidecar is not None:
                self._keep(self._action.sidecar, theirs[0], members[0].aside)
            unit = Unit(folder, members, tuple(ours), tuple(theirs), self._note, self._bounds.roots)
            self._act.commit(unit)
        return tuple(unit.places)

    def _compare(self, ours: Witness, theirs: Witness) -> None:
        """Read photo and keeper whole, in this moment.

        Raises:
            Refused: if they are not what the plan was made for.
        """
        action = self._action
        one, other = ours.descriptor, theirs.descriptor
        if os.path.samestat(os.fstat(one), os.fstat(other)):
            raise Refused("same-file", "it is the photo to be kept, under another name")
        if action.match.relation is Relation.IDENTICAL:
            if not same_bytes(one, other):
                raise Refused("changed", "the two are not identical any more")
        elif digest(one) != action.photo.digest:
            raise Refused("changed", "it changed since it was compared")
        elif digest(other) != action.keeper.digest:
            raise Refused("keeper-changed", "the photo to be kept changed since it was compared")

    def _keep(self, sidecar: Sidecar, keeper: Witness, aside: str) -> None:
        """Write what would be lost with the photo beside the keeper."""
        self._bounds.check_way(sidecar.path, keeper.folder.way)
        sidecars.keep(sidecar, keeper, aside, self._note)

    def _sidecar_name(self) -> str | None:
        """The name of the sidecar that the photo waits for.

        Raises:
            Refused: if it would not be the keeper's, or lies out of bounds.
        """
        sidecar = self._action.sidecar
        if sidecar is None:
            return None
        if sidecar.path != f"{self._action.keeper.path}.xmp":
            raise Refused("sidecar", "its metadata would not go to the photo to be kept")
        # Recovery passes over what leads out of bounds, so that it must not get into the journal.
        self._bounds.check_way(sidecar.path, ())
        return _name(sidecar.path)

    def _counterpart(self, member: Member) -> str | None:
        """The path of what belongs to the keeper as the member belongs to the photo.

        Raises:
            Refused: if there is none, and the member is a movie or RAW.
        """
        kept = {each.kind: each.path for each in self._action.keeper.file.companions}
        (mine,) = (
            each for each in self._action.photo.file.companions if _name(each.path) == member.name
        )
        if mine.is_content and mine.kind not in kept:
            reason = f"{member.name} belongs to it, and the photo kept has none"
            raise Refused("companion-only-here", reason)
        return kept.get(mine.kind)

    def _note(self, record: Record) -> None:
        """Of what will happen; it waits for the disk."""
        record = {"n": self._number, **record}
        self._journal.write(record)
        self._records.append(record)

    def _tell(self, record: Record) -> None:
        """Of how it ended: if that is lost with the power, recovery finds it out again."""
        self._journal.append({"n": self._number, **record})

    def _left(self, refused: Refused) -> Outcome:
        return Outcome(self._action, False, refused.code, str(refused), ())


def _compare_companion(member: Member, ours: Witness, theirs: Witness) -> None:
    """What belongs to the photo must say nothing that the keeper's says otherwise.

    Raises:
        Refused: if the two differ, or are one file.
    """
    if os.path.samestat(os.fstat(ours.descriptor), os.fstat(theirs.descriptor)):
        raise Refused("same-file", f"{member.name} belongs to the photo to be kept as well")
    if not same_bytes(ours.descriptor, theirs.descriptor):
        reason = f"{member.name} differs from {theirs.name} beside the photo kept"
        raise Refused("companion-differs", reason)


@contextmanager
def _if_gone(code: str, reason: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise Refused(code, reason) from None


def _name(path: str) -> str:
    return os.path.basename(path)
