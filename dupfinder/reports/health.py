"""How an installation and its cache are -> JSON, schema 1: of `doctor` and of `cache`."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any, Final

from dupfinder.engines.health import Health, Place
from dupfinder.reports.json_nouns import Json, named
from dupfinder.storage.checking import Verified
from dupfinder.storage.looking import CacheState
from dupfinder.storage.pruning import Pruned

SCHEMA: Final = 1


def health_text(health: Health) -> str:
    """Everything that doctor says."""
    return _document(
        "doctor",
        machine=health.machine,
        libraries=[
            {"name": each.name, "version": each.version, "part_of": each.part_of or None}
            for each in health.libraries
        ],
        known_bad=[
            {
                "library": each.library,
                "version": each.version,
                "why": each.why,
                "cure": each.cure,
                "needs_attention": each.counts,
            }
            for each in health.warned
        ],
        formats=[
            {"name": each.name, "readable": each.is_readable, "needs": each.needs or None}
            for each in health.formats
        ],
        cache=_cache(health.cache),
        journals=_place(health.journals.place)
        | {"runs": health.journals.runs, "undoable": health.journals.undoable},
        trash=_place(health.trash),
        problems=list(health.problems),
    )


def cache_text(state: CacheState) -> str:
    """What `cache show` says."""
    return _document("cache", action="show", **_cache(state))


def verified_text(verified: Verified) -> str:
    """What `cache verify` says."""
    return _document(
        "cache",
        action="verify",
        **named(verified.path),
        exists=verified.is_there,
        sound=verified.is_sound,
        told=verified.told,
        parts=[
            {"name": each.name, "rows": each.rows, "damaged": each.damaged}
            for each in verified.parts
        ],
        problems=list(verified.problems),
    )


def pruned_text(pruned: Pruned) -> str:
    """What `cache prune` says."""
    return _document(
        "cache",
        action="prune",
        **named(pruned.path),
        exists=pruned.is_there,
        dry_run=pruned.is_dry,
        removed=[
            {"why": each.why, "part": each.part, "rows": each.rows, "bytes": each.size}
            for each in pruned.removed
        ],
        files_kept=pruned.kept,
        set_aside=_aside(pruned.aside),
        bytes_before=pruned.before,
        bytes_after=pruned.after,
        notes=list(pruned.notes),
    )


def _cache(state: CacheState) -> Json:
    return named(state.path) | {
        "state": state.state,
        "told": state.told,
        "bytes": state.size,
        "schema_version": state.version,
        "writable": state.can_write,
        "photos": state.photos,
        "parts": [
            {"name": each.name, "rows": each.rows, "bytes": each.size} for each in state.parts
        ],
        "methods": [
            {"method": each.name, "photos": each.photos, "verdicts": each.verdicts}
            for each in state.methods
        ],
        "set_aside": _aside(state.aside),
    }


def _aside(aside: tuple[tuple[str, int], ...]) -> list[Json]:
    return [named(path) | {"bytes": size} for path, size in aside]


def _place(place: Place) -> Json:
    return named(place.path) | {"told": place.told, "well": place.is_well}


def _document(kind: str, **fields: Any) -> str:
    head = {"kind": kind, "dupfinder": version("dupfinder"), "schema": SCHEMA}
    return json.dumps(head | fields, indent=1) + "\n"
