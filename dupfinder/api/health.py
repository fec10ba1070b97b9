"""How well everything is: decoders, cache, journals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dupfinder.api.places import cache_path, state_folder

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

    return run(cache_path(cache), state_folder())


def look_at_cache(cache: str | None = None) -> CacheState:
    """What the cache holds and how it is; changes nothing."""
    from dupfinder.engines.methods import is_used  # noqa: PLC0415
    from dupfinder.storage.looking import look  # noqa: PLC0415

    return look(cache_path(cache), is_used)


def verify_cache(cache: str | None = None) -> Verified:
    """Every row of the cache read and checked; changes nothing.

    Raises:
        UsageError: if the file is no cache.
        StoreError: if it cannot be read.
    """
    from dupfinder.storage.checking import verify  # noqa: PLC0415

    return verify(cache_path(cache))


def prune_cache(cache: str | None = None, *, dry_run: bool = False) -> Pruned:
    """Remove from the cache what belongs to files that are gone and to methods of the past.

    Raises:
        UsageError: if the file is no cache, or another scan is writing it.
        StoreError: if it cannot be written.
    """
    from dupfinder.engines.methods import is_used  # noqa: PLC0415
    from dupfinder.storage.pruning import prune  # noqa: PLC0415

    return prune(cache_path(cache), is_used, dry_run=dry_run)
