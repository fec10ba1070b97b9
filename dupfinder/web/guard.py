"""Who may talk to the review server: one browser on this machine, and no page of anybody else.

A page that removes photos is a target for every other page that the same browser shows. So each
request is held against all of these, before anything of the server sees it (the measures of
Jupyter, and of the advisories about servers that had not all of them, GHSA-vx97-q3mm-h3r9 for one):

- `Host` is exactly ours: a name that was rebound to the loopback address gets nowhere.
- A browser that says where a request comes from (`Sec-Fetch-Site`) says: from this very page.
- A cookie that only the one-time address gives, and that no script can read.
- A change comes with our exact `Origin` and with a token in a header of our own, which no form can
  send and no foreign script may, as JSON of a bounded length.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ADDRESS: Final = "127.0.0.1"
TOKEN_HEADER: Final = "x-dupfinder-token"  # noqa: S105  # its name
_TOKEN_BYTES: Final = 24  # 192 bits
_LONGEST_BODY: Final = 1_000_000
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_FIRST_AID: Final = "Open the address that dupfinder review has printed, in the address bar."
_USED: Final = "This address has been used. Start dupfinder review again for a new one."


def _token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(slots=True)
class Secrets:
    """What one run of the server is opened with: `entry` once, `cookie` and `token` ever after."""

    port: int
    entry: str = field(default_factory=_token)
    cookie: str = field(default_factory=_token)
    token: str = field(default_factory=_token)
    is_entered: bool = False

    @property
    def host(self) -> str:
        return f"{ADDRESS}:{self.port}"

    @property
    def cookie_name(self) -> str:
        """With the port: browsers show the cookies of one port to all others."""
        return f"dupfinder-{self.port}"

    @property
    def url(self) -> str:
        """The address that lets one browser in."""
        return f"http://{self.host}/?token={self.entry}"


class Refused(Exception):
    """A request that goes no further."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Guard:
    """Pure ASGI middleware: lets through what may pass, and sets the headers of each answer."""

    def __init__(self, app: App, held: Secrets) -> None:
        self._app = app
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; websockets are refused, there are none."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            headers = _headers(scope)
            self._check_where(headers)
            is_in = self._has_cookie(headers)
            if _is_entry(scope):
                self._enter(scope, is_in=is_in)
                await _redirect(self._cookie(), send)
                return
            if not is_in:
                raise Refused(403, _FIRST_AID)
            self._check_change(scope, headers)
        except Refused as refused:
            await _refuse(refused, send)
            return
        await self._app(scope, receive, _with_headers(send))

    def _check_where(self, headers: dict[str, list[str]]) -> None:
        """Before anything else: to whom the request is, and from where."""
        if headers.get("host") != [self._held.host]:
            raise Refused(421, "This is not the server that was asked for.")
        if not set(headers.get("sec-fetch-site", ())) <= {"same-origin", "none"}:
            raise Refused(403, f"Another page has asked. {_FIRST_AID}")
        origins = headers.get("origin", [])
        if origins not in ([], [f"http://{self._held.host}"]):
            raise Refused(403, "Another page has asked.")

    def _has_cookie(self, headers: dict[str, list[str]]) -> bool:
        given = headers.get("cookie", [])
        if len(given) != 1:
            return False
        try:
            cookie = SimpleCookie(given[0]).get(self._held.cookie_name)
        except CookieError:
            return False
        return cookie is not None and _same(str(cookie.value), self._held.cookie)

    def _enter(self, scope: Scope, *, is_in: bool) -> None:
        """The one-time address; whoever is in already may follow it again."""
        if scope["method"] != "GET":
            raise Refused(405, "The address is to be opened.")
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = query.get("token", [])
        if list(query) != ["token"] or len(tokens) != 1 or not _same(tokens[0], self._held.entry):
            raise Refused(403, _FIRST_AID)
        if self._held.is_entered and not is_in:
            raise Refused(403, _USED)
        self._held.is_entered = True

    def _check_change(self, scope: Scope, headers: dict[str, list[str]]) -> None:
        if scope["method"] == "GET":
            return
        if scope["method"] != "POST":
            raise Refused(405, "Only GET and POST are known here.")
        if headers.get("origin") != [f"http://{self._held.host}"]:
            raise Refused(403, "Another page has asked.")
        if headers.get("sec-fetch-site", ["same-origin"]) != ["same-origin"]:
            raise Refused(403, "Another page has asked.")
        given = headers.get(TOKEN_HEADER, [])
        if len(given) != 1 or not _same(given[0], self._held.token):
            raise Refused(403, "The page is not of this run: load it again.")
        if headers.get("content-type") != ["application/json"]:
            raise Refused(415, "JSON is expected.")
        length = headers.get("content-length", [""])
        is_told = len(length) == 1 and length[0].isascii() and length[0].isdigit()
        if not is_told or "transfer-encoding" in headers:
            raise Refused(411, "The length must be told.")
        if int(length[0]) > _LONGEST_BODY:
            raise Refused(413, "That is too long.")

    def _cookie(self) -> str:
        return f"{self._held.cookie_name}={self._held.cookie}; Path=/; HttpOnly; SameSite=Strict"


def _is_entry(scope: Scope) -> bool:
    return bool(scope["path"] == "/" and scope["query_string"])


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _same(given: str, expected: str) -> bool:
    """Whether they are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.encode(): value.encode() for name, value in _HEADERS.items()}
            others = [pair for pair in message.get("headers", ()) if pair[0].lower() not in own]
            message = {**message, "headers": [*others, *own.items()]}
        await send(message)

    return sent


async def _redirect(cookie: str, send: Send) -> None:
    headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
    await _with_headers(send)({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(refused: Refused, send: Send) -> None:
    body = f"{refused}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await _with_headers(send)(
        {"type": "http.response.start", "status": refused.status, "headers": headers}
    )
    await send({"type": "http.response.body", "body": body})
