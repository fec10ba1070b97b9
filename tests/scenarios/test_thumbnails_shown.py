"""`--thumbnails`: pictures where a terminal can show them, and the plain text where it cannot."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from scanning import run

ESCAPES = re.compile(rb"\x1b(\[[0-9;?<>=]*[a-zA-Z]|_G[^\x1b]*\x1b\\\\|\][^\x07]*\x07)")


def on_a_terminal(*words: object, **environment: str) -> bytes:
    """What a terminal of 100 columns gets that shows colours and answers no question."""
    pytest.importorskip("textual_image")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 100))
    command = [sys.executable, "-m", "dupfinder.cli", *map(str, words)]
    told = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | environment
    told.pop("NO_COLOR", None)
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=told) as process:
        os.close(theirs)
        got = b""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    got += os.read(ours, 65536)
                except OSError:  # the other end is closed
                    break
        assert process.wait(10) == 0
    os.close(ours)
    return got


def test_a_terminal_shows_a_block_of_colours_above_each_cluster(report: Path) -> None:
    shown = on_a_terminal("report", report, "--thumbnails")
    assert shown.count("▀".encode()) > 200
    assert b"\x1b[38;2;" in shown
    plain = ESCAPES.sub(b"", shown)
    assert plain.index("▀".encode()) < plain.index(b"Cluster 1")


def test_without_the_word_there_is_text_alone(report: Path) -> None:
    assert "▀".encode() not in on_a_terminal("report", report)


def test_without_colours_there_is_text_and_a_note(report: Path) -> None:
    shown = on_a_terminal("report", report, "--thumbnails", "--color", "never")
    assert "▀".encode() not in shown
    assert b"no pictures: this terminal shows no colours" in shown


def test_in_a_pipe_the_text_is_the_same_as_without(report: Path) -> None:
    plain, shown = run("report", report), run("report", report, "--thumbnails")
    assert shown.stdout == plain.stdout
    assert "no pictures: this is no terminal" in shown.stderr
