"""What the tests of whole scans share: settings, and what a result says of the drawn library."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shots import LIBRARY, exact, expected_relation, truth

from dupfinder import Found, Settings
from dupfinder.model import Relation

ALONE = Settings(workers=1, use_cache=False)


def remembering(folder: Path, **changes: Any) -> Settings:
    return Settings(workers=1, cache=str(folder / "cache.sqlite"), **changes)


def below(top: Path, path: str) -> str:
    return os.path.relpath(path, top).replace(os.sep, "/")


def relations(found: Found, top: Path = LIBRARY) -> dict[str, tuple[str, Relation]]:
    """Representative and relation of every copy."""
    return {
        below(top, match.copy.path): (below(top, match.base.path), match.relation)
        for cluster in found.clusters
        for match in cluster.matches
    }


def detail(found: Found, stage: str) -> str:
    (told,) = [each.detail for each in found.stages if each.stage == stage]
    return told


def decoded(found: Found) -> int:
    return int(detail(found, "fingerprint").split(" ")[0])


def expect_copies(found: Found, top: Path = LIBRARY, without: str = "") -> None:
    """All copies but one are found, each with its relation to a representative of best quality."""
    known = relations(found, top)
    for group in truth()["groups"]:
        now = {group["original"], *(m["path"] for m in group["members"] if not m["later"])}
        (representative,) = {known[path][0] for path in now & set(known)}
        assert representative in exact(group)
        assert now - {representative, without} <= set(known)
        for path in now - {representative, without}:
            assert known[path][1] is expected_relation(representative, path)
