"""What the tests of comparisons share: photos of files, and pairs as a scan proposes them."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from dupfinder.candidates import Closeness
from dupfinder.decode.source import stamp_of
from dupfinder.features.packing import Packed, unpacked
from dupfinder.fingerprint import Reading, fingerprint
from dupfinder.hashers import HASHERS
from dupfinder.model import CandidatePair, Orientation, Photo, PhotoFile, Relation
from dupfinder.protocols import Features
from dupfinder.settings import MAX_PIXELS
from dupfinder.verify import Views

FIXTURES = Path(__file__).parent.parent / "fixtures"
LIBRARY = FIXTURES / "library"
HASHER = HASHERS["dct256"]


@cache
def truth() -> dict[str, Any]:
    """What is in the library; fixtures/make.py explains the lists."""
    with open(FIXTURES / "truth.json", encoding="utf-8") as file:
        known: dict[str, Any] = json.load(file)
    return known


def copies(*, later: bool = False) -> list[tuple[str, str, str]]:
    """(original, copy, relation) of the copies that are seen now, or of those seen later too."""
    return [
        (group["original"], member["path"], member["relation"])
        for group in truth()["groups"]
        for member in group["members"]
        if later or not member["later"]
    ]


def exact(group: dict[str, Any]) -> set[str]:
    """The files of a group that hold the very pixels of its original."""
    same = (Relation.IDENTICAL, Relation.SAME_PIXELS)
    return {group["original"], *(m["path"] for m in group["members"] if m["relation"] in same)}


def expected_relation(left: str, right: str) -> Relation | None:
    """What two files of the library are to each other; None if they share no group."""
    for group in truth()["groups"]:
        paths = {group["original"], *(member["path"] for member in group["members"])}
        if {left, right} <= paths:
            if (LIBRARY / left).read_bytes() == (LIBRARY / right).read_bytes():
                return Relation.IDENTICAL
            if {left, right} <= exact(group):
                return Relation.SAME_PIXELS
            return Relation.PART if {left, right} & _crops(group) else Relation.COPY
    return None


def _crops(group: dict[str, Any]) -> set[str]:
    """The members that show less than five sixths of the original."""
    return {
        member["path"]
        for member in group["members"]
        for edit in member["edits"]
        if edit["kind"] == "cropped" and edit["amount"] > 1 / 6
    }


@cache
def shot(path: str) -> Photo:
    """A photo of the drawn library, by its path there."""
    return photo_at(LIBRARY / path)


def photo_at(path: str | os.PathLike[str]) -> Photo:
    file = PhotoFile(os.fspath(path), stamp_of(os.stat(path)))
    reading = fingerprint(file, HASHER, MAX_PIXELS)
    assert isinstance(reading, Reading), reading
    return reading.photo


def opened(path: str) -> Image.Image:
    """A picture of the drawn library, to be edited."""
    with Image.open(LIBRARY / path) as image:
        return image.convert("RGB")


def saved(picture: Image.Image, path: Path, **options: Any) -> Photo:
    picture.save(path, **options)
    return photo_at(path)


def pair_of(left: Photo, right: Photo, *, orientation: Orientation | None = None) -> CandidatePair:
    """The pair in this order, in the orientation in which the hashes are nearest."""
    distances, turns = Closeness([left, right], HASHER)(0)
    if orientation is None:
        orientation = Orientation(int(turns[1]))
    return CandidatePair(left, right, "hash", int(distances[1]), orientation)


def swapped(pair: CandidatePair) -> CandidatePair:
    """The same pair seen from the other side."""
    turn = pair.orientation.inverse
    return CandidatePair(pair.right, pair.left, pair.source, pair.distance, turn)


def views() -> Views:
    """Looks that remember nothing yet, as level "hash" takes them."""
    return Views(MAX_PIXELS, {})


class DeepViews(Views):
    """Looks as level "copies" takes them; features are extracted when they are asked for."""

    def __init__(self) -> None:
        super().__init__(MAX_PIXELS, {}, colour=True)

    def features(self, photo: Photo) -> Features | None:
        return self.remember(photo, "features", lambda: unpacked(packed_at(photo.path).features))


def packed_at(path: str | os.PathLike[str]) -> Packed:
    """The local features of a file, as a deep scan extracts them."""
    file = PhotoFile(os.fspath(path), stamp_of(os.stat(path)))
    reading = fingerprint(file, HASHER, MAX_PIXELS, deep=True)
    assert isinstance(reading, Reading), reading
    assert reading.features is not None
    return reading.features
