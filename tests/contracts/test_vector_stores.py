"""One suite over every store of descriptors: a file, and tables on real servers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from searching import decoded, make_library
from servers import QUOTED, Running, running

from dupfinder import search
from dupfinder.errors import StoreError, UsageError
from dupfinder.protocols import VectorStore
from dupfinder.reports.searched import searched_json
from dupfinder.settings import Settings
from dupfinder.storage.servers import is_url, open_server, shown
from dupfinder.storage.vectors import open_vectors

ONE, OTHER = b"1" * 32, b"2" * 32
SERVERS = ("mariadb", "postgresql")
_SERVERS = [pytest.param(name, marks=pytest.mark.servers) for name in SERVERS]
_NUMBERS = count()

# Where a store is, made anew for each test.
Place = Callable[[], str]


@pytest.fixture(scope="module")
def started() -> Iterator[Callable[[str], Running]]:
    """Servers by name, each started when it is first asked for."""
    with ExitStack() as stack:
        known: dict[str, Running] = {}

        def server(name: str) -> Running:
            if name not in known:
                known[name] = stack.enter_context(running(name))
            return known[name]

        yield server


@pytest.fixture(params=_SERVERS)
def server(request: pytest.FixtureRequest, started: Callable[[str], Running]) -> Running:
    return started(request.param)


@pytest.fixture(params=["sqlite", *_SERVERS])
def place(
    request: pytest.FixtureRequest, started: Callable[[str], Running], tmp_path: Path
) -> Place:
    if request.param == "sqlite":
        return lambda: str(tmp_path / f"store-{next(_NUMBERS)}.vectors")
    server = started(request.param)
    return lambda: server.url(database(server))


def database(server: Running) -> str:
    """A new one without tables."""
    name = f"photos_{next(_NUMBERS)}"
    server.execute("", f"CREATE DATABASE {name}")
    return name


def opened(where: str) -> AbstractContextManager[VectorStore]:
    return open_server(where) if is_url(where) else open_vectors(where)


def test_what_was_added_is_there_the_next_time_and_for_its_method_alone(place: Place) -> None:
    where = place()
    with opened(where) as store:
        store.add("phash", ONE, b"abc")
        store.add("PHASH", ONE, b"def")
        store.add('it\'s; 100% "sure"', OTHER, b"")
        assert store.of("phash", [ONE, OTHER]) == {ONE: b"abc"}

    with opened(where) as store:
        assert store.known("phash") == {ONE}
        assert dict(store.all_of("phash")) == {ONE: b"abc"}
        assert dict(store.all_of("PHASH")) == {ONE: b"def"}
        assert store.of('it\'s; 100% "sure"', [ONE, OTHER]) == {OTHER: b""}
        assert store.known("dhash") == set()
        assert store.notes == ()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_store_is_a_dictionary_on_a_disk(place: Place, data: st.DataObject) -> None:
    where, expected = place(), dict[tuple[str, bytes], bytes]()
    digests = [bytes([number]) * 32 for number in (0, 1, 39, 92, 255)]
    keys = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(digests))
    for _ in range(data.draw(st.integers(1, 3))):
        with opened(where) as store:
            for key, packed in data.draw(st.lists(st.tuples(keys, st.binary(max_size=40)))):
                store.add(*key, packed)
                expected[key] = packed
                if data.draw(st.booleans()):
                    store.save()
                if data.draw(st.booleans()):
                    assert key[1] in store.known(key[0])
            for method in ("a", "b"):
                held = {
                    digest: value for (name, digest), value in expected.items() if name == method
                }
                assert store.known(method) == held.keys()
                assert dict(store.all_of(method)) == held
                assert store.of(method, digests) == held


def test_a_row_that_is_not_what_was_written_is_none_until_it_is_written_anew(
    place: Place, started: Callable[[str], Running]
) -> None:
    where = place()
    with opened(where) as store:
        store.add("phash", ONE, b"abc")
        store.add("phash", OTHER, b"ghi")
    damage(where, started)

    with opened(where) as store:
        assert store.known("phash") == {ONE, OTHER}
        assert store.of("phash", [ONE]) == {}
        assert store.known("phash") == {OTHER}
    with opened(where) as store:
        assert dict(store.all_of("phash")) == {OTHER: b"ghi"}
        assert store.of("phash", [ONE, OTHER]) == {OTHER: b"ghi"}
        assert store.known("phash") == {OTHER}
        store.add("phash", ONE, b"new")
        assert store.known("phash") == {ONE, OTHER}
    with opened(where) as store:
        assert dict(store.all_of("phash")) == {ONE: b"new", OTHER: b"ghi"}


def damage(where: str, started: Callable[[str], Running]) -> None:
    """The descriptor of the first content is another one, as after a fault of a disk."""
    if not is_url(where):
        import sqlite3  # noqa: PLC0415

        with closing(sqlite3.connect(where)) as connection:
            connection.execute("UPDATE vector SET packed = x'00' WHERE digest = ?", (ONE,))
            connection.commit()
        return
    server = started(where.partition(":")[0])
    packed = r"'\x00'" if server.scheme == "postgresql" else "x'00'"
    digest = rf"'\x{ONE.hex()}'" if server.scheme == "postgresql" else f"x'{ONE.hex()}'"
    statement = f"UPDATE dupfinder_vector SET packed = {packed} WHERE digest = {digest}"
    server.execute(where.rpartition("/")[2], statement)


def test_others_can_be_asked_for_and_added_while_all_are_gone_through(place: Place) -> None:
    with opened(place()) as store:
        for number in range(1_200):
            store.add("phash", number.to_bytes(32, "big"), b"x" * 50)
        store.save()
        seen = 0
        for digest, _ in store.all_of("phash"):
            if seen % 300 == 0:
                assert store.of("phash", [digest]) == {digest: b"x" * 50}
                store.add("dhash", digest, b"y")
            seen += 1
        assert seen == 1_200
        assert len(store.known("dhash")) == 4
        next(store.all_of("phash"))  # and no further: whoever stops early harms nobody
        assert len(store.known("phash")) == 1_200


_MANY, _LONG = 4_000, 8_000
_PEAK = f"""
import sys
from dupfinder.storage.servers import is_url, open_server
from dupfinder.storage.vectors import open_vectors

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

