"""`dupfinder search --evaluate`: methods compared on the user's own photos."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from dupfinder.api import evaluate
from dupfinder.errors import UsageError
from dupfinder.settings import Settings

_COLUMNS: Final = ("query", "target")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Measure and print."""
    if options.labels is not None:
        raise UsageError("an evaluation tells no labels")
    targets = read_targets(os.path.expanduser(options.evaluate))
    from dupfinder.cli.console import live_progress  # noqa: PLC0415

    with live_progress(options) as progress:
        found = evaluate(
            targets, options.paths, options.by, settings, progress, index=options.index,
            model=options.model, model_settings=options.model_settings,
        )  # fmt: skip
    from dupfinder.reports.searched.evaluation import (  # noqa: PLC0415
        evaluation_csv,
        evaluation_json,
        evaluation_text,
    )

    if options.format == "csv":
        sys.stdout.writelines(evaluation_csv(found))
    else:
        text = evaluation_json(found) if options.format == "json" else evaluation_text(found)
        sys.stdout.write(text)
    return 0


def read_targets(path: str) -> Mapping[str | os.PathLike[str], list[str]]:
    """Query -> the photos it should find, of a CSV file with these columns.

    Relative paths are below the folder of the file. A query may stand in several lines.

    Raises:
        UsageError: if the file cannot be read or has other columns.
    """
    folder = os.path.dirname(os.path.abspath(path))
    targets: dict[str | os.PathLike[str], list[str]] = defaultdict(list)
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            lines = csv.DictReader(file, strict=True)
            if not set(_COLUMNS) <= set(lines.fieldnames or ()):
                raise UsageError(
                    f"{path!r} has no columns {' and '.join(map(repr, _COLUMNS))}",
                    hint="the first line is query,target; each further one names two pictures",
                )
            for line in lines:
                query, target = (os.path.join(folder, line[name] or "") for name in _COLUMNS)
                targets[query].append(target)
    except OSError as error:
        raise UsageError(f"cannot read {path!r}: {error.strerror}") from None
    except csv.Error as error:
        raise UsageError(f"{path!r} is no CSV file: {error}") from None
    if not targets:
        raise UsageError(f"{path!r} names no queries")
    return targets
