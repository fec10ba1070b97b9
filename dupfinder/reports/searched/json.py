"""`Searched` -> JSON, schema 1: ASCII, and the same bytes for the same library and queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from dupfinder.model import Hit, Label, Photo, Ranking, Searched
from dupfinder.reports.json_nouns import Json, named, photo_object, proof_object, skipped_object
from dupfinder.reports.searched.words import relation_key

SCHEMA: Final = 1
_DECIMALS: Final = 6


def searched_json(searched: Searched) -> str:
    """The whole result as one JSON object."""
    content = {
        "dupfinder": version("dupfinder"),
        "kind": "search",
        "schema": SCHEMA,
        "roots": [named(root) for root in searched.roots],
        "by": searched.by,
        "top": searched.top,
        "counts": {
            "discovered": searched.discovered,
            "compared": searched.compared,
            "skipped": len(searched.skipped),
            "other_files": searched.other_files,
            "queries": len(searched.rankings),
        },
        "rankings": [_ranking(ranking) for ranking in searched.rankings],
        "unanswered": [skipped_object(each) for each in searched.unanswered],
        "skipped": [skipped_object(each) for each in searched.skipped],
    }
    return json.dumps(content, ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def _ranking(ranking: Ranking) -> Json:
    return {
        "query": photo_object(ranking.query),
        "labels": _labels(ranking.labels),
        "hits": [_hit(ranking.query, hit) for hit in ranking.hits],
    }


def _hit(query: Photo, hit: Hit) -> Json:
    return {
        "score": round(hit.score, _DECIMALS),
        "scores": {name: round(score, _DECIMALS) for name, score in hit.scores},
        "is": relation_key(query, hit),
        "proof": None if hit.match is None else proof_object(hit.match),
        "labels": _labels(hit.labels),
        "photo": photo_object(hit.photo),
    }


def _labels(labels: Sequence[Label]) -> list[Json]:
    return [
        {"label": each.name, "probability": round(each.probability, _DECIMALS)} for each in labels
    ]
