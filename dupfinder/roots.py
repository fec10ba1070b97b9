"""The folders and files that a scan was told of: where they are, and whether they still are."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from os.path import basename, dirname

from dupfinder.errors import UsageError
from dupfinder.model import Skipped

# Why nothing more was read below a root: the code of a `Skipped`.
VANISHED = "root-vanished"


def told_apart(
    roots: Sequence[str], references: Sequence[str]
) -> tuple[dict[str, os.stat_result], dict[str, os.stat_result]]:
    """The real paths of both, sorted, and what each of them is.

    Raises:
        UsageError: if there are no roots, one does not exist or cannot be read, or is a reference
            as well.
    """
    found, known = _resolve(roots), _resolve(references) if references else {}
    for path in found.keys() & known.keys():
        raise UsageError(
            f"{path!r} cannot be compared with itself",
            hint="what is scanned and what it is compared with are different folders",
        )
    return found, known


def _resolve(roots: Sequence[str]) -> dict[str, os.stat_result]:
    """By their real path, sorted, so that the order in which they were named is gone."""
    if not all(roots) or not roots:
        raise UsageError("no folder to walk was named", hint='"." is the current one')
    resolved = dict(_resolve_one(root) for root in roots)
    return dict(sorted(resolved.items(), key=lambda root: os.fsencode(root[0])))


def _resolve_one(root: str) -> tuple[str, os.stat_result]:
    try:
        status = os.stat(root)
        path = os.path.realpath(root, strict=True)
        if stat.S_ISDIR(status.st_mode):
            os.scandir(path).close()
    except FileNotFoundError as error:
        raise UsageError(f"{root!r} does not exist", hint=_nearest(root)) from error
    except OSError as error:
        raise UsageError(f"{root!r} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a NUL, or a character that no file name can hold
        raise UsageError(f"{root!r} cannot be a path: {error}") from error
    if not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
        raise UsageError(f"{root!r} is neither a folder nor a file")
    return path, status


def _nearest(missing: str) -> str:
    """How far the path to `missing` does exist: where the typing error is."""
    path = os.path.abspath(missing)
    while not os.path.exists(parent := dirname(path)):
        path = parent
    if os.path.islink(path):
        return f"{path!r} is a symlink to something that is not there"
    return f"{parent!r} exists, but there is no {basename(path)!r} in it"


def is_gone(path: str, before: os.stat_result) -> bool:
    """Whether what was found at `path` is not there any more: unmounted, renamed, out of reach."""
    try:
        now = os.stat(path)
    except OSError:
        return True
    return (now.st_dev, now.st_ino) != (before.st_dev, before.st_ino)


def vanished(path: str, stage: str, root: str) -> Skipped:
    """Why a file or folder below a root that went away was not looked at."""
    return Skipped(path, stage, VANISHED, f"the folder {root!r} went away during the scan")
