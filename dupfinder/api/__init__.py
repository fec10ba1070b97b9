"""The composition root: what commands and scripts call; what is behind it is picked by name."""

from __future__ import annotations

from dupfinder.api.acting import apply, recheck, recover, runs, undo
from dupfinder.api.exchanging import export_vectors, import_vectors
from dupfinder.api.finding import compare, find, load, load_decisions, merge_metadata
from dupfinder.api.health import examine, look_at_cache, prune_cache, verify_cache
from dupfinder.api.searching import evaluate, search
from dupfinder.api.showing import showing, thumbnails
from dupfinder.api.verdicts import forget, forget_photos, import_marks, mark, mark_photos, marks

__all__ = [
    "apply",
    "compare",
    "evaluate",
    "examine",
    "export_vectors",
    "find",
    "forget",
    "forget_photos",
    "import_marks",
    "import_vectors",
    "load",
    "load_decisions",
    "look_at_cache",
    "mark",
    "mark_photos",
    "marks",
    "merge_metadata",
    "prune_cache",
    "recheck",
    "recover",
    "runs",
    "search",
    "showing",
    "thumbnails",
    "undo",
    "verify_cache",
]
