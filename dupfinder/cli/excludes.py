"""`--exclude` as it was typed -> globs as `WalkRules` takes them."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from typing import Final

from dupfinder.errors import UsageError

# What a shell and its user take for a path, not for a name or a pattern.
_PATH: Final = re.compile(r"(~|\.{0,2})/|(~|\.{1,2})\Z")


def excluded(typed: Sequence[str], roots: Sequence[str]) -> tuple[str, ...]:
    """Names and patterns as they are; a path (`./x`, `../x`, `/x`, `~/x`) as seen from its root.

    Raises:
        UsageError: if a path lies below no root, or it cannot be said below which one: it would
            silently leave out nothing, or too much.
    """
    return tuple(_below(each, roots) if _PATH.match(each) else each for each in typed)


def _below(typed: str, roots: Sequence[str]) -> str:
    path = os.path.abspath(os.path.expanduser(typed))
    places = [os.path.abspath(os.path.expanduser(root)) for root in roots]
    below = [_from(place, path) for place in places]
    # Either of them may lead through a symlink.
    below += [_from(os.path.realpath(place), os.path.realpath(path)) for place in places]
    found = next(filter(None, below), None)
    if found is None:
        raise UsageError(
            f"--exclude {typed!r}: {path!r} is not below a folder to scan",
            hint="without ./ or / in front it is a name, or a path below each of the folders",
        )
    if len(set(map(os.path.realpath, places))) > 1:
        raise UsageError(
            f"--exclude {typed!r}: with several folders to scan, a path counts below each of them",
            hint=f"--exclude {found!r}, if it may be left out below all of them",
        )
    if os.path.lexists(path):  # a name of this disk, even if it looks like a pattern
        found = glob.escape(found)
    return f"/{found}/" if typed.endswith("/") else f"/{found}"


def _from(root: str, path: str) -> str | None:
    """What leads from `root` to `path`; None if it is not below."""
    folder = root.rstrip("/") + "/"
    return path.removeprefix(folder) if path.startswith(folder) and path != folder else None
