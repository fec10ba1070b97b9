"""How many processors this process may use."""

from __future__ import annotations

import os


def processors() -> int:
    """One or more; fewer than the machine has where it was told so, as by `taskset`."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
