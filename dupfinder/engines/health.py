"""How an installation is: versions, formats, cache, journals, trash. Nothing is changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dupfinder.acts.trash import home_trash
from dupfinder.decode.readable import Format, formats
from dupfinder.decode.versions import Library
from dupfinder.engines.acting import runs_of
from dupfinder.engines.remembered import look
from dupfinder.engines.versions import Extra, Warned, extras, machine, versions, warnings
from dupfinder.errors import DupfinderError
from dupfinder.storage.looking import CacheState

_NEEDED = ("Pillow", "simplejpeg", "OpenCV", "NumPy")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that acting uses; `told` says how it is."""

    path: str
    told: str
    is_well: bool = True


@dataclass(frozen=True, slots=True)
class Journals:
    """How many runs acted, and how many of them can be undone."""

    place: Place
    runs: int = 0
    undoable: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that a user, or whoever helps him, wants to know of an installation.

    `problems` are sentences that say what needs attention and what to do about it.
    """

    machine: str
    libraries: tuple[Library, ...]
    warned: tuple[Warned, ...]
    formats: tuple[Format, ...]
    extras: tuple[Extra, ...]
    cache: CacheState
    journals: Journals
    trash: Place
    problems: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing needs attention."""
        return not self.problems


def examine(cache: str, vectors: str, rows: str, state: str) -> Health:
    """Look at everything.

    Args:
        cache, vectors, rows: the files of the cache and of the store of searches, and the folder of
            what indexes and walks leave for later ones.
        state: the folder of the journals.
    """
    found = versions()
    warned = warnings(found)
    looked = look(cache, vectors, rows)
    journals, trash = _journals(state), _trash()
    return Health(
        machine(),
        found,
        warned,
        formats(),
        extras(),
        looked,
        journals,
        trash,
        tuple(_problems(found, warned, looked, journals.place, trash)),
    )


def _journals(state: str) -> Journals:
    folder = os.path.join(state, "runs")
    try:
        runs = runs_of(state)
    except DupfinderError as error:
        return Journals(Place(folder, f"they cannot be read: {error}", is_well=False))
    place = Place(folder, *_writable(state))
    return Journals(place, len(runs), sum(run.left > 0 for run in runs))


def _trash() -> Place:
    if sys.platform == "win32":
        return Place("", "the Recycle Bin of each fixed drive")
    if sys.platform == "darwin":
        return Place(os.path.expanduser("~/.Trash"), "the trash of the Finder")
    path = home_trash()
    return Place(path, *_writable(path))


def _writable(folder: str) -> tuple[str, bool]:
    """Whether a folder can be written, or made where it will be needed."""
    nearest = folder
    while not os.path.lexists(nearest) and nearest != os.path.dirname(nearest):
        nearest = os.path.dirname(nearest)
    if not os.path.isdir(nearest):
        return f"it cannot be made: {nearest!r} is no folder", False
    if not os.access(nearest, os.W_OK | os.X_OK):
        return f"it cannot be written: {nearest!r} is not writable for you", False
    return ("it can be written" if nearest == folder else "made when it is first needed"), True


def _problems(
    found: tuple[Library, ...],
    warned: tuple[Warned, ...],
    cache: CacheState,
    *places: Place,
) -> Iterator[str]:
    for bad in warned:
        if bad.counts:
            yield f"{bad.name} {bad.version} is known to be bad: {bad.why}. {bad.cure}"
    for library in found:
        if library.trouble:
            yield f"{library.name} is installed and cannot be loaded: {library.trouble}"
        elif library.name in _NEEDED and library.version is None:
            yield f"{library.name} is missing: install dupfinder again"
    yield from _of_cache(cache)
    for place in places:
        if not place.is_well:
            yield f"{place.path!r}: {place.told}"


def _of_cache(cache: CacheState) -> Iterator[str]:
    if not replace(cache, descriptors=None).is_well:
        yield f"the cache {cache.path!r}: {cache.told}"
    elif not cache.can_write and cache.state != "in use":
        yield f"the cache {cache.path!r} cannot be written: scans remember nothing new"
    beside = cache.descriptors
    if beside is not None and not beside.is_well:
        yield f"the store of searches {beside.path!r}: {beside.told}"
