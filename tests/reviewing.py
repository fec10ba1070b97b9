"""What the tests of the review page share: the command as a process, and requests to it, raw."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

Headers = Sequence[tuple[str, str]]


@dataclass
class Answer:
    """What the server said; `headers` by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    """A review that is being served; `url` lets one browser in."""

    process: subprocess.Popen[str]
    url: str
    port: int = 0
    cookie: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @property
    def entry(self) -> str:
        """The path of the address, with its token."""
        return self.url.removeprefix(self.origin)

    def enter(self) -> None:
        """As a browser does: the cookie, then the page and the token in it."""
        given = self.ask("GET", self.entry, [("Host", self.host)])
        assert given.status == 303, given
        self.cookie = given.headers["set-cookie"].partition(";")[0]
        self.token = self.page_token()

    def page_token(self) -> str:
        (token,) = re.findall(
            r'name="dupfinder-token" content="([\w-]+)"', self.get("/").body.decode()
        )
        return str(token)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path, [("Host", self.host), ("Cookie", self.cookie)])

    def data(self, path: str) -> Any:
        """What the script of a page reads."""
        text = self.get(path).body.decode()
        (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)
        return json.loads(found)

    def let_in(self, context: BrowserContext) -> None:
        """Give a browser the cookie of whoever entered."""
        name, _, value = self.cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": self.origin}])

    def post(self, path: str, body: object, **changed: str | None) -> Answer:
        """As the page does; header names with underscores, None leaves one out."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers: dict[str, str | None] = {
            "Host": self.host,
            "Cookie": self.cookie,
            "Origin": self.origin,
            "Sec_Fetch_Site": "same-origin",
            "Content_Type": "application/json",
            "X_Dupfinder_Token": self.token,
            "Content_Length": str(len(data)),
        } | changed
        told = [(k.replace("_", "-"), v) for k, v in headers.items() if v is not None]
        return self.ask("POST", path, told, data)

    def ask(self, method: str, path: str, headers: Headers, body: bytes = b"") -> Answer:
        """Exactly these headers; nothing is made sound on the way."""
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        lines.append("Connection: close")
        head = "\r\n".join(lines) + "\r\n\r\n"
        return self.send(head.encode("latin-1") + body)

    def send(self, raw: bytes) -> Answer:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(raw)
            told = b""
            while more := connection.recv(65536):
                told += more
        head, _, rest = told.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        return Answer(int(first.split()[1]), {k.lower(): v for k, v in pairs}, rest)

    def wait(self) -> None:
        """Until nothing is under way."""
        until = time.monotonic() + 60
        while self.get("/progress").json["busy"]:
            assert time.monotonic() < until
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """The exit code, and what was said on standard error."""
        self.process.send_signal(number)
        _, told = self.process.communicate(timeout=30)
        return self.process.returncode, told


@contextmanager
def reviewing(*words: object, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`dupfinder review` with these words, until the end of the block."""
    command = [sys.executable, "-m", "dupfinder.cli", "review", *map(str, words)]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | (environment or {}),
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.fullmatch(r"Open (http://127\.0\.0\.1:(\d+)/\?token=[\w-]{32})\n", line)
        assert found is not None, line
        yield Server(process, found[1], int(found[2]))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def homes(folder: Path) -> dict[str, str]:
    """Trash, journals, verdicts and cache in a folder of the test."""
    return {
        name: str(folder / name.lower())
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    }
