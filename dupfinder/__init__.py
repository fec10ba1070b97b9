"""Find duplicate and near-duplicate photos, with proof for every pair.

import dupfinder
found = dupfinder.find("~/Photos")
for cluster in found.clusters:
    print(cluster.representative.path, [match.copy.path for match in cluster.matches])
"""

from __future__ import annotations

from dupfinder.api import (
    apply,
    compare,
    find,
    forget,
    import_marks,
    load,
    mark,
    marks,
    merge_metadata,
    runs,
    thumbnails,
    undo,
)
from dupfinder.choose import plan
from dupfinder.errors import DupfinderError, EngineError, StoreError, UsageError
from dupfinder.model import (
    Action,
    Applied,
    Cluster,
    Comparison,
    Edit,
    Evidence,
    Fingerprint,
    Found,
    Mark,
    Match,
    Metadata,
    Outcome,
    Photo,
    PhotoFile,
    Plan,
    Relation,
    Run,
    Sidecar,
    Skipped,
    Spared,
    Tie,
    Undone,
)
from dupfinder.settings import Acting, Settings, WalkRules

__all__ = [
    "Acting",
    "Action",
    "Applied",
    "Cluster",
    "Comparison",
    "DupfinderError",
    "Edit",
    "EngineError",
    "Evidence",
    "Fingerprint",
    "Found",
    "Mark",
    "Match",
    "Metadata",
    "Outcome",
    "Photo",
    "PhotoFile",
    "Plan",
    "Relation",
    "Run",
    "Settings",
    "Sidecar",
    "Skipped",
    "Spared",
    "StoreError",
    "Tie",
    "Undone",
    "UsageError",
    "WalkRules",
    "apply",
    "compare",
    "find",
    "forget",
    "import_marks",
    "load",
    "mark",
    "marks",
    "merge_metadata",
    "plan",
    "runs",
    "thumbnails",
    "undo",
]
