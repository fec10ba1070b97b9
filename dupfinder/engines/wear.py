"""What a worker process lent to decoders and did not get back.

Memory that leaks and descriptors that stay open would in the end have good files refused for want
of them. Before it comes to that another process takes over.
"""

from __future__ import annotations

import os
import sys
from typing import Final

# Of the memory that tasks may take: the rest is enough for a picture of 300 megapixels.
_SHARE: Final = 0.5
# Open at a time; this program itself needs fewer than ten, and the usual limit is 1,024.
_DESCRIPTORS: Final = 128


class Wear:
    """How much is gone since this was made; `memory` is how many bytes tasks may take."""

    def __init__(self, memory: int) -> None:
        self._most = _SHARE * memory + _mapped()
        self.is_fresh = True

    def is_worn(self) -> bool:
        """Ask between two items: from the first one on the process is not fresh any more."""
        self.is_fresh = False
        try:
            lowest = os.dup(0)
            os.close(lowest)
            return lowest >= _DESCRIPTORS or _mapped() > self._most
        except OSError:
            return True


def _mapped() -> int:
    """Bytes of address space, which is what its limit counts; 0 where that is not known."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
