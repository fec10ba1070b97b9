"""What pictures look like, by content and method: what searches by image are answered from.

An SQLite file of its own beside the cache: the cache knows one way of looking at a file at a time,
this one as many as were searched by.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from dupfinder.errors import UsageError
from dupfinder.storage.lock import locked
from dupfinder.storage.ours import LOCK
from dupfinder.storage.rows import TROUBLE, is_sound, sealed

APPLICATION_ID: Final = 0x64757076  # "dupv"
_VERSION: Final = 1
_TABLES: Final = f"""
BEGIN;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {_VERSION};
CREATE TABLE vector (
    method TEXT NOT NULL, digest BLOB NOT NULL, packed BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (method, digest)
) STRICT;
COMMIT;
"""
_ALL: Final = "SELECT method, digest, packed, checksum FROM vector WHERE method = ?"
_ADD: Final = "INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?)"


class Vectors:
    """Descriptors by method and content digest; methods are neither seen nor mixed by each other.

    A row that is not what was written is as good as none. What cannot be written is kept for this
    run, and a note says so. While it is written, and where anything could not be read, the file is
    marked by a negative version: the next run looks at all of it then, and only then.
    """

    def __init__(self, connection: sqlite3.Connection, notes: tuple[str, ...] = ()) -> None:
        self._connection = connection
        self._kept: dict[tuple[str, bytes], bytes] = {}
        self._known: dict[str, set[bytes]] = {}
        self._is_marked = False
        self._is_suspect = False
        self.notes = notes

    def known(self, method: str) -> set[bytes]:
        """The contents that have a descriptor, but for those that were met and are damaged."""
        if method not in self._known:
            query = "SELECT digest FROM vector WHERE method = ?"
            found = self._known[method] = {each for name, each in self._kept if name == method}
            with self._noted():
                found.update(chain.from_iterable(self._connection.execute(query, (method,))))
        return self._known[method]

    def add(self, method: str, digest: bytes, packed: bytes) -> None:
        """Remember what a content looks like."""
        try:
            self._mark()
            self._connection.execute(_ADD, sealed((method, digest, packed)))
        except TROUBLE as error:
            self._note(f"the store of descriptors cannot be written ({error})")
            self._kept[method, digest] = packed
        if method in self._known:
            self._known[method].add(digest)

    def all_of(self, method: str) -> Iterator[tuple[bytes, bytes]]:
        """Content digest and descriptor of all, in no promised order, one row after the other."""
        for (name, digest), packed in self._kept.items():
            if name == method:
                yield digest, packed
        with self._noted():
            for row in self._connection.execute(_ALL, (method,)):
                if is_sound(row):
                    yield row[1], row[2]
                else:
                    self._lose(method, row[1])

    def of(self, method: str, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """The descriptors of these contents, as far as there are any."""
        found = {}
        for digest in digests:
            if (method, digest) in self._kept:
                found[digest] = self._kept[method, digest]
                continue
            with self._noted():
                query = f"{_ALL} AND digest = ?"
                row = self._connection.execute(query, (method, digest)).fetchone()
                if row is not None and is_sound(row):
                    found[digest] = row[2]
                else:
                    self._lose(method, digest)
        return found

    def save(self) -> None:
        """Make sure of what was added so far."""
        try:
            self._connection.commit()
        except TROUBLE as error:
            self._note(f"the store of descriptors cannot be written ({error})")

    def close(self) -> None:
        """Make sure of everything; where nothing was wrong, the mark goes."""
        self.save()
        with contextlib.suppress(*TROUBLE):
            if self._is_suspect:
                self._mark()
            elif self._is_marked:
                _put_version(self._connection, _VERSION)
        self._connection.close()

    def _mark(self) -> None:
        if not self._is_marked:
            _put_version(self._connection, -_VERSION)
            self._is_marked = True

    def _lose(self, method: str, digest: bytes) -> None:
        """What is damaged is described anew."""
        self.known(method)
        self._known[method].discard(digest)

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except TROUBLE as error:
            self._is_suspect = True
            self._note(f"the store of descriptors cannot be read ({error})")

    def _note(self, told: str) -> None:
        note = f"{told}: what it lacks is not remembered beyond this run"
        if note not in self.notes:
            self.notes += (note,)


@contextlib.contextmanager
def open_vectors(path: str | None) -> Iterator[Vectors]:
    """The store at `path`, or with None one that is gone at the end.

    One that is damaged or of another version is set aside under another name, and a note says so.
    Where another run is using it, or it cannot be written, a passing one serves.

    Raises:
        UsageError: if a file stands there that is none of ours.
    """
    with contextlib.ExitStack() as stack:
        store = Vectors(_passing()) if path is None else _kept(os.path.abspath(path), stack)
        try:
            yield store
        finally:
            store.close()


def _kept(path: str, stack: contextlib.ExitStack) -> Vectors:
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        if not stack.enter_context(locked(path + LOCK)):
            return Vectors(_passing(), (f"another search is using {path!r}: {_FORGOTTEN}",))
        _refuse_foreign(path)
        notes: tuple[str, ...] = ()
        try:
            return Vectors(_connected(path))
        except (*TROUBLE, Unusable):
            notes = (f"the store of descriptors was unusable: set aside as {_aside(path)!r}",)
        return Vectors(_connected(path), notes)
    except (OSError, *TROUBLE) as error:
        return Vectors(_passing(), (f"{path!r} cannot be used ({error}): {_FORGOTTEN}",))


_FORGOTTEN: Final = "what photos look like is not remembered beyond this run"


class Unusable(Exception):
    """It is no store of this version, or damaged."""


def _refuse_foreign(path: str) -> None:
    """An SQLite database that is not ours, or a file that is none and holds something."""
    if os.path.lexists(path) and mark_of(path) not in (None, APPLICATION_ID):
        raise UsageError(
            f"{path!r} is no store of dupfinder, and is left as it is",
            hint="name another file with --cache or --store",
        )


def mark_of(path: str) -> int | None:
    """What a file says whose it is, if it is a database; None if it is empty.

    Raises:
        OSError: if it cannot be read.
    """
    with open(path, "rb") as file:
        head = file.read(100)
    return _mark(head) if head else None


def carries_mark(head: bytes) -> bool:
    """Whether a file with these first bytes says of itself that it is a store of ours."""
    return _mark(head) == APPLICATION_ID


def _mark(head: bytes) -> int:
    """https://sqlite.org/fileformat.html, section 1.3."""
    return int.from_bytes(head[68:72], "big")


