"""Whatever stands at the cache's path, a scan gets a cache, and nothing there is lost."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest
from strategies_clusters import a_photo

from dupfinder.errors import UsageError
from dupfinder.model import Fingerprint
from dupfinder.storage import Known, open_cache, opening
from dupfinder.storage.marks import begin_writing, version_of

METHOD = "dct256;decode=1"
PHOTOS = [
    a_photo(f"/lib/{number}.jpg", fingerprints=(Fingerprint("dct256", number, 256),))
    for number in range(40)
]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Of a sound cache, some pages long."""
    place = str(tmp_path / "cache.sqlite")
    with open_cache(place, METHOD) as cache:
        for photo in PHOTOS:
            cache.add_photo(photo, bytes(4096))
    return place


def content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def overwrite(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


def remembers(path: str) -> bool:
    """Whether the cache at this path holds a photo from one opening to the next."""
    with open_cache(path, METHOD) as cache:
        cache.add_photo(PHOTOS[0], None)
    with open_cache(path, METHOD) as cache:
        return cache.file(PHOTOS[0].file) == Known(photo=PHOTOS[0])


def random_bytes(path: str) -> None:
    overwrite(path, random.Random(1).randbytes(20_000))


def zero_bytes(path: str) -> None:
    overwrite(path, bytes(20_000))


def random_pages(path: str) -> None:
    sound = content(path)
    overwrite(path, sound[:8192] + random.Random(2).randbytes(len(sound) - 8192))


def cut_in_the_header(path: str) -> None:
    overwrite(path, content(path)[:50])


def cut_in_the_first_page(path: str) -> None:
    overwrite(path, content(path)[:1000])


def cut_in_half(path: str) -> None:
    overwrite(path, content(path)[: len(content(path)) // 2])


def another_version(path: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 999")


def a_foreign_database(path: str) -> None:
    os.remove(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE albums (name TEXT)")


def another_mark(path: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA application_id = 1")


def another_table(path: str) -> None:
    """One letter of a column's name."""
    overwrite(path, content(path).replace(b"fingerprints BLOB", b"gingerprints BLOB"))


def random_pages_after_a_kill(path: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        begin_writing(database)
    random_pages(path)


DAMAGES = [
    random_bytes,
    zero_bytes,
    random_pages_after_a_kill,
    cut_in_the_header,
    cut_in_the_first_page,
    cut_in_half,
    another_version,
    another_mark,
    another_table,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_an_unusable_file_is_set_aside_with_a_note_and_begun_anew(
    path: str, damage: Callable[[str], None]
) -> None:
    damage(path)
    unusable = content(path)
    with open_cache(path, METHOD) as cache:
        assert cache.file(PHOTOS[0].file) is None
        (note,) = cache.notes
    assert repr(path + ".unusable-1") in note
    assert content(path + ".unusable-1") == unusable
    assert remembers(path)


def test_an_empty_file_becomes_a_cache(path: str) -> None:
    overwrite(path, b"")
    with open_cache(path, METHOD) as cache:
        assert cache.notes == ()
    assert remembers(path)


def test_setting_aside_twice_overwrites_nothing(path: str) -> None:
    overwrite(path, b"the first damaged file")
    with open_cache(path, METHOD):
        pass
    overwrite(path, b"the second damaged file")
    with open_cache(path, METHOD):
        pass
    assert content(path + ".unusable-1") == b"the first damaged file"
    assert content(path + ".unusable-2") == b"the second damaged file"


def test_the_journal_of_a_cache_goes_with_it(path: str) -> None:
    another_version(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    overwrite(path + "-wal", b"what was not yet in the database")
    with open_cache(path, METHOD) as cache:
        assert len(cache.notes) == 1
    assert not os.path.exists(path + "-wal")


def a_picture(path: str) -> None:
    overwrite(path, b"\xff\xd8\xff\xe0 a photo that somebody took" * 100)


def a_short_note(path: str) -> None:
    overwrite(path, b"x")


@pytest.mark.parametrize("foreign", [a_picture, a_short_note, a_foreign_database])
@pytest.mark.parametrize("lock", [None, b"GEM\n  remote: https://rubygems.org/\n"])
def test_a_file_that_is_not_ours_is_refused_and_nothing_is_put_beside_it(
    tmp_path: Path, foreign: Callable[[str], None], lock: bytes | None
) -> None:
    path = str(tmp_path / "Gemfile")
    overwrite(path, b"")
    foreign(path)
    if lock is not None:
        overwrite(path + ".lock", lock)
    before = sorted((name, content(str(tmp_path / name))) for name in os.listdir(tmp_path))
    with pytest.raises(UsageError, match="is not a cache of dupfinder") as refused:
        open_cache(path, METHOD).__enter__()
    assert "--cache" in refused.value.hint
    after = sorted((name, content(str(tmp_path / name))) for name in os.listdir(tmp_path))
    assert after == before


def test_a_foreign_database_where_a_cache_was_is_refused_too(path: str) -> None:
    a_foreign_database(path)
    before = content(path)
    with pytest.raises(UsageError, match="is not a cache of dupfinder"):
        open_cache(path, METHOD).__enter__()
    assert content(path) == before


def test_a_cache_is_readable_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    with open_cache(str(folder / "cache.sqlite"), METHOD) as cache:
        cache.add_photo(PHOTOS[0], None)
    modes = [os.stat(each).st_mode & 0o777 for each in (folder, *sorted(folder.iterdir()))]
    assert modes == [0o700, 0o600, 0o600]


def is_marked(path: str) -> bool:
    with closing(sqlite3.connect(path)) as database:
        return version_of(database)[1]


def test_the_mark_stands_while_a_run_writes_and_is_gone_at_its_end(path: str) -> None:
    with open_cache(path, METHOD) as cache:
        assert cache.file(PHOTOS[0].file) is not None
        assert not is_marked(path)  # a run that learns nothing new waits for no disk
        cache.add_photo(PHOTOS[1], None)
        assert is_marked(path)
    assert not is_marked(path)


def quick_checks(path: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the whole file is looked at when it is opened."""
    seen: list[str] = []
    connect = sqlite3.connect

    def listening(*where: Any, **options: Any) -> sqlite3.Connection:
        opened: sqlite3.Connection = connect(*where, **options)
        opened.set_trace_callback(seen.append)
        return opened

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", listening)
        with open_cache(path, METHOD) as cache:
            assert cache.notes == ()
    return sum("quick_check" in statement for statement in seen)


def test_the_whole_file_is_looked_at_only_after_a_run_that_did_not_end(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert quick_checks(path, monkeypatch) == 0
    with closing(sqlite3.connect(path)) as database:
        begin_writing(database)
    assert quick_checks(path, monkeypatch) == 1
    assert quick_checks(path, monkeypatch) == 0


def test_damage_that_is_met_on_the_way_is_told_and_set_aside_the_next_time(path: str) -> None:
    random_pages(path)
    with open_cache(path, METHOD) as cache:
        known = [cache.file(photo.file) for photo in PHOTOS]
        assert all(
            each in (None, Known(photo=photo)) for each, photo in zip(known, PHOTOS, strict=True)
        )
        assert None in known
        (note,) = cache.notes
        assert "the cache is damaged" in note
    with open_cache(path, METHOD) as cache:
        (note,) = cache.notes
        assert "set aside" in note
    assert remembers(path)


def test_a_folder_at_the_path_stays_and_nothing_is_put_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    with open_cache(str(folder), METHOD) as cache:
        (note,) = cache.notes
        cache.add_photo(PHOTOS[0], None)
        assert cache.file(PHOTOS[0].file) == Known(photo=PHOTOS[0])
    assert "is not a file: nothing is remembered" in note
    assert os.listdir(tmp_path) == ["photos"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_a_device_is_no_place_for_a_cache(tmp_path: Path) -> None:
    fifo = str(tmp_path / "fifo")
    os.mkfifo(fifo)
    with open_cache(fifo, METHOD) as cache:
        assert len(cache.notes) == 1
    assert os.listdir(tmp_path) == ["fifo"]


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with open_cache(str(tmp_path / "file" / "cache.sqlite"), METHOD) as cache:
        (note,) = cache.notes
    assert "cannot be written" in note


@pytest.fixture
def read_only(path: str) -> Iterator[str]:
    """The folder of the cache may be read and not written."""
    folder = os.path.dirname(path)
    if os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere")
    os.chmod(folder, 0o500)
    os.chmod(path, 0o400)
    os.chmod(path + ".lock", 0o400)
    yield path
    os.chmod(folder, 0o700)


def test_a_read_only_folder_costs_the_memory_alone(read_only: str) -> None:
    before = content(read_only)
    with open_cache(read_only, METHOD) as cache:
        (note,) = cache.notes
        cache.add_photo(PHOTOS[0], None)
    assert "it is read, and nothing new is remembered" in note
    assert content(read_only) == before


def test_a_lock_file_that_cannot_be_opened_costs_the_memory_alone(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: str) -> AbstractContextManager[bool]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(opening, "locked", refused)
    with open_cache(path, METHOD) as cache:
        assert cache.notes == (
            "the cache cannot be written (Permission denied): it is read, and nothing new is"
            " remembered",
        )


def test_a_read_only_file_is_found_out_at_the_start_and_left_alone(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(path)
    connect = sqlite3.connect

    def read_only(file: str, **options: Any) -> sqlite3.Connection:
        where = f"file:{file}?mode=ro" if file == path else file
        opened: sqlite3.Connection = connect(where, **options | {"uri": True})
        return opened

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with open_cache(path, METHOD) as cache:
        (note,) = cache.notes
        cache.add_photo(PHOTOS[0], None)
        assert cache.file(PHOTOS[0].file) == Known(photo=PHOTOS[0])
    assert "cannot be used (attempt to write a readonly database)" in note
    assert content(path) == before


def test_a_database_that_another_program_writes_is_left_alone(path: str) -> None:
    before = content(path)
    with closing(sqlite3.connect(path)) as busy, pytest.MonkeyPatch.context() as patch:
        busy.execute("BEGIN EXCLUSIVE")
        connect = sqlite3.connect
        patch.setattr(
            sqlite3, "connect", lambda file, **options: connect(file, timeout=0, **options)
        )
        with open_cache(path, METHOD) as cache:
            assert cache.notes == (
                "the cache cannot be used (database is locked): nothing is remembered",
            )
    assert content(path) == before
    assert not os.path.exists(path + ".unusable-1")


HOLDER = """
import sys, time
from dupfinder.storage import open_cache
with open_cache(sys.argv[1], "dct256;decode=1"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(path: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has the cache open."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDER, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_while_another_process_writes_this_one_remembers_nothing(
    path: str, holder: subprocess.Popen[bytes]
) -> None:
    with open_cache(path, METHOD) as cache:
        assert cache.notes == ("another scan is writing the cache: nothing is remembered",)
        assert cache.file(PHOTOS[0].file) is None
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with open_cache(path, METHOD) as cache:
        assert cache.notes == ()
        assert cache.file(PHOTOS[0].file) == Known(photo=PHOTOS[0])


def test_without_room_for_a_passing_cache_memory_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    with open_cache(None, METHOD) as cache:
        cache.add_photo(PHOTOS[0], b"thumbnail")
        assert cache.thumbnails(PHOTOS[:1]) == {PHOTOS[0].digest: b"thumbnail"}
        assert cache.notes == ()