with (open_server if is_url(sys.argv[1]) else open_vectors)(sys.argv[1]) as store:
    store.of("color", [bytes(32)])
    before = peak()
    count = sum(len(packed) == {_LONG} for _, packed in store.all_of("color"))
    print(count, peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_all_rows_stream_past_and_are_never_held_together(place: Place) -> None:
    where = place()
    with opened(where) as store:
        for number in range(_MANY):
            store.add("color", number.to_bytes(32, "big"), number.to_bytes(8, "big") * (_LONG // 8))

    done = subprocess.run(
        [sys.executable, "-c", _PEAK, where], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    counted, grown = map(int, done.stdout.split())
    assert counted == _MANY
    assert grown < _MANY * _LONG / 1_000 / 2  # kB: half of what all rows hold


def test_a_search_by_colour_says_the_same_from_any_store(place: Place, tmp_path: Path) -> None:
    library = make_library(tmp_path / "library")
    beside = Settings(workers=0, cache=str(tmp_path / "cache.sqlite"))
    elsewhere = Settings(workers=0, cache=str(tmp_path / "cache.sqlite"), store=place())
    query = library / "bridge.jpg"

    expected = search(query, library, beside, by="color", verify=False)
    cold = search(query, library, elsewhere, by="color", verify=False)
    warm = search(query, library, elsewhere, by="color", verify=False)

    assert searched_json(cold) == searched_json(warm) == searched_json(expected)
    assert decoded(cold) > 0 == decoded(warm)


def test_two_searches_write_the_same_rows_on_a_server(server: Running) -> None:
    where = server.url(database(server))
    with opened(where) as one, opened(where) as other:
        for number in range(1_000):
            one.add("phash", number.to_bytes(32, "big"), b"same")
            other.add("phash", (999 - number).to_bytes(32, "big"), b"same")
        one.save()
        other.save()
        assert len(one.known("phash")) == len(other.known("phash")) == 1_000


def command(
    folder: Path, store: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A search from the shell."""
    return subprocess.run(
        [sys.executable, "-m", "dupfinder.cli", "search", folder / "dunes.jpg", folder,
         "--by", "color", "--store", store, "--no-cache", "--workers", "0", "--no-verify"],
        capture_output=True, text=True, check=False, timeout=120,
        env=os.environ | {"HOME": str(folder.parent)} | (environment or {}),
    )  # fmt: skip


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("stores") / "library", ("dunes", "bridge"))


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What the one line on standard error says, beside a hint; no password is in it."""
    assert done.returncode == 2
    assert "s3cret" not in done.stderr
    assert "Traceback" not in done.stderr
    first, *hints = done.stderr.splitlines()
    assert [line for line in hints if not line.startswith("hint: ")] == []
    return first


def test_the_password_may_come_by_the_variable_of_the_client(server: Running, photos: Path) -> None:
    where = server.url(database(server), password=None)
    variable = "PGPASSWORD" if server.scheme == "postgresql" else "MYSQL_PWD"

    done = command(photos, where, {variable: "s3cret/%@ü"})

    assert done.returncode == 0, done.stderr
    assert "dunes.jpg" in done.stdout


def user(server: Running, name: str, *rights: str) -> str:
    """Somebody with these rights only, whose password is that of all."""
    by = "PASSWORD" if server.scheme == "postgresql" else "IDENTIFIED BY"
    server.execute("", f"CREATE USER {name} {by} 's3cret'", *rights)
    return name


def test_the_password_may_come_from_the_file_of_the_client(
    server: Running, photos: Path, tmp_path: Path
) -> None:
    name = database(server)
    if server.scheme == "postgresql":
        known = user(server, f"f_{name}", f"ALTER DATABASE {name} OWNER TO f_{name}")
        settled = tmp_path / ".pgpass"
        settled.write_text(f"127.0.0.1:{server.port}:{name}:{known}:s3cret\n")
    else:
        known = user(server, f"f_{name}", f"GRANT ALL ON {name}.* TO f_{name}")
        settled = tmp_path / ".my.cnf"
        settled.write_text("[client]\npassword = s3cret\n")
    settled.chmod(0o600)
    where = server.url(name, known, password=None)

    done = command(photos, where, {"HOME": str(tmp_path), "PGPASSFILE": str(settled)})

    assert done.returncode == 0, done.stderr


def test_a_wrong_password_is_one_sentence(server: Running, photos: Path) -> None:
    where = server.url(database(server), password="s3cret-but-wrong")

    told = complaint(command(photos, where))

    assert f"the store {shown(where)} cannot be used" in told
    assert "root" in told


def test_a_server_that_is_down_is_one_sentence(server: Running, photos: Path) -> None:
    told = complaint(command(photos, f"{server.scheme}://anna:{QUOTED}@127.0.0.1:1/photos"))

    assert f"{server.scheme}://anna@127.0.0.1:1/photos cannot be used" in told
    assert "refused" in told


def test_a_database_that_is_not_there_is_one_sentence(server: Running, photos: Path) -> None:
    assert "nowhere" in complaint(command(photos, server.url("nowhere")))


def test_who_may_make_no_table_is_told_so(server: Running, photos: Path) -> None:
    name = database(server)
    may = f"GRANT SELECT ON {name}.* TO r_{name}"
    if server.scheme == "postgresql":
        may = f"GRANT CONNECT ON DATABASE {name} TO r_{name}"
    known = user(server, f"r_{name}", may)

    done = command(photos, server.url(name, known, password="s3cret"))

    assert "denied" in complaint(done)
    assert "the user needs rights" in done.stderr


def test_a_table_of_somebody_else_is_left_alone(server: Running, photos: Path) -> None:
    name = database(server)
    server.execute(name, "CREATE TABLE dupfinder_vector (precious integer)")
    server.execute(name, "INSERT INTO dupfinder_vector VALUES (42)")

    told = complaint(command(photos, server.url(name)))

    assert "is left as it is" in told
    assert server.execute(name, "SELECT * FROM dupfinder_vector") == [(42,)]


@pytest.mark.servers
@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_goes_down_meanwhile_is_one_sentence(name: str) -> None:
    with running(name) as server:
        where = server.url(database(server))

        def cut_off() -> None:
            with open_server(where) as store:
                store.add("phash", ONE, b"abc")
                store.save()
                server.stop()
                store.add("phash", OTHER, b"def")

        with pytest.raises(StoreError, match="cannot be used") as caught:
            cut_off()

    assert "s3cret" not in str(caught.value)


def test_an_idle_connection_that_was_closed_is_made_anew(server: Running) -> None:
    name = database(server)
    with open_server(server.url(name)) as store:
        for digest in (ONE, OTHER):
            store.add("phash", digest, b"abc")
            store.save()
            disconnect(server, name)

        assert set(store.of("phash", [ONE, OTHER])) == {ONE, OTHER}


def test_what_was_found_before_an_interruption_is_kept(server: Running) -> None:
    where = server.url(database(server))

    def interrupted() -> None:
        with open_server(where) as store:
            store.add("phash", ONE, b"abc")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    with open_server(where) as store:
        assert store.known("phash") == {ONE}


def test_a_server_can_be_reached_by_its_socket(server: Running) -> None:
    name = database(server)
    if server.scheme == "postgresql":
        where = f"postgresql://root:{QUOTED}@:{server.port}/{name}?host={server.folder}"
    else:
        where = f"mysql://root:{QUOTED}@/{name}?unix_socket={server.folder}/socket"

    with open_server(where) as store:
        store.add("phash", ONE, b"abc")

    with open_server(server.url(name)) as store:
        assert store.known("phash") == {ONE}


def disconnect(server: Running, name: str) -> None:
    if server.scheme == "postgresql":
        query = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        server.execute("", query)
        return
    query = f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"
    for (number,) in server.execute("", query):
        server.execute("", f"KILL {number}")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("oracle://anna:s3cret@host/photos", "no store can be reached by oracle://"),
        ("mysql://anna:s3cret@host", "names no database"),
        ("mysql://anna:s3cret/with@host/photos", "cannot be read"),
        ("mysql://anna:s3cret#with@host/photos", "cannot be read"),
        ("postgresql://anna:s3cret@host:x/photos", "cannot be read"),
        ("postgresql://anna:s3cret@[::1/photos", "cannot be read"),
        ("mysql://anna:s3cret@host/photos?init_command=DROP", "'init_command'"),
        ("postgresql://anna@host/photos?options=-c", "'options'"),
    ],
)
def test_what_is_no_url_is_one_sentence_that_does_not_quote_it(url: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught, open_server(url):
        pass

    assert "s3cret" not in f"{caught.value!r} {caught.value.hint}"


def test_settings_do_not_show_the_password() -> None:
    assert "s3cret" not in repr(Settings(store="mysql://anna:s3cret@host/photos"))


@pytest.mark.parametrize(
    ("scheme", "driver", "extra"),
    [("mariadb", "pymysql", "mysql"), ("postgresql", "psycopg", "postgresql")],
)
def test_a_driver_that_is_missing_is_named(
    scheme: str, driver: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("dupfinder.storage.servers.")]:
        if name.endswith(("mysql", "postgresql")):
            monkeypatch.delitem(sys.modules, name)
    absent: Any = None
    monkeypatch.setitem(sys.modules, driver, absent)

    with pytest.raises(UsageError) as caught, open_server(f"{scheme}://host/photos"):
        pass

    assert f"a store by {scheme}:// needs" in str(caught.value)
    assert caught.value.hint == f"pip install 'dupfinder[{extra}]'"
