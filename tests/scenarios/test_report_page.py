"""The page of a report in a real browser: seen, decided in by keyboard, compared, saved."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browser import Visit, visiting
from cleaning import tree
from paging import scanned
from PIL import Image
from scanning import run

from dupfinder.decide import decide
from dupfinder.model import Decision, DecisionKind, Found

if TYPE_CHECKING:
    from playwright.sync_api import Browser

KEYS = {"k": "keep", "x": "remove", "n": "not_duplicate", "l": "later"}


@pytest.fixture(scope="module")
def made(library: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, Path, Path]:
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(library, folder / "library")
    return scanned(folder / "library", folder)


@pytest.fixture
def seen(made: tuple[Found, Path, Path], visit: Visit) -> Iterator[Visit]:
    """The page, opened; whatever a test did, nothing went wrong and nothing was asked for."""
    visit.page.goto(made[2].as_uri())
    yield visit
    assert (visit.alerts, visit.errors, visit.requests) == ([], [], [])


def choices(visit: Visit) -> dict[int, str]:
    kinds: list[tuple[int, str]] = visit.page.evaluate("[...page.choices.kinds]")
    return dict(kinds)


def toast(visit: Visit) -> str:
    return visit.page.inner_text("#toast")


def press(visit: Visit, *keys: str) -> None:
    for key in keys:
        visit.page.keyboard.press(key)


def test_the_photos_are_seen_and_more_of_them_when_one_looks_further(
    seen: Visit, made: tuple[Found, Path, Path]
) -> None:
    page = seen.page
    assert page.inner_text("h1") == "10 clusters of copies"
    assert page.locator("article.cluster:not(.pair)").count() == len(made[0].clusters)
    assert page.locator("article.pair").count() == len(made[0].similar)
    shown = "[...document.querySelectorAll('img')].filter((i) => i.naturalWidth > 1).length"
    seen.until(f"{shown} >= 8")
    before = page.evaluate(shown)
    page.locator("#similar").scroll_into_view_if_needed()
    seen.until("[...document.querySelectorAll('.pair img')].some((i) => i.naturalWidth > 1)")
    assert before < page.locator("img").count()


def test_proportions_are_true(seen: Visit) -> None:
    drawn = seen.page.evaluate(
        "[...document.querySelectorAll('.photo')].slice(0, 12).map((p) => {"
        " const box = p.querySelector('img').getBoundingClientRect(),"
        " card = page.cards[p.dataset.card];"
        " return [box.width / box.height, card.width / card.height]; })"
    )
    for drawn_shape, shape in drawn:
        assert drawn_shape == pytest.approx(shape, rel=0.02)


def test_it_is_decided_by_keyboard_and_taken_back(seen: Visit) -> None:
    press(seen, "Tab", "j", "ArrowRight", "x")
    first = seen.page.evaluate("page.clusters[1].first")
    assert choices(seen) == {first + 1: "remove"}
    assert seen.page.evaluate("page.current") == first + 2
    assert seen.page.locator(f"#p{first + 1} [data-act=remove]").get_attribute(
        "aria-pressed"
    ) == "true"  # fmt: skip
    press(seen, "k", "n", "l")
    assert set(choices(seen).values()) <= {"remove", "keep", "not_duplicate", "later"}
    press(seen, "u", "u", "u", "u", "u")
    assert choices(seen) == {}
    assert toast(seen) == "Nothing to undo"


def test_the_last_copy_cannot_be_chosen_to_go(seen: Visit) -> None:
    first, count = seen.page.evaluate("[page.clusters[2].first, page.clusters[2].count]")
    for number in range(first, first + count):
        seen.page.evaluate(f"page.focus({number})")
        press(seen, "x")
    gone = [number for number, kind in choices(seen).items() if kind == "remove"]
    assert 0 < len(gone) < count
    assert "stay" in toast(seen)


def test_decisions_survive_a_reload(seen: Visit) -> None:
    press(seen, "Tab", "j", "a")
    before = choices(seen)
    assert "remove" in before.values()
    seen.page.reload()
    assert choices(seen) == before


def test_what_the_page_lets_go_is_what_the_plan_lets_go(
    seen: Visit, made: tuple[Found, Path, Path]
) -> None:
    """The page and the plan go by one rule, written twice: any keys, the same answer."""
    found = made[0]
    cards = seen.page.evaluate("page.cards.map((c) => [c.cluster, c.path, c.digest])")
    members = [number for number, (cluster, *_) in enumerate(cards) if cluster >= 0]
    draw = random.Random(6)
    kinds = [*KEYS.values(), "remove", "remove", ""]
    for _ in range(40):
        changes = [[draw.choice(members), draw.choice(kinds)] for _ in range(30)]
        seen.page.evaluate(
            "(changes) => { page.choices.kinds = new Map();"
            " for (const change of changes) page.choices.set([change]); }",
            changes,
        )
        decisions = [
            Decision(
                DecisionKind(kind),
                found.clusters[cards[number][0]].id,
                cards[number][1],
                bytes.fromhex(cards[number][2]),
            )
            for number, kind in choices(seen).items()
        ]
        told = decide(found, decisions)
        assert told.stale == ()
        removed = {each.path for each in decisions if each.kind is DecisionKind.REMOVE}
        assert {action.photo.path for action in told.plan.actions} == removed


def test_what_is_saved_names_the_report_and_every_decision(
    seen: Visit, made: tuple[Found, Path, Path]
) -> None:
    press(seen, "Tab", "j", "a")
    with seen.page.expect_download() as download:
        press(seen, "e")
    assert download.value.suggested_filename == "decisions.json"
    saved: dict[str, Any] = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert (saved["kind"], saved["schema"]) == ("decisions", 1)
    assert saved["report"] == {"path": str(made[1])}
    cluster = made[0].clusters[1]
    assert {each["cluster"] for each in saved["decisions"]} == {cluster.id}
    assert len(saved["decisions"]) == len(choices(seen))


def difference(visit: Visit, number: int, against: int | None = None) -> float:
    """How bright the difference of a photo and its base is on the screen, 0 to 255."""
    other = "undefined" if against is None else against
    visit.page.evaluate(f"page.comparison.open({number}, {other})")
    # Waited for until it is drawn: what is drawn before it is replaced by it.
    visit.page.evaluate("page.comparison.show('difference')")
    visit.page.evaluate("page.comparison.amounts.difference = 0, page.comparison.adjust()")
    shot = visit.page.locator(".stage").screenshot()
    press(visit, "Escape")
    return float(np.asarray(Image.open(io.BytesIO(shot)).convert("L"), float).mean())


@pytest.mark.parametrize(
    "name", ["PXL_20211017_154210.jpg", "DSC_0201 mirrored.jpg", "IMG_2041 hut.jpg"]
)
def test_a_photo_lies_exactly_over_the_one_that_it_was_compared_with(
    seen: Visit, name: str
) -> None:
    """Turned, mirrored, cut: aligned by the transform there is hardly any difference."""
    number = seen.page.evaluate(
        "(name) => page.cards.findIndex((card, i) => card.name === name && card.base !== i)", name
    )
    aligned = difference(seen, number)
    seen.page.evaluate(f"page.cards[{number}].transform = null")
    assert aligned < difference(seen, number) / 3
    assert aligned < 10


def test_any_two_photos_of_a_cluster_lie_over_each_other(seen: Visit) -> None:
    """One is mirrored, one turned: each was compared with the original only."""
    find = "(name) => page.cards.findIndex((card) => card.name === name)"
    mirrored = seen.page.evaluate(find, "DSC_0201 mirrored.jpg")
    turned = seen.page.evaluate(find, "DSC_0201 turned.jpg")
    aligned = difference(seen, mirrored, turned)
    assert aligned < 10
    seen.page.evaluate(f"page.comparison.open({mirrored}, {turned})")
    assert seen.page.inner_text("#copy-caption").endswith("Aligned by way of DSC_0201.jpg")
    press(seen, "Escape")
    for number in (mirrored, turned):
        seen.page.evaluate(f"page.cards[{number}].transform = null")
    assert aligned < difference(seen, mirrored, turned) / 3


_OPENED_ANEW = """(number) => {
    page.comparison.open(number);
    page.comparison.dialog.close();
    page.comparison.open(number);
    return new Promise((done) => setTimeout(done, 300));
}"""


def test_a_comparison_that_is_opened_anew_at_once_stays(seen: Visit) -> None:
    names = "page.cards.findIndex((card, i) => card.base !== i)"
    seen.page.evaluate(_OPENED_ANEW, seen.page.evaluate(names))
    assert seen.page.locator("#table img").count() == 2


_FIRST_ARE_SLOW = """([first, second]) => {
    const decode = HTMLImageElement.prototype.decode;
    let slow = 2;
    HTMLImageElement.prototype.decode = function () {
        return slow-- > 0 ? new Promise((done) => setTimeout(done, 200)) : decode.call(this);
    };
    page.comparison.open(first);
    page.comparison.open(second);
    return new Promise((done) => setTimeout(done, 400));
}"""


def test_pictures_that_come_late_do_not_take_the_place_of_others(seen: Visit) -> None:
    names = "page.cards.map((card, i) => card.base === i ? null : card.name)"
    copies = [(i, name) for i, name in enumerate(seen.page.evaluate(names)) if name]
    (first, _), (second, name) = copies[:2]
    seen.page.evaluate(_FIRST_ARE_SLOW, [first, second])
    assert seen.page.get_attribute("#table img >> nth=1", "alt") == name


def test_each_way_to_compare_is_a_key(seen: Visit) -> None:
    press(seen, "Tab", "j", "ArrowRight", "c")
    title = seen.page.inner_text("#compare-title")
    for key, mode in (("1", "beside"), ("2", "slider"), ("3", "flicker"), ("4", "difference")):
        press(seen, key)
        assert seen.page.evaluate("page.comparison.mode") == mode
        seen.page.wait_for_selector("#table img")
    press(seen, "ArrowRight")
    assert seen.page.inner_text("#compare-title") != title
    press(seen, "x", "Escape")
    assert list(choices(seen).values()) == ["remove"]
    assert not seen.page.evaluate("page.comparison.isOpen")


def test_filters_leave_what_was_asked_for(seen: Visit, made: tuple[Found, Path, Path]) -> None:
    visible = "article.cluster:not(.pair):visible"
    seen.page.fill("#text", "oma")
    assert seen.page.locator(visible).count() == 1
    assert seen.page.inner_text("#shown") == "1 of 10 clusters"
    seen.page.fill("#text", "no such folder")
    assert seen.page.locator(visible).count() == 0
    assert seen.page.is_visible("#none")
    seen.page.fill("#text", "")
    seen.page.select_option("#relation", "same_pixels")
    expected = [
        star
        for star in made[0].clusters
        if any(match.relation.value == "same_pixels" for match in star.matches)
    ]
    assert seen.page.locator(visible).count() == len(expected)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_any_screen_and_anyone_can_use_it(
    made: tuple[Found, Path, Path], browser: Browser, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    with visiting(
        browser, viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True
    ) as visit:
        visit.page.goto(made[2].as_uri())
        wide = visit.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        found = Axe().run(visit.page).response["violations"]
        visit.page.evaluate("page.comparison.open(1)")
        visit.page.wait_for_selector("#table img")
        found += Axe().run(visit.page).response["violations"]
        serious = [
            (each["id"], [node["html"] for node in each["nodes"]][:2])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]
        assert serious == []
        assert visit.errors == []


def test_what_was_decided_in_the_page_is_carried_out_by_clean(
    seen: Visit, made: tuple[Found, Path, Path], tmp_path: Path
) -> None:
    folder = made[1].parent / "library"
    before = tree(folder)
    press(seen, "Tab", "j", "a", "j", "ArrowRight", "x")
    with seen.page.expect_download() as download:
        press(seen, "e")
    saved = tmp_path / "decisions.json"
    download.value.save_as(saved)
    told = json.loads(saved.read_text(encoding="utf-8"))["decisions"]
    removed = {each["path"] for each in told if each["decision"] == "remove"}

    done = run("clean", saved, "--trash")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path for path in removed if not os.path.exists(path)} == removed != set()
    assert len(tree(folder)) == len(before) - len(removed)
    assert run("undo").returncode == 0
    assert tree(folder) == before


def test_a_photo_that_is_gone_is_a_grey_tile_that_says_so(
    made: tuple[Found, Path, Path], visit: Visit, tmp_path: Path
) -> None:
    found, report, _ = made
    lost = found.clusters[0].members[1].path
    os.rename(lost, lost + ".away")
    try:
        page = tmp_path / "report.html"
        assert run("report", report, "--html", page).returncode == 0
    finally:
        os.rename(lost + ".away", lost)
    visit.page.goto(page.as_uri())
    visit.until("document.querySelector('#p1 .shot.gone') !== null")
    told = visit.page.get_attribute("#p1 .shot", "data-why")
    assert told == "the file is gone since it was found"
    visit.page.evaluate("page.comparison.open(1)")
    visit.until("document.querySelector('#table p') !== null")
    assert visit.errors == []
