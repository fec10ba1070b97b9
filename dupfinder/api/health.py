"""How well everything is: decoders, cache, journals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dupfinder.api.places import cache_path, rows_path, state_folder, vectors_path

if TYPE_CHECKING:  # nothing is loaded before it is asked for
    from dupfinder.engines.health import Health
    from dupfinder.storage.checking import Verified
    from dupfinder.storage.looking import CacheState
    from dupfinder.storage.pruning import Pruned


def examine(cache: str | None = None) -> Health:
    """What can be read here, which versions are known to be bad, how cache and journals are.

    Changes nothing.

    Args:
        cache: the file of the cache, None for the platform's own.
    """
    from dupfinder.engines.health import examine as run  # noqa: PLC0415

    path = cache_path(cache)
    return run(path, vectors_path(path), rows_path(path), state_folder())


def look_at_cache(cache: str | None = None) -> CacheState:
    """What the cache and the store of searches beside it hold and how they are; changes nothing."""
    from dupfinder.engines.remembered import look  # noqa: PLC0415

    path = cache_path(cache)
    return look(path, vectors_path(path), rows_path(path))


def verify_cache(cache: str | None = None) -> Verified:
    """Every row of both read and checked; changes nothing.

    Raises:
        UsageError: if one of the files is none of ours, or another run has it.
    """
    from dupfinder.engines.remembered import verify  # noqa: PLC0415

    path = cache_path(cache)
    return verify(path, vectors_path(path))


def prune_cache(cache: str | None = None, *, dry_run: bool = False) -> Pruned:
    """Remove from both what belongs to files that are gone and to methods of the past.

    Raises:
        UsageError: if one of the files is none of ours, or another run is writing it.
        StoreError: if one cannot be written.
    """
    from dupfinder.engines.remembered import prune  # noqa: PLC0415

    path = cache_path(cache)
    return prune(path, vectors_path(path), rows_path(path), dry_run=dry_run)
