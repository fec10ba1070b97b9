"""The nouns: frozen values that every stage takes and returns. Standard library only.

Paths are `str` as `os.fsdecode` gives them, so that names which are not UTF-8 survive unchanged
(surrogate escapes); only `reports` turns them into text that is safe to print.
"""

from __future__ import annotations

from dupfinder.model.decisions import Decided, Decision, DecisionKind
from dupfinder.model.marks import Contents, Mark, are_marked, contents_of
from dupfinder.model.matches import (
    Answer,
    CandidatePair,
    Cluster,
    Edit,
    Evidence,
    Found,
    Match,
    Relation,
    Sides,
    StageTime,
    Transform,
    Verdict,
)
from dupfinder.model.photos import (
    ANNOTATIONS,
    CAMERA_RAW,
    CAPTURE_TIME,
    Companion,
    Fingerprint,
    Metadata,
    Orientation,
    Photo,
    PhotoFile,
    Skipped,
    Stamp,
)
from dupfinder.model.plans import (
    Action,
    Applied,
    Comparison,
    Outcome,
    Plan,
    Run,
    Sidecar,
    Spared,
    Tie,
    Undone,
)
from dupfinder.model.searches import Evaluation, Exchanged, Hit, Label, Ranking, Searched

__all__ = [
    "ANNOTATIONS",
    "CAMERA_RAW",
    "CAPTURE_TIME",
    "Action",
    "Answer",
    "Applied",
    "CandidatePair",
    "Cluster",
    "Companion",
    "Comparison",
    "Contents",
    "Decided",
    "Decision",
    "DecisionKind",
    "Edit",
    "Evaluation",
    "Evidence",
    "Exchanged",
    "Fingerprint",
    "Found",
    "Hit",
    "Label",
    "Mark",
    "Match",
    "Metadata",
    "Orientation",
    "Outcome",
    "Photo",
    "PhotoFile",
    "Plan",
    "Ranking",
    "Relation",
    "Run",
    "Searched",
    "Sidecar",
    "Sides",
    "Skipped",
    "Spared",
    "StageTime",
    "Stamp",
    "Tie",
    "Transform",
    "Undone",
    "Verdict",
    "are_marked",
    "contents_of",
]
