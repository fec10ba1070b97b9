"""The composition root: settings in, result out; picks cache, workers and engine by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dupfinder.errors import UsageError
from dupfinder.model import Comparison, Found, Skipped
from dupfinder.settings import Settings

if TYPE_CHECKING:  # numpy stays out of `dupfinder --help`
    from dupfinder.protocols import Progress

PathLike = str | os.PathLike[str]


def find(
    roots: PathLike | Sequence[PathLike],
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Found:
    """Find the photos below `roots` that show the same picture. Reads only, prints nothing.

    Args:
        roots: a folder or file, or several; `~` is the home folder.
        settings: what to change from the defaults.
        progress: told how far the scan is.

    Raises:
        UsageError: if a root does not exist or a setting makes no sense.
        StoreError, EngineError: if the machinery fails; see `dupfinder.errors`.
    """
    # Loaded here so that `import dupfinder` and `dupfinder --help` answer at once.
    from dupfinder.engines.workers import ProcessWorkers, SerialWorkers  # noqa: PLC0415

    settings = settings or Settings()
    given = [roots] if isinstance(roots, str | os.PathLike) else list(roots)
    paths = [os.path.expanduser(os.fspath(root)) for root in given]
    count = settings.workers or available_cores()
    cache_path = _cache_path(settings)
    # Where there is a cache it may know everything, and workers would only load for nothing.
    is_new = cache_path is None or not os.path.exists(cache_path)
    with SerialWorkers() if count == 1 else ProcessWorkers(count, at_once=is_new) as workers:
        # The workers are loading by now: what this process needs is loaded beside them.
        from dupfinder.decode.versions import decoder_version  # noqa: PLC0415
        from dupfinder.engines.pipeline import find as run  # noqa: PLC0415
        from dupfinder.features import VERSION as FEATURES  # noqa: PLC0415
        from dupfinder.hashers import signature  # noqa: PLC0415
        from dupfinder.storage import open_cache  # noqa: PLC0415

        method = f"{signature(settings.hasher)};decode={decoder_version()}"
        if settings.level == "copies":
            method += f";features={FEATURES}"
        with open_cache(cache_path, method) as cache:
            return run(paths, settings, cache, workers, progress or Silent())


def compare(first: PathLike, second: PathLike, settings: Settings | None = None) -> Comparison:
    """Explain two files: what they are to each other, on what evidence, and which one is better.

    They are compared as `find` would compare them, at the level "copies". Reads only, no cache.

    Args:
        first, second: two picture files; `~` is the home folder.
        settings: `hasher`, `fallback`, `max_pixels` and `workers` count; with one worker all is
            done in this process, which a hostile file may take down.

    Raises:
        UsageError: if a path names no file, or a file that cannot be read or decoded.
        EngineError: if the machinery fails; see `dupfinder.errors`.
    """
    # Loaded here so that `import dupfinder` and `dupfinder --help` answer at once.
    from dupfinder.engines.pair import PairTask, seen  # noqa: PLC0415
    from dupfinder.engines.pair import compare as run  # noqa: PLC0415
    from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers  # noqa: PLC0415

    settings = settings or Settings()
    left, right = (seen(os.path.expanduser(os.fspath(path))) for path in (first, second))
    task = PairTask(left, right, settings)
    with SerialWorkers() if settings.workers == 1 else ProcessWorkers(1) as workers:
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
