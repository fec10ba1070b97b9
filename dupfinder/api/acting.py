"""Plans in, acts out: picks the act by name, and says where it may happen."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dupfinder.api.finding import Silent
from dupfinder.api.places import PathLike, state_folder
from dupfinder.api.verdicts import marked_contents
from dupfinder.errors import UsageError
from dupfinder.model import Applied, Outcome, Plan, Run, Undone
from dupfinder.paths import is_below
from dupfinder.settings import Acting

if TYPE_CHECKING:  # numpy stays out of `dupfinder --help`
    from dupfinder.acts import Act
    from dupfinder.protocols import Progress


def apply(plan: Plan, acting: Acting, progress: Progress | None = None) -> Applied:
    """Carry a plan out: every photo that goes and its keeper are read whole in that moment.

    What an interrupted run has left is brought home first. Nothing is overwritten, and all but
    "delete" can be undone.

    Args:
        plan: as `plan` made it.
        acting: what to do, and where.
        progress: told how far it is.

    Raises:
        UsageError: if another run is acting, or a folder cannot be used.
        StoreError: if the journal cannot be written; what was done before is in it.
    """
    from dupfinder.acts.bounds import Bounds  # noqa: PLC0415
    from dupfinder.engines.acting import apply as run  # noqa: PLC0415

    bounds = Bounds(_real(acting.roots), _real(acting.protect), _real(acting.references))
    act = _act(acting, bounds.roots)
    return run(plan, act, bounds, state_folder(acting.state), progress or Silent())


def recover(state: str | None = None) -> tuple[str, ...]:
    """Bring home what interrupted runs have left aside; `apply` and `undo` begin with it, too.

    Returns the paths of those photos whose old name was taken. Whoever looks at the photos before
    he acts calls it first: what stands aside would seem to be gone.

    Raises:
        UsageError: if another run is acting.
        StoreError: if the journals cannot be used.
    """
    from dupfinder.engines.acting import recover as run  # noqa: PLC0415

    return run(state_folder(state))


def recheck(
    plan: Plan, acting: Acting, forced: Sequence[PathLike] = ()
) -> tuple[Plan, tuple[Outcome, ...]]:
    """Say what of a plan `apply` would carry out now: the rest of the plan, and what is left.

    Left are photos that changed since they were compared (or whose keeper did), that were marked as
    no duplicates meanwhile, that have other names, with sidecars that differ, or known to a photo
    manager: `forced` are the folders of those that may be acted in nevertheless. Changes nothing;
    of photos only the sidecars are read.

    Raises:
        UsageError: if a folder cannot be used.
        StoreError: if the verdicts cannot be read.
    """
    from dupfinder.acts.bounds import Bounds  # noqa: PLC0415
    from dupfinder.recheck import recheck as run  # noqa: PLC0415

    bounds = Bounds(_real(acting.roots), _real(acting.protect), _real(acting.references))
    marked = marked_contents(acting.state)
    return run(plan, _act(acting, bounds.roots), bounds, _real(forced), marked)


def undo(
    run: str | None = None, state: str | None = None, progress: Progress | None = None
) -> Undone:
    """Take back what a run did, the last one that did anything by default.

    Content, names, times, modes and extended attributes come back; where a name was taken
    meanwhile the photo gets another one. Nothing is overwritten.

    Raises:
        UsageError: if there is no such run or nothing to undo, or another run is acting.
        StoreError: if the journals cannot be used.
    """
    from dupfinder.engines.acting import undo_run  # noqa: PLC0415

    return undo_run(state_folder(state), run, progress or Silent())


def runs(state: str | None = None) -> tuple[Run, ...]:
    """All runs that acted, the oldest first."""
    from dupfinder.engines.acting import runs_of  # noqa: PLC0415

    return runs_of(state_folder(state))


def _real(paths: Sequence[PathLike]) -> tuple[str, ...]:
    return tuple(os.path.realpath(os.path.expanduser(os.fspath(path))) for path in paths)


def _act(acting: Acting, roots: tuple[str, ...]) -> Act:
    from dupfinder.acts.delete import Delete  # noqa: PLC0415
    from dupfinder.acts.hardlink import Hardlink  # noqa: PLC0415
    from dupfinder.acts.quarantine import Quarantine  # noqa: PLC0415
    from dupfinder.acts.system_trash import SystemTrash  # noqa: PLC0415
    from dupfinder.acts.trash import Trash, home_trash  # noqa: PLC0415

    if acting.quarantine is not None:
        folder = os.path.realpath(os.path.expanduser(acting.quarantine))
        for root in roots:
            if is_below(folder, (root,)):
                raise UsageError(
                    f"the quarantine {folder!r} lies below {root!r}, where the next scan finds it",
                    hint="name a folder beside the photos",
                )
        return Quarantine(folder)
    if acting.act == "hardlink":
        return Hardlink()
    if acting.act == "delete":
        return Delete()
    if sys.platform in ("darwin", "win32"):
        return SystemTrash(os.path.expanduser("~/.Trash"))
    return Trash(home_trash())
