"""The photos to search among, by content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from dupfinder.model import Photo, PhotoFile, Skipped
from dupfinder.storage import Listed
from dupfinder.storage.arrays import ArrayFile
from dupfinder.storage.stock import Stock


class Outdated(Exception):
    """What was known of the folders is not so any more."""


class Shelf:
    """A stock whose photos can be asked for; `lost` are those that turned out to be none then.

    `lists` is where its posting lists are kept, if they are; `is_current` waits for whoever looks
    whether the folders are still as the stock says, and tells it.
    """

    def __init__(
        self,
        stock: Stock,
        recall: Callable[[Listed], Photo | Skipped],
        lists: ArrayFile | None,
        is_current: Callable[[], bool] = lambda: True,
    ) -> None:
        self.stock = stock
        self.lists = lists
        self._is_current = is_current
        self.photos = stock.inventory
        self.lost: dict[str, Skipped] = {}
        self._recall = recall
        self._made: dict[str, Photo] = {}

    def expect_current(self) -> None:
        """Wait until it is sure that the folders are as the stock says.

        Raises:
            Outdated: if they are not.
        """
        if not self._is_current():
            raise Outdated

    def file(self, digest: bytes) -> PhotoFile:
        """The first file that has a content, which is one of those here."""
        return self.photos.holders(digest)[0].file

    def photo(self, listed: Listed) -> Photo | None:
        """The photo of what is only listed, asked for once; None if that is lost."""
        if listed.path not in self._made and listed.path not in self.lost:
            known = self._recall(listed)
            if isinstance(known, Photo):
                self._made[listed.path] = known
            else:
                self.lost[listed.path] = known
        return self._made.get(listed.path)

    def failed(self, failed: Mapping[bytes, Skipped]) -> list[Skipped]:
        """A line for each photo of a content that could not be described."""
        return [
            replace(why, path=each.path)
            for digest, why in failed.items()
            for each in self.photos.holders(digest)
        ]
