"""60 names and cameras that are scripts: all of them are seen, and none runs."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from pathlib import Path

import pytest
from browser import Visit
from paging import scanned
from scripted_names import TEXTS, library_in

from dupfinder.reports.names import printable


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attacks")
    return scanned(library_in(folder / "photos"), folder)[2]


def test_no_name_and_no_camera_runs_anything(attacked: Path, visit: Visit) -> None:
    page = visit.page
    page.goto(attacked.as_uri())
    members = page.evaluate("page.clusters.reduce((sum, each) => sum + each.count, 0)")
    assert members == len(TEXTS) == 60
    shown = page.locator(".name").all_inner_texts()
    for text in TEXTS:
        end = printable(text.replace("\0", "").rpartition("/")[2])
        assert any(name.endswith(f"{end}.jpg") for name in shown)
    page.locator("details summary").click()
    page.fill("#text", "<script")
    page.fill("#text", "")
    for number in range(0, members, 3):
        page.evaluate(f"page.focus({number})")
        page.evaluate(f"page.comparison.open({number})")
        page.mouse.move(500 + number, 400)
        page.keyboard.press("Escape")
        page.keyboard.press("k" if number % 2 else "l")
    visit.until("document.querySelectorAll('.photo[data-choice=keep]').length > 0")
    with page.expect_download() as download:
        page.keyboard.press("e")
    told = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))

    assert (visit.alerts, visit.errors, visit.requests) == ([], [], [])
    assert page.evaluate("document.querySelectorAll('script:not([type])').length") == 1
    assert page.locator("iframe, object, embed, base, audio, video, math").count() == 0
    for each in told["decisions"]:
        name = b64decode(each["path_base64"]) if "path_base64" in each else each["path"].encode()
        assert os.path.exists(name)


def test_a_script_that_got_in_would_be_stopped_by_the_policy(attacked: Path, visit: Visit) -> None:
    """The second wall: what stood in the page as code would not run either."""
    text = attacked.read_text(encoding="utf-8")
    broken = attacked.with_name("broken.html")
    inside = "<script>alert(1)</script><img src=x onerror=alert(2)><style>body{color:red}</style>"
    broken.write_text(text.replace("<main", f"{inside}<main", 1), encoding="utf-8")
    visit.page.goto(broken.as_uri())
    visit.page.wait_for_timeout(200)
    assert visit.alerts == []
    assert any("Content Security Policy" in error for error in visit.errors)
