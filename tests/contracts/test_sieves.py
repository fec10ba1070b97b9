"""One suite over every index of every method: among what passes is what comparing all finds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray
from searching import drawn, hits, make_library, ranked, remembering, write

from dupfinder import UsageError
from dupfinder.indexes.vectors import VECTOR_INDEXES
from dupfinder.indexes.vectors.units import Units
from dupfinder.protocols import Block, Rows, Searcher, Sieve
from dupfinder.searchers import SEARCHERS
from dupfinder.searchers.dense import (
    Similarity,
    ToUnits,
    bhattacharyya,
    correlation,
    cosine,
    deviations,
    directions,
    matrix,
    nearest,
    roots,
    stored,
)
from dupfinder.settings import SEARCH_INDEXES

HASHES = ("dct256", "phash", "dhash", "ahash", "whash")
VECTORS = ("color", "color-bhattacharyya", "kaze")
OF = (*product(HASHES, ("exact", "bktree")), *product(VECTORS, VECTOR_INDEXES))
OCTETS = {"color": 4 * 1440, "color-bhattacharyya": 4 * 1440, "kaze": 4 * 2048}
OCTETS |= {by: 32 if by == "dct256" else 8 for by in HASHES}
LENGTH = 40
MEASURES = pytest.mark.parametrize(
    ("alike", "units"),
    [(cosine, directions), (correlation, deviations), (bhattacharyya, roots)],
    ids=["cosine", "correlation", "bhattacharyya"],
)


@dataclass
class Held:
    """Rows in memory, some at a time."""

    positions: Sequence[int]
    rows: NDArray[np.uint8]
    folder: Path
    cuts: Sequence[int] = field(default=())

    def blocks(self) -> Iterator[Block]:
        bounds = [0, *sorted(self.cuts), len(self.rows)]
        for a, b in pairwise(bounds):
            if a < b:
                yield Block(np.array(self.positions[a:b], np.int64), self.rows[a:b].copy())

    def made(self, ending: str, make: Callable[[str], None]) -> str:
        path = str(self.folder / ending)
        make(path)
        return path


def sieve_of(index: str, units: ToUnits) -> Sieve:
    def of(packed: Sequence[bytes]) -> NDArray[np.float64]:
        return units(matrix(packed, LENGTH).astype(np.float64))

    return VECTOR_INDEXES[index](Units("test", LENGTH, of))


def clustered(count: int, seed: int = 0) -> list[bytes]:
    """Histograms of which each has near ones, as those of pictures; no two are equal."""
    noise = np.random.default_rng(seed)
    centres = noise.random((max(1, count // 20), LENGTH)) ** 4
    near = centres[np.random.default_rng(9).integers(0, len(centres), count)]
    return [stored(each) for each in (near * (0.5 + noise.random((count, LENGTH)))).astype("f4")]


def test_every_method_has_the_indexes_that_suit_it_and_refuses_the_others() -> None:
    assert {index for _, index in OF} == set(SEARCH_INDEXES)
    for by, searcher in SEARCHERS.items():
        for index in SEARCH_INDEXES:
            if (by, index) in OF:
                assert searcher.sieve(index, 64) is not None
            assert (index in searcher.indexes) == ((by, index) in {*OF, ("orb", "exact")})


def test_an_index_that_a_method_cannot_have_is_one_sentence_before_anything_is_read(
    tmp_path: Path,
) -> None:
    query = write(tmp_path / "query.jpg", b"no picture")
    for by, index in (("phash", "lsh"), ("orb", "bktree"), ("kaze", "bktree"), ("graded", "hnsw")):
        with pytest.raises(UsageError, match=f"there is no index '{index}' of what") as raised:
            ranked(query, tmp_path, by=by, index=index)
        assert raised.value.hint is not None
        assert raised.value.hint.startswith("one of: exact")


# Few different numbers, so that there are equal vectors, zeros and ties.
@MEASURES
@given(
    vectors=npst.arrays(
        np.float32,
        st.tuples(st.integers(1, 60), st.just(LENGTH)),
        elements=st.sampled_from([0.0, 0.001, 0.5, 0.51, 2.0]),
    ),
    data=st.data(),
)
def test_all_that_is_nearest_passes_the_exact_sieve(
    alike: Similarity,
    units: ToUnits,
    vectors: NDArray[np.float32],
    data: st.DataObject,
) -> None:
    packed = [stored(vector) for vector in vectors]
    expect_all_nearest(packed, alike, sieve_of("exact", units), data)


@MEASURES
@given(data=st.data())
def test_so_it_does_among_near_ones(alike: Similarity, units: ToUnits, data: st.DataObject) -> None:
    packed = clustered(300, data.draw(st.integers(0, 1000)))
    expect_all_nearest(packed, alike, sieve_of("exact", units), data)


def expect_all_nearest(
    packed: list[bytes], alike: Similarity, sieve: Sieve, data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, 8))
    order = data.draw(st.permutations(range(len(packed))))
    cuts = data.draw(st.lists(st.integers(0, len(packed)), max_size=3))
    query = packed[data.draw(st.integers(0, len(packed) - 1))]
    shown = Held(order, sieve.rows([packed[at] for at in order]), Path(), cuts)

    (passed,) = sieve.passed([query], shown, count)

    everything = [Rows(np.arange(len(packed)), packed)]
    (whole,) = nearest([query], everything, count, LENGTH, alike)
    some = [Rows(passed, [packed[at] for at in passed.tolist()])]
    (found,) = nearest([query], some, count, LENGTH, alike)
    assert found.positions.tolist() == whole.positions.tolist()
    assert found.scores.tolist() == whole.scores.tolist()


@pytest.mark.parametrize("by", HASHES)
@pytest.mark.parametrize("index", ["exact", "bktree"])
@given(data=st.data())
def test_all_that_is_nearest_passes_the_sieves_of_hashes(
    by: str, index: str, data: st.DataObject
) -> None:
    searcher = SEARCHERS[by]
    sieve = searcher.sieve(index, OCTETS[by])
    assert sieve is not None
    octets = OCTETS[by]
    # Few different bytes, so that hashes are near each other; some photos have two.
    one = st.lists(st.sampled_from([0, 1, 255]), min_size=octets, max_size=octets).map(bytes)
    packed = data.draw(
        st.lists(st.one_of(one, st.tuples(one, one).map(b"".join)), min_size=1, max_size=20)
    )
    count = data.draw(st.integers(1, 6))
    query = data.draw(st.one_of(one, st.sampled_from(packed)))
    where = list(range(len(packed)))
    shown = Held(where, sieve.rows(packed), Path(), [data.draw(st.integers(0, len(packed)))])

    (passed,) = sieve.passed([query], shown, count)

    everything, some = (
        searcher.nearest([query], [Rows(np.array(at), [packed[each] for each in at])], count)[0]
        for at in (where, passed.tolist())
    )
    assert some.positions.tolist() == everything.positions.tolist()
    assert some.scores.tolist() == everything.scores.tolist()


@pytest.mark.parametrize("index", ["hnsw", "lsh"])
@MEASURES
def test_nearly_all_of_the_nearest_pass_the_approximate_ones(
    index: str, alike: Similarity, units: ToUnits, tmp_path: Path
) -> None:
    packed, queries = clustered(3_000), clustered(50, 1)
    sieve = sieve_of(index, units)
    shown = Held(range(len(packed)), sieve.rows(packed), tmp_path)
    whole = nearest(queries, [Rows(np.arange(len(packed)), packed)], 5, LENGTH, alike)

    passed = sieve.passed(queries, shown, 5)

    assert max(map(len, passed)) < len(packed) / 2
    common = [
        len(set(a.tolist()) & set(b.positions.tolist())) for a, b in zip(passed, whole, strict=True)
    ]
    assert sum(common) / (5 * len(common)) >= 0.95


@pytest.mark.parametrize("index", VECTOR_INDEXES)
def test_the_same_vectors_pass_whatever_order_they_lie_in(index: str, tmp_path: Path) -> None:
    packed, queries = clustered(600), clustered(20, 2)
    sieve = sieve_of(index, directions)
    rows = sieve.rows(packed)
    order = np.random.default_rng(0).permutation(len(packed))

    one = sieve.passed(queries, Held(range(len(packed)), rows, tmp_path), 5)
    other = sieve.passed(queries, Held(order.tolist(), rows[order], tmp_path, [100, 400]), 5)

    assert [each.tolist() for each in one] == [each.tolist() for each in other]


@pytest.mark.parametrize(("by", "index"), OF)
def test_nothing_passes_where_nothing_is(by: str, index: str, tmp_path: Path) -> None:
    searcher: Searcher = SEARCHERS[by]
    sieve = searcher.sieve(index, OCTETS[by])
    assert sieve is not None
    query = bytes(OCTETS[by])

    (passed,) = sieve.passed([query], Held([], sieve.rows([]), tmp_path), 3)

    assert passed.tolist() == []


@pytest.mark.parametrize(("by", "index"), OF)
def test_a_search_by_any_index_finds_the_same_in_a_small_library(
    by: str, index: str, tmp_path: Path
) -> None:
    library = make_library(tmp_path / "library")
    query = write(tmp_path / "query.jpg", drawn("bridge", 60, 240))
    settings = remembering(tmp_path)
    exact = ranked(query, library, by=by, top=3)

    cold, warm = (ranked(query, library, settings, by=by, top=3, index=index) for _ in range(2))

    assert hits(cold) == hits(warm) == hits(exact)


def test_without_its_library_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "usearch.index", None)

    with pytest.raises(UsageError, match="needs the library usearch") as raised:
        SEARCHERS["kaze"].sieve("hnsw", OCTETS["kaze"])

    assert raised.value.hint is not None
    assert "dupfinder[ann]" in raised.value.hint
