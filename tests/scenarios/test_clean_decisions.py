"""What was decided on the page of a report, carried out by `dupfinder clean`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cleaning import clean_json, tree
from deciding import decision, members, saved
from scanning import run


@pytest.fixture
def decisions(report: Path, tmp_path: Path) -> Path:
    """All but the first photo of each cluster are to go."""
    seen: set[str] = set()
    chosen = []
    for cluster, photo in members(report):
        if cluster in seen:
            chosen.append(decision("remove", cluster, photo))
        seen.add(cluster)
    return saved(tmp_path / "decisions.json", report, chosen)


def gone(report: Path) -> set[str]:
    return {photo["path"] for _, photo in members(report) if not os.path.exists(photo["path"])}


def chosen(decisions: Path) -> set[str]:
    told = json.loads(decisions.read_text(encoding="utf-8"))
    return {each["path"] for each in told["decisions"] if each["decision"] == "remove"}


def test_without_a_word_that_acts_it_is_a_dry_run(
    photos: Path, decisions: Path, tmp_path: Path
) -> None:
    before = tree(photos)
    done = run("clean", decisions)
    assert done.returncode == 0, done.stderr
    assert "3 photos could go" in done.stdout
    assert "chosen by you" in done.stdout
    assert "Nothing was touched" in done.stdout
    assert "--trash" in done.stderr
    assert tree(photos) == before
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("act", ["--trash", "--quarantine"])
def test_what_was_chosen_goes_and_comes_back(
    act: str, photos: Path, report: Path, decisions: Path, tmp_path: Path
) -> None:
    before = tree(photos)
    words = [act, *([tmp_path / "aside"] if act == "--quarantine" else [])]
    done = run("clean", decisions, *words)
    assert done.returncode == 0, done.stderr
    assert gone(report) == chosen(decisions)
    assert run("undo").returncode == 0
    assert tree(photos) == before


def test_a_decision_goes_for_a_relation_that_rules_would_leave(
    library: Path, tmp_path: Path
) -> None:
    report = tmp_path / "found.json"
    assert run("scan", library, "-o", report, "--no-cache", "-q").returncode == 0
    parts = [each for each in members(report) if each[1].get("relation") == "part"]
    assert parts
    path = saved(tmp_path / "d.json", report, [decision("remove", *each) for each in parts])
    assert {each["relation"] for each in clean_json(path)["plan"]["actions"]} == {"part"}
    narrow = clean_json(path, "--only", "identical")
    assert narrow["plan"]["actions"] == []
    assert {each["code"] for each in narrow["plan"]["spared"]} == {"relation", "undecided"}


def test_a_decision_that_is_not_carried_out_is_told(report: Path, tmp_path: Path) -> None:
    everything = [decision("remove", *each) for each in members(report)]
    path = saved(tmp_path / "d.json", report, everything)
    done = run("clean", path, "--trash")
    assert done.returncode == 3
    assert gone(report) == set()
    dry = run("clean", path)
    assert "no photo of its cluster would stay" in dry.stdout


def test_protected_folders_hold(report: Path, photos: Path, decisions: Path) -> None:
    done = run("clean", decisions, "--trash", "--protect", photos / "Backup")
    assert done.returncode == 3
    assert not {path for path in gone(report) if "/Backup/" in path}


def test_what_was_decided_about_other_photos_is_told_and_left(
    report: Path, photos: Path, tmp_path: Path
) -> None:
    (name, first), (_, second), *_ = members(report)
    outside = tmp_path / "precious.jpg"
    outside.write_bytes(b"mine")
    forged = [
        decision("remove", name, second | {"digest": "00" * 32}),
        decision("remove", "another", first),
        decision("remove", name, {"path": str(outside), "digest": first["digest"]}),
    ]
    before = tree(photos)
    done = run("clean", saved(tmp_path / "d.json", report, forged), "--trash")
    assert done.returncode == 3
    assert done.stderr.count("not in the report any more") == 3
    assert tree(photos) == before
    assert outside.read_bytes() == b"mine"


def test_a_photo_that_changed_since_is_left(report: Path, decisions: Path) -> None:
    changed = sorted(chosen(decisions))[0]
    Path(changed).write_bytes(b"another photo")
    done = run("clean", decisions, "--trash")
    assert done.returncode == 3
    assert Path(changed).read_bytes() == b"another photo"
    assert len(gone(report)) == 2


def test_the_report_may_lie_beside_the_decisions(decisions: Path, report: Path) -> None:
    beside = decisions.parent / "mail"
    beside.mkdir()
    for path in (decisions, report):
        path.rename(beside / path.name)
    assert run("clean", beside / decisions.name).returncode == 0
    (beside / report.name).unlink()
    done = run("clean", beside / decisions.name)
    assert done.returncode == 2
    assert "is not there" in done.stderr


def test_rules_do_not_choose_what_was_chosen(decisions: Path) -> None:
    done = run("clean", decisions, "--keep", "oldest")
    assert done.returncode == 2
    assert "holds decisions" in done.stderr


def test_a_script_carries_decisions_out(decisions: Path, report: Path) -> None:
    done = run("clean", decisions, "--trash", "--format", "script")
    assert done.returncode == 0, done.stderr
    assert f"exec dupfinder clean '{decisions}' '--trash' '--plan-digest=" in done.stdout
    assert gone(report) == set()


def test_what_is_damaged_is_refused(decisions: Path) -> None:
    text = decisions.read_text(encoding="utf-8")
    decisions.write_text(text[: len(text) // 2], encoding="utf-8")
    done = run("clean", decisions)
    assert done.returncode == 2
    assert "cannot read the decisions" in done.stderr


def test_what_is_no_duplicate_is_remembered_by_an_act_and_by_no_dry_run(
    report: Path, tmp_path: Path
) -> None:
    """Of four members three hold the same bytes: there is one pair of contents."""
    (other,) = [each for each in members(report) if each[1]["path"].endswith("commented.jpg")]
    said = saved(tmp_path / "decisions.json", report, [decision("not_duplicate", *other)])
    dry = run("clean", said)
    assert "note: 1 pair would be marked as no duplicates" in dry.stderr
    assert run("mark", "--list").stdout == "Nothing is marked\n"
    done = run("clean", said, "--trash")
    assert done.returncode == 0, done.stderr
    assert "note: 1 pair marked as no duplicates" in done.stderr
    assert "1 pair marked" in run("mark", "--list").stdout
