"""Settings in, photos out: picks cache, workers and engine by name. Reads only."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dupfinder.api.places import PathLike, cache_path
from dupfinder.api.verdicts import marked_contents
from dupfinder.errors import UsageError
from dupfinder.model import Comparison, Found, Outcome, Plan, Skipped
from dupfinder.processors import processors
from dupfinder.settings import Settings

if TYPE_CHECKING:  # numpy stays out of `dupfinder --help`
    from dupfinder.engines.workers import ProcessWorkers, SerialWorkers
    from dupfinder.protocols import Progress
    from dupfinder.reports.decisions import Decisions


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
    marked = marked_contents(settings.state)
    path = cache_path(settings.cache) if settings.use_cache else None
    # Where there is a cache it may know everything, and workers would only load for nothing. What
    # is compared with a library is new most of the time.
    has_work = path is None or not os.path.exists(path) or bool(against)
    with workers_of(settings, at_once=has_work) as workers:
        # Loaded here so that `import dupfinder` and `dupfinder --help` answer at once.
        # The workers are loading by now: what this process needs is loaded beside them.
        from dupfinder.engines import pipeline  # noqa: PLC0415
        from dupfinder.engines.methods import method  # noqa: PLC0415
        from dupfinder.storage import open_cache  # noqa: PLC0415

        with open_cache(path, method(settings.hasher, settings.level)) as cache:
            places = pipeline.Places(expanded(roots), expanded(against))
            told = progress or Silent()
            return pipeline.find(places, settings, cache, workers, told, marked)


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
    from dupfinder.engines.culprits import culprit  # noqa: PLC0415
    from dupfinder.engines.pair import PairTask, seen  # noqa: PLC0415
    from dupfinder.engines.pair import compare as run  # noqa: PLC0415
    from dupfinder.engines.workers import Crashed  # noqa: PLC0415

    settings = settings or Settings()
    left, right = (seen(os.path.expanduser(os.fspath(path))) for path in (first, second))
    task = PairTask(left, right, settings)
    with workers_of(settings, most=1) as workers:
        ((_, result),) = workers.run(run, [[task]])
    if isinstance(result, Crashed):
        result = culprit(result, (left.path, right.path)) or result
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

    return from_json(_text(path, "report"))


def load_decisions(path: PathLike) -> Decisions:
    """Read what was decided on the page of a report; it is checked as untrusted input.

    Raises:
        UsageError: if it cannot be read, holds no decisions, or those of another schema.
    """
    from dupfinder.reports.decisions import decisions_from_json  # noqa: PLC0415

    return decisions_from_json(_text(path, "file of decisions"))


def _text(path: PathLike, what: str) -> str:
    name = os.path.expanduser(os.fspath(path))
    try:
        with open(name, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"cannot read {name!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name!r} is no {what} of dupfinder") from None


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

    with workers_of(settings or Settings(), at_once=False) as workers:
        return merged(plan, workers)


def workers_of(
    settings: Settings, *, most: int | None = None, at_once: bool = True, further: int = 0
) -> SerialWorkers | ProcessWorkers:
    """The workers that the settings ask for, `most` of them at most.

    Each may take so many `further` bytes of memory beside what decoders may.
    """
    from dupfinder.engines.workers import MEMORY, ProcessWorkers, SerialWorkers  # noqa: PLC0415

    count = processors() if settings.workers is None else settings.workers
    if count == 0:
        return SerialWorkers()
    count = count if most is None else min(count, most)
    return ProcessWorkers(count, memory=MEMORY + further, at_once=at_once)


def expanded(paths: PathLike | Sequence[PathLike]) -> list[str]:
    """One path or several as a list, `~` as the home folder."""
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    return [os.path.expanduser(os.fspath(path)) for path in given]


class Silent:
    """Progress that tells nobody."""

    def stage(self, name: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, steps: int = 1) -> None:
        """Nothing."""
