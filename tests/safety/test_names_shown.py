"""Hostile names (B10-B12, F1-F8, R21): through every output of the command, and back exactly.

    python -m pytest tests/safety/test_names_shown.py -m slow -s

takes all 400 of `hostile_names` and prints what came back; the default run takes every tenth.
There is no output as a table or a web page (F5, F6) whose names could be run.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from acting import FAST, child, figure
from cleaning import path_of
from hostile_names import COMMANDS, NAMES, SOME, Library
from showing import (
    COMMAND,
    PIPE,
    lines_of,
    on_terminal,
    paths,
    paths_in,
    piped,
    raw_in,
    read_back,
    told,
)

import dupfinder
from dupfinder.cli import main
from dupfinder.storage.journal import journals, read

NARROW, WIDE = 90, 2000  # columns: names are shortened, or never
SHELLS = {os.path.realpath(path) for path in map(shutil.which, ("sh", "bash", "zsh")) if path}
SOME_AND_ALL = pytest.mark.parametrize(
    "names",
    [pytest.param(SOME, id="some"), pytest.param(NAMES, id="all", marks=pytest.mark.slow)],
)


@pytest.fixture
def top(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a home of its own: trash and journals."""
    with tempfile.TemporaryDirectory(prefix="dupfinder-test-", dir=FAST) as name:
        monkeypatch.setenv("XDG_DATA_HOME", name + "/data")
        monkeypatch.setenv("XDG_STATE_HOME", name + "/state")
        monkeypatch.delenv("NO_COLOR", raising=False)
        yield Path(name)


@SOME_AND_ALL
def test_a_scan_and_its_report_carry_every_name(top: Path, names: Sequence[bytes]) -> None:
    """F1, F2, B11, B12: on a terminal, as JSON, in a report and read back from it."""
    library = Library(top, names)
    before = library.tree()
    files = {library.path(name) for name, entry in before.items() if len(entry) > 2}
    on_terminal(library.scan(), NARROW)
    text = read_back(on_terminal(library.scan(), WIDE))
    report = piped(library.scan("-q", "--format", "json", "-o", library.report))
    said = json.loads(report)

    shown = {path for path in files if library.below(path) in text}
    assert {path for path in files - shown if not path.endswith(b".xmp")} == set()
    assert paths_in(said) == files | {library.root}
    assert paths(said["skipped"]) == {library.path(b"broken/" + name) for name in names}
    assert Path(library.report).read_bytes() == report
    clusters = dupfinder.load(library.report).clusters
    members = {os.fsencode(photo.path) for cluster in clusters for photo in cluster.members}
    assert members == paths(each for cluster in said["clusters"] for each in cluster["members"])
    assert library.tree() == before
    figure(f"\nscan: {len(names)} names of {len(files)} files: not read back 0, raw 0")


@pytest.mark.parametrize(
    ("act", "names"),
    [
        pytest.param("trash", SOME, id="some"),
        *(
            pytest.param(act, NAMES, id=act, marks=pytest.mark.slow)
            for act in ("trash", "quarantine")
        ),
    ],
)
def test_clean_and_undo_carry_every_name(top: Path, names: Sequence[bytes], act: str) -> None:
    """F1, F2, F8, B10-B12: the dry run, the act, its journal, the list of runs, and undo."""
    library = Library(top, names)
    piped(library.scan("-q", "-o", library.report))
    before = library.tree()
    where = [os.fsdecode(library.root) + " aside"] if act == "quarantine" else []
    words = library.clean(f"--{act}", *where)
    ways = [expect_dry_run, expect_text, expect_trouble_as_text]
    if names is NAMES:
        ways += [expect_json, expect_trouble_as_json]
    for way in ways:
        way(library, words)
        assert library.tree() == before
    done = len(ways[1:]) * len(library.going)
    figure(f"\n{act}: {len(names)} names, {done} acts and undos: not read back 0, raw 0")


