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
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from strategies_clusters import a_photo, results

from dupfinder.model import (
    Action,
    Cluster,
    Edit,
    Evidence,
    Found,
    Match,
    Outcome,
    Photo,
    PhotoFile,
    Plan,
    Relation,
    Skipped,
    Spared,
    StageTime,
    Stamp,
    Tie,
)
from dupfinder.reports.terminal import render_found, render_plan
from dupfinder.reports.terminal.rows import wrapped
from dupfinder.reports.words import sides

GOLDEN = Path(__file__).parent / "golden"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
ROOT = "/home/anna/Photos"
LONG_REASON = (
    "the decoder of this format refused the file after it had read most of it; the message was:"
    " broken data stream when reading image file"
)
NOTE = (
    "the cache was unusable (file is not a database): set aside as"
    " '/home/anna/.cache/dupfinder/cache.sqlite.2026-11-21-124510.unusable-and-set-aside'"
    " and begun anew"
)


def jpeg(name: str, size: int = 3_412_345, link_count: int = 1, **changes: object):
    stamp = Stamp(1, 2, size, 1_609_667_000 * 10**9, 0)
    file = PhotoFile(f"{ROOT}/{name}", stamp, link_count=link_count)
    sides = {"width": 4000, "height": 3000} | changes
    return a_photo(file.path, file=file, **sides)


def library() -> Found:
    best = jpeg("2019/07-italy/IMG_20190714_182205.jpg")
    links = (f"{ROOT}/Prints/for grandma.jpg", f"{ROOT}/{'very-long-folder-name/' * 4}link.jpg")
    best = replace(best, file=replace(best.file, links=links, link_count=3))
    same = jpeg("Backup of old phone/IMG_20190714_182205 (1).jpg")
    sent = jpeg("WhatsApp/IMG-20190801-WA0003.jpg", 212_345, width=1600, height=1200, taken_at=None)
    small = jpeg(f"web/{'very-long-folder-name/' * 4}small.jpg", 99_999, 2, width=640, height=480)
    part = jpeg("2019/07-italy/part.jpg", 1_000_000)
    meme = jpeg("WhatsApp/IMG-20190802-WA0007 with a long name.jpg", 90_000, width=640, height=520)
    screen = jpeg("Screenshots/Screenshot_20190803.png", 800_000, width=1080, height=2340)
    bright = jpeg("2019/07-italy/bright.jpg", 3_100_000, taken_at=None)
    turned = (Edit("resized", 0.16), Edit("turned", 270.0), Edit("mirrored"), Edit("toned"))
    written = (Edit("re-encoded"), Edit("resized", 0.4), Edit("written over", 0.12))
    shown = (Edit("resized", 0.27), Edit("extended", 0.346))
    sent_edits = (Edit("re-encoded"), Edit("resized", 0.4))
    matches = (
        Match(best, same, Relation.IDENTICAL, (), Evidence("bytes")),
        Match(best, sent, Relation.COPY, sent_edits, Evidence("orb", 24, 213, 0.8123, 1.0, 0.97)),
        Match(best, small, Relation.COPY, turned, Evidence("kaze", 131, 13, 0.3, 1.0, 0.8)),
        Match(best, part, Relation.PART, (), Evidence("orb", None, 99, 0.5, 0.5, 0.9)),
        Match(sent, meme, Relation.COPY, written, Evidence("sift", None, 41, 0.62, 1.0, 0.88)),
        Match(best, screen, Relation.PART, shown, Evidence("sift", None, 77, 0.71, 1.0, 0.91)),
        Match(
            best,
            bright,
            Relation.COPY,
            (Edit("toned", 31.0),),
            Evidence("orb", 9, 180, 0.9, 1.0, 0.93),
            doubtful=True,
        ),
    )
    members = (best, *(match.copy for match in matches))
    return Found(
        roots=(ROOT,),
        level="copies",
        hasher="dct256",
        radius=60,
        discovered=5120,
        compared=5118,
        other_files=12,
        clusters=(Cluster("3fa9c2", members, matches),),
        skipped=(
            Skipped(f"{ROOT}/x.jpg", "decode", "truncated", "image file is truncated"),
            Skipped(f"{ROOT}/{'long/' * 13}y.jpg", "decode", "bomb", "more than 400 megapixels"),
            Skipped(f"{ROOT}/z.jpg", "decode", "odd", LONG_REASON),
        ),
        similar=burst(),
        stages=(StageTime("discover", 0.31, "5,132 files"), StageTime("verify", 125.2, "")),
        notes=(NOTE,),
    )


