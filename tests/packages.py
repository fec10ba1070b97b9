"""Debian's packages that tests need: installed where that is possible."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile


def install(package: str) -> None:
    """As root on Debian, and else not at all; whether it worked shows in what is there then.

    One process of the tests at a time: apt waits for nobody.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with open(os.path.join(tempfile.gettempdir(), "dupfinder-tests-apt.lock"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for words in (["update", "-qq"], ["install", "-qq", "--no-install-recommends", package]):
            subprocess.run(
                ["apt-get", "-y", "-o", "DPkg::Lock::Timeout=300", *words],
                env=environment, capture_output=True, check=False, timeout=600,
            )  # fmt: skip
