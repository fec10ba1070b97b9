"""What the tests of decisions share: files of decisions about the photos of a report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def members(report: Path) -> list[tuple[str, dict[str, Any]]]:
    """Cluster id and photo of all members in a report, in its order."""
    told = json.loads(report.read_text(encoding="ascii"))
    return [(cluster["id"], each) for cluster in told["clusters"] for each in cluster["members"]]


def decision(kind: str, cluster: str, photo: dict[str, Any]) -> dict[str, Any]:
    named = {key: photo[key] for key in ("path", "path_base64") if key in photo}
    return {"decision": kind, "cluster": cluster, "digest": photo["digest"], **named}


def saved(path: Path, report: Path, decisions: Iterable[dict[str, Any]]) -> Path:
    """As the page saves them."""
    told = {
        "kind": "decisions",
        "dupfinder": "0.1.0",
        "schema": 1,
        "report": {"path": str(report)},
        "decisions": list(decisions),
    }
    path.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return path
