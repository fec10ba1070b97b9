"""PostgreSQL, by psycopg 3.

What the URL does not say is taken as by other clients: from variables such as PGPASSWORD and
PGSERVICE, and from `~/.pgpass`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import psycopg
from psycopg import errors, sql

from dupfinder.errors import StoreError
from dupfinder.storage.rows import Row
from dupfinder.storage.servers.address import Address
from dupfinder.storage.servers.server import (
    ANSWER_WITHIN,
    AT_ONCE,
    CONNECT_WITHIN,
    MARK,
    TABLE,
    trouble,
)

_MARK: Final = (
    "SELECT coalesce(obj_description(oid, 'pg_class'), '') FROM pg_class"
    " WHERE oid = to_regclass(%s)"
)
_CREATE: Final = f"""
CREATE TABLE {TABLE} (
    method text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    packed bytea NOT NULL,
    checksum bigint NOT NULL,
    PRIMARY KEY (method, digest)
)
"""
_COMMENT: Final = f"COMMENT ON TABLE {TABLE} IS '{MARK}'"
_UPSERT: Final = (
    f"INSERT INTO {TABLE} (method, digest, packed, checksum) VALUES (%s, %s, %s, %s)"  # noqa: S608
    " ON CONFLICT (method, digest)"
    " DO UPDATE SET packed = EXCLUDED.packed, checksum = EXCLUDED.checksum"
)
_RIGHTS: Final = (
    "the user needs rights: CREATE in the schema, or SELECT, INSERT, UPDATE on the table"
)
_WAYS: Final = (
    "see whether the server runs and listens there; a password is best given by PGPASSWORD or"
    " ~/.pgpass"
)


class PostgreSql:
    """One connection, made anew where an idle one was closed, and a further one for each stream."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connection = self._connected()

    def mark(self) -> str | None:
        found = self.rows(_MARK, (TABLE,))
        return str(found[0][0]) if found else None

    def create(self) -> None:
        # Another search that begins in the same moment may have made it.
        made = contextlib.suppress(errors.DuplicateTable, errors.UniqueViolation)
        with self._told(), made, self._alive().transaction():
            self._connection.execute(_CREATE)
            self._connection.execute(_COMMENT)

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        with self._told():
            return self._alive().execute(_fixed(sql), values, binary=True).fetchall()

    @contextlib.contextmanager
    def streamed(self, sql: str, values: Sequence[Any]) -> Iterator[Iterator[Row]]:
        with (
            self._connected() as connection,
            self._told(),
            connection.transaction(),
            connection.cursor("rows", binary=True) as cursor,
        ):
            cursor.itersize = AT_ONCE
            cursor.execute(_fixed(sql), values)
            yield iter(cursor)

    def upsert(self, rows: Sequence[Row]) -> None:
        with self._told(), self._alive().transaction(), self._connection.cursor() as cursor:
            cursor.executemany(_UPSERT, rows)

    def close(self) -> None:
        self._connection.close()

    def _alive(self) -> psycopg.Connection[Row]:
        try:
            self._connection.execute("")
        except psycopg.OperationalError:
            self._connection.close()
            self._connection = self._connected()
        return self._connection

    def _connected(self) -> psycopg.Connection[Row]:
        address = self.address
        told: dict[str, Any] = {
            "user": address.user,
            "password": address.password,
            "host": address.host,
            "port": address.port,
            "dbname": address.database,
            **address.options,
        }
        try:
            return psycopg.connect(
                **{name: value for name, value in told.items() if value},
                autocommit=True,
                connect_timeout=CONNECT_WITHIN,
                tcp_user_timeout=1000 * ANSWER_WITHIN,
                application_name="dupfinder",
            )
        except psycopg.Error as error:
            raise trouble(address, _reason(error), _WAYS) from None

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise _trouble(self.address, error) from None


def _trouble(address: Address, error: psycopg.Error) -> StoreError:
    hint = _RIGHTS if isinstance(error, errors.InsufficientPrivilege) else ""
    return trouble(address, error.diag.message_primary or _reason(error), hint)


def _reason(error: psycopg.Error) -> str:
    """The line that says it, of the last way to the server that was tried."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if " failed: " in line] or lines[:1]
    return said[-1].removeprefix("- ").removeprefix("connection failed: ") if said else "no reason"


def _fixed(text: str) -> sql.SQL:
    """Texts of this package alone come here, none of which holds a value."""
    return sql.SQL(cast("Any", text))
