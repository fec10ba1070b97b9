"""How an installation and its cache are -> JSON, schema 1: of `doctor` and of `cache`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from dupfinder.engines.health import Health, Place
from dupfinder.reports.json_nouns import Json, named
from dupfinder.storage.checking import Verified
from dupfinder.storage.descriptors import Descriptors
from dupfinder.storage.looking import CacheState
from dupfinder.storage.pruning import Pruned

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCHEMA: Final = 1


def text(told: Health | CacheState | Verified | Pruned) -> str:
    """Everything that the command says."""
    kind, fields = (
        ("doctor", _health(told)) if isinstance(told, Health) else ("cache", _cache(told))
    )
    head = {"kind": kind, "dupfinder": version("dupfinder"), "schema": SCHEMA}
    return json.dumps(head | fields, indent=1) + "\n"


def _health(health: Health) -> Json:
    journals = health.journals
    return {
        "machine": health.machine,
        "libraries": _objects(health.libraries),
        "known_bad": _objects(health.warned, name="library", counts="needs_attention"),
        "formats": _objects(health.formats, is_readable="readable"),
        "extras": _objects(health.extras),
        "cache": _state(health.cache),
        "journals": _place(journals.place) | {"runs": journals.runs, "undoable": journals.undoable},
        "trash": _place(health.trash),
        "problems": list(health.problems),
    }


def _cache(told: CacheState | Verified | Pruned) -> Json:
    match told:
        case CacheState():
            return {"action": "show"} | _state(told)
        case Verified():
            return {"action": "verify"} | _verified(told)
        case Pruned():
            return {"action": "prune"} | _pruned(told)


def _state(state: CacheState) -> Json:
    return named(state.path) | {
        "state": state.state,
        "told": state.told,
        "bytes": state.size,
        "schema_version": state.version,
        "writable": state.can_write,
        "photos": state.photos,
        "parts": _objects(state.parts, size="bytes"),
        "methods": _objects(state.methods, name="method", is_used="used"),
        "set_aside": _aside(state.aside),
        "lists_bytes": state.lists,
        "descriptors": None if state.descriptors is None else _descriptors(state.descriptors),
    }


def _descriptors(found: Descriptors) -> Json:
    return named(found.path) | {
        "state": found.state,
        "told": found.told,
        "bytes": found.size,
        "rows_bytes": found.rows,
        "methods": _objects(found.methods, name="method", size="bytes", is_used="used"),
        "set_aside": _aside(found.aside),
    }


def _verified(verified: Verified) -> Json:
    return named(verified.path) | {
        "exists": verified.is_there,
        "sound": verified.is_well,
        "told": verified.told,
        "parts": _objects(verified.parts),
        "problems": list(verified.problems),
    }


def _pruned(pruned: Pruned) -> Json:
    return named(pruned.path) | {
        "exists": pruned.is_there,
        "dry_run": pruned.is_dry,
        "removed": _objects(pruned.removed, size="bytes"),
        "files_kept": pruned.kept,
        "set_aside": _aside(pruned.aside),
        "bytes_before": pruned.before,
        "bytes_after": pruned.after,
        "notes": list(pruned.notes),
    }


def _objects(items: Sequence[DataclassInstance], **names: str) -> list[Json]:
    """Each with all its fields, some of them under other `names`; what is empty is null."""
    return [
        {names.get(field, field): _or_null(value) for field, value in asdict(item).items()}
        for item in items
    ]


def _or_null(value: Any) -> Any:
    return None if value == "" else value


def _aside(aside: tuple[tuple[str, int], ...]) -> list[Json]:
    return [named(path) | {"bytes": size} for path, size in aside]


def _place(place: Place) -> Json:
    return named(place.path) | {"told": place.told, "well": place.is_well}
