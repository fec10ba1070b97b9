"""What a run would do or has done, as JSON, as text and as a script."""

from __future__ import annotations

import io
import json
import shlex
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from dupfinder.model import (
    Action,
    Applied,
    Evidence,
    Match,
    Outcome,
    Photo,
    PhotoFile,
    Plan,
    Relation,
    Run,
    Stamp,
    Undone,
)
from dupfinder.reports.acting import clean_lines, plan_digest, runs_lines, undone_lines
from dupfinder.reports.script import quoted, script
from dupfinder.reports.terminal import render_applied, render_left, render_runs, render_undone

HOSTILE = "/photos/\x1b[31m[bold]x\n'; touch y; '\udcff.jpg"
# What a file name can hold: no zero byte, no slash, and bytes that are no text.
NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0/")
    | st.sampled_from("\n\r'\"\\$`;#-!\x1b\udc80\udcff"),
    min_size=1,
)


def photo(path: str, digest: bytes = b"\xab\xcd") -> Photo:
    return Photo(
        PhotoFile(path, Stamp(1, 2, 1000, 4, 5)), digest, None, "JPEG", 400, 300, (400, 300),
        None, None, None, 100, None, False, (),
    )  # fmt: skip


def action(path: str, keeper: str = "/photos/kept.jpg") -> Action:
    kept, copy = photo(keeper), photo(path)
    match = Match(kept, copy, Relation.IDENTICAL, (), Evidence("bytes"))
    return Action("remove", copy, kept, match, "oldest", "a day before")


def planned(*actions: Action) -> Plan:
    return Plan(("oldest",), tuple(each.keeper for each in actions), actions, (), ())


def shown(*outcomes: Outcome, act: str = "trash", width: int = 200, **console: object) -> str:
    out = io.StringIO()
    render_applied(
        Applied("20260714-182205-1-a", act, outcomes),
        (),
        ("/photos",),
        Console(file=out, width=width, color_system=None, **console),
    )
    return out.getvalue()


def test_the_digest_stands_for_what_goes_and_for_what_is_in_it() -> None:
    plan = planned(action("/photos/a.jpg"), action("/photos/b.jpg"))
    digest = plan_digest(plan)
    assert digest == plan_digest(replace(plan, actions=plan.actions[::-1]))
    first = plan.actions[0]
    for other in (
        replace(first, photo=photo("/photos/c.jpg")),
        replace(first, photo=photo("/photos/a.jpg", b"other")),
        replace(first, keeper=photo("/photos/kept.jpg", b"other")),
        replace(first, rule="newest"),
    ):
        assert plan_digest(replace(plan, actions=(other, plan.actions[1]))) != digest
    assert plan_digest(replace(plan, actions=(first,))) != digest
    assert plan_digest(replace(plan, rules=("newest",))) != digest


def test_what_became_of_each_photo_is_told_with_its_places() -> None:
    gone, stays = action(HOSTILE), action("/photos/b.jpg")
    plan = planned(gone, stays)
    outcomes = (
        Outcome(gone, True, "done", "moved to the trash", ("/trash/x", "/trash/x.xmp")),
        Outcome(stays, False, "changed", "it changed"),
    )
    text = "".join(clean_lines(plan, "trash", (), Applied("r1", "trash", outcomes, ("/found",))))
    assert text.isascii()
    assert text.startswith('{\n "kind": "clean"')
    told = json.loads(text)
    assert (told["schema"], told["act"], told["run"], told["left"]) == (1, "trash", "r1", [])
    assert told["plan_digest"] == plan_digest(plan)
    assert len(told["plan"]["actions"]) == 2
    assert told["recovered"] == [{"path": "/found"}]
    first, second = told["outcomes"]
    assert first["path_base64"]
    assert first["places"] == [{"path": "/trash/x"}, {"path": "/trash/x.xmp"}]
    assert second == {
        "path": "/photos/b.jpg",
        "keeper": {"path": "/photos/kept.jpg"},
        "done": False,
        "code": "changed",
        "reason": "it changed",
        "places": [],
    }


def test_a_dry_run_is_the_same_document_without_a_run() -> None:
    left = (Outcome(action("/photos/a.jpg"), False, "gone", "it is gone"),)
    told = json.loads("".join(clean_lines(planned(), "delete", left)))
    assert (told["run"], told["outcomes"], told["recovered"]) == (None, [], [])
    assert [each["code"] for each in told["left"]] == ["gone"]


