"""Nobody but one browser on this machine gets anything out of the review server, or into it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from cleaning import Tree, photos_in, reported, tree
from reviewing import Answer, Server, homes, reviewing

KNOWN = ("/", "/plan", "/done", "/progress", "/picture/0", "/static/look.js")
CHANGES = ("/decide", "/act", "/undo")
DECIDE = {"version": 0, "changes": [[1, "remove"]]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guard")


@pytest.fixture(scope="module")
def before(folder: Path) -> Tree:
    return tree(photos_in(folder / "photos"))


@pytest.fixture(scope="module")
def server(folder: Path, before: Tree) -> Iterator[Server]:
    assert before
    report = reported(folder / "photos", folder / "found.json")
    with reviewing(report, environment=homes(folder)) as started:
        started.enter()
        started.wait()
        yield started


@pytest.fixture(autouse=True)
def nothing_happened(server: Server, folder: Path, before: Tree) -> Iterator[None]:
    """After each attack all is as it was: photos, decisions, the state of the page."""
    state = server.get("/").body
    yield
    assert server.get("/").body == state
    assert tree(folder / "photos") == before


def refused(answer: Answer, *statuses: int) -> None:
    assert answer.status in (statuses or (403,)), answer
    assert b"IMG_1" not in answer.body
    assert server_says_no_more(answer)


def server_says_no_more(answer: Answer) -> bool:
    return "set-cookie" not in answer.headers and not any(
        name.startswith("access-control") for name in answer.headers
    )


HOSTS = (
    "localhost:{port}", "127.0.0.1", "localhost", "127.0.0.1:80", "127.0.0.1:1", "127.1:{port}",
    "0.0.0.0:{port}", "0:{port}", "[::1]:{port}", "[::ffff:127.0.0.1]:{port}", "2130706433:{port}",
    "0x7f000001:{port}", "0177.0.0.1:{port}", "127.0.0.1.nip.io:{port}", "evil.example:{port}",
    "evil.example", "127.0.0.1.:{port}", "localhost.:{port}", "user@127.0.0.1:{port}",
    "127.0.0.1:{port}@evil.example", "127.0.0.1:{port}.evil.example", "evil/127.0.0.1:{port}",
    "127.0.0.1:{port},evil.example", "127.0.0.1:0{port}", "127.0.0.1:{port} x",
    "http://127.0.0.1:{port}", "127.0.0.1:{port}/", "127.0.0.1:{port}#", "127.0.0.01:{port}",
    "\x7f127.0.0.1:{port}", "",
    "LOCALHOST:{port}",
)  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_no_other_form_of_host_is_answered(server: Server, host: str) -> None:
    named = host.format(port=server.port)
    cookie = ("Cookie", server.cookie)
    for path in KNOWN:
        refused(server.ask("GET", path, [("Host", named), cookie]), 421, 400)
    refused(server.post("/decide", DECIDE, Host=named), 421, 400)


def test_at_least_thirty_forms_of_host_were_tried() -> None:
    assert len(set(HOSTS)) >= 30


def test_no_host_and_two_hosts_are_refused(server: Server) -> None:
    cookie = ("Cookie", server.cookie)
    refused(server.ask("GET", "/", [cookie]), 400, 421)
    two = [("Host", server.host), ("Host", "evil.example"), cookie]
    refused(server.ask("GET", "/", two), 400, 421)
    refused(server.ask("GET", "/", [*reversed(two)]), 400, 421)
    refused(server.send(f"GET / HTTP/1.0\r\nCookie: {server.cookie}\r\n\r\n".encode()), 421)
    absolute = [("Host", "evil.example"), cookie]
    refused(server.ask("GET", f"{server.origin}/", absolute), 400, 421)


ORIGINS = (
    "null", "", "http://evil.example", "http://localhost:{port}", "https://127.0.0.1:{port}",
    "http://127.0.0.1", "http://127.0.0.1:1", "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}.evil.example",
    "http://evil.example#http://127.0.0.1:{port}", "file://", "HTTP://127.0.0.1:{port}",
    "http://127.0.0.1:{port} http://evil.example", "chrome-extension://abc", "http://[::1]:{port}",
)  # fmt: skip


@pytest.mark.parametrize("origin", [*ORIGINS, None])
@pytest.mark.parametrize("path", CHANGES)
def test_no_change_comes_from_another_origin(server: Server, path: str, origin: str | None) -> None:
    named = None if origin is None else origin.format(port=server.port)
    refused(server.post(path, DECIDE, Origin=named))


def test_two_origins_are_refused(server: Server) -> None:
    body = b'{"version": 0, "changes": [[1, "remove"]]}'
    headers = [
        ("Host", server.host), ("Cookie", server.cookie), ("Origin", server.origin),
        ("Origin", "http://evil.example"), ("Content-Type", "application/json"),
        ("X-Dupfinder-Token", server.token), ("Content-Length", str(len(body))),
    ]  # fmt: skip
    refused(server.ask("POST", "/decide", headers, body))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "SAME-ORIGIN", "", "x"])
def test_a_change_that_a_browser_calls_foreign_is_refused(server: Server, site: str) -> None:
    for path in CHANGES:
        refused(server.post(path, DECIDE, Sec_Fetch_Site=site))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "x"])
def test_no_other_page_may_even_look(server: Server, site: str) -> None:
    for path in (*KNOWN, server.entry):
        headers = [("Host", server.host), ("Cookie", server.cookie), ("Sec-Fetch-Site", site)]
        refused(server.ask("GET", path, headers))


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", None,
     "application/json; charset=utf-8", "text/json", "application/json, text/plain"],
)  # fmt: skip
def test_no_form_is_taken(server: Server, kind: str | None) -> None:
    for path, body in product(CHANGES, (b"version=0&changes=", b'{"version": 0}')):
        refused(server.post(path, body, Content_Type=kind), 415)


@pytest.mark.parametrize("token", ["", "x", "0" * 32, None])
def test_a_change_needs_the_token_of_the_page(server: Server, token: str | None) -> None:
    for path in CHANGES:
        refused(server.post(path, DECIDE, X_Dupfinder_Token=token))
        refused(server.post(path, DECIDE, X_Dupfinder_Token=server.cookie.partition("=")[2]))


def cookies(server: Server) -> list[str]:
    name, _, value = server.cookie.partition("=")
    return [
        "", "x", name, f"{name}=", f"{name}={value[:-1]}", f"{name}={value}x", f"{name}2={value}",
        f"dupfinder={value}", f"dupfinder-1={value}", f"{name.upper()}={value}",
        f"{name}={server.token}", f"{name}={server.entry[8:]}", f"{name}={'A' * 32}",
    ]  # fmt: skip


def test_nothing_is_shown_or_done_without_the_cookie(server: Server) -> None:
    for path in (*KNOWN, "/picture/1", "/static/x", "/none"):
        refused(server.ask("GET", path, [("Host", server.host)]))
        for cookie in cookies(server):
            refused(server.ask("GET", path, [("Host", server.host), ("Cookie", cookie)]))
    for path in CHANGES:
        refused(server.post(path, DECIDE, Cookie=None))
        for cookie in cookies(server):
            refused(server.post(path, DECIDE, Cookie=cookie))


def test_the_address_lets_one_browser_in_and_no_second_one(server: Server) -> None:
    host = ("Host", server.host)
    refused(server.ask("GET", server.entry, [host]))
    again = server.ask("GET", server.entry, [host, ("Cookie", server.cookie)])
    assert again.status == 303, "whoever is in may follow it again"
    for query in ("token=", "token=x", "token", "x", "token=x&token=y", f"{server.entry[2:]}&a=b"):
        refused(server.ask("GET", f"/?{query}", [host]))
        refused(server.ask("GET", f"/?{query}", [host, ("Cookie", server.cookie)]))
    refused(server.ask("POST", server.entry, [host, ("Content-Length", "0")]), 405)


def test_the_cookie_is_for_this_server_and_no_script(server: Server) -> None:
    given = server.ask("GET", server.entry, [("Host", server.host), ("Cookie", server.cookie)])
    cookie, *attributes = given.headers["set-cookie"].split("; ")
    assert cookie == server.cookie
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]
    assert given.headers["location"] == "/"
    secrets = {server.cookie.partition("=")[2], server.token, server.entry.partition("=")[2]}
    assert len(secrets) == 3
    assert all(len(secret) == 32 for secret in secrets), "192 bits in base64"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "GETX"])
def test_no_other_method_is_known(server: Server, method: str) -> None:
    for path in (*KNOWN, *CHANGES):
        headers = [("Host", server.host), ("Cookie", server.cookie), ("Origin", server.origin)]
        refused(server.ask(method, path, headers), 405)


def test_pages_are_not_posted_to_and_changes_are_not_got(server: Server) -> None:
    for path in CHANGES:
        assert server.get(path).status == 405
    for path in KNOWN:
        assert server.post(path, DECIDE).status == 405


STEPS = (
    "..", "%2e%2e", "..%2f", "%2e%2e%2f", "%252e%252e", "..%5c", "..\\", "....//", "%c0%ae%c0%ae",
    "..;", ".%00.", "%00", "//etc/passwd", "%2fetc%2fpasswd", "/etc/passwd", "file:///etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd", "look.js/..", "look.js%00.css", "__init__.py", "../guard.py",
    "review.html", "parts.html", "~", "C:\\Windows\\win.ini", "-1", "1e3", "0x1", "999999999",
    "1/..", "%31%2f%2e%2e", "٣", "1;x", "1%20", "+1",
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_no_path_leads_to_another_file(server: Server, step: str) -> None:
    for front in ("/picture/", "/static/", "/", "/plan/", "/progress/"):
        raw = f"GET {front}{step} HTTP/1.1\r\nHost: {server.host}\r\nCookie: {server.cookie}\r\n"
        answer = server.send(raw.encode() + b"Connection: close\r\n\r\n")
        assert answer.status in (400, 403, 404), (front, step, answer)
        assert b"root:" not in answer.body
        assert len(answer.body) < 100


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"{}", b'{"version": null}', b'{"changes": []}', b"[" * 50_000,
        b'{"version": "0", "changes": []}', b'{"version": true, "changes": []}',
        b'{"version": 0.0, "changes": []}', b'{"version": 0, "changes": {}}',
        b'{"version": 0, "changes": [[1]]}', b'{"version": 0, "changes": [["1", "keep"]]}',
        b'{"version": 0, "changes": [[1, "delete"]]}', b'{"version": 0, "changes": [[1, null]]}',
        b'{"version": 0, "changes": [[true, "keep"]]}', b'{"version": 0, "changes": [1]}',
        b'{"version": 0, "changes": [[1, "keep"], [1, "remove"]]}',
        b'{"version": 0, "changes": [["/etc/passwd", "remove"]]}',
        b'{"version": 0, "changes": [], "path": "/etc/passwd"}', b"\xff\xfe", b'"\\ud800"',
    ],
)  # fmt: skip
def test_what_the_page_does_not_send_changes_nothing(server: Server, body: bytes) -> None:
    for path in CHANGES:
        assert server.post(path, body).status == 400


def test_photos_that_are_not_there_and_pages_of_another_state_change_nothing(
    server: Server,
) -> None:
    for number in (-1, 4, 5, 10**30):
        body = {"version": 0, "changes": [[0, "keep"], [number, "remove"]]}
        assert server.post("/decide", body).status == 409
    for version in (-1, 1, 10**30):
        assert server.post("/decide", {"version": version, "changes": [[1, "keep"]]}).status == 409
        assert server.post("/act", {"version": version, "digest": ""}).status == 409
    assert server.post("/undo", {"version": 0}).status == 409


def test_a_body_of_unknown_or_great_length_is_not_read(server: Server) -> None:
    assert server.post("/decide", b"", Content_Length="2000000").status == 413
    for length in ("", "-1", "x", "1 ", "+1", "\u0661"):
        answer = server.post("/decide", b"x", Content_Length=length.encode().decode("latin-1"))
        assert answer.status in (400, 411)
    chunked = b'1c\r\n{"version":0,"changes":[]}  \r\n0\r\n\r\n'
    told = {"Content_Length": None, "Transfer_Encoding": "chunked"}
    assert server.post("/decide", chunked, **told).status == 411


def test_every_answer_is_told_to_stay_here(server: Server) -> None:
    answers = [server.get(path) for path in (*KNOWN, "/none")]
    answers.append(server.ask("GET", "/", [("Host", "evil.example")]))
    answers.append(server.post("/decide", b"{"))
    for answer in answers:
        policy = answer.headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
        assert not [each for each in policy if "unsafe" in each or "*" in each or "data:" in each]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert server_says_no_more(answer)
        assert "server" not in answer.headers


def test_no_websocket_is_opened(server: Server) -> None:
    headers = [
        ("Host", server.host), ("Cookie", server.cookie), ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
    ]  # fmt: skip
    assert server.ask("GET", "/none", headers).status in (400, 404)


def test_it_listens_on_the_loopback_address_alone(server: Server) -> None:
    with open("/proc/net/tcp") as table:
        bound = [line.split()[1] for line in table if line.split()[3] == "0A"]
    assert [each for each in bound if each.endswith(f":{server.port:04X}")] == [
        f"0100007F:{server.port:04X}"
    ]