def expect_dry_run(library: Library, words: Sequence[str]) -> None:
    words = [*words, "--delete-dry-run"]
    on_terminal(words, NARROW)
    text = read_back(on_terminal(words, WIDE))
    dry = told(words)
    planned = dry["plan"]["actions"]
    assert paths(planned) == library.going
    assert paths(dry["left"]) == library.staying
    kept = {library.path(b"kept/" + name) for name in library.names}
    assert paths(each["keeper"] for each in planned) == kept
    listed = library.going | library.staying
    assert {path for path in listed if library.below(path) not in text} == set()


def expect_text(library: Library, words: Sequence[str]) -> None:
    """Each photo on a line of its own, with the name that it had."""
    text = piped(words, 3 if library.staying else 0)
    for begin, expected in ((b"done  ", library.going), (b"left  ", library.staying)):
        lines = lines_of(text, begin)
        assert len(lines) == len(expected)
        for path in expected:
            begins = library.below(path) + b"  "
            assert any(line.startswith(begins) for line in lines), path
    expect_journal(library)
    on_terminal(["undo", "--list"], NARROW)
    assert told(["undo", "--list"])["runs"][-1]["done"] == len(library.going)
    assert piped(["undo"]).startswith(b"%d photos are back" % len(library.going))


def expect_json(library: Library, words: Sequence[str]) -> None:
    done = told(words, 3 if library.staying else 0)
    assert paths(each for each in done["outcomes"] if each["done"]) == library.going
    assert paths(done["left"]) == library.staying
    for each in done["outcomes"]:
        (place,) = map(path_of, each["places"])
        with open(place, "rb") as now, open(path_of(each["keeper"]), "rb") as kept:
            assert now.read() == kept.read()
    undone = told(["undo"])
    assert (undone["restored"], undone["renamed"], undone["failed"]) == (len(library.going), [], [])


def expect_journal(library: Library) -> None:
    """Each name in a record of its own, on one line of plain text."""
    *_, path = journals(str(library.top / "state" / "dupfinder" / "runs"))
    assert raw_in(Path(path).read_bytes(), PIPE) == set()
    begun = [record for record in read(path) if record["op"] == "intent"]
    names = {os.path.join(each["folder"], each["members"][0][0]) for each in begun}
    assert set(map(os.fsencode, names)) == library.going


def expect_trouble_as_text(library: Library, words: Sequence[str]) -> None:
    trouble = Trouble(library, words)
    text = on_terminal(["undo"], WIDE)
    renamed, failed = (
        {line.rpartition(b"  ")[0] for line in lines_of(text, begin)}
        for begin in (b"renamed ", b"failed  ")
    )
    trouble.mend(renamed, failed)


def expect_trouble_as_json(library: Library, words: Sequence[str]) -> None:
    trouble = Trouble(library, words)
    undone = told(["undo"], 3)
    trouble.mend(paths(undone["renamed"]), paths(undone["failed"]))


class Trouble:
    """An act after which half of the names are taken, and the other photos not where they were."""

    def __init__(self, library: Library, words: Sequence[str]) -> None:
        self._library = library
        report = library.top / "done.json"
        on_terminal([*words, "-o", str(report)], NARROW)
        done = json.loads(report.read_bytes())
        self._run = done["run"]
        going = [library.path(b"go/" + name) for name in library.names]
        self._taken = going[::2]
        for path in self._taken:
            with open(path, "wb") as file:
                file.write(b"somebody else's")
        places = {path_of(each): path_of(each["places"][0]) for each in done["outcomes"]}
        self._away = {path: places[path] for path in going[1::2]}
        for number, place in enumerate(self._away.values()):
            os.rename(place, library.top / f"away {number}")

    def mend(self, renamed: set[bytes], failed: set[bytes]) -> None:
        """What was told is true, and enough to put all in order again."""
        assert failed == self._away.keys()
        assert len(renamed) == len(self._taken)
        for path in renamed:
            with open(path, "rb") as file:
                os.replace(path, self._library.photos[file.read()])
        for number, place in enumerate(self._away.values()):
            os.rename(self._library.top / f"away {number}", place)
        assert told(["undo", self._run])["restored"] == len(self._away)


