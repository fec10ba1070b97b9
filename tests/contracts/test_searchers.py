"""One suite over every way to search by image: what all of them promise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from searching import (
    ALONE,
    SCENES,
    decoded,
    drawn,
    flat,
    hits,
    make_library,
    names,
    picture,
    ranked,
    remembering,
    write,
)

from dupfinder import search
from dupfinder.protocols import Rows, Searcher
from dupfinder.reports.searched import searched_json
from dupfinder.searchers import SEARCHERS
from dupfinder.settings import SEARCHES

METHODS = pytest.mark.parametrize("by", SEARCHES)
SEARCHER = pytest.mark.parametrize("searcher", SEARCHERS.values(), ids=SEARCHERS)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("search") / "library")


def test_all_methods_that_can_be_named_are_tested() -> None:
    assert ["graded", *SEARCHERS] == list(SEARCHES)


@METHODS
def test_a_photo_of_the_library_finds_itself_first_and_its_twin_next(
    by: str, library: Path
) -> None:
    found = ranked(library / "harbour.jpg", library, by=by)

    assert names(found)[:2] == ["harbour.jpg", "harbour again.jpg"]
    assert [hit.score for hit in hits(found)[:2]] == [1, 1]


@METHODS
def test_a_small_copy_comes_before_all_other_scenes(by: str, library: Path) -> None:
    found = ranked(library / "harbour.jpg", library, by=by)

    assert names(found)[2] == "harbour small.jpg"
    scores = [hit.score for hit in hits(found)]
    assert scores == sorted(scores, reverse=True)
    assert scores[2] > scores[3]
    assert all(-1 <= score <= 1 for score in scores)


@METHODS
def test_a_query_from_elsewhere_is_not_among_its_hits(
    by: str, library: Path, tmp_path: Path
) -> None:
    query = write(tmp_path / "query.jpg", drawn("market", 60, 240))

    found = ranked(query, library, by=by, top=3)

    assert names(found)[0] == "market.jpg"
    assert len(hits(found)) == 3


@METHODS
def test_neither_names_nor_the_order_of_files_change_the_order_of_hits(
    by: str, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    for number, name in enumerate(reversed(SCENES)):
        write(other / f"{number}" / "x.jpg", drawn(name))
    same = make_library(tmp_path / "same")
    for path in (*same.glob("copies/*"), same / "cut.jpg"):
        path.unlink()
    query = write(tmp_path / "query.jpg", drawn("dunes", 70, 220))

    one, two = (hits(ranked(query, each, by=by)) for each in (other, same))

    assert [hit.photo.digest for hit in one] == [hit.photo.digest for hit in two]
    assert [hit.score for hit in one] == [hit.score for hit in two]


@METHODS
def test_a_warm_search_says_what_a_cold_one_says_and_decodes_nothing(
    by: str, library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    query = library / "bridge.jpg"
    cold = search(query, library, settings, by=by, top=4)
    warm = search(query, library, settings, by=by, top=4)

    assert searched_json(warm) == searched_json(cold)
    assert decoded(cold) == 9  # all files: the note is looked at, too
    assert decoded(warm) == 0


@METHODS
def test_a_library_that_a_scan_or_another_search_knows_is_described_the_same(
    by: str, library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    other = "dhash" if by != "dhash" else "phash"
    ranked(library / "bridge.jpg", library, settings, by=other)

    known = ranked(library / "bridge.jpg", library, settings, by=by)

    assert hits(known) == hits(ranked(library / "bridge.jpg", library, ALONE, by=by))


@METHODS
def test_one_bad_file_is_one_line(by: str, library: Path) -> None:
    found = ranked(library / "dunes.jpg", library, by=by)

    assert [Path(each.path).name for each in found.skipped] == ["cut.jpg"]
    assert found.discovered == found.compared + len(found.skipped) == 8
    assert found.other_files == 1


@SEARCHER
def test_describing_is_a_function_of_the_picture(searcher: Searcher) -> None:
    assert searcher.describe(picture(1)) == searcher.describe(picture(1))
    assert searcher.describe(picture(1)) != searcher.describe(picture(2))


@SEARCHER
@given(data=st.data())
def test_how_the_library_comes_in_changes_nothing(searcher: Searcher, data: st.DataObject) -> None:
    described = _described(searcher)
    order = data.draw(st.permutations(range(len(described))))
    cuts = data.draw(st.lists(st.integers(0, len(order)), max_size=3))
    count = data.draw(st.integers(1, len(described) + 2))
    queries = described[:2]

    found = searcher.nearest(queries, _rows(described, order, sorted(cuts)), count)

    whole = searcher.nearest(queries, _rows(described, range(len(described)), []), len(described))
    for some, all_of_them in zip(found, whole, strict=True):
        assert np.array_equal(some.positions, all_of_them.positions[:count])
        assert np.array_equal(some.scores, all_of_them.scores[:count])


@SEARCHER
def test_there_is_nothing_to_find_in_an_empty_library(searcher: Searcher) -> None:
    (found,) = searcher.nearest([searcher.describe(picture(1))], iter(()), 5)

    assert len(found.positions) == len(found.scores) == 0


@SEARCHER
def test_flat_pictures_are_described_and_compared_without_trouble(searcher: Searcher) -> None:
    described = [searcher.describe(each) for each in (flat(0), flat(255), picture(1))]

    for found in searcher.nearest(described, _rows(described, range(3), []), 3):
        assert np.isfinite(found.scores).all()


_KEPT: dict[str, list[bytes]] = {}


def _described(searcher: Searcher) -> list[bytes]:
    """Nine pictures, two of them the same and one flat."""
    if searcher.name not in _KEPT:
        pictures = [*map(picture, (1, 2, 3, 4, 2, 5, 6, 7)), flat(9)]
        _KEPT[searcher.name] = [searcher.describe(each) for each in pictures]
    return _KEPT[searcher.name]


def _rows(described: Sequence[bytes], order: Sequence[int], cuts: Sequence[int]) -> list[Rows]:
    bounds = [0, *cuts, len(order)]
    return [
        Rows(np.array(order[a:b], np.int64), [described[at] for at in order[a:b]])
        for a, b in pairwise(bounds)
        if a < b
    ]
