"""The state of many folders, looked at by a process of its own while this one goes on.

A thread would not do: each of 100,000 calls to the system takes the interpreter's lock once more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from dupfinder.engines.interpreter import command
from dupfinder.entries import state_of


@contextmanager
def lookout(folders: Sequence[str], *, may_open: bool) -> Iterator[Callable[[str], bool]]:
    """Begin at once to do what `entries.state_of` does.

    Yields:
        A question that waits, and is asked once: whether the folders are in this state. The answer
        is also no where nobody could look.
    """
    try:
        process = _started(folders, may_open)
    except OSError:
        yield lambda _: False
        return

    def is_so(state: str) -> bool:
        assert process.stdout is not None
        return process.stdout.read() == state.encode()

    with process:
        try:
            yield is_so
        finally:
            process.kill()


def _started(folders: Sequence[str], may_open: bool) -> subprocess.Popen[bytes]:
    # A file, since nobody reads a pipe before the process has loaded.
    with tempfile.TemporaryFile() as asked:
        asked.write(json.dumps([folders, may_open]).encode())
        asked.seek(0)
        return subprocess.Popen(  # noqa: S603  # our own module
            command(__name__),
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # The same bytes must be the same names there.
            env=os.environ | {"PYTHONUTF8": str(sys.flags.utf8_mode)},
            start_new_session=True,  # the terminal's Ctrl-C ends it by way of this process
        )


def main() -> None:
    """The program of that process."""
    folders, may_open = json.load(sys.stdin.buffer)
    sys.stdout.write(state_of(folders, may_open=may_open))
