"""What the guard refuses that no HTTP server would let get so far: it stands for itself."""

from __future__ import annotations

from typing import Any

import pytest

from dupfinder.web.guard import Guard, Secrets

HELD = Secrets(8123)
Headers = list[tuple[str, str]]
IN: Headers = [("host", HELD.host), ("cookie", f"{HELD.cookie_name}={HELD.cookie}")]
CHANGE: Headers = [
    *IN,
    ("origin", f"http://{HELD.host}"),
    ("content-type", "application/json"),
    ("x-dupfinder-token", HELD.token),
    ("content-length", "2"),
]


def answered(method: str, headers: Headers, kind: str = "http") -> tuple[int, bool]:
    """The status, and whether the request got through to the application."""
    sent: list[Any] = []
    reached = []

    async def app(_: Any, __: Any, send: Any) -> None:
        reached.append(True)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read by the guard")

    scope = {
        "type": kind,
        "method": method,
        "path": "/x",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    with pytest.raises(StopIteration):  # nothing waits: no loop is needed, and the browser has one
        Guard(app, HELD)(scope, receive, send).send(None)
    return sent[0].get("status", sent[0].get("code")), bool(reached)


def test_what_the_page_sends_gets_through() -> None:
    assert answered("GET", IN) == (200, True)
    assert answered("POST", CHANGE) == (200, True)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", [*IN, ("host", HELD.host)], 421),
        ("GET", [*IN, ("host", "evil.example")], 421),
        ("GET", [("host", "evil.example"), *IN], 421),
        ("GET", [*IN, ("origin", "http://evil.example")], 403),
        ("GET", [*IN, ("origin", "null")], 403),
        ("GET", [*IN, ("cookie", "a=b")], 403),
        ("GET", [*IN, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], 403),
        ("POST", [*CHANGE, ("origin", f"http://{HELD.host}")], 403),
        ("POST", [*CHANGE, ("x-dupfinder-token", HELD.token)], 403),
        ("POST", [*CHANGE, ("content-type", "application/json")], 415),
        ("POST", [*CHANGE, ("content-length", "2")], 411),
        ("POST", [*CHANGE, ("transfer-encoding", "chunked")], 411),
        ("post", CHANGE, 405),
    ],
)
def test_what_is_said_twice_or_from_elsewhere_does_not(
    method: str, headers: Headers, status: int
) -> None:
    assert answered(method, headers) == (status, False)


def test_a_websocket_is_closed() -> None:
    assert answered("GET", IN, "websocket") == (1008, False)


def test_each_run_has_secrets_of_its_own() -> None:
    runs = [Secrets(8123) for _ in range(100)]
    secrets = {each for run in runs for each in (run.entry, run.cookie, run.token)}
    assert len(secrets) == 300
    assert {len(each) for each in secrets} == {32}, "192 bits in base64"
