"""MariaDB and MySQL, by PyMySQL.

What the URL does not say is taken from the `[client]` group of `~/.my.cnf`, as other clients do;
the password also from the variable MYSQL_PWD.
"""

from __future__ import annotations

import configparser
import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pymysql
from pymysql.constants import CR, ER
from pymysql.cursors import SSCursor

from dupfinder.errors import StoreError
from dupfinder.storage.rows import Row
from dupfinder.storage.servers.address import Address
from dupfinder.storage.servers.server import ANSWER_WITHIN, CONNECT_WITHIN, MARK, TABLE, trouble

_SETTINGS: Final = "~/.my.cnf"
_TROUBLE: Final = (pymysql.Error, OSError, configparser.Error, UnicodeDecodeError)

_MARK: Final = (
    "SELECT table_comment FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name = %s"
)
# A descriptor is far below 16 MB. The key is compared byte by byte.
_CREATE: Final = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    method VARCHAR(700) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    digest VARBINARY(32) NOT NULL,
    packed MEDIUMBLOB NOT NULL,
    checksum BIGINT NOT NULL,
    PRIMARY KEY (method, digest)
) ENGINE = InnoDB COMMENT = '{MARK}'
"""
_UPSERT: Final = (
    f"INSERT INTO {TABLE} (method, digest, packed, checksum) VALUES (%s, %s, %s, %s)"  # noqa: S608
    " ON DUPLICATE KEY UPDATE packed = VALUES(packed), checksum = VALUES(checksum)"
)
_HINTS: Final = {
    ER.ACCESS_DENIED_ERROR: "give the right password by MYSQL_PWD or ~/.my.cnf, and the user in"
    " the URL",
    ER.DBACCESS_DENIED_ERROR: "the user needs rights in that database: SELECT, INSERT, UPDATE,"
    " CREATE",
    ER.TABLEACCESS_DENIED_ERROR: "the user needs rights in that database: SELECT, INSERT, UPDATE,"
    " CREATE",
    ER.BAD_DB_ERROR: "make it: CREATE DATABASE",
    CR.CR_CONN_HOST_ERROR: "see whether the server runs, and listens there",
    CR.CR_CONNECTION_ERROR: "see whether the server runs, and listens there",
    CR.CR_SERVER_LOST: "the server or the way to it went down; run the same search again",
}


class MySql:
    """One connection, made anew where an idle one was closed, and a further one for each stream."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connection = self._connected()

    def mark(self) -> str | None:
        found = self.rows(_MARK, (TABLE,))
        return str(found[0][0]) if found else None

    def create(self) -> None:
        with self._cursor() as cursor:
            cursor.execute(_CREATE)

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        with self._cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    @contextlib.contextmanager
    def streamed(self, sql: str, values: Sequence[Any]) -> Iterator[Iterator[Row]]:
        with self._told():
            connection = self._connected()
        with contextlib.closing(connection), self._told(), connection.cursor(SSCursor) as cursor:
            cursor.execute(sql, values)
            yield cursor.fetchall_unbuffered()

    def upsert(self, rows: Sequence[Row]) -> None:
        with self._cursor() as cursor:
            self._connection.begin()
            cursor.executemany(_UPSERT, rows)
            self._connection.commit()

    def close(self) -> None:
        with contextlib.suppress(*_TROUBLE):
            self._connection.close()

    def _connected(self) -> Any:
        address = self.address
        certificates = address.options.get("ssl_ca")
        try:
            return pymysql.connect(
                user=address.user or None,
                # As bytes: a text would be taken for Latin-1.
                password=(address.password or os.environ.get("MYSQL_PWD", "")).encode(),
                host=address.host or None,
                port=address.port or 0,
                database=address.database,
                unix_socket=address.options.get("unix_socket"),
                ssl=None if certificates is None else {"ca": certificates},
                charset="utf8mb4",
                binary_prefix=True,
                autocommit=True,
                connect_timeout=CONNECT_WITHIN,
                read_timeout=ANSWER_WITHIN,
                write_timeout=ANSWER_WITHIN,
                read_default_file=os.path.expanduser(_SETTINGS),
            )
        except (*_TROUBLE, RuntimeError) as error:  # the last one: a package for TLS is missing
            raise _trouble(address, error) from None

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[Any]:
        with self._told(), self._alive().cursor() as cursor:
            yield cursor

    def _alive(self) -> Any:
        try:
            self._connection.ping(reconnect=False)
        except pymysql.Error:
            self._connection = self._connected()
        return self._connection

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except _TROUBLE as error:
            raise _trouble(self.address, error) from None


def _trouble(address: Address, error: Exception) -> StoreError:
    if not isinstance(error, pymysql.Error) or len(error.args) < 2:
        return trouble(address, str(error))
    code, told = error.args[:2]
    return trouble(address, str(told), _HINTS.get(code, ""))
