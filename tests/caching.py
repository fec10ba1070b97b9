"""What the tests of the cache share: some folders, and scans of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from finding import remembering
from shots import LIBRARY

import dupfinder
from dupfinder import Found

FOLDERS = [LIBRARY / "2019 Summer", LIBRARY / "Edited", LIBRARY / "Backup"]
COMMAND = [sys.executable, "-m", "dupfinder.cli", "scan", *map(str, FOLDERS)]


def scan(folder: Path, level: str = "hash", **changes: Any) -> Found:
    return dupfinder.find(FOLDERS, remembering(folder, level=level, **changes))
