"""Photos that are not on this disk, or not any more: told, counted, and the rest is compared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from scanning import run
from shots import LIBRARY


@pytest.mark.parametrize("choice", ["skip", "include"])
def test_what_only_icloud_holds_is_counted_as_skipped(tmp_path: Path, choice: str) -> None:
    photos = shutil.copytree(LIBRARY / "Backup", tmp_path / "photos")
    (photos / ".IMG_9.HEIC.icloud").write_bytes(b"bplist00")
    words = ("--level", "hash", "--no-cache", "--online-only", choice, "--strict")
    done = run("scan", photos, *words, "--format", "json")
    assert done.returncode == 3
    found = json.loads(done.stdout)
    (skipped,) = found["skipped"]
    assert (skipped["code"], skipped["path"]) == ("online-only", f"{photos}/.IMG_9.HEIC.icloud")
    counts = found["counts"]
    assert (counts["discovered"], counts["skipped"]) == (counts["compared"] + 1, 1)
    assert "its content is in iCloud" in run("scan", photos, *words).stdout
