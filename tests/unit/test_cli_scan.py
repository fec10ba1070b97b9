"""What the options of `dupfinder scan` do, apart from the scan itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from strategies_clusters import a_photo

import dupfinder
from dupfinder.cli import _parser, scan
from dupfinder.model import Cluster, Evidence, Found, Match, Relation, StageTime
from dupfinder.settings import LEVELS, Settings

Run = Callable[..., Settings]


def found_in(folder: Path) -> Found:
    """Two copies and another shot, as if they had been found below `folder`."""
    one, two, other = (a_photo(f"{folder}/{'long-folder/' * 9}{name}.jpg") for name in "abc")
    match = Match(one, two, Relation.COPY, (), Evidence("orb"))
    return Found(
        roots=(str(folder),),
        level="copies",
        hasher="dct256",
        radius=60,
        discovered=3,
        compared=3,
        other_files=0,
        clusters=(Cluster("c", (one, two), (match,)),),
        skipped=(),
        similar=(Match(one, other, Relation.SIMILAR, (), Evidence("sift")),),
        stages=(StageTime("candidates", 0.1, "1 group", "because \x1b[31m"),),
        notes=("the cache was set aside as 'x\x1b'",),
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command over a result that is given, and tells with which settings it searched."""
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def running(*words: str, roots: Sequence[str] = (".",)) -> Settings:
        used: list[Settings] = []

        def find(named: Sequence[str], settings: Settings, *_: object) -> Found:
            used.append(settings)
            paths = tuple(str(tmp_path / root) for root in named)
            return replace(found_in(tmp_path), roots=paths)

        monkeypatch.setattr(scan, "find", find)
        options = _parser().parse_args(["scan", *roots, *words])
        options.run(options)
        return used[0]

    return running


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("50000", 50_000),
        ("50k", 50_000),
        ("50K", 50_000),
        ("50kB", 50_000),
        ("1.5M", 1_500_000),
        ("0.0015k", 2),
        ("2g", 2 * 10**9),
        ("1T", 10**12),
    ],
)
def test_sizes_are_read_as_people_write_them(run: Run, text: str, size: int) -> None:
    assert run("--min-size", text).walk.min_size == size


@pytest.mark.parametrize(
    "text", ["", "k", "-1", "1,5M", ".5k", "5 k", "5x", "1e3", "\u0665", "9" * 5000]
)
def test_what_is_no_size_is_refused(
    run: Run, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(f"--min-size={text}")
    assert stopped.value.code == 2
    assert "is no size: write 50000, 50k or 1.5M" in capsys.readouterr().err


@pytest.mark.parametrize("level", LEVELS)
def test_the_level_is_handed_on_and_explained(
    run: Run, level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--level", level).level == level
    with pytest.raises(SystemExit):
        run("--help")
    assert re.search(rf"\n +{level} {{2,}}\w", capsys.readouterr().out)


def test_the_deepest_level_is_the_default(run: Run) -> None:
    assert run().level == Settings().level == "copies"


def test_a_path_to_exclude_is_seen_from_the_root(run: Run) -> None:
    assert run("--exclude", "./raw", "--exclude", "*.png").walk.exclude == ("/raw", "*.png")
    with pytest.raises(dupfinder.UsageError, match="is not below a folder to scan"):
        run("--exclude", "/elsewhere")


def test_help_fits_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for words in (["--help"], ["scan", "--help"], ["clean", "--help"], ["undo", "--help"]):
        with pytest.raises(SystemExit):
            _parser().parse_args(words)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_an_unknown_option_is_met_with_the_usage_of_its_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        _parser().parse_args(["scan", ".", "--colour"])
    complaint = capsys.readouterr().err
    assert stopped.value.code == 2
    assert complaint.startswith("usage: dupfinder scan ")
    assert complaint.endswith("dupfinder scan: error: unrecognized arguments: --colour\n")


def test_a_home_folder_in_the_name_of_the_report_is_meant(run: Run, tmp_path: Path) -> None:
    run("--output=~/found.json")
    assert json.loads((tmp_path / "found.json").read_text())["counts"]["copies"] == 1


@pytest.mark.parametrize("words", [("--format", "json"), ("--delete-dry-run",)])
def test_notes_that_are_not_printed_go_to_standard_error(
    run: Run, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    run(*words)
    printed = capsys.readouterr()
    assert printed.err == "note: the cache was set aside as 'x\\x1b'\n"
    assert "set aside" not in printed.out


def test_notes_that_are_printed_are_told_once(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run()
    printed = capsys.readouterr()
    assert printed.out.count("the cache was set aside") == 1
    assert printed.err == ""


def test_reasons_are_told_when_asked_for(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("-v")
    assert capsys.readouterr().err == "candidates: because \\x1b[31m\n"


@pytest.mark.parametrize("plan", [(), ("--delete-dry-run",)])
def test_similar_shots_are_printed_on_request(
    run: Run, plan: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    run(*plan)
    assert "c.jpg" not in capsys.readouterr().out
    run("--similar", *plan)
    assert "c.jpg" in capsys.readouterr().out


def test_a_report_holds_similar_shots_in_any_case(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--format", "json")
    assert len(json.loads(capsys.readouterr().out)["similar"]) == 1


@pytest.mark.parametrize("root", [".", "link"])
def test_photos_are_shown_below_their_root_even_by_a_symlink(
    run: Run, root: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(roots=[root])
    printed = capsys.readouterr().out
    assert printed.startswith(f"Photos below {tmp_path}\n")
    assert "\n* long-folder/" in printed


@pytest.mark.parametrize(
    ("choice", "no_color", "is_coloured"),
    [("auto", "", False), ("always", "", True), ("always", "1", True), ("never", "", False)],
)
def test_colour_is_the_users_choice(
    run: Run,
    choice: str,
    no_color: str,
    is_coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    run("--color", choice)
    assert ("\x1b[36m" in capsys.readouterr().out) is is_coloured


def test_colour_in_a_pipe_shortens_no_name(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("--color", "always")
    assert "long-folder/" * 9 + "a.jpg" in capsys.readouterr().out