def check(connection: sqlite3.Connection) -> None:
    """Look at the whole file.

    Raises:
        Unusable: if it is damaged, or of another version.
        sqlite3.Error: if it cannot be read.
    """
    (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if _version_of(connection) != _VERSION or sound != "ok":
        raise Unusable


def _connected(path: str) -> sqlite3.Connection:
    with contextlib.suppress(FileExistsError):  # SQLite itself would let everybody read it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            connection.executescript(_TABLES)
        _expect_sound(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _expect_sound(connection: sqlite3.Connection) -> None:
    """Of the right version and not damaged; the whole file is looked at only if it is marked."""
    (marked,) = connection.execute("PRAGMA user_version").fetchone()
    if _version_of(connection) != _VERSION:
        raise Unusable
    connection.execute("SELECT 1 FROM vector LIMIT 1").fetchone()
    if marked < 0:
        check(connection)
        _put_version(connection, _VERSION)


def _version_of(connection: sqlite3.Connection) -> int:
    """Whether it is marked or not."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return abs(int(version))


def _put_version(connection: sqlite3.Connection, version: int) -> None:
    connection.execute(f"PRAGMA user_version = {version}")


def _passing() -> sqlite3.Connection:
    """On disk, in a file without a name that is gone with the connection."""
    connection = sqlite3.connect("", check_same_thread=False)
    connection.executescript(_TABLES)
    return connection


def _aside(path: str) -> str:
    """Rename a store that cannot be used, never over another file."""
    number = 1
    while os.path.lexists(f"{path}.unusable-{number}"):
        number += 1
    aside = f"{path}.unusable-{number}"
    os.rename(path, aside)
    if os.path.lexists(f"{path}-journal"):
        os.rename(f"{path}-journal", f"{aside}-journal")
    return aside
