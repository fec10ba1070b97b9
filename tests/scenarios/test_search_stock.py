"""A later search of a large library does not walk it again while nothing there has changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mounting import mount, mounts, run
from searching import ALONE, decoded, drawn, make_library, names, ranked, remembering, write

from dupfinder import Searched, Settings, export_vectors, search
from dupfinder.api import prune_cache
from dupfinder.engines import reading, search_stages, stocktaking
from dupfinder.engines.tasks import ReadTask, read_file
from dupfinder.model import Skipped
from dupfinder.settings import WalkRules
from dupfinder.storage import cache
from dupfinder.storage.stock import StockFile

IS_ALONE = search_stages._is_alone


@pytest.fixture(autouse=True)
def _also_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stocktaking, "_LEAST", 1)


@pytest.fixture(autouse=True, params=["first", "meanwhile"])
def _looks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a search looks for changes before it begins, or while it answers; its slow twin."""
    if request.param == "meanwhile":
        monkeypatch.setattr(stocktaking, "_MANY", 1)
        monkeypatch.setattr(search_stages, "_is_alone", lambda _: False)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    library = make_library(tmp_path / "library")
    write(library / "dunes.xmp", b"<x/>")
    os.link(library / "market.jpg", library / "copies" / "market linked.jpg")
    (library / "empty").mkdir()
    write(library / ".cloud.jpg.icloud", b"a picture that is elsewhere")
    return library


@pytest.fixture
def query(tmp_path: Path) -> Path:
    return write(tmp_path / "query.jpg", drawn("bridge", 60, 240))


def was_walked(found: Searched) -> bool:
    return any(each.stage == "discover" for each in found.stages)


def changes(found: Searched) -> str:
    (detail,) = [each.detail for each in found.stages if each.stage == "changes"]
    return detail


def told(found: Searched) -> Searched:
    """All but the times."""
    return replace(found, stages=())


def walked_anew(query: Path, library: Path, settings: Settings) -> Searched:
    """What a search finds that knows of no other."""
    for path in Path(f"{settings.cache}.rows").glob("*.stock"):
        path.unlink()
    found = ranked(query, library, settings, by="phash")
    assert was_walked(found)
    return found


def test_the_second_search_finds_the_same_without_a_walk(
    query: Path, library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)

    first = ranked(query, library, settings, by="phash")
    second = ranked(query, library, settings, by="phash")

    assert was_walked(first)
    assert not was_walked(second)
    assert told(second) == told(first) == told(walked_anew(query, library, settings))
    assert (second.discovered, second.compared, second.other_files) == (9, 7, 2)
    assert [each.code for each in second.skipped] == ["online-only", "truncated"]
    assert changes(second) == "nothing has changed since the last search"


def test_progress_counts_what_a_walk_finds(query: Path, library: Path, tmp_path: Path) -> None:
    counted: dict[str, int] = {}

    class Counting:
        def stage(self, name: str, total: int | None) -> None:  # noqa: ARG002  # the protocol's
            self.name = name
            counted[name] = 0

        def advance(self, steps: int = 1) -> None:
            counted[self.name] += steps

    search(query, library, remembering(tmp_path), Counting(), by="phash", verify=False)

    assert counted["discover"] == 9 + 2  # pictures with what could not be read, and other files
    assert counted["queries"] == 1


def test_photos_carry_what_belongs_to_them(query: Path, library: Path, tmp_path: Path) -> None:
    settings = remembering(tmp_path)
    ranked(query, library, settings, by="phash")

    found = ranked(query, library, settings, by="phash")

    files = {Path(hit.photo.path).name: hit.photo.file for hit in found.rankings[0].hits}
    assert files["market linked.jpg"].links == (str(library / "market.jpg"),)
    assert [each.kind for each in files["dunes.jpg"].companions] == ["xmp"]
    assert not was_walked(found)


