"""A plan held against the disk: what is left, and why."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dupfinder.acts.bounds import Bounds
from dupfinder.acts.hardlink import Hardlink
from dupfinder.acts.trash import Trash
from dupfinder.companions import companions_in
from dupfinder.model import (
    Action,
    Evidence,
    Match,
    Photo,
    PhotoFile,
    Plan,
    Relation,
    Stamp,
)
from dupfinder.recheck import recheck

TRASH = Trash("/nowhere")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("kept.jpg", "gone.jpg"):
        (tmp_path / name).write_bytes(b"same")
    return tmp_path


def photo(path: Path) -> Photo:
    status = path.lstat()
    names = [each.name for each in path.parent.iterdir() if each.is_file()]
    companions = companions_in(str(path.parent), names).get(path.name, ())
    stamp = Stamp(0, 0, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return Photo(
        PhotoFile(str(path), stamp, companions=companions), b"", None, "JPEG", 4, 3, (4, 3),
        None, None, None, 100, None, False, (),
    )  # fmt: skip


def planned(root: Path, relation: Relation = Relation.IDENTICAL) -> Plan:
    kept, gone = photo(root / "kept.jpg"), photo(root / "gone.jpg")
    match = Match(kept, gone, relation, (), Evidence("bytes"))
    return Plan(("oldest",), (kept,), (Action("remove", gone, kept, match, "oldest", ""),), (), ())


def left(plan: Plan, root: Path, *forced: Path, linking: bool = False) -> list[str]:
    """The codes of what is left; the rest has to be the rest of the plan."""
    act = Hardlink() if linking else TRASH
    rest, outcomes = recheck(plan, act, Bounds((str(root),)), [str(each) for each in forced])
    assert not any(outcome.done for outcome in outcomes)
    assert [*rest.actions, *(each.action for each in outcomes)] == [*plan.actions]
    assert replace(rest, actions=plan.actions) == plan
    return [outcome.code for outcome in outcomes]


def test_what_is_as_it_was_may_go(root: Path) -> None:
    assert left(planned(root), root) == []
    assert left(planned(root), root, linking=True) == []


def test_what_lies_elsewhere_is_left(root: Path) -> None:
    (root / "other").mkdir()
    assert left(planned(root), root / "other") == ["outside"]
    assert left(planned(root), Path(str(root)[:-1])) == ["outside"]


@pytest.mark.parametrize(("name", "code"), [("gone", ""), ("kept", "keeper-")])
def test_what_changed_or_went_is_left(root: Path, name: str, code: str) -> None:
    plan, path = planned(root), root / f"{name}.jpg"
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert left(plan, root) == [f"{code}changed"]
    plan = planned(root)
    path.write_bytes(b"longer")
    assert left(plan, root) == [f"{code}changed"]
    plan = planned(root)
    path.rename(root / "moved.jpg")
    assert left(plan, root) == [f"{code}gone"]
    path.symlink_to("moved.jpg")
    assert left(plan, root) == [f"{code}changed"]


def test_what_has_another_name_is_left(root: Path) -> None:
    os.link(root / "gone.jpg", root / "other")
    assert left(planned(root), root) == ["linked"]


def test_only_files_that_can_be_one_are_linked(root: Path) -> None:
    assert left(planned(root, Relation.SAME_PIXELS), root, linking=True) == ["not-identical"]
    assert left(planned(root, Relation.SAME_PIXELS), root) == []
    (root / "kept.jpg").chmod(0o600)
    (root / "gone.jpg").chmod(0o640)
    assert left(planned(root), root, linking=True) == ["other-owner"]


def test_a_sidecar_that_differs_leaves_the_photo_unless_it_is_only_linked(root: Path) -> None:
    (root / "gone.xmp").write_text("two stars")
    assert left(planned(root), root) == []
    (root / "kept.xmp").write_text("two stars")
    assert left(planned(root), root) == []
    (root / "kept.xmp").write_text("one star")
    assert left(planned(root), root) == ["companion-differs"]
    assert left(planned(root), root, linking=True) == []


@pytest.mark.parametrize("name", ["gone.xmp", "kept.jpg.xmp"])
def test_a_sidecar_that_came_meanwhile_leaves_the_photo(root: Path, name: str) -> None:
    plan = planned(root)
    (root / name).write_text("new")
    assert left(plan, root) == ["companion"]


@pytest.mark.parametrize("library", ["A.photoslibrary", "b.PHOTOSLIBRARY", "c.cocatalog"])
def test_the_inside_of_a_library_is_left_also_where_it_is_the_root(
    tmp_path: Path, library: str
) -> None:
    root = tmp_path / library / "originals" / "0"
    root.mkdir(parents=True)
    for name in ("kept.jpg", "gone.jpg"):
        (root / name).write_bytes(b"same")
    assert left(planned(root), root) == ["library"]
    assert left(planned(root), root, tmp_path / library) == []
    assert left(planned(root), root, root) == ["library"]


@pytest.mark.parametrize("catalogue", ["My.lrcat", "digikam4.db"])
def test_a_catalogue_counts_up_to_the_root(tmp_path: Path, catalogue: str) -> None:
    deep = tmp_path / "root" / "a" / "b"
    deep.mkdir(parents=True)
    for name in ("kept.jpg", "gone.jpg"):
        (deep / name).write_bytes(b"same")
    (tmp_path / catalogue).touch()
    plan, root = planned(deep), tmp_path / "root"
    assert left(plan, root) == []
    (root / catalogue).touch()
    assert left(plan, root) == ["library"]
    assert left(plan, deep) == []
    assert left(plan, root, root) == []
    assert left(plan, root, deep) == ["library"]


def test_what_was_marked_as_no_duplicate_of_its_keeper_is_left(root: Path) -> None:
    plan = planned(root)
    (action,) = plan.actions
    gone, kept = replace(action.photo, digest=b"2"), replace(action.keeper, digest=b"1")
    plan = replace(plan, actions=(replace(action, photo=gone, keeper=kept),))
    for marked, codes in (({(b"1", b"2")}, ["marked"]), ({(b"1", b"3"), (b"2", b"3")}, [])):
        rest, outcomes = recheck(plan, TRASH, Bounds((str(root),)), marked=marked)
        assert [each.code for each in outcomes] == codes
        assert len(rest.actions) == 1 - len(codes)
