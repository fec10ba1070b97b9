"""Every index returns exactly the pairs of the linear one, and that one those of plain integers."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import flipped, hash_values, words_of

from dupfinder.errors import FingerprintMismatch
from dupfinder.hashers import HASHERS
from dupfinder.indexes import INDEXES, banded, bands, choose, pack, pack_stored, tiles
from dupfinder.indexes.linear import LinearIndex
from dupfinder.model import Fingerprint
from dupfinder.protocols import HammingIndex, Hasher, Pairs
from dupfinder.settings import INDEXES as SETTABLE

DCT, PHASH = HASHERS["dct256"], HASHERS["phash"]
EVERY_INDEX = pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
FAST_INDEX = pytest.mark.parametrize(
    "index", [index for index in INDEXES.values() if index is not LinearIndex], ids=lambda i: i.name
)


@pytest.fixture(autouse=True, scope="module")
def small_limits() -> Iterator[None]:
    """Limits so small that a few hashes pass through the tiles, bands, blocks and refinements."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "TILE_ROWS", 7)
        patch.setattr(tiles, "TILE_COLUMNS", 11)
        patch.setattr(tiles, "SHARE", 100)
        patch.setattr(bands, "scan_seconds", lambda pairs, *_: 3e-6 * pairs)
        patch.setattr(banded, "BLOCK", 50)
        patch.setattr(banded, "OVERSIZED", 400)
        yield


@st.composite
def joins(draw: st.DrawFn) -> tuple[list[int], list[int], int, int]:
    """Queries, own hashes, number of words, radius: at times so large that all pairs are within."""
    size = draw(st.integers(1, 4))
    near = st.integers(0, 10)
    far = st.integers(0, 64 * size + 1)
    radius = draw(st.one_of(near, near, far))
    own = draw(hash_values(64 * size))
    queries = draw(st.one_of(hash_values(64 * size, most=20), st.permutations(own)))
    return queries, own, size, radius


def listed(pairs: Pairs) -> list[tuple[int, int, int]]:
    assert [column.dtype for column in pairs] == [np.int64, np.int64, np.uint16]
    return list(zip(*(column.tolist() for column in pairs), strict=True))


def brute_force(queries: list[int], own: list[int], radius: int) -> list[tuple[int, int, int]]:
    return [
        (i, j, (query ^ value).bit_count())
        for i, query in enumerate(queries)
        for j, value in enumerate(own)
        if (query ^ value).bit_count() <= radius
    ]


@EVERY_INDEX
@settings(deadline=None)
@given(join=joins())
def test_pairs_are_those_of_plain_integers(
    index: type[HammingIndex], join: tuple[list[int], list[int], int, int]
) -> None:
    _, own, size, radius = join
    expected = [pair for pair in brute_force(own, own, radius) if pair[0] < pair[1]]
    assert listed(index(words_of(own, size)).pairs(radius)) == expected


@EVERY_INDEX
@settings(deadline=None)
@given(join=joins())
def test_join_is_that_of_plain_integers(
    index: type[HammingIndex], join: tuple[list[int], list[int], int, int]
) -> None:
    queries, own, size, radius = join
    found = index(words_of(own, size)).join(words_of(queries, size), radius)
    assert listed(found) == brute_force(queries, own, radius)


@st.composite
def turns(draw: st.DrawFn) -> tuple[list[list[int]], list[int], int, int]:
    """Variants of hashes, these themselves, number of words, radius.

    The variants flip bits, here and there and all of a word, or have nothing to do with the hashes.
    """
    _, own, size, radius = draw(joins())
    bits = 64 * size
    masks = st.one_of(
        st.integers(0, 2**bits - 1),
        st.lists(st.booleans(), min_size=size, max_size=size).map(
            lambda words: sum((2**64 - 1) << 64 * at for at, word in enumerate(words) if word)
        ),
    )
    bases = [own, draw(st.permutations(own))]
    variants = [own]
    for _ in range(draw(st.integers(0, 5))):
        mask = draw(masks)
        variants.append([value ^ mask for value in draw(st.sampled_from(bases))])
    return variants, own, size, radius


@EVERY_INDEX
@settings(deadline=None)
@given(turned=turns())
def test_turned_pairs_are_those_of_plain_integers(
    index: type[HammingIndex], turned: tuple[list[list[int]], list[int], int, int]
) -> None:
    variants, own, size, radius = turned
    least: dict[tuple[int, int], int] = {}
    for variant in variants:
        for i, j, distance in brute_force(variant, own, radius):
            if i < j:
                least[i, j] = min(distance, least.get((i, j), distance))
    words = [words_of(variant, size) for variant in variants]
    found = index(words_of(own, size)).turned_pairs(words, radius)
    assert listed(found) == [(*pair, distance) for pair, distance in sorted(least.items())]


@pytest.mark.parametrize("radius", [12, 60])
@EVERY_INDEX
def test_photos_that_are_turned_and_mirrored_are_near_each_other(
    index: type[HammingIndex], radius: int
) -> None:
    noise = np.random.default_rng(radius)
    words = noise.integers(0, 2**64, (40, 4), np.uint64)
    oriented = [turned for _, turned in DCT.oriented(words)]
    library = np.concatenate([oriented[row % 8][row : row + 1] for row in range(40)] + [words])
    variants = [turned for _, turned in DCT.oriented(library)]
    found = listed(index(library).turned_pairs(variants, radius))
    assert {(row, 40 + row, 0) for row in range(40)} <= set(found)
    every = {
        pair[:2] for turned in variants for pair in listed(index(library).join(turned, radius))
    }
    assert {pair[:2] for pair in found} == {(i, j) for i, j in every if i < j}


