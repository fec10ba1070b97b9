"""What a search keeps of a library: found again as it was, whatever its names are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dupfinder.model import Companion, PhotoFile, Skipped, Stamp
from dupfinder.storage import Listed
from dupfinder.storage.inventory import Inventory, inventory_of
from dupfinder.storage.stock import Stock, StockFile

# Names that look like what stands between two photos, or that no text can hold.
NAMES = st.one_of(
    st.sampled_from(
        ["a.jpg", 'a", [', ']], ["', "]], [", "]],\t[", "\n", "\\", "é", "\udcff", "[", '"]]\n["']
    ),
    st.text(
        min_size=1, max_size=8, alphabet=st.characters(codec="utf-8", exclude_characters="\0/")
    ),
)
NUMBERS = st.integers(0, 2**64 - 1)
STAMPS = st.builds(
    Stamp, NUMBERS, NUMBERS, NUMBERS, st.integers(-(2**63), 2**63), st.integers(0, 2**63)
)
COMPANIONS = st.builds(Companion, NAMES.map("/c/{}".format), st.just("xmp"), st.booleans())
FILES = st.builds(
    PhotoFile,
    NAMES.map("/photos/{}".format),
    STAMPS,
    st.lists(NAMES.map("/l/{}".format), max_size=2).map(tuple),
    st.integers(1, 3),
    st.lists(COMPANIONS, max_size=2).map(tuple),
)
DIGESTS = st.sampled_from([bytes([each]) * 32 for each in (0, 1, 10, 255)])
SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9))
PHOTOS = st.lists(st.builds(Listed, FILES, DIGESTS, SIDES), max_size=8, unique_by=lambda p: p.path)


def by_path(photos: list[Listed]) -> list[Listed]:
    return sorted(photos, key=lambda each: os.fsencode(each.path))


@given(PHOTOS)
@example([Listed(PhotoFile("/photos/]], [", Stamp(1, 2, 3, 4, 5)), b"d" * 32, (4, 3))])
def test_photos_come_back_by_content_and_path(found: list[Listed]) -> None:
    photos = by_path(found)
    inventory = inventory_of(photos)

    assert inventory.digests == sorted({each.digest for each in photos})
    assert inventory.contents == {each.digest for each in photos}
    assert list(inventory) == sorted(photos, key=lambda each: each.digest)
    for digest in {each.digest for each in photos} | {bytes(32), b"?" * 32}:
        assert inventory.holders(digest) == [each for each in photos if each.digest == digest]
    for each in photos:
        assert inventory.find(each.path) == each
        assert inventory.find(each.path + "?") is None or any(
            other.path == each.path + "?" for other in photos
        )
        for name in (*each.file.links, *(companion.path for companion in each.file.companions)):
            assert inventory.find(name) is None


def stocked(photos: list[Listed]) -> Stock:
    lost = Skipped("/photos/\udcff.jpg", "decode", "truncated", 'it ends "early"')
    again = PhotoFile("/photos/again.jpg", Stamp(1, 2, 3, 4, 5), ("/l",), 2)
    return Stock(
        inventory_of(photos), ("/photos", "/photos/\udcfe"), "as it was", 9, 5, 2,
        (lost,), ((again, "unreadable"),),
    )  # fmt: skip


def same(one: Stock | None, other: Stock) -> bool:
    assert one is not None
    fields = set(Stock.__slots__) - {"inventory"}
    return list(one.inventory) == list(other.inventory) and all(
        getattr(one, name) == getattr(other, name) for name in fields
    )


PHOTO = Listed(PhotoFile("/photos/a.jpg", Stamp(1, 2**64 - 1, 3, 4, 5)), b"d" * 32, (4, 3))


@pytest.mark.parametrize("photos", [[], [PHOTO]])
def test_a_stock_is_read_as_it_was_written(photos: list[Listed], tmp_path: Path) -> None:
    stock = stocked(photos)
    file = StockFile(str(tmp_path / "stock"), "this way")

    assert file.read() is None
    file.write(stock)

    assert same(file.read(), stock)
    assert StockFile(str(tmp_path / "stock"), "another way").read() is None


def test_of_a_stock_with_one_wrong_bit_nothing_is_read(tmp_path: Path) -> None:
    path = tmp_path / "stock"
    file = StockFile(str(path), "this way")
    file.write(stocked([PHOTO]))
    sound = path.read_bytes()

    for place in range(0, len(sound), 7):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 4]) + sound[place + 1 :])
        assert file.read() is None
    for length in (0, 8, len(sound) - 1):
        path.write_bytes(sound[:length])
        assert file.read() is None


def test_nothing_is_an_inventory_too() -> None:
    inventory = inventory_of([])

    assert isinstance(inventory, Inventory)
    assert (inventory.digests, list(inventory)) == ([], [])
    assert inventory.find("/photos/a.jpg") is None
