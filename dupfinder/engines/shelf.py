"""The photos to search among, by content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from dupfinder.model import Photo, PhotoFile, Skipped
from dupfinder.storage import Listed

Held = Photo | Listed


class Shelf:
    """What was read below the roots; `others` counts files that are no pictures.

    `lost` are photos that turned out to be none when they were asked for.
    """

    def __init__(
        self,
        results: Sequence[Held | Skipped | None],
        files: Sequence[PhotoFile],
        recall: Callable[[Listed], Photo | Skipped],
    ) -> None:
        self._recall = recall
        self.lost: dict[str, Skipped] = {}
        self.by_path = {each.path: each for each in results if each is not None}
        # The thumbnail in a THM file is no photo of its own, nor the RAW beside a picture.
        self._companions = {each.path for file in files for each in file.companions}
        self.holders: dict[bytes, list[Held]] = defaultdict(list)
        for each in results:
            if isinstance(each, Held) and each.path not in self._companions:
                self.holders[each.digest].append(each)
        self._made: dict[str, Photo] = {}
        self.others = sum(each is None for each in results)

    def __len__(self) -> int:
        """Pictures, those that belong to another one as well."""
        return sum(isinstance(each, Held) for each in self.by_path.values())

    @property
    def files(self) -> dict[bytes, PhotoFile]:
        """For each content the first file that has it."""
        return {digest: held[0].file for digest, held in self.holders.items()}

    def photo(self, held: Held) -> Photo | None:
        """The photo of what is only listed, asked for once; None if that is lost."""
        if isinstance(held, Photo):
            return held
        if held.path not in self._made and held.path not in self.lost:
            known = self._recall(held)
            if isinstance(known, Photo):
                self._made[held.path] = known
            else:
                self.lost[held.path] = known
        return self._made.get(held.path)

    def failed(self, failed: Mapping[bytes, Skipped]) -> list[Skipped]:
        """A line for each photo of a content that could not be described."""
        return [
            replace(why, path=each.path)
            for digest, why in failed.items()
            for each in self.holders.get(digest, ())
        ]
