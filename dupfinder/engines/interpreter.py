"""How a process of our own is started."""

from __future__ import annotations

import sys


def command(module: str) -> list[str]:
    """Runs `main` of a module in another process.

    The search path comes from this process, so `site` need not work it out again (-S). Where Python
    does not know its own program there is none to start, which is an OSError then.
    """
    program = f"import sys; sys.path[:] = sys.argv[1:]; import {module} as m; m.main()"
    return [sys.executable or "", "-S", "-c", program, *sys.path]
