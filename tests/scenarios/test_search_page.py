"""`dupfinder search --html`: a contact sheet in a real browser, which no name can break."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import Visit, visiting
from scanning import run
from scripted_names import TEXTS, library_in
from searching import drawn, make_library, write

from dupfinder.reports.names import printable

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_SHOWN = "[...document.querySelectorAll('img')].filter((i) => i.naturalWidth > 1).length"


def sheet(page: Path, *words: object, stdin: bytes | None = None) -> str:
    """The page that a search writes, which has to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "dupfinder.cli", "search", *map(os.fspath, words), "--html", page,
         "--no-cache", "--workers", "2", "-q"],
        input=stdin, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("sheet") / "library")


@pytest.fixture(scope="module")
def written(made: Path) -> Path:
    page = made.parent / "results.html"
    told = sheet(page, made / "harbour.jpg", made / "dunes.jpg", made / "cut.jpg", made, "--top=4")
    assert "the query itself" in told  # the text is printed as without a page
    return page


@pytest.fixture
def seen(written: Path, visit: Visit) -> Iterator[Visit]:
    """The page, opened; whatever a test did, nothing went wrong and nothing was asked for."""
    visit.page.goto(written.as_uri())
    yield visit
    assert (visit.alerts, visit.errors, visit.requests) == ([], [], [])


def test_each_query_stands_beside_what_looks_like_it(seen: Visit) -> None:
    page = seen.page

    assert page.inner_text("h1") == "What looks like 2 photos"
    answers = page.locator("article.answer")
    assert answers.count() == 2
    titles = answers.locator("h2").all_inner_texts()
    assert titles == ["Like dunes.jpg", "Like harbour.jpg"]
    harbour = answers.nth(1)
    assert harbour.locator("section .name").inner_text() == "harbour.jpg"
    found = harbour.locator("ol > li")
    assert found.locator(".name").all_inner_texts()[:3] == [
        "harbour.jpg", "harbour again.jpg", "harbour small.jpg"
    ]  # fmt: skip
    assert found.locator(".score strong").all_inner_texts()[:2] == ["1.0000", "1.0000"]
    words = found.nth(2).inner_text()
    for told in ("copy", "resized to 62 %", "dct256 ", "orb ", "200", "150", "JPEG", "copies"):
        assert told in words
    assert "looks alike" in found.nth(3).inner_text()
    assert page.locator("main > .wide > .skipped").first.inner_text().startswith("cut.jpg")
    answers.nth(1).scroll_into_view_if_needed()
    seen.until(f"{_SHOWN} === 10")


def test_the_same_search_gives_the_same_page(made: Path, written: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.html"
    sheet(again, made / "harbour.jpg", made / "dunes.jpg", made / "cut.jpg", made, "--top=4")

    assert again.read_bytes() == written.read_bytes()
    assert b"<script" not in again.read_bytes()


def test_a_picture_on_standard_input_is_seen(made: Path, visit: Visit, tmp_path: Path) -> None:
    page = tmp_path / "results.html"
    sheet(page, "-", made, "--top=1", "--by=color", stdin=drawn("bridge", 60))

    visit.page.goto(page.as_uri())

    assert visit.page.inner_text("section .name") == "standard input"
    assert "(file)" not in visit.page.inner_text("section")
    assert visit.page.inner_text("ol .name") == "bridge.jpg"
    visit.until(f"{_SHOWN} === 2")


def test_the_page_alone_goes_to_standard_output(made: Path, written: Path) -> None:
    told = sheet(
        Path("-"), made / "harbour.jpg", made / "dunes.jpg", made / "cut.jpg", made, "--top=4"
    )

    assert told == written.read_text(encoding="utf-8")


def test_a_photo_that_is_gone_says_so_in_its_place(made: Path, tmp_path: Path) -> None:
    from dupfinder import search, thumbnails  # noqa: PLC0415
    from dupfinder.reports.searched.html import searched_html  # noqa: PLC0415
    from dupfinder.settings import Settings  # noqa: PLC0415

    lost = write(tmp_path / "away" / "lost.jpg", drawn("meadow", 70))
    settings = Settings(workers=0, use_cache=False)
    found = search(made / "meadow.jpg", [made, lost.parent], settings, top=2)
    lost.unlink()

    page = "".join(searched_html(found, lambda some, side: thumbnails(some, side, settings)))

    assert page.count("<img") == 2
    assert page.count('<p class="lost">') == 1


def test_no_name_and_no_camera_runs_anything(
    tmp_path_factory: pytest.TempPathFactory, visit: Visit
) -> None:
    folder = tmp_path_factory.mktemp("attacks")
    library, page = library_in(folder / "photos"), folder / "results.html"
    query = next(path for path in sorted(library.rglob("*.jpg")) if " cut" not in path.name)
    sheet(page, query, library, "--by=dct256", "--top=100", "--no-verify")

    visit.page.goto(page.as_uri())
    visit.page.locator("details summary").click()

    shown = visit.page.locator("ol .name").all_inner_texts()
    assert len(shown) == len(TEXTS) == 60
    for text in TEXTS:
        end = printable(text.replace("\0", "").rpartition("/")[2])
        assert any(name.endswith(f"{end}.jpg") for name in shown)
    assert (visit.alerts, visit.errors, visit.requests) == ([], [], [])
    others = "script, iframe, object, embed, base, audio, video, math, form, a:not(.skip)"
    assert visit.page.locator(others).count() == 0


def test_a_script_that_got_in_would_be_stopped_by_the_policy(written: Path, visit: Visit) -> None:
    """The second wall: what stood in the page as code would not run either."""
    broken = written.with_name("broken.html")
    inside = "<script>alert(1)</script><img src=x onerror=alert(2)><style>body{color:red}</style>"
    text = written.read_text(encoding="utf-8")
    broken.write_text(text.replace("<main", f"{inside}<main", 1), encoding="utf-8")

    visit.page.goto(broken.as_uri())
    visit.page.wait_for_timeout(200)

    assert visit.alerts == []
    assert any("Content Security Policy" in error for error in visit.errors)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_it_fits_any_screen_and_anyone_can_use_it(
    written: Path, browser: Browser, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    with visiting(
        browser, viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True
    ) as visit:
        visit.page.goto(written.as_uri())
        assert visit.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        serious = [
            (each["id"], [node["html"] for node in each["nodes"]][:2])
            for each in Axe().run(visit.page).response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert serious == []
        assert visit.errors == []


def test_what_is_no_page_is_not_overwritten(made: Path, tmp_path: Path) -> None:
    letter = write(tmp_path / "letter.html", b"<p>Dear Anna</p>")

    done = run("search", made / "dunes.jpg", made, "--html", letter, "--no-cache")

    assert done.returncode == 2
    assert "it is not overwritten" in done.stderr
    assert letter.read_bytes() == b"<p>Dear Anna</p>"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--html", "-", "--format", "json"), "standard output cannot hold a page"),
        (("--html", "p.html", "--evaluate", "q.csv"), "an evaluation has no page"),
    ],
)
def test_what_does_not_go_together_is_refused(
    made: Path, words: tuple[str, ...], told: str
) -> None:
    done = run("search", made / "dunes.jpg", made, *words)

    assert done.returncode == 2
    assert told in done.stderr
