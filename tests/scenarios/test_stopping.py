"""How the command ends when it is stopped, and that it starts by either of its names."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

# A scan that says it has begun and then takes its time.
ENDLESS = """
import sys, time
from dupfinder.cli import main, scan

def find(*_):
    print("begun", flush=True)
    time.sleep(60)

scan.find = find
sys.exit(main(["scan", ".", *sys.argv[1:]]))
"""

# Ctrl-C while the command is still being loaded.
INTERRUPTED_LOADING = """
import sys
from dupfinder.cli import main

class Finder:
    def find_spec(self, name, *_):
        if name == "dupfinder.cli.scan":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Finder())
sys.exit(main(["scan", "."]))
"""


@pytest.mark.parametrize(
    ("number", "words", "code", "line"),
    [
        (signal.SIGTERM, (), 143, "terminated: what was computed is kept; "),
        (signal.SIGTERM, ("--no-cache",), 143, "terminated\n"),
        (signal.SIGINT, (), 130, "interrupted: what was computed is kept; "),
        (signal.SIGINT, ("--no-cache",), 130, "interrupted\n"),
    ],
)
def test_whoever_stops_it_reads_one_line(
    number: signal.Signals, words: tuple[str, ...], code: int, line: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        running.send_signal(number)
        _, trouble = running.communicate(timeout=30)
    assert running.returncode == code
    assert trouble.startswith(line)
    assert trouble.count("\n") == 1


def test_an_interruption_while_it_loads_shows_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_LOADING], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_the_package_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dupfinder", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("dupfinder ")
