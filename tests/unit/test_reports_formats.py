"""What scripts read: whole outputs, held against golden files, and what no name can do to them.

REWRITE_GOLDEN=1 writes them anew, to be looked at before they are kept.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
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
    Stamp,
)
from dupfinder.reports.csv import COLUMNS, csv_lines
from dupfinder.reports.json import to_json
from dupfinder.reports.json_nouns import raw
from dupfinder.reports.jsonl import jsonl_lines
from dupfinder.reports.paths import fdupes_lines, paths0

GOLDEN = Path(__file__).parent / "golden"
SAME = (Relation.IDENTICAL, Relation.SAME_PIXELS)


def library() -> Found:
    first = a_photo("/lib/a.jpg", width=4000, height=3000)
    same = replace(a_photo("/lib/Backup/a copy.jpg", width=4000, height=3000), digest=first.digest)
    odd = a_photo('/lib/caf\udce9, "new"\n\x1b[31m.jpg', camera="=HYPERLINK(0)", taken_at=None)
    small = a_photo("/lib/small.jpg", width=40, height=30, damage="premature end")
    stamp = Stamp(1, 2, 5_000, 1_600_000_000 * 10**9, 0)
    known = a_photo("/known/a.jpg", file=PhotoFile("/known/a.jpg", stamp, reference="/known"))
    members = (first, same, odd, small, known)
    matches = (
        Match(first, same, Relation.IDENTICAL, (), Evidence("bytes")),
        Match(first, odd, Relation.SAME_PIXELS, (), Evidence("pixels")),
        Match(first, small, Relation.COPY, (Edit("resized", 0.01),), Evidence("orb", inliers=9)),
        Match(first, known, Relation.PART, (Edit("cropped", 0.5),), Evidence("orb", inliers=99)),
    )
    single = a_photo("/lib/z.jpg")
    return Found(
        roots=("/lib",), references=("/known",), level="copies", hasher="dct256", radius=60,
        discovered=8, compared=6, other_files=1,
        clusters=(Cluster("c0ffee", members, matches),),
        skipped=(Skipped("/lib/=cut.jpg", "decode", "truncated", "truncated"),) * 2,
        similar=(Match(first, single, Relation.SIMILAR, (), Evidence("orb")),),
    )  # fmt: skip


def assert_golden(name: str, content: bytes) -> None:
    path = GOLDEN / name
    if os.environ.get("REWRITE_GOLDEN"):
        path.write_bytes(content)
    assert content == path.read_bytes()


@pytest.mark.parametrize("name", ["jsonl", "csv", "fdupes", "paths0"])
def test_a_library_gives_the_golden_output(name: str) -> None:
    found = library()
    made = {
        "jsonl": lambda: "".join(jsonl_lines(found)).encode(),
        "csv": lambda: "".join(csv_lines(found, plan(found))).encode(),
        "fdupes": lambda: b"".join(fdupes_lines(plan(found, only=SAME))),
        "paths0": lambda: b"".join(paths0(plan(found, only=SAME))),
    }[name]()
    assert_golden(f"formats.{name}", made)


def rows(found: Found) -> list[dict[str, str]]:
    text = "".join(csv_lines(found, plan(found)))
    return list(csv.DictReader(io.StringIO(text, newline="")))


@settings(max_examples=40)
@given(results())
def test_a_line_of_csv_is_a_photo_and_no_cell_a_formula(found: Found) -> None:
    members = [member for star in found.clusters for member in star.members]
    told = rows(found)

    assert len(told) == len(members)
    assert all(tuple(each) == COLUMNS for each in told)
    for each in told:
        for cell in each.values():
            assert cell.isprintable()
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    names = {
        base64.b64decode(each["path_base64"]) if each["path_base64"] else each["path"].encode()
        for each in told
    }
    assert names == {raw(member.path) for member in members}


@settings(max_examples=40)
@given(results())
def test_lines_of_json_hold_what_the_report_holds(found: Found) -> None:
    lines = [json.loads(line) for line in jsonl_lines(found)]
    report = json.loads(to_json(found))

    assert [line["type"] for line in lines].count("scan") == 1
    assert lines[0]["counts"] == report["counts"]
    clusters = [line for line in lines if line["type"] == "cluster"]
    assert [each["members"] for each in clusters] == [
        each["members"] for each in report["clusters"]
    ]
    assert [line["path"] for line in lines if line["type"] == "skipped"] == [
        each["path"] for each in report["skipped"]
    ]
    assert len([line for line in lines if line["type"] == "similar"]) == len(report["similar"])


@settings(max_examples=60)
@given(results(references=(None, "/known")))
def test_whoever_removes_all_but_the_first_of_a_set_loses_nothing(found: Found) -> None:
    planned = plan(found, only=SAME)
    text = b"".join(fdupes_lines(planned))
    sets = [block.split(b"\n") for block in text.split(b"\n\n") if block]
    by_path = {raw(each.path): each for star in found.clusters for each in star.members}
    keepers = {raw(each.path) for each in planned.keepers}
    seen: set[bytes] = set()
    for first, *others in sets:
        assert first in keepers
        assert others
        for path in others:
            assert path not in keepers
            assert path not in seen
            assert by_path[path].file.reference is None
            seen.add(path)
    going = [path for path in b"".join(paths0(planned)).split(b"\0") if path]
    assert going == sorted(raw(action.photo.path) for action in planned.actions)


def test_a_name_of_two_lines_is_in_no_set() -> None:
    text = b"".join(fdupes_lines(plan(library(), only=SAME)))
    assert text.split(b"\n") == [b"/lib/a.jpg", b"/lib/Backup/a copy.jpg", b"", b""]
