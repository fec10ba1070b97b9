"""One explained pair as a reader meets it: headline, sentence, evidence, better copy, JSON."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console
from strategies_clusters import a_photo

from dupfinder.model import (
    Action,
    Answer,
    CandidatePair,
    Comparison,
    Edit,
    Evidence,
    Match,
    Orientation,
    Photo,
    Plan,
    Relation,
    Spared,
    Tie,
    Verdict,
)
from dupfinder.reports.comparison import comparison_json, is_same, render_comparison

FIRST, SECOND = a_photo("/photos/a.jpg"), a_photo("/photos/b.jpg", width=200, height=150)
PROOF = Evidence(
    "orb",
    distance=12,
    inliers=213,
    ratio=0.81,
    overlap=1.0,
    agreement=0.97,
    tone=2.3,
    transform=(0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 1.0),
    written=(0.0, 0.043),
    beyond=(1.0, 0.2),
    saturation=(52.1, 0.4),
    hue=0.01,
    detail=-1.3,
)


def matched(relation: Relation = Relation.COPY, *edits: Edit, **changes: object) -> Match:
    return replace(Match(FIRST, SECOND, relation, edits, PROOF), **changes)


def planned(*, actions: object = (), ties: object = (), spared: object = ()) -> Plan:
    return Plan(("most-pixels",), (FIRST,), tuple(actions), tuple(ties), tuple(spared))


def removal(photo: Photo, keeper: Photo) -> Action:
    return Action("remove", photo, keeper, matched(), "most-pixels", "400x300 against 200x150")


def compared(match: Match | None, plan: Plan | None = None, **changes: object) -> Comparison:
    pair = CandidatePair(FIRST, SECOND, "hash", 12)
    distances = (
        replace(pair, source="dct256", distance=126),
        replace(pair, source="dct256", distance=3, orientation=Orientation.TURNED_90),
        replace(pair, source="phash", distance=10),
    )
    tried = (
        (pair, Verdict(Answer.UNDECIDED, None, Evidence("bytes"))),
        (pair, Verdict(Answer.DIFFERENT, None, PROOF)),
    )
    return replace(Comparison(FIRST, SECOND, distances, tried, match, plan), **changes)


def text(comparison: Comparison, width: int = 80) -> str:
    output = io.StringIO()
    render_comparison(comparison, Console(file=output, width=width))
    return output.getvalue()


@pytest.mark.parametrize(
    ("match", "headline", "sentence", "same"),
    [
        (matched(Relation.IDENTICAL), "Identical files", "B is identical to A", True),
        (matched(Relation.SAME_PIXELS), "Two files of the same pixels", "B has the same", True),
        (
            matched(Relation.COPY, Edit("resized", 0.5), Edit("mirrored")),
            "The same photo",
            "B is a copy of A: resized to 50 %, mirrored",
            True,
        ),
        (
            matched(Relation.PART, Edit("cropped", 0.25)),
            "The same photo, not shown to the same extent",
            "B shows a part of A: cropped to 25 %",
            True,
        ),
        (matched(doubtful=True), "The same photo, or another exposure", "cannot tell", True),
        (matched(Relation.SIMILAR), "Another shot of the same scene", "B is similar to A", False),
        (None, "Different photos", "", False),
    ],
)
def test_each_relation_is_said_in_one_line(
    match: Match | None, headline: str, sentence: str, same: bool
) -> None:
    comparison = compared(match)
    assert is_same(comparison) is same
    assert headline in text(comparison)
    assert sentence in text(comparison)


def test_the_letters_follow_the_order_of_naming_not_that_of_the_match() -> None:
    turned = Match(SECOND, FIRST, Relation.COPY, (Edit("resized", 2.0),), PROOF)
    shown = text(compared(turned))
    assert "A is a copy of B: resized to 200 %" in shown
    assert "written over  A 4.3 %, B 0 %" in shown  # the base, B, comes first in the evidence


def test_all_the_evidence_is_shown_and_fits_eighty_columns() -> None:
    edits = (Edit("resized", 0.5), Edit("turned", 90.0), Edit("cropped", 0.5), Edit("toned", 9.0))
    plan = planned(actions=[removal(SECOND, FIRST)])
    shown = text(compared(matched(Relation.COPY, *edits), plan))
    for fact in (
        "orb",
        "213 keypoint matches",
        "81 % of all",
        "0.97 correlation",
        "2.3 grey levels",
        "B 4.3 %",
        "B 20 %",
        "A 52, B 0 of 128",
        "1.0 %",
        "-1.30",
        "126 of 256        3                    60",
        "10 of 64",
        "400x300 against 200x150",
        "removing B would free 1.0 kB",
    ):
        assert fact in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_what_was_not_measured_is_not_shown() -> None:
    shown = text(compared(matched(Relation.IDENTICAL, evidence=Evidence("bytes", distance=0))))
    for label in ("inliers", "overlap", "agreement", "residual", "written over", "hue", "None"):
        assert label not in shown


def test_another_shot_says_why_it_is_none_of_the_same() -> None:
    later = replace(SECOND, taken_at="2019-07-14 18:22:06")
    shot = Match(FIRST, later, Relation.SIMILAR, (), PROOF)
    assert "taken at another moment" in text(compared(shot, second=later))
    assert "the colours do not" in text(compared(matched(Relation.SIMILAR)))
    seen = matched(Relation.SIMILAR)
    moved = replace(seen, evidence=replace(seen.evidence, hue=None))
    assert "the aligned pixels do not agree" in text(compared(moved))


def test_different_photos_say_what_was_tried_and_how_far_it_came() -> None:
    shown = text(compared(None))
    assert "the files differ" in shown
    assert "different, 213 inliers (81 %), agree 0.97, overlap 100 %" in shown
    assert "The better copy" not in shown


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (planned(ties=[Tie(SECOND, FIRST, matched())]), "no keep rule tells them apart"),
        (
            planned(spared=[Spared(SECOND, FIRST, matched(Relation.PART))]),
            "they do not show the same part",
        ),
        (planned(actions=[removal(FIRST, SECOND)]), "removing A would free 1.0 kB"),
    ],
)
def test_where_no_copy_is_better_the_reason_is_told(plan: Plan, words: str) -> None:
    assert words in text(compared(matched(), plan))


def test_hostile_names_reach_neither_terminal_nor_json_raw() -> None:
    path = "/photos/\x1b[31m[bold]x\n\udcff.jpg"
    evil = replace(SECOND, file=replace(SECOND.file, path=path), camera="\x1b]0;owned\x07")
    comparison = compared(Match(FIRST, evil, Relation.IDENTICAL, (), PROOF), second=evil)
    shown = text(comparison)
    assert "\\x1b[31m[bold]x\\n\\xff.jpg" in shown
    assert "\x1b" not in shown
    written = comparison_json(comparison)
    assert written.isascii()
    assert "\x1b" not in written
    assert json.loads(written)["second"]["path_base64"]


def test_json_says_the_same_in_numbers() -> None:
    plan = planned(actions=[removal(SECOND, FIRST)])
    content = json.loads(comparison_json(compared(matched(Relation.COPY, Edit("grey")), plan)))
    assert content["schema"] == 1
    assert (content["same"], content["match"]["relation"]) == (True, "copy")
    assert content["first"]["path"] == content["match"]["base"]["path"] == FIRST.path
    assert content["match"]["edits"] == [{"kind": "grey", "amount": None}]
    assert content["match"]["evidence"]["inliers"] == 213
    assert content["better"]["path"] == FIRST.path
    assert content["distances"][0] == {
        "hasher": "dct256",
        "length": 256,
        "radius": 60,
        "distance": 126,
        "least": 3,
        "orientation": "turned_90",
    }
    assert [each["verifier"] for each in content["tried"]] == ["bytes", "orb"]
    assert json.loads(comparison_json(compared(None)))["match"] is None
