"""Stores of descriptors on a database server, named by a URL: MariaDB, MySQL, PostgreSQL.

A server may serve several machines that search one library. What `storage.vectors` is for a file,
this is for them; the rows are the same, with the same checksums.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dupfinder.errors import StoreError
from dupfinder.storage.servers.address import Address, address_of
from dupfinder.storage.servers.server import Server, refused
from dupfinder.storage.servers.vectors import ServerVectors

__all__ = ["ServerVectors", "is_url", "open_server", "shown"]


def is_url(store: str) -> bool:
    """Whether a store is named by a URL, and not by the path of a file."""
    return "://" in store


def shown(url: str) -> str:
    """The URL without its password.

    Raises:
        UsageError: if it names no kind of server that is known, or is no URL.
    """
    return str(address_of(url))


@contextlib.contextmanager
def open_server(url: str) -> Iterator[ServerVectors]:
    """The store on a server; its table is made where there is none.

    Raises:
        UsageError: if the URL is none, or the driver for it is not installed.
        StoreError: if the server cannot be used: it is down, refuses the user, has no such
            database, or holds a table of that name which is not ours. The same while it is used.
    """
    address = address_of(url)
    server = _server(address)
    try:
        store = ServerVectors(server)
        try:
            yield store
        except BaseException:
            with contextlib.suppress(StoreError):  # what is known by now was paid for
                store.save()
            raise
        store.save()
    finally:
        server.close()


def _server(address: Address) -> Server:
    try:
        if address.dialect == "postgresql":
            from dupfinder.storage.servers.postgresql import PostgreSql  # noqa: PLC0415

            return PostgreSql(address)
        from dupfinder.storage.servers.mysql import MySql  # noqa: PLC0415

        return MySql(address)
    except ImportError as error:
        raise refused(address, error) from None
