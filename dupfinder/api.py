"""The composition root: settings in, result out; picks cache, workers and engine by name."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dupfinder.errors import UsageError
from dupfinder.model import Applied, Comparison, Found, Outcome, Plan, Run, Skipped, Undone
from dupfinder.paths import is_below
from dupfinder.settings import Acting, Settings

if TYPE_CHECKING:  # numpy stays out of `dupfinder --help`
    from dupfinder.acts import Act
    from dupfinder.engines.workers import ProcessWorkers, SerialWorkers
    from dupfinder.protocols import Progress

PathLike = str | os.PathLike[str]


def find(
    roots: PathLike | Sequence[PathLike],
    settings: Settings | None = None,
    progress: Progress | None = None,
    against: PathLike | Sequence[PathLike] = (),
) -> Found:
    """Find the photos below `roots` that show the same picture. Reads only, prints nothing.

    Args:
        roots: a folder or file, or several; `~` is the home folder.
        settings: what to change from the defaults.
        progress: told how far the scan is.
        against: folders whose photos are only compared with: none ever goes or is shown alone.

    Raises:
        UsageError: if a root does not exist, a setting makes no sense or the cache is none of ours.
        StoreError, EngineError: if the machinery fails; see `dupfinder.errors`.
    """
    settings = settings or Settings()
    cache_path = _cache_path(settings)
    # Where there is a cache it may know everything, and workers would only load for nothing.
    is_new = cache_path is None or not os.path.exists(cache_path)
    with _workers(settings, at_once=is_new) as workers:
        # Loaded here so that `import dupfinder` and `dupfinder --help` answer at once.
        # The workers are loading by now: what this process needs is loaded beside them.
        from dupfinder.engines import pipeline  # noqa: PLC0415
        from dupfinder.engines.methods import method  # noqa: PLC0415
        from dupfinder.storage import open_cache  # noqa: PLC0415

        with open_cache(cache_path, method(settings.hasher, settings.level)) as cache:
            places = pipeline.Places(_expanded(roots), _expanded(against))
            return pipeline.find(places, settings, cache, workers, progress or Silent())


def compare(first: PathLike, second: PathLike, settings: Settings | None = None) -> Comparison:
    """Explain two files: what they are to each other, on what evidence, and which one is better.

    They are compared as `find` would compare them, at the level "copies". Reads only, no cache.

    Args:
        first, second: two picture files; `~` is the home folder.
        settings: `hasher`, `fallback`, `max_pixels` and `workers` count.

    Raises:
        UsageError: if a path names no file, or a file that cannot be read or decoded.
        EngineError: if the machinery fails; see `dupfinder.errors`.
    """
    # Loaded here so that `import dupfinder` and `dupfinder --help` answer at once.
    from dupfinder.engines.pair import PairTask, seen  # noqa: PLC0415
    from dupfinder.engines.pair import compare as run  # noqa: PLC0415
    from dupfinder.engines.workers import Crashed  # noqa: PLC0415

    settings = settings or Settings()
    left, right = (seen(os.path.expanduser(os.fspath(path))) for path in (first, second))
    task = PairTask(left, right, settings)
    with _workers(settings, most=1) as workers:
        ((_, result),) = workers.run(run, [[task]])
    if isinstance(result, Crashed):
        raise UsageError(f"comparing {left.path!r} and {right.path!r} crashed: {result.reason}")
    if isinstance(result, Skipped):
        raise UsageError(f"{result.path!r} cannot be compared: {result.reason}")
    return result


def load(path: PathLike) -> Found:
    """Read a report back that `dupfinder scan -o` wrote; it is checked as untrusted input.

    Raises:
        UsageError: if it cannot be read, is no report, or one of another schema.
    """
    from dupfinder.reports.json_reader import from_json  # noqa: PLC0415

    name = os.path.expanduser(os.fspath(path))
    try:
        with open(name, encoding="utf-8") as file:
            return from_json(file.read())
    except OSError as error:
        raise UsageError(f"cannot read {name!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name!r} is no report of dupfinder") from None


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

    Left are photos that changed since they were compared (or whose keeper did), that have other
    names, with sidecars that differ, or known to a photo manager: `forced` are the folders of those
    that may be acted in nevertheless. Changes nothing; of photos only the sidecars are read.

    Raises:
        UsageError: if a folder cannot be used.
    """
    from dupfinder.acts.bounds import Bounds  # noqa: PLC0415
    from dupfinder.recheck import recheck as run  # noqa: PLC0415

    bounds = Bounds(_real(acting.roots), _real(acting.protect), _real(acting.references))
    return run(plan, _act(acting, bounds.roots), bounds, _real(forced))


def merge_metadata(
    plan: Plan, settings: Settings | None = None
) -> tuple[Plan, tuple[Outcome, ...]]:
    """Plan that what only a photo that goes has stays, in a sidecar beside its keeper.

    Places, capture times, ratings, keywords and descriptions are read, from the photos and their
    XMP sidecars. Nothing is written before the plan is carried out, and never into a photo or a
    file that is there.

    Args:
        plan: as `plan` made it.
        settings: `workers` counts.

    Returns:
        The plan with its sidecars, and what is left because its metadata cannot be kept.

    Raises:
        EngineError: if the machinery fails; see `dupfinder.errors`.
    """
    from dupfinder.engines.merging import merged  # noqa: PLC0415

    with _workers(settings or Settings(), at_once=False) as workers:
        return merged(plan, workers)


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


def state_folder(given: str | None = None) -> str:
    """Where journals are kept."""
    if given is not None:
        return os.path.abspath(os.path.expanduser(given))
    from platformdirs import user_state_dir  # noqa: PLC0415

    return user_state_dir("dupfinder", appauthor=False)


def _workers(
    settings: Settings, *, most: int | None = None, at_once: bool = True
) -> SerialWorkers | ProcessWorkers:
    from dupfinder.engines.workers import ProcessWorkers, SerialWorkers  # noqa: PLC0415

    count = available_cores() if settings.workers is None else settings.workers
    if count == 0:
        return SerialWorkers()
    return ProcessWorkers(count if most is None else min(count, most), at_once=at_once)


def _expanded(paths: PathLike | Sequence[PathLike]) -> list[str]:
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    return [os.path.expanduser(os.fspath(path)) for path in given]


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


class Silent:
    """Progress that tells nobody."""

    def stage(self, name: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, steps: int = 1) -> None:
        """Nothing."""


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cache_path(settings: Settings) -> str | None:
    if not settings.use_cache:
        return None
    if settings.cache is not None:
        return os.path.expanduser(settings.cache)
    from platformdirs import user_cache_dir  # noqa: PLC0415

    return os.path.join(user_cache_dir("dupfinder", appauthor=False), "cache.sqlite")


def cache_path(given: str | None = None) -> str:
    """Where the cache is, or will be."""
    return _cache_path(Settings(cache=given)) or ""