def burst() -> tuple[Match, ...]:
    """Three shots of one scene, each pair of them, and two of another."""
    shots = [jpeg(f"2021/burst_{number}.jpg", 3_000_000 + number) for number in range(3)]
    others = [jpeg(f"2020/bracket_{number}.jpg", 2_000_000 + number) for number in range(2)]
    pairs = ((shots[0], shots[1]), (shots[0], shots[2]), (shots[1], shots[2]), tuple(others))
    return tuple(
        Match(one, other, Relation.SIMILAR, (), Evidence("sift", 60, 120, 0.6, 0.9, 0.41))
        for one, other in pairs
    )


def shown(result: Found, width: int, *, similar: bool = False, **console: object) -> str:
    out = io.StringIO()
    options = {"force_terminal": True, "color_system": None} | console
    render_found(result, Console(file=out, width=width, **options), similar=similar)
    return out.getvalue()


def by_most_pixels(result: Found) -> Plan:
    """The representative stays, what is smaller goes, and each other fate is met once."""
    keepers: list[Photo] = []
    actions: list[Action] = []
    spared: list[Spared] = []
    ties: list[Tie] = []
    for cluster in result.clusters:
        keeper = cluster.representative
        keepers.append(keeper)
        for match in cluster.matches:
            if match.base is not keeper:
                why = "never compared directly with the photo kept"
                spared.append(Spared(match.copy, keeper, None, "not-compared", why))
            elif match.doubtful or match.relation in (Relation.PART, Relation.SIMILAR):
                why = "may be another exposure: nothing tells when both were taken"
                if not match.doubtful:
                    why = "not a copy of the photo kept"
                spared.append(Spared(match.copy, keeper, match, "relation", why))
            elif match.relation is Relation.IDENTICAL:
                ties.append(Tie(match.copy, keeper, match))
            else:
                because = f"{sides(keeper)} against {sides(match.copy)} pixels"
                actions.append(Action("remove", match.copy, keeper, match, "most-pixels", because))
    rules = ("most-pixels", "oldest")
    return Plan(rules, tuple(keepers), tuple(actions), tuple(ties), tuple(spared))


def plan_shown(result: Found, width: int) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    render_plan(by_most_pixels(result), result.roots, console)
    return out.getvalue()


