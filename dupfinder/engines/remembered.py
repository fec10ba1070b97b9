"""The cache of scans and the store of searches beside it: looked at, verified and pruned as one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from dupfinder.engines.methods import is_searched, is_used
from dupfinder.engines.segments import LISTS
from dupfinder.storage import looking, pruning
from dupfinder.storage.checking import Checked, Verified
from dupfinder.storage.checking import verify as verify_cache
from dupfinder.storage.descriptors import (
    descriptors_aside,
    descriptors_to_prune,
    is_there,
    look_at_descriptors,
    size_of,
    verify_descriptors,
)
from dupfinder.storage.looking import CacheState
from dupfinder.storage.pruning import Pruned, Removed
from dupfinder.storage.rowfiles import clear_rows, kept_rows
from dupfinder.storage.stock import STOCK

_PART = "vector"
_ANEW = "which the next search makes anew"
# What searches keep of the folders they went through.
_OF_FOLDERS = (STOCK, LISTS)


def look(cache: str, vectors: str, rows: str) -> CacheState:
    """How they are; nothing is changed.

    Args:
        cache, vectors: their files.
        rows: the folder of what indexes and walks leave for later searches.
    """
    descriptors = look_at_descriptors(vectors, is_searched)
    descriptors = replace(descriptors, rows=_bytes_of(kept_rows(rows)))
    return replace(looking.look(cache, is_used), descriptors=descriptors)


def verify(cache: str, vectors: str) -> Verified:
    """Every row read and checked; nothing is changed.

    Raises:
        UsageError: if another run has one of them, or one is none of ours.
    """
    found = verify_cache(cache)
    if not is_there(vectors):
        return found
    rows, damaged, problems = verify_descriptors(vectors)
    parts = (*found.parts, Checked(_PART, rows, damaged))
    return replace(found, is_there=True, parts=parts, problems=(*found.problems, *problems))


def prune(cache: str, vectors: str, rows: str, *, dry_run: bool) -> Pruned:
    """Remove what no scan and no search can use; with descriptors all that lies in `rows`.

    What is kept of folders goes in any case: nobody knows which will be searched again. Without a
    cache nobody knows which contents there are: only what is damaged goes then, and what is of
    other versions.

    Raises:
        UsageError: if another run has one of them, or one is none of ours or cannot be written.
        StoreError: if one is damaged.
    """
    aside, before = descriptors_aside(vectors), size_of(vectors) + _bytes_of(kept_rows(rows))
    with descriptors_to_prune(vectors, is_searched, dry_run=dry_run) as clear:

        def along(held: Iterable[bytes] | None) -> tuple[Removed, ...]:
            return tuple(Removed(each.why, _PART, each.rows, each.size) for each in clear(held))

        pruned = pruning.prune(cache, is_used, along, dry_run=dry_run)
        if not pruned.is_there and (before or aside):
            pruned = replace(pruned, is_there=True, removed=along(None))
    found = tuple(
        Removed(_ANEW, part, len(files), _bytes_of(files))
        for part in _OF_FOLDERS
        if (files := kept_rows(rows, part))
    )
    if not dry_run:
        pruning.remove(each for each, _ in aside)
        is_all = any(each.part == _PART for each in pruned.removed)
        for part in ("",) if is_all else _OF_FOLDERS:
            clear_rows(rows, part)
    return replace(
        pruned,
        removed=(*pruned.removed, *found),
        aside=(*pruned.aside, *aside),
        before=pruned.before + before,
        after=pruned.after + size_of(vectors) + _bytes_of(kept_rows(rows)),
    )


def _bytes_of(paths: Iterable[str]) -> int:
    return sum(os.path.getsize(path) for path in paths)
