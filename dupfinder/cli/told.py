"""How things are, as text or as JSON: what `doctor` and `cache` say, and by which exit code."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from dupfinder.cli.scan import INCOMPLETE

if TYPE_CHECKING:
    from dupfinder.engines.health import Health
    from dupfinder.storage.checking import Verified
    from dupfinder.storage.looking import CacheState
    from dupfinder.storage.pruning import Pruned


def tell(told: Health | CacheState | Verified | Pruned, options: argparse.Namespace) -> int:
    """Print it as `--format` says; the exit code says whether something needs attention."""
    if options.format == "json":
        from dupfinder.reports.health import text  # noqa: PLC0415

        sys.stdout.write(text(told))
    else:
        from dupfinder.cli.console import console  # noqa: PLC0415
        from dupfinder.reports.terminal.health import render  # noqa: PLC0415

        render(told, console(options.color))
    return 0 if told.is_well else INCOMPLETE