CHANGES: dict[str, Callable[[Path], object]] = {
    "new": lambda library: write(library / "new.jpg", drawn("bridge", 50)),
    "new in an empty folder": lambda library: write(library / "empty/n.jpg", drawn("bridge", 50)),
    "new folder": lambda library: write(library / "more/n.jpg", drawn("bridge", 50)),
    "gone": lambda library: (library / "bridge.jpg").unlink(),
    "moved": lambda library: os.rename(library / "bridge.jpg", library / "empty/b.jpg"),
    "another picture": lambda library: write(library / "dunes.jpg", drawn("bridge", 40)),
    "sound now": lambda library: write(library / "cut.jpg", drawn("bridge", 30)),
    "a picture now": lambda library: write(library / "notes.txt", drawn("bridge", 20)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_found_at_once(
    change: str, query: Path, library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    before = ranked(query, library, settings, by="phash")
    CHANGES[change](library)

    after = ranked(query, library, settings, by="phash")
    later = ranked(query, library, settings, by="phash")

    assert was_walked(after)
    assert changes(after) == "something has changed since the last search"
    assert not was_walked(later)
    assert told(after) != told(before)
    assert told(after) == told(later) == told(walked_anew(query, library, settings))


def test_it_is_looked_while_a_large_library_answers(
    query: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With other processes and processors only."""

    def here(*_: object, **__: object) -> str:
        raise AssertionError("somebody else was to look")

    ranked(query, library, remembering(tmp_path), by="phash")
    monkeypatch.setattr(stocktaking, "_MANY", 9)
    monkeypatch.setattr(stocktaking, "state_of", here)
    monkeypatch.setattr(search_stages, "_is_alone", IS_ALONE)
    monkeypatch.setattr(search_stages, "processors", lambda: 2)

    found = ranked(query, library, replace(remembering(tmp_path), workers=1), by="phash")

    assert not was_walked(found)
    assert changes(found) == "nothing has changed since the last search"
    for fewer, settings in (
        (1, replace(remembering(tmp_path), workers=1)),
        (2, remembering(tmp_path)),
    ):
        monkeypatch.setattr(search_stages, "processors", lambda fewer=fewer: fewer)
        with pytest.raises(AssertionError, match="somebody else"):
            ranked(query, library, settings, by="phash")


def test_what_is_gone_is_not_described(query: Path, library: Path, tmp_path: Path) -> None:
    """A method that knows no photo yet waits until it is sure which there are."""
    order: list[str] = []

    class Listening:
        def stage(self, name: str, total: int | None) -> None:  # noqa: ARG002  # the protocol's
            order.append(name)

        def advance(self, steps: int = 1) -> None: ...

    settings = remembering(tmp_path)
    ranked(query, library, settings, by="phash")
    CHANGES["gone"](library)

    found = search(query, library, settings, Listening(), by="color", verify=False)

    assert order.index("describe") > order.index("discover")
    assert not [each for each in found.skipped if each.code == "vanished"]
    assert [each.stage for each in found.stages].count("rank") == 1


def test_rules_of_the_walk_and_limits_count(query: Path, library: Path, tmp_path: Path) -> None:
    settings = remembering(tmp_path)

    for other in (
        replace(settings, walk=WalkRules(exclude=("copies",))),
        replace(settings, max_pixels=320 * 240 - 1),
        replace(settings, hasher="phash"),
    ):
        ranked(query, library, settings, by="phash")
        found = ranked(query, library, other, by="phash")
        assert was_walked(found)
        assert told(found) == told(walked_anew(query, library, other))


def test_where_the_folders_are_the_same_they_are_walked_once(
    query: Path, library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    ranked(query, library, settings, by="phash")
    CHANGES["another picture"](library)

    with counted_walks() as walks:
        ranked(query, library, settings, by="phash")

    assert walks.count([str(library)]) == 1


def test_a_single_file_is_looked_at_each_time(query: Path, library: Path, tmp_path: Path) -> None:
    settings, photo = remembering(tmp_path), library / "dunes.jpg"
    before = ranked(query, photo, settings, by="phash")
    CHANGES["another picture"](library)

    after = ranked(query, photo, settings, by="phash")

    assert told(after) != told(before)
    assert told(after) == told(ranked(query, photo, ALONE, by="phash"))


def test_a_photo_that_took_too_long_once_is_tried_again(
    query: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = remembering(tmp_path)

    def slow(task: ReadTask) -> object:
        if task.file.path.endswith("dunes.jpg"):
            return Skipped(task.file.path, "decode", "timeout", "it took too long this time")
        return read_file(task)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_file", slow)
        ranked(query, library, settings, by="phash")
        again = ranked(query, library, settings, by="phash")
    found = ranked(query, library, settings, by="phash")

    assert not was_walked(again)
    assert "timeout" in {each.code for each in again.skipped}
    assert "dunes.jpg" in names(found)
    assert told(found) == told(walked_anew(query, library, settings))


def test_a_limit_that_a_photo_does_not_keep_is_told_each_time(
    query: Path, library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path, max_pixels=320 * 240 - 1)
    first = ranked(query, library, settings, by="phash")

    second = ranked(query, library, settings, by="phash")

    assert not was_walked(second)
    assert len(second.skipped) == 8
    assert told(second) == told(first)


def test_an_export_tells_what_it_lacks_in_the_order_of_a_walk(
    library: Path, tmp_path: Path
) -> None:
    write(library / "a wide one.jpg", drawn("bridge", width=400))
    settings = remembering(tmp_path, max_pixels=320 * 240)
    first = export_vectors(tmp_path / "first.h5", library, "color", settings)

    second = export_vectors(tmp_path / "second.h5", library, "color", settings)

    assert [Path(each.path).name for each in first.skipped] == [
        ".cloud.jpg.icloud",
        "a wide one.jpg",
        "cut.jpg",
    ]
    assert second.skipped == first.skipped


def test_a_file_whose_time_says_nothing_yet_is_read_each_time(
    query: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (stocktaking, cache):
        monkeypatch.setattr(module, "is_settled", lambda *_: False)
    monkeypatch.setattr(stocktaking, "state_of", lambda *_, **__: "as far as times can tell")
    settings = remembering(tmp_path)
    first = ranked(query, library, settings, by="phash")
    same = ranked(query, library, settings, by="phash")
    CHANGES["another picture"](library)
    changed = ranked(query, library, settings, by="phash")

    assert not was_walked(same)
    assert told(same) == told(first)
    assert was_walked(changed)
    assert told(changed) == told(walked_anew(query, library, settings)) != told(first)


def test_a_file_that_was_fresh_when_the_search_began_is_read_again(
    query: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, read, later = time.time_ns, stocktaking.Stocktaking.read, 0

    def for_long(*words: Any) -> Any:
        nonlocal later
        found = read(*words)
        later += 10_000_000_000
        return found

    monkeypatch.setattr(time, "time_ns", lambda: real() + later)
    monkeypatch.setattr(stocktaking.Stocktaking, "read", for_long)
    monkeypatch.setattr(stocktaking, "state_of", lambda *_, **__: "as far as times can tell")
    os.utime(library / "dunes.jpg")
    settings = remembering(tmp_path)
    first = ranked(query, library, settings, by="phash")
    CHANGES["another picture"](library)

    found = ranked(query, library, settings, by="phash")

    assert was_walked(found)
    assert told(found) == told(walked_anew(query, library, settings)) != told(first)


def test_photos_that_the_cache_lost_are_read_again(
    query: Path, library: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    first = ranked(query, library, settings, by="phash")
    assert settings.cache is not None
    os.unlink(settings.cache)

    found = ranked(query, library, settings, by="phash")

    assert not was_walked(found)
    assert told(found) == told(first)


def test_a_damaged_stock_is_as_good_as_none(query: Path, library: Path, tmp_path: Path) -> None:
    settings = remembering(tmp_path)
    first = ranked(query, library, settings, by="phash")
    (path,) = Path(f"{settings.cache}.rows").glob("*.stock")
    path.write_bytes(path.read_bytes()[:-5])

    found = ranked(query, library, settings, by="phash")

    assert was_walked(found)
    assert told(found) == told(first)
    assert decoded(found) == 0
    assert not was_walked(ranked(query, library, settings, by="phash"))


@pytest.mark.skipif(sys.platform != "linux", reason="it is asked what is mapped")
def test_a_stock_is_not_held_while_the_next_one_takes_its_place(
    query: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows would refuse that."""
    mapped = []
    write_stock = StockFile.write

    def looking(*words: Any) -> None:
        mapped.append(".stock" in Path("/proc/self/maps").read_text())
        write_stock(*words)

    monkeypatch.setattr(StockFile, "write", looking)
    settings = remembering(tmp_path)
    ranked(query, library, settings, by="phash")
    CHANGES["gone"](library)

    ranked(query, library, settings, by="phash")

    assert mapped == [False, False]


def test_a_folder_that_is_made_during_the_walk_is_in_the_next_one(
    query: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = remembering(tmp_path)
    walk = stocktaking._walked

    def meanwhile(*words: object) -> object:
        found = walk(*words)  # type: ignore[arg-type]
        write(library / f"{len(list(library.iterdir()))}" / "new.jpg", drawn("bridge", 55))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(stocktaking, "_walked", meanwhile)
        ranked(query, library, settings, by="phash")
    found = ranked(query, library, settings, by="phash")

    assert was_walked(found)
    assert told(found) == told(walked_anew(query, library, settings))


def test_a_folder_that_is_no_longer_another_one_is_walked(
    query: Path, library: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    write(other / "own.jpg", drawn("bridge", 70))
    settings = remembering(tmp_path)

    def job() -> tuple[list[str], int, list[str], bool]:
        mount("--bind", str(library), str(other))
        with counted_walks() as walks:
            before = search(query, [library, other], settings, by="phash", verify=False)
        run("umount", str(other))
        after = search(query, [library, other], settings, by="phash", verify=False)
        return (
            names(before),
            walks.count([str(library), str(other)]),
            names(after),
            was_walked(after),
        )

    before, walks, after, is_walked = mounts(job)

    assert "own.jpg" not in before
    assert walks == 1  # a second one is for what is kept
    assert "own.jpg" in after
    assert is_walked


@contextmanager
def counted_walks() -> Iterator[list[list[str]]]:
    """What is walked meanwhile, each time."""
    walk, walks = stocktaking._walked, []

    def counted(places: Sequence[str], rules: WalkRules) -> stocktaking.Walked:
        walks.append(list(places))
        return walk(places, rules)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stocktaking, "_walked", counted)
        yield walks


ELSEWHERE = """
import sys
from dupfinder import Settings, search
from dupfinder.engines import stocktaking
stocktaking._LEAST = 1
query, library, cache = sys.argv[1:]
found = search(query, library, Settings(workers=0, cache=cache), by="phash", verify=False)
print(sys.getfilesystemencoding(), len(found.rankings[0].hits))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 whatever the locale is")
def test_names_may_be_spelled_otherwise_by_the_next_run(
    query: Path, library: Path, tmp_path: Path
) -> None:
    write(library / "日本" / "橋.jpg", drawn("bridge", 70))
    settings = remembering(tmp_path)
    expected = ranked(query, library, settings, by="phash")

    told = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(query), str(library), str(settings.cache)],
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        check=True, capture_output=True, text=True,
    )  # fmt: skip

    assert told.stdout.split() == ["ascii", str(len(expected.rankings[0].hits))]


def test_a_small_library_is_walked_each_time(
    query: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stocktaking, "_LEAST", 11)
    settings = remembering(tmp_path)

    for _ in range(2):
        assert was_walked(ranked(query, library, settings, by="phash"))
    assert not list(Path(f"{settings.cache}.rows").glob("*.stock"))


def test_a_query_in_the_library_is_answered_as_before(library: Path, tmp_path: Path) -> None:
    settings = remembering(tmp_path)
    query = library / "copies" / "harbour small.jpg"
    first = ranked(query, library, settings, by="phash")

    second = ranked(query, library, settings, by="phash")

    assert not was_walked(second)
    assert told(second) == told(first)
    assert second.rankings[0].hits[0].photo.path == str(query)


def test_prune_takes_what_was_found_along(library: Path, query: Path, tmp_path: Path) -> None:
    settings = remembering(tmp_path)
    first = ranked(query, library, settings, by="phash")
    (stock,) = Path(f"{settings.cache}.rows").glob("*.stock")

    dry = prune_cache(settings.cache, dry_run=True)
    assert [(each.part, each.rows, each.size) for each in dry.removed] == [
        ("stock", 1, stock.stat().st_size)
    ]
    done = prune_cache(settings.cache)

    assert done.removed == dry.removed
    assert not stock.exists()
    assert list(stock.parent.glob("*.rows"))
    assert not prune_cache(settings.cache).removed
    assert told(ranked(query, library, settings, by="phash")) == told(first)
