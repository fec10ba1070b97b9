"""Folders that are only compared with: what lies in them is told apart, under any name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mounting import mount, mounts
from walking import DEFAULT, files, write

from dupfinder.discover import discover
from dupfinder.errors import UsageError
from dupfinder.model import Skipped


def told(top: Path, roots: list[str], references: list[str]) -> dict[str, str | None]:
    """The reference of each file that is found, both below the top."""
    found = list(
        discover([str(top / each) for each in roots], DEFAULT, [str(top / e) for e in references])
    )
    assert not [each for each in found if isinstance(each, Skipped)]
    paths = [file.path for file in files(found)]
    assert len(paths) == len(set(paths)), "a file comes once"
    return {
        os.path.relpath(file.path, top): file.reference and os.path.relpath(file.reference, top)
        for file in files(found)
    }


@pytest.fixture
def top(tmp_path: Path) -> Path:
    for name in ("lib/a.jpg", "lib/new/b.jpg", "lib/new/old/c.jpg", "card/d.jpg"):
        write(tmp_path / name)
    return tmp_path


def test_the_deepest_folder_that_was_named_decides(top: Path) -> None:
    assert told(top, ["card"], ["lib"]) == {
        "card/d.jpg": None,
        "lib/a.jpg": "lib",
        "lib/new/b.jpg": "lib",
        "lib/new/old/c.jpg": "lib",
    }
    assert told(top, ["lib/new"], ["lib", "lib/new/old"]) == {
        "lib/a.jpg": "lib",
        "lib/new/b.jpg": None,
        "lib/new/old/c.jpg": "lib/new/old",
    }
    assert told(top, ["lib"], ["lib/new"]) == {
        "lib/a.jpg": None,
        "lib/new/b.jpg": "lib/new",
        "lib/new/old/c.jpg": "lib/new",
    }
    assert told(top, ["lib/a.jpg"], ["lib"])["lib/a.jpg"] is None
    assert told(top, ["lib"], ["lib/a.jpg"])["lib/a.jpg"] == "lib/a.jpg"


@given(st.data())
def test_every_file_comes_once_with_the_deepest_folder_above_it(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    top = tmp_path_factory.mktemp("tree")
    folders = ["x", "x/y", "x/y/z", "x/w", "v"]
    for each in folders:
        write(top / each / "f.jpg")
    named = data.draw(st.lists(st.sampled_from(folders), unique=True, min_size=1))
    cut = data.draw(st.integers(1, len(named)))
    roots, references = named[:cut], named[cut:]

    def deepest(folder: str) -> str | None:
        above = [each for each in named if f"{folder}/".startswith(f"{each}/")]
        return max(above, key=len, default=None)

    expected = {}
    for each in folders:
        if (by := deepest(each)) is not None:
            expected[f"{each}/f.jpg"] = by if by in references else None
    assert told(top, roots, references) == expected


def test_a_hard_link_in_a_reference_makes_the_file_one_of_it(top: Path) -> None:
    (top / "card/linked.jpg").hardlink_to(top / "lib/a.jpg")

    found = told(top, ["card"], ["lib"])
    assert found == {
        "card/d.jpg": None,
        "card/linked.jpg": "lib",
        "lib/new/b.jpg": "lib",
        "lib/new/old/c.jpg": "lib",
    }


@pytest.mark.parametrize("what", ["lib", "lib/new"])
def test_another_mount_of_a_reference_is_that_reference(top: Path, what: str) -> None:
    """C14: its folders are walked once, and count as what is only compared with."""
    (top / "card/a").mkdir()

    def job() -> dict[str, str | None]:
        mount("--bind", str(top / what), str(top / "card/a"))
        found = discover([str(top / "card")], DEFAULT, [str(top / "lib")])
        return {file.path: file.reference for file in files(found)}

    found = mounts(job)
    assert {os.path.relpath(path, top) for path in found if found[path] is None} == {"card/d.jpg"}
    assert len(found) == 4


def test_a_folder_is_not_compared_with_itself(top: Path) -> None:
    (top / "link").symlink_to("lib")
    with pytest.raises(UsageError, match="compared with itself"):
        discover([str(top / "lib")], DEFAULT, [str(top / "link")])
    with pytest.raises(UsageError, match="does not exist"):
        discover([str(top / "lib")], DEFAULT, [str(top / "nothing")])
