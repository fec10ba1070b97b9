"""Paths given to --exclude leave out what they name, or are refused: never nothing in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from walking import below, write

from dupfinder.cli.excludes import excluded
from dupfinder.errors import UsageError
from dupfinder.settings import WalkRules

TREE = ("a.jpg", "raw/b.jpg", "trip/raw/c.jpg", "[x]/d.jpg", "x/e.jpg")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with photos in it, and the way there through a symlink."""
    for name in TREE:
        write(tmp_path / "Photos" / name)
    (tmp_path / "link").symlink_to("Photos")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "Photos"


@pytest.mark.parametrize(
    ("typed", "left_out"),
    [
        ("raw", {"raw/b.jpg", "trip/raw/c.jpg"}),
        ("trip/raw", {"trip/raw/c.jpg"}),
        ("./Photos/raw", {"raw/b.jpg"}),
        ("./Photos/raw/", {"raw/b.jpg"}),
        ("./Photos/*/raw", {"trip/raw/c.jpg"}),
        ("../{home}/Photos/raw/**", {"raw/b.jpg"}),
        ("~/Photos/raw", {"raw/b.jpg"}),
        ("{root}/raw", {"raw/b.jpg"}),
        ("./link/raw", {"raw/b.jpg"}),
        ("./Photos/[x]", {"[x]/d.jpg"}),  # the folder of that name, not the pattern
        ("./Photos/a.jpg", {"a.jpg"}),
    ],
)
@pytest.mark.parametrize("root", ["Photos", "~/Photos", "{root}", "link", "./Photos/"])
def test_a_path_is_left_out_however_it_and_the_root_are_written(
    photos: Path, root: str, typed: str, left_out: set[str]
) -> None:
    places = {"root": photos, "home": photos.parent.name}
    globs = excluded([typed.format(**places)], [root.format(**places)])

    assert below(photos, rules=WalkRules(exclude=globs)) == sorted(set(TREE) - left_out)


@pytest.mark.parametrize("typed", ["./raw", "/raw", "~", ".", "..", "./Photos", "/", "../raw"])
def test_a_path_that_is_not_below_the_root_is_refused(photos: Path, typed: str) -> None:
    with pytest.raises(UsageError, match="is not below a folder to scan") as refused:
        excluded([typed], [str(photos)])
    assert refused.value.hint


def test_a_path_below_one_of_several_roots_is_refused_and_not_taken_for_all(photos: Path) -> None:
    roots = [str(photos / "trip"), str(photos / "raw")]
    with pytest.raises(UsageError, match="with several folders") as refused:
        excluded([f"{photos}/trip/raw"], roots)
    assert "'raw'" in refused.value.hint
    same = [str(photos), str(photos.parent / "link")]
    assert excluded([f"{photos}/raw"], same) == ("/raw",)


@pytest.mark.parametrize(
    "typed", ["*.png", "raw/", "a/./b", "...", ".git", "**/raw/**", "x~", "~*"]
)
def test_names_and_patterns_are_left_as_they_are(typed: str) -> None:
    assert excluded([typed], ["/lib"]) == (typed,)
