"""How many threads hash what is large."""

from __future__ import annotations

import os
from typing import Final

from blake3 import blake3

_LOADED_BY: Final = os.getpid()


def threads() -> int:
    """For `max_threads` of blake3: one for each processor; in a fork one.

    Threads do not outlive a fork: blake3 would wait for ever for those that its parent has started.
    """
    return blake3.AUTO if os.getpid() == _LOADED_BY else 1
