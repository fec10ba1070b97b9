"""One explained pair as JSON, schema 1: ASCII, and the same bytes for the same two files."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any, Final

from dupfinder.hashers import HASHERS
from dupfinder.model import Comparison, Verdict
from dupfinder.reports.comparison.words import by_hasher, is_same, turn_of_first
from dupfinder.reports.json_nouns import named, photo_object, proof_object

SCHEMA: Final = 1


def comparison_json(comparison: Comparison) -> str:
    """The comparison as one JSON object, ASCII, the same bytes for the same two files."""
    content = {
        "dupfinder": version("dupfinder"),
        "schema": SCHEMA,
        "first": photo_object(comparison.first),
        "second": photo_object(comparison.second),
        "same": is_same(comparison),
        "match": _match_object(comparison),
        "distances": [
            {
                "hasher": name,
                "length": HASHERS[name].length,
                "radius": HASHERS[name].default_radius,
                "distance": pairs[0].distance,
                "least": pairs[-1].distance,
                "orientation": turn_of_first(comparison, pairs[-1]).name.lower(),
            }
            for name, pairs in by_hasher(comparison).items()
        ],
        "tried": [
            {"orientation": turn_of_first(comparison, pair).name.lower()} | _verdict_object(verdict)
            for pair, verdict in comparison.tried
        ],
        "better": _better_object(comparison),
    }
    return json.dumps(content, ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def _match_object(comparison: Comparison) -> dict[str, Any] | None:
    match = comparison.match
    if match is None:
        return None
    return {"base": named(match.base.path), "copy": named(match.copy.path)} | proof_object(match)


def _verdict_object(verdict: Verdict) -> dict[str, Any]:
    evidence = verdict.evidence
    shares = ("ratio", "overlap", "agreement", "tone")
    numbers = {name: getattr(evidence, name) for name in shares}
    return {
        "verifier": evidence.verifier,
        "answer": verdict.answer,
        "inliers": evidence.inliers,
    } | {name: None if value is None else round(value, 4) for name, value in numbers.items()}


def _better_object(comparison: Comparison) -> dict[str, Any] | None:
    actions = comparison.plan.actions if comparison.plan is not None else ()
    for action in actions:
        return named(action.keeper.path) | {"rule": action.rule, "because": action.because}
    return None
