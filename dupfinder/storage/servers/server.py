"""What a store asks of a database server, whichever it is, and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from dupfinder.errors import StoreError, UsageError
from dupfinder.storage.rows import Row
from dupfinder.storage.servers.address import Address

TABLE: Final = "dupfinder_vector"
# What the table says of itself, so that no other one is ever written.
MARK: Final = "descriptors of dupfinder, version 1"
# Seconds to wait for a connection, and for an answer.
CONNECT_WITHIN: Final = 10
ANSWER_WITHIN: Final = 60
# Rows that a cursor on the server hands over together.
AT_ONCE: Final = 500


class Server(Protocol):
    """A connection to a database. Values are bound by the driver; all SQL is fixed.

    Everything that fails raises a `StoreError` of one sentence.
    """

    address: Address

    def mark(self) -> str | None:
        """What the table says of itself; None if there is none."""
        ...

    def create(self) -> None:
        """Make the table, with the mark."""
        ...

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """All that a query gives."""
        ...

    def streamed(self, sql: str, values: Sequence[Any]) -> AbstractContextManager[Iterator[Row]]:
        """The same a few at a time, by a cursor on the server and a connection of its own."""
        ...

    def upsert(self, rows: Sequence[Row]) -> None:
        """Write rows (method, digest, packed, checksum), all or none; they replace older ones."""
        ...

    def close(self) -> None: ...


def refused(address: Address, error: ImportError) -> UsageError:
    """The driver is not installed."""
    package, extra = {
        "mysql": ("PyMySQL", "mysql"),
        "postgresql": ("psycopg", "postgresql"),
    }[address.dialect]
    return UsageError(
        f"a store by {address.scheme}:// needs {package}, which cannot be loaded ({error})",
        hint=f"pip install 'dupfinder[{extra}]'",
    )


def trouble(address: Address, told: str, hint: str = "") -> StoreError:
    """One sentence for whatever a driver has to say, without the password."""
    return StoreError(
        f"the store {address} cannot be used: {address.without_password(told)}", hint=hint
    )
