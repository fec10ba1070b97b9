"""Descriptors in a table on a server: the same promises as those of the store in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from dupfinder.errors import StoreError
from dupfinder.storage.rows import is_sound, sealed
from dupfinder.storage.servers.server import AT_ONCE, MARK, TABLE, Server

_KNOWN: Final = f"SELECT digest FROM {TABLE} WHERE method = %s"  # noqa: S608  # a fixed name
_ALL: Final = f"SELECT method, digest, packed, checksum FROM {TABLE} WHERE method = %s"  # noqa: S608


class ServerVectors:
    """Descriptors by method and content digest.

    What is added is written a few hundred together, in the order of the keys: two runs that write
    the same rows then wait for each other and never lock each other out.
    """

    notes: tuple[str, ...] = ()

    def __init__(self, server: Server) -> None:
        self._server = server
        self._added: dict[tuple[str, bytes], bytes] = {}
        self._known: dict[str, set[bytes]] = {}
        mark = server.mark()
        if mark is None:
            server.create()
        elif mark != MARK:
            raise StoreError(
                f"the store {server.address} holds a table {TABLE!r} that is not one of this"
                " version of dupfinder, and is left as it is",
                hint="name another database",
            )

    def known(self, method: str) -> set[bytes]:
        """The contents that have a descriptor, but for those that were met and are damaged."""
        if method not in self._known:
            self.save()
            with self._server.streamed(_KNOWN, (method,)) as rows:
                self._known[method] = {bytes(digest) for (digest,) in rows}
        return self._known[method]

    def add(self, method: str, digest: bytes, packed: bytes) -> None:
        """Remember what a content looks like."""
        self._added[method, digest] = packed
        if method in self._known:
            self._known[method].add(digest)
        if len(self._added) >= AT_ONCE:
            self.save()

    def all_of(self, method: str) -> Iterator[tuple[bytes, bytes]]:
        """Content digest and descriptor of all, in no promised order, one row after the other."""
        self.save()
        with self._server.streamed(_ALL, (method,)) as rows:
            for row in rows:
                if is_sound(row):
                    yield row[1], row[2]
                else:
                    self._lose(method, row[1])

    def of(self, method: str, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """The descriptors of these contents, as far as there are any."""
        self.save()
        asked, found = list(dict.fromkeys(digests)), {}
        for at in range(0, len(asked), AT_ONCE):
            some = asked[at : at + AT_ONCE]
            places = ", ".join(["%s"] * len(some))
            for row in self._server.rows(f"{_ALL} AND digest IN ({places})", (method, *some)):
                if is_sound(row):
                    found[row[1]] = row[2]
        for digest in asked:
            if digest not in found:
                self._lose(method, digest)
        return {digest: found[digest] for digest in asked if digest in found}

    def save(self) -> None:
        """Make sure of what was added so far."""
        if self._added:
            rows = [sealed((*key, packed)) for key, packed in sorted(self._added.items())]
            self._server.upsert(rows)
            self._added.clear()

    def _lose(self, method: str, digest: bytes) -> None:
        """What is damaged is described anew."""
        self.known(method).discard(digest)
