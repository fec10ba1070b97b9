"""How methods of searching compare: a table for the terminal, JSON, CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Final

from dupfinder.model import Evaluation
from dupfinder.reports.cells import csv_line

SCHEMA: Final = 1
_HEADINGS: Final = ("method", "recall@1", "recall@5", "mAP", "ms a query")
_OF_EXACT: Final = "of exact@10"
_DECIMALS: Final = 4


def evaluation_text(evaluations: Sequence[Evaluation]) -> str:
    """What was measured and a line for each method, in columns."""
    first = evaluations[0]
    width = max(len(_HEADINGS[0]), *(len(each.by) for each in evaluations))
    lines = [
        f"{first.queries:,} queries among {first.photos:,} photos",
        "recall: the share of the photos to be found among the first 1 and 5; mAP: mean average",
        "precision of the first 100; the time is that of ranking, all queries together",
        *_of_index(first),
        "",
        f"{_HEADINGS[0]:<{width}}" + "".join(f"{each:>12}" for each in _headings(first)[1:]),
    ]
    for each in evaluations:
        shares = (each.recall_1, each.recall_5, each.mean_average_precision)
        numbers = (*(f"{share:.3f}" for share in shares), f"{each.seconds * 1000:.1f}")
        if each.recall_of_exact is not None:
            numbers += (f"{each.recall_of_exact:.3f}",)
        lines.append(f"{each.by:<{width}}" + "".join(f"{number:>12}" for number in numbers))
    return "\n".join(lines) + "\n"


def _headings(first: Evaluation) -> tuple[str, ...]:
    return _HEADINGS if first.recall_of_exact is None else (*_HEADINGS, _OF_EXACT)


def _of_index(first: Evaluation) -> list[str]:
    if first.recall_of_exact is None:
        return []
    return [f"{_OF_EXACT}: the share of the ten nearest by comparing all that {first.index} found"]


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, _DECIMALS)


def evaluation_json(evaluations: Sequence[Evaluation]) -> str:
    """One JSON object; all but the times are the same for the same photos."""
    content = {
        "dupfinder": version("dupfinder"),
        "kind": "evaluation",
        "schema": SCHEMA,
        "methods": [
            {
                "by": each.by,
                "queries": each.queries,
                "photos": each.photos,
                "recall_1": round(each.recall_1, _DECIMALS),
                "recall_5": round(each.recall_5, _DECIMALS),
                "mean_average_precision": round(each.mean_average_precision, _DECIMALS),
                "milliseconds": round(each.seconds * 1000, _DECIMALS),
                "index": each.index,
                "recall_of_exact": _rounded(each.recall_of_exact),
            }
            for each in evaluations
        ],
    }
    return json.dumps(content, ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def evaluation_csv(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    """A line of headings, then one for each method."""
    yield csv_line(_headings(evaluations[0]))
    for each in evaluations:
        shares = (each.recall_1, each.recall_5, each.mean_average_precision)
        numbers = (*(f"{share:.4f}" for share in shares), f"{each.seconds * 1000:.2f}")
        if each.recall_of_exact is not None:
            numbers += (f"{each.recall_of_exact:.4f}",)
        yield csv_line((each.by, *numbers))
