"""The review in a real browser: scan, look, decide by keyboard, act, take it back."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from browser import Visit
from cleaning import PHOTO, commented, reported, tree, write
from playwright.sync_api import Page, expect
from reviewing import Server, reviewing
from scanning import run
from scripted_names import TEXTS, library_in

SCAN = ("--no-cache", "--workers", 0, "--level", "hash", "-q")


def in_trash(tmp_path: Path) -> list[str]:
    folder = tmp_path / "data/Trash/files"
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def opened(server: Server, visit: Visit) -> Page:
    visit.page.goto(server.url)
    return reviewed(visit.page)


def reviewed(page: Page) -> Page:
    """Once the clusters are there and listen: the page's scripts come after what it shows."""
    page.wait_for_selector(".cluster", timeout=60_000)
    page.wait_for_load_state()
    return page


def photo(page: Page, name: str) -> str:
    """The selector of a card, by the name and the folder that it shows."""
    folder, _, last = name.rpartition("/")
    for card in page.locator("main .photo").all():
        shown = card.locator(".folder")
        there = shown.inner_text() if shown.count() else ""
        if (there, card.locator(".name").inner_text()) == (folder, last):
            return f"#{card.get_attribute('id')}"
    raise AssertionError(f"{name} is not shown")


def press(page: Page, name: str, keys: str) -> None:
    """With a photo in focus."""
    page.focus(photo(page, name))
    for key in keys:
        page.keyboard.press(key)


def decided(page: Page) -> list[list[object]]:
    """As the server has drawn the page."""
    found: list[list[object]] = json.loads(page.locator("#data").text_content() or "")["choices"]
    return found


def key(page: Page, name: str) -> None:
    """Once the page listens."""
    page.wait_for_load_state()
    page.keyboard.press(name)


def settled(page: Page) -> None:
    """All that was decided has been told to the server."""
    page.wait_for_load_state("networkidle")


def expect_quiet(visit: Visit, server: Server) -> None:
    """No script that is not ours ran, no policy was broken, nobody else was asked anything."""
    assert visit.alerts == []
    assert visit.errors == []
    assert [url for url in visit.requests if not url.startswith(f"{server.origin}/")] == []


def test_scan_decide_by_keyboard_act_and_take_it_back(
    photos: Path, tmp_path: Path, visit: Visit
) -> None:
    write(photos / "second.jpg", commented(PHOTO, b"second"))
    before = tree(photos)
    with reviewing(photos, "--level", "hash", "--no-cache") as server:
        page = opened(server, visit)
        assert page.url == f"{server.origin}/", "the token is gone from the address"
        press(page, "Backup/commented.jpg", "x")
        press(page, "second.jpg", "n")
        settled(page)
        assert "marked as no duplicates" in run("mark", "--list").stdout
        key(page, "e")
        page.wait_for_url("**/plan")
        expect(page.locator("#going")).to_contain_text("Backup/commented.jpg")
        expect(page.locator("#going li")).to_have_count(1)
        assert tree(photos) == before
        key(page, "t")
        page.wait_for_url("**/done")
        expect(page.locator("h1")).to_have_text("1 photo in the trash")
        assert in_trash(tmp_path) == ["commented.jpg"]
        assert tree(photos).keys() == before.keys() - {b"Backup/commented.jpg"}
        key(page, "u")
        expect(page.locator("h1")).to_have_text("1 photo back where it was")
        assert in_trash(tmp_path) == []
        assert tree(photos) == before
        key(page, "b")
        reviewed(page)
        expect(page.locator(photo(page, "second.jpg"))).to_have_attribute(
            "data-choice", "not_duplicate"
        )
        expect_quiet(visit, server)
        assert server.stop()[0] == 0
    os.rename(photos / "second.jpg", photos / "another name.jpg")
    found = tmp_path / "again.json"
    assert run("scan", photos, "-o", found, *SCAN).returncode == 0
    (cluster,) = json.loads(found.read_text())["clusters"]
    names = {os.path.basename(each["path"]) for each in cluster["members"]}
    assert names == {"IMG_1.jpg", "IMG_1 (1).jpg", "commented.jpg"}


