"""`dupfinder search --export` and `--import`: vectors of photos as HDF5 files."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from dupfinder.api import export_vectors, import_vectors
from dupfinder.errors import UsageError
from dupfinder.model import Exchanged
from dupfinder.settings import Settings


def add_exchange(group: Any) -> None:
    """Add the options."""
    for name, told in (
        ("export", "write the vectors of all photos, with their names, into a new HDF5 file"),
        ("import", "take the vectors of photos from such a file, and describe them no more"),
    ):
        group.add_argument(
            f"--{name}",
            dest=f"{name}_vectors",
            metavar="FILE.h5",
            help=f"{told}: the one PATH is the folder (extra hdf5)",
        )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Write or read, and say what was done."""
    if options.export_vectors and options.import_vectors:
        raise UsageError("vectors are either exported or imported")
    if len(options.by) > 1 or len(options.paths) > 1:
        raise UsageError(
            "vectors are exchanged by one method, of the photos below one folder",
            hint="dupfinder search --by kaze --export vectors.h5 ~/Photos",
        )
    from dupfinder.cli.console import live_progress  # noqa: PLC0415

    (by,), (root,) = options.by, options.paths
    path, exchange = options.import_vectors, import_vectors
    if options.export_vectors:
        path, exchange = options.export_vectors, export_vectors
    with live_progress(options) as progress:
        done = exchange(
            path, root, by, settings, progress,
            model=options.model, model_settings=options.model_settings,
        )  # fmt: skip
    _tell(done, "written to" if options.export_vectors else "taken from")
    return 0


def _tell(done: Exchanged, what: str) -> None:
    from dupfinder.reports.names import printable  # noqa: PLC0415

    out = sys.stdout
    count = f"{done.vectors:,} vector" + "s" * (done.vectors != 1)
    out.write(f"{count} by {done.by} {what} {printable(done.path)}\n")
    for each in done.skipped:
        out.write(f"skipped {printable(each.path)}: {printable(each.reason)}\n")
    for note in done.notes:
        sys.stderr.write(f"note: {printable(note)}\n")
