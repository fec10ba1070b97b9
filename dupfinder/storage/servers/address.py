"""The URL of a store -> where that is, with a password that is never shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from dupfinder.errors import UsageError

# Which client reads which URLs.
_DIALECTS: Final = {
    "mysql": "mysql",
    "mariadb": "mysql",
    "postgresql": "postgresql",
    "postgres": "postgresql",
}
# What may follow a question mark: how to reach the server, and how to be sure of it.
_OPTIONS: Final = {
    "mysql": ("unix_socket", "ssl_ca"),
    "postgresql": ("host", "sslmode", "sslrootcert", "service", "passfile"),
}
_HINT: Final = "mysql://user@host/database, mariadb://… or postgresql://user@host/database"
_HIDDEN: Final = "***"


@dataclass(frozen=True, slots=True)
class Address:
    """A database on a server; what is empty is left to the client's own defaults and settings."""

    scheme: str
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: int | None = None
    database: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def dialect(self) -> str:
        return _DIALECTS[self.scheme]

    def __str__(self) -> str:
        """As it was given, without the password."""
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{user}{host}{port}/{self.database}"

    def without_password(self, text: str) -> str:
        """What somebody else says of this server, in case it quotes the password."""
        return text.replace(self.password, _HIDDEN) if self.password else text


def address_of(url: str) -> Address:
    """The parts of a URL; a password with special characters has to be percent-encoded.

    Raises:
        UsageError: if it is none that can be used. The URL is not quoted: it may hold a password.
    """
    scheme = url.partition("://")[0].lower()
    if scheme not in _DIALECTS:
        raise UsageError(f"no store can be reached by {scheme}://", hint=_HINT)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(
            "the URL of the store cannot be read",
            hint="special characters of a password are percent-encoded in a URL (@ is %40);"
            " better give it by MYSQL_PWD or PGPASSWORD",
        ) from None
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database or parts.fragment:
        raise UsageError("the URL of the store names no database", hint=_HINT)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = _OPTIONS[_DIALECTS[scheme]]
    for name in options.keys() - set(known):
        raise UsageError(
            f"the URL of the store has an option that is not known: {name!r}",
            hint=f"known for {scheme} are {', '.join(known)}",
        )
    return Address(
        scheme,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        unquote(parts.hostname or ""),
        port,
        database,
        options,
    )
