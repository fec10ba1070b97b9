"""What lies below the roots of a search: as it was found last time, or found anew."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from typing import Final, NamedTuple, TypeAlias

from dupfinder.discover import discover
from dupfinder.engines.bulk import all_kept
from dupfinder.engines.lookout import lookout
from dupfinder.engines.methods import method
from dupfinder.engines.reading import OF_THIS_RUN, Reader
from dupfinder.engines.segments import LISTS
from dupfinder.engines.stages import Stages
from dupfinder.entries import state_of
from dupfinder.model import Photo, PhotoFile, Skipped
from dupfinder.protocols import Progress
from dupfinder.roots import VANISHED, told_apart
from dupfinder.settings import Settings, WalkRules
from dupfinder.storage import Listed, is_settled
from dupfinder.storage.arrays import ArrayFile
from dupfinder.storage.inventory import inventory_of
from dupfinder.storage.rowfiles import RowFiles
from dupfinder.storage.stock import STOCK, Stock, StockFile

# Files from which on a stock is kept: to walk and look up fewer takes some hundredths of a second.
_LEAST: Final = 5_000
# From so many on it is worth a process of its own, which takes a tenth of a second to load.
_MANY: Final = 20_000
# Where more have to be asked again each time, a walk is as quick.
_MOST_UNSETTLED: Final = 1_000
# Why there is more than the listed folders show: it went away, or is under another name by now.
_NOT_LISTED: Final = frozenset({"vanished", VANISHED, "same-folder"})

_UNCHANGED: Final = "nothing has changed since the last search"
_CHANGED: Final = "something has changed since the last search"

_Found: TypeAlias = Photo | Listed | Skipped


class Walked(NamedTuple):
    """Files by path, what could not be looked at, and the folders that were listed, sorted."""

    files: list[PhotoFile]
    unseen: list[Skipped]
    folders: tuple[str, ...]


class Stocktaking:
    """Walks and reads what is searched, unless nothing has changed since that was done."""

    def __init__(
        self,
        settings: Settings,
        kept: RowFiles,
        reader: Reader,
        stages: Stages,
        progress: Progress,
    ) -> None:
        self._progress = progress
        self._settings = settings
        self._kept = kept
        self._reader = reader
        self._stages = stages

    def stock(self, roots: Sequence[str]) -> Stock:
        """All that lies below some roots; its slow twin, which keeps nothing, walks each time.

        Raises:
            UsageError: if a root does not exist or cannot be read.
        """
        began = time.time_ns()
        file = self._file(roots)
        known = None if file is None else file.read()
        state = "" if known is None else self._state(known)
        stock = None if known is None or known.state != state else self._as_it_was(known)
        if stock is None:
            of = None if known is None else known.folders
            known = None  # a file that is mapped cannot be replaced everywhere
            walked, state = self._walk_and_state(roots, of, state, is_kept=file is not None)
            found = self.read("fingerprint", walked.files)
            with all_kept():
                stock = replace(_taken(walked, found, began), state=state)
            if file is not None and _is_worth_keeping(stock):
                file.write(stock)
        return stock

    @contextmanager
    def remembered(self, roots: Sequence[str]) -> Iterator[tuple[Stock, Callable[[], bool]] | None]:
        """What was found last time, and a question that waits: whether `stock` would find the same.

        None where nothing is known, or where `stock` is as quick, or has files to ask again.

        Raises:
            UsageError: if a root does not exist or cannot be read.
        """
        file = self._file(roots)
        known = None if file is None else file.read()
        if known is None or known.unsettled or known.discovered < _MANY:
            yield None
            return
        with lookout(known.folders, may_open=self._settings.walk.online_only) as is_so:

            @cache
            def is_current() -> bool:
                with self._stages("changes", None) as detail:
                    is_same = is_so(known.state)
                    detail.append(_UNCHANGED if is_same else _CHANGED)
                return is_same

            yield known, is_current

    def asked(self, queries: Sequence[str]) -> tuple[list[PhotoFile], list[Skipped]]:
        """The files to search for, and what could not be looked at."""
        with self._stages("queries", None) as detail:
            walked = _walked(queries, WalkRules(hidden=True, online_only=True))
            self._progress.advance(len(walked.files) + len(walked.unseen))
            detail.append(_counted(walked))
        return walked.files, walked.unseen

    def read(self, stage: str, files: Sequence[PhotoFile]) -> dict[str, _Found]:
        """As a scan reads them, by path, without what is no picture.

        Of what has to be decoded, the descriptors are kept, too.
        """
        with self._stages(stage, len(files)) as detail:
            before = self._reader.decoded
            results = self._reader.listed(files)
            decoded = self._reader.decoded - before
            detail.append(f"{decoded:,} decoded, {len(files) - decoded:,} from the cache")
        return {each.path: each for each in results if each is not None}

    def lists(self, roots: Sequence[str]) -> ArrayFile | None:
        """Where the posting lists of all that lies there are kept, likewise."""
        place = self._place(roots, LISTS)
        return None if place is None else ArrayFile(*place)

    def _file(self, roots: Sequence[str]) -> StockFile | None:
        """Where the stock of these folders is kept, if anything is kept beyond this run."""
        place = self._place(roots, STOCK)
        return None if place is None else StockFile(*place)

    def _place(self, roots: Sequence[str], ending: str) -> tuple[str, str] | None:
        """The path of a file, and the name of what it holds."""
        found, _ = told_apart(roots, ())
        if not self._kept.is_kept or not all(map(os.path.isdir, found)):
            return None
        settings = self._settings
        # The same bytes are other names where the system spells them otherwise.
        spelled = sys.getfilesystemencoding()
        below = (tuple(found), settings.walk, settings.max_pixels, spelled)
        made = f"dupfinder={version('dupfinder')};{method(settings.hasher, settings.level)}"
        name = f"{made};below={below!r}"
        return self._kept.path(name, ending), name

    def _state(self, known: Stock) -> str:
        with self._stages("changes", None) as detail, all_kept():
            state = state_of(known.folders, may_open=self._settings.walk.online_only)
            detail.append(_UNCHANGED if state == known.state else _CHANGED)
        return state

    def _as_it_was(self, known: Stock) -> Stock | None:
        """What is known, if that is still said of the files that have to be asked each time."""
        if not known.unsettled:
            return known
        found = self.read("fingerprint", [file for file, _ in known.unsettled])
        if any(_said(found.get(file.path)) != said for file, said in known.unsettled):
            return None
        again = {path: each for path, each in found.items() if isinstance(each, Skipped)}
        skipped = tuple(again.get(each.path, each) for each in known.skipped)
        return replace(known, skipped=skipped)

    def _walk_and_state(
        self, roots: Sequence[str], of: tuple[str, ...] | None, state: str, *, is_kept: bool
    ) -> tuple[Walked, str]:
        """What a walk finds, and the state of its folders before it; "" if nobody needs it.

        What changes after the state was taken is seen by the next search, and what changed before,
        by the walk. So a walk that meets other folders than the state is `of` is done once more.
        """
        rules = self._settings.walk
        with self._stages("discover", None) as detail:
            walked = _walked(roots, rules)
            if not is_kept or len(walked.files) < _LEAST or not _is_whole(walked.unseen):
                state = ""
            elif walked.folders != of:
                of = walked.folders
                state = state_of(of, may_open=rules.online_only)
                walked = _walked(roots, rules)
                state = state if walked.folders == of else ""
            self._progress.advance(len(walked.files) + len(walked.unseen))
            detail.append(_counted(walked))
        return walked, state


def _taken(walked: Walked, found: Mapping[str, _Found], began: int) -> Stock:
    """A stock without its state, of files that were walked and read after a time.

    What was not settled then may have been written once more since, and look as it did.
    """
    files = walked.files
    # The thumbnail in a THM file is no photo of its own, nor the RAW beside a picture.
    companions = {each.path for file in files for each in file.companions}
    ordered = [each for file in files if (each := found.get(file.path)) is not None]
    pictures = [each for each in ordered if not isinstance(each, Skipped)]
    skipped = [each for each in ordered if isinstance(each, Skipped)]
    return Stock(
        inventory_of(_listed(each) for each in pictures if each.path not in companions),
        walked.folders,
        state="",
        discovered=len(found) + len(walked.unseen),
        pictures=len(pictures),
        others=len(files) - len(found),
        skipped=(*walked.unseen, *skipped),
        unsettled=tuple(
            (file, _said(found.get(file.path)))
            for file in files
            if not is_settled(file.stamp, began) or _is_passing(found.get(file.path))
        ),
    )


def _walked(places: Sequence[str], rules: WalkRules) -> Walked:
    folders: list[str] = []
    with all_kept():
        found = list(discover(places, rules, entered=folders))
        files = [each for each in found if isinstance(each, PhotoFile)]
        files.sort(key=lambda file: os.fsencode(file.path))
    unseen = [each for each in found if isinstance(each, Skipped)]
    return Walked(files, unseen, tuple(sorted(folders, key=os.fsencode)))


def _counted(walked: Walked) -> str:
    return f"{len(walked.files):,} file" + "s" * (len(walked.files) != 1)


def _said(found: _Found | None) -> str:
    """What a file was found to be: "" for no picture."""
    if found is None:
        return ""
    return found.code if isinstance(found, Skipped) else found.digest.hex()


def _is_passing(found: _Found | None) -> bool:
    """Whether the next run might say something else of the same bytes."""
    return isinstance(found, Skipped) and found.code in OF_THIS_RUN


def _is_worth_keeping(stock: Stock) -> bool:
    are_few = len(stock.unsettled) <= _MOST_UNSETTLED
    return bool(stock.state) and are_few and _is_whole(stock.skipped)


def _is_whole(skipped: Iterable[Skipped]) -> bool:
    """Whether the folders that were listed show all that the result depends on."""
    return not any(each.code in _NOT_LISTED for each in skipped)


def _listed(photo: Photo | Listed) -> Listed:
    if isinstance(photo, Listed):
        return photo
    return Listed(photo.file, photo.digest, (photo.width, photo.height))
