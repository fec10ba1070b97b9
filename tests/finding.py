"""What the tests of whole scans share: settings, and what a result says of the drawn library."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shots import LIBRARY, exact, expected_relation, truth

from dupfinder import Found, Settings
from dupfinder.model import Relation

ALONE = Settings(workers=0, use_cache=False)
BY_HASH = Settings(workers=0, use_cache=False, level="hash")
# The stages that compare pictures, at level "copies".
COMPARING = ("verify", "parts", "representatives", "edits")


def remembering(folder: Path, **changes: Any) -> Settings:
    return Settings(workers=0, cache=str(folder / "cache.sqlite"), **changes)


def below(top: Path, path: str) -> str:
    return os.path.relpath(path, top).replace(os.sep, "/")


def relations(found: Found, top: Path = LIBRARY) -> dict[str, tuple[str, Relation]]:
    """Representative and relation of every copy."""
    return {
        below(top, match.copy.path): (below(top, match.base.path), match.relation)
        for cluster in found.clusters
        for match in cluster.matches
    }


def details(found: Found, stage: str) -> list[str]:
    """What a stage says of itself, each time that it ran."""
    return [each.detail for each in found.stages if each.stage == stage]


def decoded(found: Found) -> int:
    (told,) = details(found, "fingerprint")
    return int(told.split(" ")[0])


def compared(found: Found) -> int:
    """Pairs of pictures that were compared in this run, and not remembered."""
    return sum(
        int(told.split(" ")[0].replace(",", ""))
        for stage in COMPARING
        for told in details(found, stage)
    )


def expect_copies(found: Found, top: Path = LIBRARY, without: str = "") -> None:
    """All copies but one are found, each with its relation to a photo of best quality.

    At level "hash" those of `truth` that are for later are not.
    """
    known = relations(found, top)
    for group in truth()["groups"]:
        members = [m["path"] for m in group["members"] if found.level == "copies" or not m["later"]]
        seen = {group["original"], *members} - {without}
        bases = {known[path][0] for path in seen & set(known)}
        (representative,) = bases & exact(group)
        assert representative not in known
        assert seen - {representative} <= set(known)
        assert bases <= {representative, *seen}
        for path in seen - {representative}:
            base, relation = known[path]
            assert relation is expected_relation(base, path), path
