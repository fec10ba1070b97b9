"""What the terminal shows: whole pages at 80 and 200 columns, and what must never reach it.

The pages stand in golden/; REWRITE_GOLDEN=1 writes them anew, to be looked at before they are kept.
"""

from __future__ import annotations

import io
import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from rich.cells import cell_len
from rich.console import Console
from strategies_clusters import a_photo, results

from dupfinder.choose import plan
from dupfinder.model import (
    Cluster,
    Edit,
    Evidence,
    Found,
    Match,
    PhotoFile,
    Relation,
    Skipped,
    StageTime,
    Stamp,
)
from dupfinder.reports.terminal import render_found, render_plan

GOLDEN = Path(__file__).parent / "golden"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
ROOT = "/home/anna/Photos"


def jpeg(name: str, size: int = 3_412_345, link_count: int = 1, **changes: object):
    stamp = Stamp(1, 2, size, 1_609_667_000 * 10**9, 0)
    file = PhotoFile(f"{ROOT}/{name}", stamp, link_count=link_count)
    sides = {"width": 4000, "height": 3000} | changes
    return a_photo(file.path, file=file, **sides)


def library() -> Found:
    best = jpeg("2019/07-italy/IMG_20190714_182205.jpg")
    same = jpeg("Backup of old phone/IMG_20190714_182205 (1).jpg", link_count=2)
    sent = jpeg("WhatsApp/IMG-20190801-WA0003.jpg", 212_345, width=1600, height=1200, taken_at=None)
    small = jpeg(f"web/{'very-long-folder-name/' * 4}small.jpg", 99_999, width=640, height=480)
    part = jpeg("2019/07-italy/part.jpg", 1_000_000)
    turned = (Edit("resized", 0.16), Edit("turned", 180.0), Edit("mirrored"), Edit("toned"))
    sent_edits = (Edit("re-encoded"), Edit("resized", 0.4))
    matches = (
        Match(best, same, Relation.IDENTICAL, (), Evidence("bytes")),
        Match(best, sent, Relation.COPY, sent_edits, Evidence("orb", 24, 213, 0.8123, 1.0, 0.97)),
        Match(best, small, Relation.COPY, turned, Evidence("kaze", 131, 13, 0.3, 1.0, 0.8)),
        Match(best, part, Relation.PART, (), Evidence("orb", None, 99, 0.5, 0.5, 0.9)),
    )
    return Found(
        roots=(ROOT,),
        level="copies",
        hasher="dct256",
        radius=60,
        discovered=5120,
        compared=5118,
        other_files=12,
        clusters=(Cluster("3fa9c2", (best, same, sent, small, part), matches),),
        skipped=(
            Skipped(f"{ROOT}/x.jpg", "decode", "truncated", "image file is truncated"),
            Skipped(f"{ROOT}/{'long/' * 13}y.jpg", "decode", "bomb", "more than 400 megapixels"),
        ),
        stages=(StageTime("discover", 0.31, "5,132 files"), StageTime("verify", 125.2, "")),
        notes=("the cache was set aside",),
    )


def shown(result: Found, width: int, **console: object) -> str:
    out = io.StringIO()
    options = {"force_terminal": True, "color_system": None} | console
    render_found(result, Console(file=out, width=width, **options))
    return out.getvalue()


def plan_shown(result: Found, width: int, rules=None) -> str:
    out = io.StringIO()
    made = plan(result) if rules is None else plan(result, rules)
    render_plan(
        made, result.roots, Console(file=out, width=width, force_terminal=True, color_system=None)
    )
    return out.getvalue()