@SOME_AND_ALL
def test_a_script_runs_nothing_that_a_name_says(
    top: Path, names: Sequence[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F3, F4: every command that a name could start is a trap, and there is no other one."""
    library = Library(top, names)
    library.report = os.fsdecode(os.path.join(library.root, b"-found'; canary; '$(canary)\n.json"))
    piped(library.scan("-q", "-o", library.report))
    before = library.tree()
    making = [*COMMAND, *library.clean("--trash", "--format", "script")]
    made = subprocess.run(making, capture_output=True, check=True).stdout
    comments, _, _ = made.partition(b"\nexec ")
    assert raw_in(comments, PIPE) == set()
    assert {line[:1] for line in comments.split(b"\n")} == {b"#"}
    assert {
        line.split(b"' keep '")[0] for line in lines_of(comments, b"# remove '")
    } == library.going
    (top / "clean.sh").write_bytes(made)
    (top / "empty").mkdir()
    monkeypatch.setenv("PATH", set_traps(top))
    for shell in SHELLS:
        command = [shell, top / "clean.sh"]
        done = subprocess.run(command, cwd=top / "empty", capture_output=True, check=False)
        assert done.returncode == (3 if library.staying else 0), done.stderr
        gone = {library.path(name) for name in before.keys() - library.tree().keys()}
        assert gone == library.going
        assert not (top / "trapped").exists()
        assert list((top / "empty").iterdir()) == []
        piped(["undo"])
        assert library.tree() == before
        figure(f"\n{shell}: a script of {len(library.going)} photos: other commands run 0")


def set_traps(top: Path) -> str:
    """A folder for PATH: `dupfinder`, and commands that leave a mark where they are run."""
    folder = top / "bin"
    folder.mkdir()
    for name in COMMANDS:
        (folder / name).write_text(f"#!/bin/sh\necho \"$0 $*\" >>'{top}/trapped'\n")
    (folder / "dupfinder").write_text(f'#!/bin/sh\nexec {" ".join(COMMAND)} "$@"\n')
    for path in folder.iterdir():
        path.chmod(0o755)
    return str(folder)


@SOME_AND_ALL
def test_a_name_as_a_word_of_the_command_does_nothing_and_is_told_escaped(
    top: Path, names: Sequence[bytes]
) -> None:
    """F1, F4: a pattern of the shell hands over whatever names there are."""
    (top / "here").mkdir()

    def job() -> dict[str, tuple[int, str]]:
        os.chdir(top / "here")
        return {repr(words): said(words) for name in names for words in commands_with(name)}

    ended = child(job)
    assert ended.error == "", ended.error
    assert {words for words, (code, _) in ended.value.items() if code not in (0, 2)} == set()
    raw = {words: raw_in(shown.encode(), PIPE) for words, (_, shown) in ended.value.items()}
    assert {words: found for words, found in raw.items() if found} == {}
    assert list((top / "here").iterdir()) == []
    figure(f"\n{len(ended.value)} commands with a name as a word: raw 0")


def commands_with(name: bytes) -> Iterator[list[str]]:
    word = os.fsdecode(name)
    yield [word]
    yield ["scan", word, "--no-cache"]
    yield ["clean", word, "--trash"]
    yield ["compare", word, word]
    yield ["undo", "--list", word]


def said(words: Sequence[str]) -> tuple[int, str]:
    """The exit code of a command and all that it says."""
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        try:
            code = main(words)
        except SystemExit as stop:
            code = int(str(stop.code))
    # As the streams of a real process are told to.
    return code, output.getvalue().encode(errors="backslashreplace").decode()