def test_one_key_takes_the_proposal_and_one_aims_at_another_photo(
    report: Path, visit: Visit
) -> None:
    with reviewing(report) as server:
        page = opened(server, visit)
        proposed = page.locator(".proposal", has_text="Proposed to stay")
        expect(proposed).to_have_count(1)
        press(page, "IMG_1.jpg", "a")
        expect(page.locator('main .photo[data-choice="keep"]')).to_have_count(1)
        taken = page.locator('main .photo[data-choice="remove"]').count()
        assert taken >= 1
        press(page, "IMG_1 (1).jpg", "b")
        kept = page.locator('main .photo[data-choice="keep"]')
        expect(kept).to_have_count(1)
        expect(kept.locator(".name")).to_have_text("IMG_1 (1).jpg")
        settled(page)
        key(page, "e")
        page.wait_for_url("**/plan")
        shown = page.locator("#going li .thumb span").all_inner_texts()
        assert set(shown[1::2]) == {"IMG_1 (1).jpg"}
        key(page, "b")
        reviewed(page)
        expect(page.locator('main .photo[data-choice="keep"]')).to_have_count(1)
        expect_quiet(visit, server)


def test_every_choice_can_be_taken_back(report: Path, visit: Visit) -> None:
    with reviewing(report) as server:
        page = opened(server, visit)
        chosen = page.locator('main .photo:not([data-choice=""])[data-choice]')
        for choice in "kxnl":
            press(page, "Backup/commented.jpg", choice)
            expect(chosen).to_have_count(1)
            key(page, "u")
            expect(chosen).to_have_count(0)
        settled(page)
        assert run("mark", "--list").stdout == "Nothing is marked\n"
        page.reload()
        expect(chosen).to_have_count(0)
        expect_quiet(visit, server)


def test_a_second_page_that_is_out_of_date_is_drawn_anew_and_changes_nothing(
    report: Path, visit: Visit
) -> None:
    with reviewing(report) as server:
        page = opened(server, visit)
        second = page.context.new_page()
        second.goto(f"{server.origin}/")
        reviewed(second)
        press(page, "Backup/commented.jpg", "k")
        settled(page)
        with second.expect_navigation():
            press(second, "Backup/commented.jpg", "x")
        reviewed(second)
        card = second.locator(photo(second, "Backup/commented.jpg"))
        expect(card).to_have_attribute("data-choice", "keep")


def test_a_photo_that_is_gone_is_a_grey_tile_that_says_so(
    photos: Path, report: Path, visit: Visit
) -> None:
    (photos / "Backup/commented.jpg").unlink()
    with reviewing(report) as server:
        page = opened(server, visit)
        tile = page.locator(f"{photo(page, 'Backup/commented.jpg')} .shot")
        expect(tile).to_have_attribute("data-why", re.compile("gone"))


def test_names_and_cameras_that_are_scripts_are_shown_and_none_runs(
    tmp_path: Path, visit: Visit
) -> None:
    """On every page: the photos, a comparison, the plan, and what became of it."""
    report = reported(library_in(tmp_path / "photos"), tmp_path / "found.json")
    with reviewing(report) as server:
        page = opened(server, visit)
        members = page.locator("main .cluster:not(.pair) .photo")
        assert members.count() == len(TEXTS) == 60
        members.nth(1).focus()
        page.keyboard.press("c")
        page.keyboard.press("Escape")
        members.nth(0).focus()
        key(page, "b")
        page.locator("details summary").click()
        settled(page)
        key(page, "e")
        page.wait_for_url("**/plan")
        expect(page.locator("#going li")).to_have_count(59)
        page.wait_for_load_state("networkidle")
        key(page, "t")
        page.wait_for_url("**/done")
        expect(page.locator("h1")).to_have_text("59 photos in the trash")
        assert page.locator("iframe, object, embed, base, audio, video, math").count() == 0
        key(page, "u")
        expect(page.locator("h1")).to_have_text("59 photos back where they were")
        expect_quiet(visit, server)


