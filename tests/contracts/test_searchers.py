"""One suite over every way to search by image: what all of them promise."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import convolution, saved
from numpy.typing import NDArray
from pictures import encoded
from PIL import Image
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
from dupfinder.protocols import Nearest, Rows, Searcher
from dupfinder.reports.searched import searched_json
from dupfinder.searchers import SEARCHERS, searcher_of
from dupfinder.searchers.mirrored import nearest
from dupfinder.searchers.networks import read_model
from dupfinder.settings import SEARCHES

WITH_A_MODEL = "graded with a model"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that sees where which edges are."""
    settings = 'resize = "squash"\npooling = "none"'
    return saved(convolution(), tmp_path_factory.mktemp("model") / "made.onnx", settings)


@pytest.fixture(scope="module", params=[*SEARCHES, WITH_A_MODEL])
def how(request: pytest.FixtureRequest, model: Path) -> dict[str, Any]:
    """How to search: the method by name, with its model if it asks one."""
    if request.param in ("model", WITH_A_MODEL):
        return {"by": request.param.split()[0], "model": model}
    return {"by": request.param}


@pytest.fixture(scope="module", params=[*SEARCHERS, "model"])
def searcher(request: pytest.FixtureRequest, model: Path) -> Searcher:
    return searcher_of(request.param, read_model(str(model))[0])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("search") / "library")


def test_all_methods_that_can_be_named_are_tested() -> None:
    assert ["graded", *SEARCHERS, "model"] == list(SEARCHES)


def test_a_photo_of_the_library_finds_itself_first_and_its_twin_next(
    how: dict[str, Any], library: Path
) -> None:
    found = ranked(library / "harbour.jpg", library, **how)

    assert names(found)[:2] == ["harbour.jpg", "harbour again.jpg"]
    assert [hit.score for hit in hits(found)[:2]] == [1, 1]


def test_a_small_copy_comes_before_all_other_scenes(how: dict[str, Any], library: Path) -> None:
    found = ranked(library / "harbour.jpg", library, **how)

    assert names(found)[2] == "harbour small.jpg"
    scores = [hit.score for hit in hits(found)]
    assert scores == sorted(scores, reverse=True)
    assert scores[2] > scores[3]
    assert all(-1 <= score <= 1 for score in scores)


def test_a_query_from_elsewhere_is_not_among_its_hits(
    how: dict[str, Any], library: Path, tmp_path: Path
) -> None:
    query = write(tmp_path / "query.jpg", drawn("market", 60, 240))

    found = ranked(query, library, **how, top=3)

    assert names(found)[0] == "market.jpg"
    assert len(hits(found)) == 3


def test_neither_names_nor_the_order_of_files_change_the_order_of_hits(
    how: dict[str, Any], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    for number, name in enumerate(reversed(SCENES)):
        write(other / f"{number}" / "x.jpg", drawn(name))
    same = make_library(tmp_path / "same")
    for path in (*same.glob("copies/*"), same / "cut.jpg"):
        path.unlink()
    query = write(tmp_path / "query.jpg", drawn("dunes", 70, 220))

    one, two = (hits(ranked(query, each, **how)) for each in (other, same))

    assert [hit.photo.digest for hit in one] == [hit.photo.digest for hit in two]
    assert [hit.score for hit in one] == [hit.score for hit in two]


def test_a_warm_search_says_what_a_cold_one_says_and_decodes_nothing(
    how: dict[str, Any], library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    query = library / "bridge.jpg"
    cold = search(query, library, settings, **how, top=4)
    warm = search(query, library, settings, **how, top=4)

    assert searched_json(warm) == searched_json(cold)
    # All files: the note is looked at, too; and for some methods the query once more, mirrored.
    assert decoded(cold) == 9 + (how["by"] in ("graded", "orb", "kaze"))
    assert decoded(warm) == 0


def test_a_library_that_a_scan_or_another_search_knows_is_described_the_same(
    how: dict[str, Any], library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    other = "dhash" if how["by"] != "dhash" else "phash"
    ranked(library / "bridge.jpg", library, settings, by=other)

    known = ranked(library / "bridge.jpg", library, settings, **how)

    assert hits(known) == hits(ranked(library / "bridge.jpg", library, ALONE, **how))


@pytest.mark.parametrize("by", ["graded", "dct256", "orb", "kaze"])
@pytest.mark.parametrize("turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM])
def test_a_mirrored_copy_comes_before_all_other_scenes(
    by: str, turn: Image.Transpose, library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    mirrored = Image.open(library / "market.jpg").transpose(turn)
    query = write(tmp_path / "query.jpg", encoded(mirrored, "JPEG", quality=80))

    found = ranked(query, library, settings, by=by)

    assert names(found)[0] == "market.jpg"
    best, second = (hit.score for hit in hits(found)[:2])
    assert best > 2 * second if by in ("orb", "graded") else best > second
    again = ranked(query, library, settings, by=by)
    assert (hits(again), decoded(again)) == (hits(found), 0)


def test_a_damaged_mirror_image_of_a_query_is_described_anew(library: Path, tmp_path: Path) -> None:
    settings = remembering(tmp_path)
    first = ranked(library / "dunes.jpg", library, settings, by="orb")
    with closing(sqlite3.connect(tmp_path / "cache.sqlite.vectors")) as store, store:
        changed = store.execute("UPDATE vector SET packed = x'00' WHERE method LIKE '%mirrored%'")
        assert changed.rowcount == 1

    again = ranked(library / "dunes.jpg", library, settings, by="orb")

    assert hits(again) == hits(first)
    assert decoded(again) == 1


@given(data=st.data())
def test_a_query_of_two_descriptors_has_the_better_score_of_each(
    searcher: Searcher, data: st.DataObject
) -> None:
    described = _described(searcher)
    one_query = st.lists(st.sampled_from(described), min_size=1, max_size=3)
    queries = data.draw(st.lists(one_query, max_size=3))
    count = data.draw(st.integers(1, len(described) + 1))
    rows = _rows(described, range(len(described)), [])

    found = nearest(searcher, queries, rows, count)

    for variants, best in zip(queries, found, strict=True):
        each = searcher.nearest(variants, rows, len(described))
        scores = np.max([_by_position(one) for one in each], axis=0)
        expected = np.lexsort((np.arange(len(scores)), -scores))[:count]
        assert np.array_equal(best.positions, expected)
        assert np.array_equal(best.scores, scores[expected])


def _by_position(found: Nearest) -> NDArray[np.float64]:
    return found.scores[np.argsort(found.positions)]


def test_one_bad_file_is_one_line(how: dict[str, Any], library: Path) -> None:
    found = ranked(library / "dunes.jpg", library, **how)

    assert [Path(each.path).name for each in found.skipped] == ["cut.jpg"]
    assert found.discovered == found.compared + len(found.skipped) == 8
    assert found.other_files == 1


def test_describing_is_a_function_of_the_picture(searcher: Searcher) -> None:
    assert searcher.describe(picture(1)) == searcher.describe(picture(1))
    assert searcher.describe(picture(1)) != searcher.describe(picture(2))


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


def test_there_is_nothing_to_find_in_an_empty_library(searcher: Searcher) -> None:
    (found,) = searcher.nearest([searcher.describe(picture(1))], iter(()), 5)

    assert len(found.positions) == len(found.scores) == 0


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
