"""What the tests of outputs share: a command on a real terminal or a pipe, and names read back."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from cleaning import path_of

COMMAND = [sys.executable, "-m", "dupfinder.cli"]

# What an output is made of besides glyphs: line breaks, which are two characters on a terminal, and
# there perhaps colours and what redraws the lines of a progress display.
PIPE, PLAIN = re.compile(r"\n"), re.compile(r"\r\n")
COLOUR = re.compile(r"\r?\n|\x1b\[(?:[0-9]{1,3};?)*m|\r|\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1A")
# Controls, marks of direction, half of a pair, of no meaning here, separators.
_RAW = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_ESCAPE = re.compile(rb"\\(?:([\\nrt])|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
_SHORT = {b"\\": b"\\", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def raw_in(shown: bytes, own: re.Pattern[str]) -> set[str]:
    """The characters that act on a terminal, or cannot be seen on it."""
    try:
        text = own.sub("", shown.decode())
    except UnicodeDecodeError as error:
        return {str(error)}
    return {char for char in text if unicodedata.category(char) in _RAW}


def on_terminal(words: Sequence[str], columns: int) -> bytes:
    """What a command shows on a real terminal; on a wide one without colour and progress."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    colour = columns < 1000
    words = [*words, *(("--color", "always") if colour else ("--color", "never", "-q"))]
    terminal = os.environ | {"TERM": "xterm-256color"}
    command = [*COMMAND, *words]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=terminal):
        os.close(theirs)
        parts = []
        with suppress(OSError):  # Linux says so when the last writer is gone
            while part := os.read(ours, 65536):
                parts.append(part)
        os.close(ours)
    shown = b"".join(parts)
    assert raw_in(shown, COLOUR if colour else PLAIN) == set()
    assert (b"\x1b[" in shown) == colour
    return shown.replace(b"\r\n", b"\n")


def piped(words: Sequence[str], code: int = 0) -> bytes:
    """What a command writes into a pipe."""
    done = subprocess.run([*COMMAND, *words], capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    assert raw_in(done.stdout, PIPE) == raw_in(done.stderr, PIPE) == set()
    return done.stdout


def told(words: Sequence[str], code: int = 0) -> dict[str, Any]:
    """What a command says as JSON."""
    loaded: dict[str, Any] = json.loads(piped([*words, "--format", "json"], code))
    return loaded


def read_back(shown: bytes) -> bytes:
    """The name that an escaped one stands for: no two may look alike."""

    def raw(found: re.Match[bytes]) -> bytes:
        short, byte, *points = found.groups()
        if short is not None:
            return _SHORT[short]
        if byte is not None:
            return bytes([int(byte, 16)])
        (point,) = (int(each, 16) for each in points if each is not None)
        return chr(point).encode()

    return _ESCAPE.sub(raw, shown)


def paths_in(told: Any) -> set[bytes]:
    """Every path that a JSON document names, wherever."""
    if isinstance(told, list):
        return set().union(*map(paths_in, told))
    if not isinstance(told, dict):
        return set()
    own = {path_of(told)} if "path" in told else set()
    return own.union(*map(paths_in, told.values()))


def paths(objects: Iterable[dict[str, Any]]) -> set[bytes]:
    return set(map(path_of, objects))


def lines_of(text: bytes, begin: bytes) -> set[bytes]:
    """The lines that begin so, without that, as the names in them were: each is there once."""
    lines = [read_back(line) for line in text.split(b"\n") if line.startswith(begin)]
    assert len(set(lines)) == len(lines)
    return {line.removeprefix(begin) for line in lines}
