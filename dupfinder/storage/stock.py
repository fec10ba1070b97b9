"""What was found below some folders, kept as long as nothing there has changed."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from typing import Final

import numpy as np

from dupfinder.model import PhotoFile, Skipped
from dupfinder.storage.arrays import ArrayFile
from dupfinder.storage.inventory import Inventory, file_told, told_of

# Raised with what is kept, and with what a walk makes of the same files.
_VERSION: Final = 2
_TOLD: Final = "told"

STOCK: Final = "stock"  # what the names of such files end with


@dataclass(frozen=True, slots=True)
class Stock:
    """All that lies below some folders.

    `folders` are those that were listed, `state` is what `entries.state_of` said of them before.
    `discovered` counts the files and what could not be looked at, `pictures` those that could be
    decoded, `others` those that are no pictures; the inventory lacks pictures that belong to
    another one. `unsettled` are files of which another run may say something else although they
    have not changed, each with what this one said: a digest in hexadecimal, a code, or nothing.
    """

    inventory: Inventory
    folders: tuple[str, ...]
    state: str
    discovered: int
    pictures: int
    others: int
    skipped: tuple[Skipped, ...]
    unsettled: tuple[tuple[PhotoFile, str], ...]


class StockFile:
    """A stock in a file, as far as it was made by the same method."""

    def __init__(self, path: str, method: str) -> None:
        self._file = ArrayFile(path, f"{method};stock={_VERSION}")

    def read(self) -> Stock | None:
        """What was kept; None if there is nothing that can be read."""
        arrays = self._file.read()
        if arrays is None:
            return None
        told = json.loads(arrays.pop(_TOLD).tobytes())
        discovered, pictures, others = told["counts"]
        return Stock(
            Inventory(arrays),
            tuple(told["folders"]),
            told["state"],
            discovered,
            pictures,
            others,
            tuple(Skipped(*each) for each in told["skipped"]),
            tuple((file_told(file), said) for file, said in told["unsettled"]),
        )

    def write(self, stock: Stock) -> None:
        """Keep this in the place of what was kept, if that can be done."""
        told = {
            "folders": stock.folders,
            "state": stock.state,
            "counts": [stock.discovered, stock.pictures, stock.others],
            "skipped": [astuple(each) for each in stock.skipped],
            "unsettled": [[told_of(file), said] for file, said in stock.unsettled],
        }
        packed = np.frombuffer(json.dumps(told).encode(), np.uint8)
        self._file.write({**stock.inventory.arrays, _TOLD: packed})
