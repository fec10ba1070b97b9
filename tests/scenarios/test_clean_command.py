"""`dupfinder clean` as a user meets it: the dry run, the acts, the script, what is left alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cleaning import (
    FIXTURES,
    HOSTILE,
    PHOTO,
    clean_json,
    commented,
    path_of,
    photos_in,
    reported,
    tree,
    write,
)
from scanning import run

SHELLS = [shell for shell in ("sh", "dash", "bash", "zsh") if shutil.which(shell)]


def test_without_a_word_that_acts_nothing_is_touched_and_the_words_are_told(
    photos: Path, report: Path, tmp_path: Path
) -> None:
    before = tree(photos)
    done = run("clean", report)
    assert done.returncode == 0
    for word in ("--trash", "--quarantine FOLDER", "--hardlink", "--delete --yes"):
        assert word in done.stderr
    assert "3 photos could go" in done.stdout
    assert "Nothing was touched" in done.stdout
    explicit = run("clean", report, "--delete-dry-run")
    assert (explicit.stdout, explicit.stderr) == (done.stdout, "")
    assert run("clean", report, "--trash", "--delete-dry-run").stdout == done.stdout
    assert tree(photos) == before
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("act", ["--trash", "--quarantine", "--hardlink"])
def test_an_act_does_what_the_dry_run_says_and_undo_gives_the_same_tree(
    act: str, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    shutil.copytree(FIXTURES, library)
    photos_in(library / "more")
    report = reported(library, tmp_path / "found.json")
    words = [act, *([tmp_path / "aside"] if act == "--quarantine" else [])]
    words += ["--only", "identical,same_pixels,copy"]
    before = tree(library)
    dry = clean_json(report, *words, "--delete-dry-run")
    assert tree(library) == before
    assert dry["run"] is None
    done = clean_json(report, *words, code=3 if dry["left"] else 0)
    assert {key: done[key] for key in ("plan", "left", "plan_digest", "act")} == {
        key: dry[key] for key in ("plan", "left", "plan_digest", "act")
    }
    planned = {path_of(action) for action in dry["plan"]["actions"]}
    assert len(planned) > (1 if act == "--hardlink" else 20)
    assert {path_of(outcome) for outcome in done["outcomes"] if outcome["done"]} == planned
    after = tree(library)
    changed = {os.path.join(os.fsencode(library), name) for name in before if name not in after}
    if act == "--hardlink":
        changed = {os.path.join(os.fsencode(library), name) for name in before
                   if before[name] != after[name]} & planned  # fmt: skip
    assert changed == planned
    assert run("undo").returncode == 0
    assert tree(library) == before


def test_what_is_done_is_a_line_a_photo_with_its_place_and_the_way_back(
    photos: Path, report: Path
) -> None:
    done = run("clean", report, "--trash")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len([line for line in lines if line.startswith("done ")]) == 3
    places = [line.partition("moved to the trash: ")[2] for line in lines[:3]]
    assert all(Path(place).is_file() for place in places)
    assert not (photos / "Backup/commented.jpg").exists()
    name = lines[-1].removeprefix("To take it back: dupfinder undo ")
    assert run("undo", name).returncode == 0
    again = run("clean", report, "--trash", "--only", "copy")
    assert (again.returncode, again.stdout) == (0, "Nothing was done\n")


def test_removal_for_good_has_to_be_said_twice(photos: Path, report: Path) -> None:
    before = tree(photos)
    refused = run("clean", report, "--delete")
    assert refused.returncode == 2
    assert "--delete --yes" in refused.stderr
    assert tree(photos) == before
    done = run("clean", report, "--delete", "--yes")
    assert done.returncode == 0
    assert "no way back" in done.stdout
    assert len(tree(photos)) == len(before) - 3
    assert run("undo").returncode == 2


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos and their report for all who change neither."""
    folder = tmp_path_factory.mktemp("untouched")
    reported(photos_in(folder / "photos"), folder / "found.json")
    return folder


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "required: TARGET"),
        (("missing.json",), "does not exist"),
        (("found.json", "photos"), "name one report, or folders"),
        (("found.json", "--trash", "--hardlink"), "not allowed with"),
        (("found.json", "--only", "similar"), "they never go"),
        (("found.json", "--only", "twins"), "'twins' is none of"),
        (("found.json", "--keep", "prettiest"), "'prettiest'"),
        (("found.json", "--keep", "in:nowhere"), "'nowhere'"),
        (("found.json", "--protect", "nowhere"), "'nowhere'"),
        (("found.json", "--force-library", "nowhere"), "'nowhere'"),
        (("found.json", "--level", "hash"), "is a report"),
        (("found.json", "--exclude", "x"), "is a report"),
        (("found.json", "--online-only", "include"), "is a report"),
        (("photos", "--format", "script"), "needs a report"),
        (("found.json", "--quarantine", "photos/aside"), "lies below"),
        (("found.json", "--plan-digest", "00"), "not the one"),
        (("found.json", "-o", "found.json"), "not overwritten"),
        (("photos/alone.jpg",), "no report"),
    ],
)
def test_misuse_is_one_clear_sentence_and_touches_nothing(
    words: tuple[str, ...], sentence: str, untouched: Path
) -> None:
    before = tree(untouched)
    acts = {"--trash", "--quarantine", "--format"} & set(words)
    done = run("clean", *words, *(() if acts else ("--trash",)), cwd=untouched)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert tree(untouched) == before


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dupfinder` on the path, as after an installation."""
    script = tmp_path / "bin" / "dupfinder"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m dupfinder.cli "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_does_what_it_says_and_runs_nothing_that_a_name_says(
    shell: str, tmp_path: Path
) -> None:
    folder = os.path.join(os.fsencode(tmp_path), b"it's $(touch MARK)\n`touch MARK`\xff")
    photos = Path(os.fsdecode(folder))
    photos.mkdir()
    write(photos / "a.jpg", PHOTO)
    for number, name in enumerate(HOSTILE):
        write(photos / os.fsdecode(name), commented(PHOTO, str(number).encode()))
    report = reported(photos, photos / "-found';touch MARK;'.json")
    made = subprocess.run(
        [sys.executable, "-m", "dupfinder.cli", "clean", report, "--trash", "--format", "script"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    dry = clean_json(report)
    removals = [line for line in made.splitlines() if line.startswith(b"# remove ")]
    assert len(removals) == len(dry["plan"]["actions"]) == len(HOSTILE)
    assert b"\x1b" not in made
    script = tmp_path / "clean.sh"
    script.write_bytes(made)
    before = tree(photos)
    done = subprocess.run([shell, script], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    gone = {os.path.join(os.fsencode(photos), name) for name in before.keys() - tree(photos).keys()}
    assert gone == {path_of(action) for action in dry["plan"]["actions"]}
    assert [path for path in tmp_path.rglob("*") if path.name == "MARK"] == []
    assert run("undo").returncode == 0
    assert tree(photos) == before


@pytest.mark.usefixtures("command")
def test_a_script_does_nothing_once_the_plan_is_another_one(
    photos: Path, report: Path, tmp_path: Path
) -> None:
    words = ("--quarantine", tmp_path / "aside", "--keep", "most-pixels,oldest,shortest-path")
    made = run("clean", report, *words, "--only", "identical", "--format", "script").stdout
    os.utime(photos / "IMG_1 (1).jpg")
    before = tree(photos)
    done = subprocess.run(["sh", "-c", made], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "look at the dry run again" in done.stderr
    assert tree(photos) == before


def test_photos_that_changed_since_are_left_one_by_one(photos: Path, tmp_path: Path) -> None:
    for name in ("kept", "edited", "gone", "link"):
        write(photos / f"{name}.jpg", commented(PHOTO, name.encode()))
    report = reported(photos, tmp_path / "found.json")
    keep = ("--keep", "name:IMG_1.jpg,shortest-path")
    write(photos / "edited.jpg", commented(PHOTO, b"another day"))
    (photos / "gone.jpg").unlink()
    (photos / "link.jpg").unlink()
    (photos / "link.jpg").symlink_to(photos / "alone.jpg")
    os.link(photos / "kept.jpg", tmp_path / "second name.jpg")
    before = tree(photos)
    dry = run("clean", report, *keep)
    for reason in ("changed since", "not there any more", "other names"):
        assert reason in dry.stdout
    done = run("clean", report, "--trash", *keep)
    assert done.returncode == 3
    left = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("left ")}
    assert left == {"edited.jpg", "gone.jpg", "link.jpg", "kept.jpg"}
    assert "4 photos left" in done.stdout
    for name in (b"edited.jpg", b"link.jpg", b"kept.jpg"):
        assert tree(photos)[name] == before[name]


def test_where_the_keeper_changed_nothing_goes(photos: Path, report: Path) -> None:
    kept = {path_of(each) for each in clean_json(report)["plan"]["keepers"]}
    (keeper,) = kept
    write(Path(os.fsdecode(keeper)), commented(PHOTO, b"edited"))
    before = tree(photos)
    done = run("clean", report, "--trash")
    assert done.returncode == 3
    assert "the photo to be kept changed" in done.stdout
    assert "Nothing was done" in done.stdout
    assert tree(photos) == before


def test_a_report_of_folders_that_are_gone_is_refused(
    photos: Path, report: Path, tmp_path: Path
) -> None:
    photos.rename(tmp_path / "moved")
    done = run("clean", report, "--trash")
    assert done.returncode == 2
    assert "is not there" in done.stderr


def test_a_report_whose_roots_do_not_hold_its_photos_moves_nothing(
    photos: Path, report: Path, tmp_path: Path
) -> None:
    told = json.loads(report.read_text())
    (tmp_path / "elsewhere").mkdir()
    told["roots"] = [{"path": str(tmp_path / "elsewhere")}]
    report.write_text(json.dumps(told))
    before = tree(photos)
    done = run("clean", report, "--trash")
    assert done.returncode == 3
    assert "not below a folder that was scanned" in done.stdout
    assert tree(photos) == before


@pytest.mark.parametrize(
    ("catalogue", "known"),
    [
        ("Backup/Holiday.lrcat", {"Backup/commented.jpg", "Backup/from phone/IMG_1.jpg"}),
        ("digikam4.db", {"Backup/commented.jpg", "Backup/from phone/IMG_1.jpg", "IMG_1 (1).jpg"}),
        ("Backup/digikam4.db", {"Backup/commented.jpg", "Backup/from phone/IMG_1.jpg"}),
        ("../beside.lrcat", set()),
    ],
)
def test_what_a_photo_manager_knows_of_is_left_unless_its_folder_is_named(
    catalogue: str, known: set[str], photos: Path, tmp_path: Path
) -> None:
    (photos / catalogue).touch()
    report = reported(photos, tmp_path / "found.json")
    keep = ("--keep", "name:IMG_1.jpg,shortest-path")
    dry = clean_json(report, *keep)
    left = {os.path.relpath(each["path"], photos): each["code"] for each in dry["left"]}
    assert left == dict.fromkeys(known, "library")
    folder = (photos / catalogue).parent
    forced = clean_json(report, *keep, "--force-library", folder)
    assert (len(forced["left"]), len(forced["plan"]["actions"])) == (0, 3)


def test_the_inside_of_a_library_is_left(tmp_path: Path) -> None:
    library = photos_in(tmp_path / "Photos.photoslibrary" / "originals")
    report = reported(library, tmp_path / "found.json")
    before = tree(library)
    done = run("clean", report, "--trash")
    assert done.returncode == 3
    assert "Photos.photoslibrary knows of it" in done.stdout
    assert tree(library) == before
    forced = run("clean", report, "--trash", "--force-library", tmp_path / "Photos.photoslibrary")
    assert forced.returncode == 0


def test_rules_relations_and_protection_are_heeded(photos: Path, report: Path) -> None:
    backup = photos / "Backup"
    protected = clean_json(report, "--protect", backup)
    gone = {os.path.relpath(each["path"], photos) for each in protected["plan"]["actions"]}
    assert gone
    assert not {name for name in gone if name.startswith("Backup")}
    chosen = clean_json(report, "--keep", f"in:{backup},shortest-path", "--only", "identical")
    assert chosen["plan"]["rules"] == [f"in:{backup}", "shortest-path"]
    assert {each["relation"] for each in chosen["plan"]["actions"]} <= {"identical"}


def test_folders_are_scanned_where_no_report_is_named(photos: Path) -> None:
    words = (photos, "--level", "identical", "--exclude", "Backup", "--no-cache")
    assert "1 photo could go" in run("clean", *words).stdout
    done = run("clean", *words, "--trash", "-q")
    assert done.returncode == 0
    assert len(list(photos.glob("IMG_1*"))) == 1
    assert (photos / "Backup" / "from phone" / "IMG_1.jpg").exists()


def test_what_became_of_the_plan_is_written_to_a_file(
    photos: Path, report: Path, tmp_path: Path
) -> None:
    written = tmp_path / "done.json"
    assert run("clean", report, "-o", written).returncode == 0
    assert json.loads(written.read_text())["outcomes"] == []
    assert run("clean", report, "--trash", "-o", written).returncode == 0
    told = json.loads(written.read_text())
    assert (told["schema"], told["kind"], len(told["outcomes"])) == (1, "clean", 3)
    assert all(Path(each["places"][0]["path"]).is_file() for each in told["outcomes"])
    assert "not of a scan" in run("clean", written).stderr
    assert len(tree(photos)) == 4


def test_hostile_names_reach_no_terminal_raw_and_come_back_exactly(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number, name in enumerate((b"a.jpg", *HOSTILE)):
        write(photos / os.fsdecode(name), commented(PHOTO, str(number).encode()))
    report = reported(photos, tmp_path / "found.json")
    before = tree(photos)
    for words in ((), ("--trash",)):
        done = run("clean", report, *words)
        assert done.returncode == 0
        assert not {char for char in done.stdout if ord(char) < 32 and char != "\n"}
        assert "\\x1b[31mred\\x07.jpg" in done.stdout
    lines = [line for line in done.stdout.splitlines() if line.startswith("done ")]
    assert len(lines) == len(HOSTILE)
    assert run("undo").returncode == 0
    assert tree(photos) == before


KILLED = """
import os, signal, sys
from dupfinder.acts.trash import Trash
from dupfinder.cli import main
Trash.commit = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main(sys.argv[1:])
"""


def test_what_a_killed_run_left_aside_is_brought_home_first(photos: Path, report: Path) -> None:
    before = tree(photos)
    killed = subprocess.run([sys.executable, "-c", KILLED, "clean", report, "--trash"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert any(name.startswith(b".dupfinder-") for name in map(os.path.basename, tree(photos)))
    assert "it is not there any more" in run("clean", report).stdout
    done = run("clean", report, "--trash")
    assert done.returncode == 0
    assert len([line for line in done.stdout.splitlines() if line.startswith("done ")]) == 3
    assert tree(photos).keys() < before.keys()
    assert run("undo").returncode == 0
    assert tree(photos) == before


STOPPED = """
import os, signal, sys
from dupfinder.acts.trash import Trash
from dupfinder.cli import main
commit, name = Trash.commit, sys.argv.pop()
def stopped(self, unit):
    commit(self, unit)
    os.kill(os.getpid(), getattr(signal, name))
Trash.commit = stopped
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_an_interruption_waits_for_the_photo_at_hand_and_can_be_taken_back(
    name: str, code: int, photos: Path, report: Path
) -> None:
    before = tree(photos)
    stopped = subprocess.run(
        [sys.executable, "-c", STOPPED, "clean", report, "--trash", name],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert stopped.returncode == code
    assert "dupfinder undo takes it back" in stopped.stderr
    assert len(tree(photos)) == len(before) - 1
    assert run("undo").returncode == 0
    assert tree(photos) == before


def test_sidecars_go_with_their_photo_and_block_it_where_they_differ(
    photos: Path, tmp_path: Path
) -> None:
    write(photos / "IMG_1 (1).xmp", b"five stars")
    write(photos / "IMG_1.xmp", b"five stars")
    write(photos / "Backup/from phone/IMG_1.xmp", b"two stars")
    report = reported(photos, tmp_path / "found.json")
    keep = ("--keep", "name:IMG_1.jpg,shortest-path")
    assert "IMG_1.xmp differs from IMG_1.xmp" in run("clean", report, *keep).stdout
    done = run("clean", report, "--trash", *keep)
    assert done.returncode == 3
    assert "/IMG_1 (1).jpg and 1 file beside it\n" in done.stdout
    assert {path.name for path in photos.rglob("*.xmp")} == {"IMG_1.xmp"}
    assert (photos / "Backup/from phone/IMG_1.jpg").exists()
    assert not (photos / "IMG_1 (1).jpg").exists()


def test_colour_is_for_terminals_and_a_closed_pipe_ends_quietly(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[" not in run("clean", report).stdout
    assert "\x1b[" in run("clean", report, "--color", "always").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("clean", report, "--trash").stdout
    command = f"{sys.executable} -m dupfinder.cli clean '{report}' | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 141)  # a short plan may fit into the pipe


def test_help_teaches_by_example() -> None:
    done = run("clean", "--help")
    assert done.returncode == 0
    for words in ("dupfinder clean found.json --trash", "shortest-path", "exit codes"):
        assert words in done.stdout