def test_each_act_says_what_it_freed_and_how_it_is_taken_back() -> None:
    done = Outcome(action("/photos/a.jpg"), True, "done", "done so", ("/there/a.jpg", "/there/b"))
    assert "done  a.jpg  done so: /there/a.jpg and 1 file beside it\n" in shown(done)
    assert "1 photo moved to the trash · 1.0 kB freed when the trash is emptied\n" in shown(done)
    assert "1.0 kB freed when the quarantine is emptied" in shown(done, act="quarantine")
    assert "To take it back: dupfinder undo 20260714-182205-1-a\n" in shown(done)
    deleted = shown(replace(done, places=()), act="delete")
    assert "1 photo removed for good · 1.0 kB freed\n" in deleted
    assert "there is no way back" in deleted
    linked = replace(done, places=("/photos/a.jpg",))
    assert "done so: kept.jpg\n" in shown(linked, act="hardlink")
    assert "Nothing was done\n1 photo left" in shown(replace(done, done=False))


def test_a_narrow_terminal_shows_what_became_of_a_photo_below_its_name() -> None:
    done = Outcome(action("/photos/a.jpg"), True, "done", "done so", ("/there/" + "x" * 40,))
    lines = shown(done, width=40, force_terminal=True).splitlines()
    assert lines[:2] == ["done  a.jpg", f"      done so: /there/{'x' * 40}"]
    assert shown(done, width=40).splitlines()[0].startswith("done  a.jpg  done so: ")


def test_names_and_reasons_reach_no_terminal_raw() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system=None)
    outcome = Outcome(action(HOSTILE), True, "done", f"reason {HOSTILE}", (HOSTILE + "2",))
    applied = Applied("r1", "trash", (outcome,), (HOSTILE,))
    render_left((outcome,), ("/photos",), console)
    render_applied(applied, (), ("/photos",), console)
    render_undone(Undone(HOSTILE, 1, (HOSTILE,), ((HOSTILE, HOSTILE),)), console)
    render_runs((Run(HOSTILE, HOSTILE, 1, 1),), console)
    assert {char for char in out.getvalue() if not char.isprintable()} == {"\n"}
    assert "[bold]" in out.getvalue()


def test_runs_and_what_was_taken_back_are_told_as_json() -> None:
    run = Run("20260714-182205-123456-0a1b2c3d", "trash", 3, 2)
    told = json.loads("".join(runs_lines((run, Run("odd", "trash", 0, 0)))))
    assert told["kind"] == "runs"
    assert [each["started"] for each in told["runs"]] == ["2026-07-14T18:22:05Z", None]
    undone = Undone("r1", 2, ("/photos/a 2.jpg",), (("/photos/b.jpg", "no"),))
    told = json.loads("".join(undone_lines(undone)))
    assert (told["kind"], told["run"], told["restored"]) == ("undo", "r1", 2)
    assert told["failed"] == [{"path": "/photos/b.jpg", "reason": "no"}]


def test_what_could_not_be_taken_back_is_told_with_how_to_try_again() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80)
    render_undone(Undone("r1", 1, ("/a 2.jpg",), (("/b.jpg", "no disk"),)), console)
    assert out.getvalue() == (
        "renamed /a 2.jpg  its old name was taken\n"
        "failed  /b.jpg  no disk\n"
        "1 photo is back (run r1)\n"
        "1 photo could not be taken back; try again: dupfinder undo r1\n"
    )


@given(st.lists(NAMES, max_size=4), NAMES)
def test_a_script_is_comments_and_one_command_whatever_the_names(
    names: list[str], report: str
) -> None:
    actions = [action(f"/photos/{name}") for name in names]
    left = [Outcome(each, False, "gone", f"gone: {each.photo.path}") for each in actions]
    words = ["--trash", f"--keep=in:{report}"]
    text = script(planned(*actions), left, f"/{report}", words).decode("utf-8", "surrogateescape")
    comments, _, command = text.partition("\nexec ")
    assert all(line.startswith("#") for line in comments.split("\n"))
    assert comments.count("\n# remove ") == comments.count("\n# left ") == len(names)
    assert not [char for char in comments if not char.isprintable() and char != "\n"]
    assert shlex.split(command) == ["dupfinder", "clean", f"/{report}", *words]


def test_a_quoted_word_is_in_single_quotes_always() -> None:
    assert quoted("plain") == "'plain'"
    assert quoted("it's") == "'it'\\''s'"