@pytest.mark.parametrize(("size", "radius"), [(1, 0), (1, 3), (1, 8), (2, 17), (4, 12), (4, 31)])
@FAST_INDEX
def test_a_library_with_planted_neighbours_gives_the_pairs_of_a_full_scan(
    index: type[HammingIndex], size: int, radius: int
) -> None:
    noise = random.Random(radius)
    bits = 64 * size
    values = [noise.getrandbits(bits) for _ in range(300)]
    for distance in (0, 1, radius - 1, radius, radius, radius + 1):
        values += [flipped(value, max(0, distance), bits, noise) for value in values[:40]]
    noise.shuffle(values)
    words = words_of(values, size)
    expected = LinearIndex(words)
    assert expected.pairs(radius).left.size >= 40
    assert listed(index(words).pairs(radius)) == listed(expected.pairs(radius))
    assert listed(index(words).join(words[::3], radius)) == listed(
        expected.join(words[::3], radius)
    )


@FAST_INDEX
def test_nearly_blank_hashes_that_fall_into_one_bucket_give_the_pairs_of_a_full_scan(
    index: type[HammingIndex],
) -> None:
    noise = random.Random(1)
    low = [noise.getrandbits(64) & noise.getrandbits(64) & 0xFFFF0000FF for _ in range(150)]
    words = words_of([flipped(0, i % 4, 64, noise) for i in range(150)] + low, 1)
    assert listed(index(words).pairs(6)) == listed(LinearIndex(words).pairs(6))


@EVERY_INDEX
def test_thousands_of_equal_hashes_are_no_trouble(index: type[HammingIndex]) -> None:
    words = np.full((2500, 4), 7, np.uint64)
    found = index(words).pairs(31)
    assert found.left.size == 2500 * 2499 // 2
    assert not found.distance.any()


@EVERY_INDEX
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_no_hashes_or_one_make_no_pairs(index: type[HammingIndex], size: int) -> None:
    for count in (0, 1):
        words = np.zeros((count, size), np.uint64)
        assert listed(index(words).turned_pairs([words, ~words], 64 * size)) == []
        assert listed(index(words).pairs(64 * size)) == []
        assert listed(index(words).join(words[:0], 8)) == []
    assert listed(index(words).join(words, 0)) == [(0, 0, 0)]


@EVERY_INDEX
def test_a_radius_of_all_bits_finds_every_pair(index: type[HammingIndex]) -> None:
    values = [0, 2**256 - 1, 1, 2**255]
    found = listed(index(words_of(values, 4)).pairs(256))
    assert [pair[:2] for pair in found] == [(i, j) for i in range(4) for j in range(i + 1, 4)]
    assert found[0][2] == 256


def test_packing_keeps_every_bit_and_pads_with_zeros() -> None:
    value = (3 << 64) | 5
    assert pack([Fingerprint("colorhash", 2**42 - 1, 42)]).tolist() == [[2**42 - 1]]
    assert pack([Fingerprint("dhash", value, 128)]).tolist() == [[5, 3]]
    assert pack([]).shape == (0, 1)


def test_packing_refuses_fingerprints_of_different_hashers() -> None:
    with pytest.raises(FingerprintMismatch):
        pack([Fingerprint("phash", 1, 64), Fingerprint("dhash", 1, 64)])


@pytest.mark.parametrize(("name", "length"), [("phash", 64), ("colorhash", 42), ("dct256", 256)])
def test_stored_fingerprints_are_packed_as_those_at_hand(name: str, length: int) -> None:
    noise = random.Random(length)
    values = [noise.getrandbits(length) for _ in range(5)]
    stored = b"".join(value.to_bytes(-(-length // 8), "little") for value in values)
    at_hand = pack([Fingerprint(name, value, length) for value in values])
    assert pack_stored(stored, length).tolist() == at_hand.tolist()
    with pytest.raises(ValueError, match="reshape"):
        pack_stored(stored + b"x", length)


def test_every_index_that_a_user_can_name_is_there() -> None:
    assert set(SETTABLE) == {"auto", *INDEXES}
    assert [index.name for index in INDEXES.values()] == list(INDEXES)
    for name, index in INDEXES.items():
        assert choose(name, 10, PHASH, 8) == (index, f"{name} index: asked for")


@pytest.mark.parametrize(
    ("count", "hasher", "radius", "expected"),
    [
        (0, PHASH, 8, "linear"),
        (500, PHASH, 8, "linear"),
        (100_000, PHASH, 8, "banded"),
        (20_000, DCT, 31, "linear"),
        (1_000_000, DCT, 31, "banded"),
        (20_000, DCT, 60, "linear"),
        (100_000, DCT, 60, "linear"),
    ],
)
def test_the_cheaper_index_is_chosen_and_the_choice_explained(
    count: int, hasher: Hasher, radius: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bands, "scan_seconds", tiles.scan_seconds)
    index, why = choose("auto", count, hasher, radius)
    assert index.name == expected
    assert why.startswith(f"{expected} index: ")
    assert f"{count:,} hashes of {hasher.length} bits within {radius}" in why


def test_a_few_that_ask_many_are_compared_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands, "scan_seconds", tiles.scan_seconds)
    index, why = choose("auto", 100_000, DCT, 60, asking=100)
    assert index is LinearIndex
    assert "100 with 100,000 hashes of 256 bits within 60" in why
    assert choose("auto", 10, PHASH, 8, asking=0)[0] is LinearIndex
