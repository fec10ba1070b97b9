"""Find duplicate and near-duplicate photos, with proof for every pair.

import dupfinder
found = dupfinder.find("~/Photos")
for cluster in found.clusters:
    print(cluster.representative.path, [match.copy.path for match in cluster.matches])
"""

from __future__ import annotations

from dupfinder.api import compare, find, load
from dupfinder.choose import plan
from dupfinder.errors import DupfinderError, EngineError, StoreError, UsageError
from dupfinder.model import (
    Action,
    Cluster,
    Comparison,
    Edit,
    Evidence,
    Fingerprint,
    Found,
    Match,
    Photo,
    PhotoFile,
    Plan,
    Relation,
    Skipped,
    Spared,
    Tie,
)
from dupfinder.settings import Settings, WalkRules

__all__ = [
    "Action",
    "Cluster",
    "Comparison",
    "DupfinderError",
    "Edit",
    "EngineError",
    "Evidence",
    "Fingerprint",
    "Found",
    "Match",
    "Photo",
    "PhotoFile",
    "Plan",
    "Relation",
    "Settings",
    "Skipped",
    "Spared",
    "StoreError",
    "Tie",
    "UsageError",
    "WalkRules",
    "compare",
    "find",
    "load",
    "plan",
]
