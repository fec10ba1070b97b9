"""The keep rules: each one criterion of which photo of a cluster is worth keeping.

A rule sees a photo as it stands among the others (see `standing`), not the pictures themselves.
"""

from __future__ import annotations

from typing import Final

from dupfinder.keeprules.files import (
    CameraData,
    LeastCompressed,
    MostMetadata,
    Oldest,
    OriginalFormat,
    Undamaged,
)
from dupfinder.keeprules.parsing import describe, parse
from dupfinder.keeprules.pictures import MostPixels, NotEdited, TrueResolution
from dupfinder.keeprules.places import ShortestPath, real_folder
from dupfinder.keeprules.standing import KeepRule

__all__ = [
    "DEFAULT_RULES",
    "GUESS",
    "UNDAMAGED",
    "KeepRule",
    "describe",
    "parse",
    "real_folder",
]

# What cannot be had back comes first: detail, then what an edit took, then what the camera wrote.
# What people wrote can be kept without the photo (clean --merge-metadata): it decides among equals.
DEFAULT_RULES: Final[tuple[KeepRule, ...]] = (
    TrueResolution(),
    NotEdited(),
    CameraData(),
    OriginalFormat(),
    MostPixels(),
    LeastCompressed(),
    MostMetadata(),
    Oldest(),
    ShortestPath(),
)

# Before all others, whatever the user names: what a damaged file shows is partly made up.
UNDAMAGED: Final[KeepRule] = Undamaged()

# Before any comparison nobody knows what was enlarged or edited, but copies tend to lose what the
# camera wrote.
GUESS: Final[tuple[KeepRule, ...]] = (
    CameraData(),
    MostPixels(),
    LeastCompressed(),
    Oldest(),
    ShortestPath(),
)
