"""What another process says of folders is what this one would say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dupfinder.engines import lookout as module
from dupfinder.engines.lookout import lookout
from dupfinder.entries import state_of


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    odd = os.fsdecode("ümläut \n".encode() + (b"\xff" if sys.platform == "linux" else b""))
    made = [str(tmp_path / "2019"), str(tmp_path / "empty"), str(tmp_path / odd)]
    for folder in made:
        os.mkdir(folder)
        if "empty" not in folder:
            Path(folder, f"{odd}.jpg").write_bytes(b"one")
            os.symlink("nowhere", Path(folder, "link"))
    return [*made, str(tmp_path / "gone")]


@pytest.mark.parametrize("may_open", [False, True])
def test_it_says_what_is_so_and_nothing_else(folders: list[str], may_open: bool) -> None:
    state = state_of(folders, may_open=may_open)

    with lookout(folders, may_open=may_open) as is_so:
        assert is_so(state)
    with lookout(folders[:-1], may_open=may_open) as is_so:
        assert not is_so(state)
    Path(folders[1], "new.jpg").write_bytes(b"two")
    with lookout(folders, may_open=may_open) as is_so:
        assert not is_so(state)


def test_many_folders_are_asked_for_at_once(tmp_path: Path) -> None:
    """More of them than a pipe holds that nobody reads yet."""
    folders = [str(tmp_path / f"{number:05}" / ("x" * 40)) for number in range(3_000)]

    with lookout(folders, may_open=False) as is_so:
        assert is_so(state_of(folders, may_open=False))


def test_names_are_spelled_as_here(folders: list[str], tmp_path: Path) -> None:
    """Also where the interpreter was told how, which its environment does not say."""
    program = (
        "import sys\n"
        "from dupfinder.engines.lookout import lookout\n"
        "from dupfinder.entries import state_of\n"
        "folders = sys.argv[1:]\n"
        "with lookout(folders, may_open=False) as is_so:\n"
        "    assert is_so(state_of(folders, may_open=False))\n"
    )
    path = os.pathsep.join(each for each in sys.path if each)
    plain = os.environ | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": path}
    for mode in ("0", "1"):
        command = [sys.executable, "-X", f"utf8={mode}", "-c", program, *folders]
        told = subprocess.run(command, env=plain, capture_output=True, cwd=tmp_path, check=False)
        assert told.returncode == 0, told.stderr.decode()


@pytest.mark.parametrize("executable", ["/nowhere/python", "", None])
def test_where_nobody_can_look_nothing_is_said(
    folders: list[str], monkeypatch: pytest.MonkeyPatch, executable: str | None
) -> None:
    """A program that Python is embedded in may know no executable."""
    state = state_of(folders, may_open=False)
    monkeypatch.setattr(sys, "executable", executable)

    with lookout(folders, may_open=False) as is_so:
        assert not is_so(state)


def test_one_that_dies_says_nothing(folders: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    state = state_of(folders, may_open=False)
    monkeypatch.setattr(module, "command", lambda _: [sys.executable, "-c", "raise SystemExit(3)"])

    with lookout(folders, may_open=False) as is_so:
        assert not is_so(state)


def test_it_ends_with_whoever_asked(folders: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it would look yet, and whether it was asked or not."""
    started = []
    start = module._started

    def remembered(*words: Any) -> subprocess.Popen[bytes]:
        started.append(start(*words))
        return started[-1]

    endless = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(module, "_started", remembered)
    monkeypatch.setattr(module, "command", lambda _: endless)

    with pytest.raises(KeyboardInterrupt), lookout(folders, may_open=False):
        raise KeyboardInterrupt

    (process,) = started
    assert process.returncode is not None