def assert_golden(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("REWRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [80, 200])
def test_a_scan_as_it_is_shown(width):
    assert_golden(f"scan_{width}.txt", shown(library(), width, similar=True))


@pytest.mark.parametrize("width", [80, 200])
def test_a_plan_as_it_is_shown(width):
    assert_golden(f"plan_{width}.txt", plan_shown(library(), width))


def test_every_fate_of_a_photo_is_said():
    page = plan_shown(library(), 80)
    for mark, count in (("keep", 1), ("remove", 2), ("tie", 1), ("stays", 4)):
        assert page.count(f"\n{mark:<8}") == count
    for reason in (
        "no keep rule tells them apart",
        "never compared directly with the photo kept",
        "nothing tells when both were taken",
        "most-pixels: 4000x3000 against 640x480 pixels",
    ):
        assert page.count(reason) == 1
    assert "\n2 photos could go · 212 kB freed\n" in page
    assert "\n1 photo kept · 1 tie · 4 left alone\n" in page
    assert page.endswith("Nothing was touched\n")


def test_similar_shots_are_shown_when_asked_for_and_counted_otherwise():
    asked, unasked = (shown(library(), 80, similar=similar) for similar in (True, False))
    assert "burst_0" in asked
    assert "burst_0" not in unasked
    assert "\n4 similar pairs: other shots of one scene\n" in asked
    assert "\n4 similar pairs: other shots of one scene (--similar shows them)\n" in unasked


def test_a_scene_lists_each_shot_once_however_many_pairs_it_has():
    page = shown(library(), 80, similar=True)
    assert page.count("\nScene ") == 2
    assert "\nScene 2 · 3 photos\n" in page
    for number in range(3):
        assert page.count(f"burst_{number}.jpg") == 1


def test_a_shot_that_was_only_compared_with_another_one_names_it():
    pairs = burst()[0], burst()[2]  # 0 and 1, 1 and 2
    page = shown(replace(library(), similar=pairs), 200, similar=True)
    assert re.search(r"burst_1\.jpg .* similar  ", page)
    assert re.search(r"burst_2\.jpg .* similar to burst_1\.jpg", page)


def test_the_base_is_named_only_where_it_is_not_the_representative():
    page = shown(library(), 200)
    assert page.count("copy of ") == 1
    assert re.search(r"WA0007.* copy of IMG-20190801-WA0003\.jpg:", page)


def test_a_base_whose_file_name_is_not_its_own_alone_is_named_by_its_path():
    result = library()
    (cluster,) = result.clusters
    twin = jpeg("elsewhere/IMG-20190801-WA0003.jpg")
    match = Match(cluster.representative, twin, Relation.IDENTICAL, (), Evidence("bytes"))
    crowded = replace(cluster, members=(*cluster.members, twin), matches=(*cluster.matches, match))
    page = shown(replace(result, clusters=(crowded,)), 80, force_terminal=False)
    assert "copy of WhatsApp/IMG-20190801-WA0003.jpg" in " ".join(page.split())


@pytest.mark.parametrize("width", [80, 200])
def test_every_name_of_a_file_is_shown(width):
    for page in (shown(library(), width), plan_shown(library(), width)):
        assert re.search(r"\n +also: Prints/for grandma\.jpg\n", page)
        assert page.count("also: ") == 2


def test_reasons_and_notes_are_wrapped_between_words():
    page = shown(library(), 80)
    assert {*LONG_REASON.split(), *NOTE.split()} <= set(page.split())
    path = max(NOTE.split(), key=len)  # whole, as it may be copied: the terminal breaks it
    assert all(cell_len(line) <= 80 for line in page.splitlines() if path not in line)


@given(st.text(st.sampled_from("ab 写%(\\")), st.integers(2, 30))
def test_wrapped_words_fit_and_none_is_lost(words, width):
    lines = wrapped(words, width)
    assert all(cell_len(line) <= width for line in lines)
    assert all(line.strip() for line in lines)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_wide_characters_do_not_push_lines_over_the_edge():
    result = library()
    (cluster,) = result.clusters
    sent = replace(
        cluster.members[2], file=PhotoFile(f"{ROOT}/{'写真' * 30}.jpg", Stamp(1, 2, 9, 0, 0))
    )
    matches = [replace(match) for match in cluster.matches]
    matches[1] = replace(matches[1], copy=sent)
    matches[4] = replace(matches[4], base=sent)
    members = (cluster.members[0], *(match.copy for match in matches))
    odd = (Skipped(f"{ROOT}/a.jpg", "decode", "odd", "写真 " * 60),)
    page = shown(
        replace(result, clusters=(Cluster("c", members, tuple(matches)),), skipped=odd, notes=()),
        80,
    )
    assert "copy of …写真写真" in page
    assert max(map(cell_len, page.splitlines())) <= 80


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
    result = replace(library(), notes=("the cache was set aside",))
    text = shown(result, width, similar=True) + plan_shown(result, width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_in_a_pipe_paths_are_whole():
    result = library()
    page = shown(result, 80, force_terminal=False)
    for cluster in result.clusters:
        for photo in cluster.members:
            for name in (photo.path, *photo.file.links):
                assert name.removeprefix(ROOT + "/") in page
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


@given(results((None, None, "/ref/\udcff")))
def test_nothing_raw_reaches_the_terminal(result):
    for width in (80, 200):
        for page in (shown(result, width, similar=True), plan_shown(result, width)):
            assert page.replace("\n", "").isprintable()
            page.encode("utf-8")


@given(results())
def test_every_photo_and_every_skipped_file_is_shown(result):
    page = shown(result, 80, similar=True, force_terminal=False)
    photos = sum(len(cluster.members) for cluster in result.clusters)
    shots = {photo.path for match in result.similar for photo in (match.base, match.copy)}
    assert len(re.findall(r"\n +\d+x\d+ ", page)) == photos + len(shots)
    assert page.count("\nskipped ") + page.startswith("skipped ") == len(result.skipped)
    stars = len(result.clusters) + bool(result.clusters)  # the legend's
    assert page.count("\n* ") == stars + page.count("\nScene ")


def test_thousands_of_clusters_do_not_take_long():
    # 2,000 are to take less than 3 s (0.8 s when this was written): a quarter of them in that time
    # leaves room for a run under coverage.
    result = library()
    many = replace(result, clusters=result.clusters * 500)
    start = time.process_time()
    shown(many, 80)
    assert time.process_time() - start < 3


def test_what_an_act_would_leave_is_told_with_its_reason():
    out = io.StringIO()
    plan = by_most_pixels(library())
    *actions, gone = plan.actions
    left = (Outcome(gone, False, "gone", "it is not there any more"),)
    render_plan(
        replace(plan, actions=tuple(actions)), library().roots, Console(file=out, width=200), left
    )
    (line,) = [line for line in out.getvalue().splitlines() if line.startswith("left    ")]
    assert "it is not there any more" in line
    assert "1 photo left for the reason given" in out.getvalue()
    assert "left:   would go" in out.getvalue()
