"""A program that forks after a search can search in the fork."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, signal, sys
import numpy as np
from dupfinder.storage.arrays import ArrayFile
from dupfinder.storage.rowfiles import RowFiles

def used():
    file = ArrayFile(os.path.join(folder, "some.lists"), "one")
    file.write({"large": np.arange(1_000_000)})
    assert file.read()["large"][-1] == 999_999
    files = RowFiles(folder, is_kept=True)
    for _ in range(2):
        files.made("graph", "faiss", bytes(32), lambda path: os.link(file.path, path))

folder = sys.argv[1]
used()
child = os.fork()
if not child:
    signal.alarm(30)
    used()
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks there")
def test_large_files_are_hashed_in_a_fork_too(tmp_path: Path) -> None:
    path = os.pathsep.join(each for each in sys.path if each)

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path}, check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
