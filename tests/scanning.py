"""What the tests of the command share: running it as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own."""
    command = [sys.executable, "-m", "dupfinder.cli", *map(str, words)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )
