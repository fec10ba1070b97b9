"""What a scan of the drawn library says, held against fixtures/golden.json.

`REWRITE_GOLDEN=1 pytest tests/scenarios/test_golden.py` rewrites it; read the difference then.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import dupfinder
from dupfinder.reports.json import to_json


def test_the_drawn_library_gives_the_golden_report(library: Path, steady_library: Path) -> None:
    found = dupfinder.find(steady_library, dupfinder.Settings(use_cache=False, workers=0))
    report = stable(json.loads(to_json(found, dupfinder.plan(found))), steady_library)
    golden = library.parent / "golden.json"
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    assert report == json.loads(golden.read_text())


def stable(report: dict[str, Any], library: Path) -> dict[str, Any]:
    """Without what a checkout changes (places, times of files) and what processors may round."""

    def relative(path: str) -> str:
        return os.path.relpath(path, library)

    return {
        "counts": report["counts"],
        "clusters": [
            {
                "id": cluster["id"],
                "representative": relative(cluster["representative"]),
                "members": [member_of(each, relative(each["path"])) for each in cluster["members"]],
            }
            for cluster in report["clusters"]
        ],
        "skipped": [each | {"path": relative(each["path"])} for each in report["skipped"]],
        "plan": [
            {
                "remove": relative(action["path"]),
                "keep": relative(action["keeper"]["path"]),
                "rule": action["rule"],
            }
            for action in report["plan"]["actions"]
        ],
    }


def member_of(member: dict[str, Any], path: str) -> dict[str, Any]:
    kept = ("size", "width", "height", "format", "taken_at", "digest")
    measured = ("written over", "cleaned")  # in finer amounts than processors agree on
    edits = [
        edit["kind"]
        if edit["amount"] is None or edit["kind"] in measured
        else f"{edit['kind']} {edit['amount']:.1f}"
        for edit in member.get("edits", ())
        if edit["kind"] != "toned"
    ]
    proof = {
        "relation": member.get("relation"),
        "verifier": member.get("evidence", {}).get("verifier"),
        "edits": edits,
    }
    return {"path": path} | {key: member[key] for key in kept} | proof