def test_the_page_shows_how_far_a_scan_is(tmp_path: Path, visit: Visit) -> None:
    for number in range(900):
        write(tmp_path / "many" / f"{number:03}.jpg", commented(PHOTO, b"%d" % number))
    with reviewing(tmp_path / "many", "--level", "hash", "--no-cache") as server:
        visit.page.goto(server.url)
        expect(visit.page.locator("h1")).to_have_text("Looking for copies")
        told = visit.page.locator("#stage")
        expect(told).to_have_text(re.compile(r"^(Reading photos|Comparing \w+): \d+ of \d+$"))
        reviewed(visit.page)
        expect_quiet(visit, server)


def test_nothing_in_the_pages_is_a_serious_barrier(report: Path, visit: Visit) -> None:
    with reviewing(report) as server:
        page = opened(server, visit)
        assert barriers(page) == []
        press(page, "Backup/commented.jpg", "x")
        settled(page)
        key(page, "e")
        page.wait_for_url("**/plan")
        assert barriers(page) == []
        key(page, "t")
        page.wait_for_url("**/done")
        assert barriers(page) == []


def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    page.wait_for_load_state("networkidle")
    found = Axe().run(page).response["violations"]
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


def test_no_other_page_gets_in(photos: Path, report: Path, visit: Visit) -> None:
    """A page of somebody else, in the browser that is let in: forms, fetches, frames, pictures."""
    before = tree(photos)
    with reviewing(report) as server:
        page = opened(server, visit)
        attacker = page.context.new_page()
        attacker.route(
            "http://evil.example/**",
            lambda route: route.fulfill(body="<h1>evil</h1>", content_type="text/html"),
        )
        attacker.goto("http://evil.example/")
        told = attacker.evaluate(
            """async (origin) => {
              const tried = [];
              const attempt = async (words, options) => {
                try {
                  const answer = await fetch(origin + words, options);
                  tried.push(answer.type === "opaque" ? "" : await answer.text());
                } catch { tried.push(""); }
              };
              for (const path of ["/", "/plan", "/picture/0", "/progress"]) {
                await attempt(path, {credentials: "include"});
                await attempt(path, {credentials: "include", mode: "no-cors"});
              }
              const body = '{"version": 0, "changes": [[1, "remove"]]}';
              for (const path of ["/decide", "/act", "/undo"]) {
                const post = {method: "POST", credentials: "include", body};
                await attempt(path, post);
                await attempt(path, {...post, mode: "no-cors"});
                await attempt(path, {...post, headers: {"X-Dupfinder-Token": "x"}});
              }
              return tried;
            }""",
            server.origin,
        )
        assert set(told) == {""}
        for path in ("/decide", "/act", "/undo"):
            attacker.goto("http://evil.example/")
            with attacker.expect_navigation():
                attacker.evaluate(
                    """(action) => {
                      const form = document.createElement("form");
                      Object.assign(form, {action, method: "post", enctype: "text/plain"});
                      const field = document.createElement("input");
                      Object.assign(field, {name: '{"version": 0, "x": "', value: '"}'});
                      form.append(field);
                      document.body.append(form);
                      form.submit();
                    }""",
                    server.origin + path,
                )
            assert "cluster" not in attacker.content()
        attacker.goto("http://evil.example/")
        attacker.evaluate(
            """(origin) => {
              const frame = document.createElement("iframe");
              frame.src = origin + "/";
              document.body.append(frame);
            }""",
            server.origin,
        )
        attacker.wait_for_timeout(500)
        framed = [each for each in attacker.frames if each is not attacker.main_frame]
        assert not any(each.query_selector(".cluster") for each in framed)
        page.reload()
        reviewed(page)
        assert decided(page) == []
        assert tree(photos) == before
        assert run("mark", "--list").stdout == "Nothing is marked\n"