def assert_golden(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("REWRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [80, 200])
def test_a_scan_as_it_is_shown(width):
    assert_golden(f"scan_{width}.txt", shown(library(), width))


@pytest.mark.parametrize("width", [80, 200])
def test_a_plan_as_it_is_shown(width):
    assert_golden(f"plan_{width}.txt", plan_shown(library(), width))


def test_ties_are_said_to_be_ties():
    page = plan_shown(library(), 80, rules=[])
    assert page.count("no keep rule tells them apart") == 3
    assert page.count("\ntie     ") == 3
    assert "0 photos could go · 0 B freed\n1 photo kept · 3 ties · 1 left alone\n" in page
    assert page.endswith("Nothing was touched\n")


def test_photos_not_compared_with_the_keeper_are_said_to_stay():
    result = library()
    (cluster,) = result.clusters
    better = replace(cluster.members[1], width=8000, inner=(8000, 3000))
    matches = (replace(cluster.matches[0], copy=better), *cluster.matches[1:])
    members = (cluster.members[0], better, *cluster.members[2:])
    page = plan_shown(replace(result, clusters=(Cluster("c", members, matches),)), 200)
    assert page.count("never compared directly with the photo kept") == 3


def test_an_empty_result_is_its_summary():
    empty = Found((ROOT,), "copies", "dct256", 60, 3, 3, 0, (), ())
    assert shown(empty, 80) == (
        "0 clusters · 0 copies · 0 B reclaimable\n"
        "3 photos found · 3 compared · 0 skipped · 0 other files\n"
    )


@pytest.mark.parametrize("width", [80, 200])
def test_colour_adds_nothing_but_colour(width):
    coloured = shown(library(), width, color_system="truecolor")
    assert ESCAPE.sub("", coloured) == shown(library(), width)
    assert "\x1b[36m2019/07-italy/IMG_20190714_182205.jpg\x1b[0m" in coloured


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    codes = {
        code
        for found in ESCAPE.findall(shown(library(), 80, color_system="truecolor"))
        for code in found[2:-1].split(";")
    }
    assert codes <= {"0", "1", "2"}


@pytest.mark.parametrize("width", [80, 164, 165, 200])
def test_no_line_is_longer_than_the_terminal(width):
    text = shown(library(), width) + plan_shown(library(), width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_in_a_pipe_paths_are_whole():
    result = library()
    page = shown(result, 80, force_terminal=False)
    for cluster in result.clusters:
        for photo in cluster.members:
            assert photo.path.removeprefix(ROOT + "/") in page
    assert "…" not in page


def test_several_roots_keep_their_folders_apart():
    page = shown(replace(library(), roots=(f"{ROOT}/2019", f"{ROOT}/web")), 80)
    assert "Photos below /home/anna/Photos\n" in page
    assert "* 2019/07-italy/IMG_20190714_182205.jpg\n" in page
    page = shown(replace(library(), roots=(ROOT, "/mnt/card")), 80)
    assert "Photos below" not in page
    assert f"* {ROOT}/2019/07-italy/IMG_20190714_182205.jpg\n" in page


def hostile(name: str) -> Found:
    result = library()
    (cluster,) = result.clusters
    evil = replace(cluster.members[1], file=PhotoFile(f"{ROOT}/{name}", Stamp(1, 2, 9, 0, 0)))
    matches = (replace(cluster.matches[0], copy=evil), *cluster.matches[1:])
    members = (cluster.members[0], evil, *cluster.members[2:])
    skipped = (Skipped(f"{ROOT}/{name}", "decode", "odd", f"cannot read {name}"),)
    return replace(
        result, clusters=(Cluster("c", members, matches),), skipped=skipped, notes=(name,)
    )


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("[red]x[/red].jpg", "[red]x[/red].jpg"),
        ("[link=http://evil]:smile:[/].jpg", "[link=http://evil]:smile:[/].jpg"),
        ("\x1b[2J\x1b]0;title\x07.jpg", r"\x1b[2J\x1b]0;title\x07.jpg"),
        ("\x9b31m.jpg", r"\u009b31m.jpg"),
        ("a\nCluster 9.jpg", r"a\nCluster 9.jpg"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("caf\udce9.jpg", r"caf\xe9.jpg"),
    ],
)
def test_names_are_shown_and_never_obeyed(name, seen, width):
    page = shown(hostile(name), width)
    assert page.count(seen) == 4  # member, skipped file, its reason, note
    assert seen in plan_shown(hostile(name), width)


@given(results())
def test_nothing_raw_reaches_the_terminal(result):
    for width in (80, 200):
        for page in (shown(result, width), plan_shown(result, width)):
            assert page.replace("\n", "").isprintable()
            page.encode("utf-8")


@given(results())
def test_every_photo_and_every_skipped_file_is_shown(result):
    page = shown(result, 80, force_terminal=False)
    photos = sum(len(cluster.members) for cluster in result.clusters)
    assert len(re.findall(r"\n +\d+x\d+ ", page)) == photos
    assert page.count("\nskipped ") + page.startswith("skipped ") == len(result.skipped)
    assert page.count("\n* ") == len(result.clusters) + bool(result.clusters)  # the legend's


def test_thousands_of_clusters_do_not_take_long():
    # 2,000 are to take less than 3 s (0.8 s when this was written): a quarter of them in that time
    # leaves room for a run under coverage.
    result = library()
    many = replace(result, clusters=result.clusters * 500)
    start = time.process_time()
    shown(many, 80)
    assert time.process_time() - start < 3
