"""`dupfinder review` as a browser's page and a shell meet it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from cleaning import OTHER, PHOTO, commented, tree, write
from reviewing import Server, reviewing
from scanning import run


def numbers(server: Server) -> dict[str, int]:
    return {card["path"]: number for number, card in enumerate(server.data("/")["cards"])}


def decide(server: Server, kinds: dict[Path, str]) -> None:
    known = numbers(server)
    version = server.data("/")["version"]
    changes = [[known[str(path)], kind] for path, kind in kinds.items()]
    answer = server.post("/decide", {"version": version, "changes": changes})
    assert answer.status == 200, answer


def act(server: Server) -> bytes:
    """Carry out what the plan page shows; the page that tells how it went."""
    assert server.post("/act", server.data("/plan")).status == 200
    server.wait()
    return server.get("/done").body


def entered(server: Server) -> Server:
    server.enter()
    server.wait()
    return server


def test_what_is_decided_goes_to_the_trash_and_comes_back(photos: Path, report: Path) -> None:
    before = tree(photos)
    victim = photos / "Backup/commented.jpg"
    with reviewing(report) as server:
        entered(server)
        decide(server, {victim: "remove"})
        assert b"Backup/commented.jpg" in server.get("/plan").body
        assert tree(photos) == before, "a dry run"
        assert b"1 photo in the trash" in act(server)
        assert not victim.exists()
        assert server.data("/")["cards"][numbers(server)[str(victim)]]["gone"]
        assert server.post("/undo", {"version": server.data("/")["version"]}).status == 200
        server.wait()
        assert b"1 photo back where it was" in server.get("/done").body
        assert tree(photos) == before
        code, told = server.stop()
    assert code == 0
    assert told.endswith("ended\n")


def test_it_is_the_act_of_clean_and_dupfinder_undo_takes_it_back(
    photos: Path, report: Path
) -> None:
    before = tree(photos)
    with reviewing(report) as server:
        entered(server)
        decide(server, {photos / "IMG_1 (1).jpg": "remove"})
        act(server)
        server.stop()
    assert tree(photos) != before
    assert run("undo").returncode == 0
    assert tree(photos) == before


def test_what_changed_since_does_not_go(photos: Path, report: Path) -> None:
    victim = photos / "Backup/commented.jpg"
    with reviewing(report) as server:
        entered(server)
        decide(server, {victim: "remove"})
        plan = server.data("/plan")
        write(victim, commented(OTHER, b"edited"))
        after = tree(photos)
        assert server.post("/act", plan).status == 200
        server.wait()
        told = server.get("/done").body
        assert b"the plan is not the one that was looked through: nothing was done" in told
        assert b"it changed since it was compared" in server.get("/plan").body
        assert server.post("/act", server.data("/plan")).status == 200
        server.wait()
        assert tree(photos) == after


def test_a_plan_of_another_state_is_not_carried_out(photos: Path, report: Path) -> None:
    before = tree(photos)
    with reviewing(report) as server:
        entered(server)
        decide(server, {photos / "Backup/commented.jpg": "remove"})
        plan = server.data("/plan")
        decide(server, {photos / "IMG_1.jpg": "keep"})
        assert server.post("/act", plan).status == 409
        forged = server.data("/plan") | {"digest": plan["digest"][::-1]}
        assert server.post("/act", forged).status == 200
        server.wait()
        assert b"nothing was done" in server.get("/done").body
        assert tree(photos) == before


def test_neither_the_last_copy_nor_what_is_protected_goes(photos: Path, report: Path) -> None:
    before = tree(photos)
    guarded = photos / "Backup/commented.jpg"
    with reviewing(report, "--protect", photos / "Backup") as server:
        entered(server)
        everyone = {Path(path): "remove" for path in numbers(server)}
        decide(server, {guarded: "remove", photos / "IMG_1 (1).jpg": "remove"})
        assert "Backup is protected" in server.get("/plan").body.decode()
        act(server)
    assert [path.name for path in everyone if not path.exists()] == ["IMG_1 (1).jpg"]
    assert run("undo").returncode == 0
    assert tree(photos) == before
    with reviewing(report) as server:
        entered(server)
        decide(server, everyone)
        plan = server.data("/plan")
        assert "no photo of its cluster would stay" in server.get("/plan").body.decode()
        server.post("/act", plan)
        server.wait()
    assert tree(photos) == before


def test_a_verdict_is_kept_at_once_and_forgotten_with_its_decision(
    photos: Path, report: Path
) -> None:
    other = photos / "Backup/commented.jpg"
    with reviewing(report) as server:
        entered(server)
        decide(server, {other: "not_duplicate"})
        # Three of the others hold the same bytes: one pair of contents.
        assert "1 pair marked" in run("mark", "--list").stdout
        decide(server, {other: ""})
        assert "Nothing is marked" in run("mark", "--list").stdout
        decide(server, {other: "not_duplicate"})
        server.stop()
    os.rename(other, photos / "renamed.jpg")
    told = run("scan", photos, "--no-cache", "--workers", 0, "--level", "hash", "-q").stdout
    assert "renamed.jpg" not in told
    assert "1 pair of photos is marked" in " ".join(told.split())


def test_folders_are_scanned_while_the_page_waits(photos: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache.sqlite"
    with reviewing(photos, "--level", "hash", "--cache", cache) as server:
        server.enter()
        server.wait()
        assert len(numbers(server)) == 4
        assert server.get("/plan").status == 200
        assert server.stop()[0] == 0


def test_a_picture_is_shown_re_encoded_and_a_lost_one_says_why(photos: Path, report: Path) -> None:
    (photos / "alone.jpg").unlink()
    with reviewing(report) as server:
        entered(server)
        pictures = {card["picture"] for card in server.data("/")["cards"]}
        shown = [server.get(f"/picture/{number}") for number in sorted(pictures)]
        assert [each.headers["content-type"] for each in shown] == ["image/webp"] * 2
        assert all(each.body[8:12] == b"WEBP" for each in shown)
        assert not any(b"hello" in each.body for each in shown), "nothing of the file's own bytes"
        number = server.data("/")["cards"][numbers(server)[str(photos / "Backup/commented.jpg")]]
        write(photos / "Backup/commented.jpg", PHOTO[:1000])
        server.stop()
    with reviewing(report) as server:
        entered(server)
        lost = server.get(f"/picture/{number['picture']}")
        assert lost.status == 404
        assert b"changed" in lost.body


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["found.json", "other.json"], "name one report"),
        (["found.json", "--level", "hash"], "is a report: how to scan was said"),
        (["found.json", "--keep", "nonsense"], "nonsense"),
        (["photos/alone.jpg"], "is no report of dupfinder"),
    ],
)
def test_a_wrong_call_is_told_before_anything_is_served(
    report: Path, tmp_path: Path, words: list[str], told: str
) -> None:
    (tmp_path / "other.json").write_bytes(report.read_bytes())
    done = run("review", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr + done.stdout
    assert "token" not in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_scanned_ends_the_review_with_the_reason(tmp_path: Path) -> None:
    done = run("review", tmp_path / "gone")
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_says_what_was_not_done(photos: Path, report: Path) -> None:
    with reviewing(report) as server:
        entered(server)
        decide(server, {photos / "IMG_1 (1).jpg": "remove"})
        code, told = server.stop()
    assert code == 0
    assert "1 decided to go were not moved" in told


def test_ctrl_c_ends_a_scan_as_it_ends_dupfinder_scan(tmp_path: Path) -> None:
    for number in range(400):
        write(tmp_path / "many" / f"{number:03}.jpg", commented(PHOTO, b"%d" % number))
    with reviewing(tmp_path / "many", "--no-cache") as server:
        server.enter()
        assert server.get("/progress").json["busy"]
        begun = time.monotonic()
        code, told = server.stop()
        assert time.monotonic() - begun < 10
    assert code == 130
    assert "interrupted" in told
    assert "Traceback" not in told


def test_being_terminated_ends_it_cleanly(report: Path) -> None:
    with reviewing(report) as server:
        entered(server)
        code, told = server.stop(signal.SIGTERM)
    assert code == 143
    assert "Traceback" not in told
