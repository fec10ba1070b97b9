r"""Keep rules as they are typed: `in:~/Albums,most-pixels,oldest`, the first one first.

A comma that belongs to a folder or a pattern is written `\,`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from dupfinder.errors import UsageError
from dupfinder.keeprules.files import (
    CameraData,
    Largest,
    LeastCompressed,
    MostMetadata,
    Newest,
    Oldest,
    OriginalFormat,
    Smallest,
)
from dupfinder.keeprules.pictures import MostPixels, NotEdited, TrueResolution
from dupfinder.keeprules.places import InFolder, NameMatches, NotInFolder, ShortestPath

if TYPE_CHECKING:  # numpy stays out of `import dupfinder`
    from dupfinder.keeprules.standing import KeepRule

_COMMA: Final = re.compile(r"(?<!\\),")

# By name, what makes the rule of its argument, what the argument is, and what the rule says.
_WITH_ARGUMENT: Final[dict[str, tuple[Callable[[str], KeepRule], str, str]]] = {
    "in": (InFolder, "FOLDER", "a photo below the folder"),
    "not-in": (NotInFolder, "FOLDER", "a photo that is not below the folder"),
    "name": (NameMatches, "GLOB", "a file whose name matches, as IMG_*.jpg"),
}
_PLAIN: Final[dict[str, tuple[Callable[[], KeepRule], str]]] = {
    TrueResolution.name: (TrueResolution, "the most true detail: an enlarged copy loses"),
    NotEdited.name: (NotEdited, "what is not cropped, framed, written over, tilted or grey"),
    CameraData.name: (CameraData, "what tells camera, capture time and exposure"),
    MostMetadata.name: (MostMetadata, "the same, then what has keywords, a place, a sidecar ..."),
    OriginalFormat.name: (OriginalFormat, "the format that the others were made from"),
    MostPixels.name: (MostPixels, "the most pixels, a frame left out"),
    LeastCompressed.name: (LeastCompressed, "lossless, or else the finest compression"),
    Oldest.name: (Oldest, "the earliest capture time, or time of the file where none has one"),
    Newest.name: (Newest, "the latest capture time, or time of the file where none has one"),
    Largest.name: (Largest, "the most bytes"),
    Smallest.name: (Smallest, "the fewest bytes"),
    ShortestPath.name: (ShortestPath, "the path with the fewest characters"),
}


def parse(typed: str) -> tuple[KeepRule, ...]:
    """The rules in the order in which they were typed.

    Raises:
        UsageError: if a rule is unknown, lacks its argument, has one too many, or names a folder
            that is not there; or if there is no rule at all.
    """
    return tuple(_rule(each.lstrip().replace(r"\,", ",")) for each in _COMMA.split(typed))


def describe() -> tuple[tuple[str, str], ...]:
    """Every rule as it is typed, with what it keeps."""
    with_argument = [
        (f"{name}:{argument}", keeps) for name, (_, argument, keeps) in _WITH_ARGUMENT.items()
    ]
    return (*with_argument, *((name, keeps) for name, (_, keeps) in _PLAIN.items()))


def _rule(typed: str) -> KeepRule:
    name, colon, argument = typed.partition(":")
    name = name.rstrip()
    if name in _PLAIN:
        if colon:
            raise UsageError(f"the keep rule {name} takes nothing: {typed!r}", hint=name)
        return _PLAIN[name][0]()
    if name not in _WITH_ARGUMENT:
        raise _unknown(typed, name)
    make, what, _ = _WITH_ARGUMENT[name]
    if not argument:
        raise UsageError(f"the keep rule {name} lacks its {what}", hint=f"{name}:{what}")
    return make(argument)


def _unknown(typed: str, name: str) -> UsageError:
    if not typed:
        return UsageError("a keep rule is missing", hint="such as most-pixels,oldest")
    known = [*_WITH_ARGUMENT, *_PLAIN]
    near = get_close_matches(name.lower().replace("_", "-"), known, 1)
    spellings = [spelling for spelling, _ in describe()]
    meant = [each for each in spellings if each.partition(":")[0] in near]
    hint = f"did you mean {meant[0]}?" if meant else f"known are {', '.join(spellings)}"
    return UsageError(f"there is no keep rule {typed!r}", hint=hint)
