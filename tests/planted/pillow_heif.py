"""A decoder, in place of an extra, that does to its process whatever a picture tells it.

Workers load that extra when they meet the first HEIF file. With this folder first on the search
path they load this module, by the way that any plug-in takes, behind the same sandbox.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
import zlib
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from PIL import Image, ImageFile

_libc = ctypes.CDLL(None)
_held: list[Any] = []


# What begins with this is done when the picture is looked at again.
LATER = "later "


def file_of(deed: str, *words: object) -> bytes:
    """A HEIF file whose picture tells its decoder to do so."""
    payload = "\n".join([deed, *map(str, words)]).encode()
    return b"".join(
        struct.pack(">I", 8 + len(content)) + name + content
        for name, content in ((b"ftyp", b"heic\0\0\0\0mif1heic"), (b"mdat", payload))
    )


def register_heif_opener(**_: object) -> None:
    """What dupfinder calls of the extra."""
    Image.register_open(_Planted.format, _Planted, lambda head: head[4:8] == b"ftyp")


class _Planted(ImageFile.ImageFile):
    format = "HEIF"

    def _open(self) -> None:
        deed, *words = self.fp.read().split(b"mdat", 1)[1].decode().split("\n")
        noise = np.random.default_rng(zlib.crc32(deed.encode()))
        self._usual = Image.fromarray(noise.integers(0, 256, (64, 96, 3), np.uint8))
        if deed.startswith(LATER):
            # A crop of a good photo, so that the two are compared.
            self._usual = _cropped(*words)
            deed, words = "show" if _is_read_first() else deed[len(LATER) :], []
        self._do: Callable[[], object] | None = lambda: DEEDS[deed](*words)
        self._mode, self._size = "RGB", self._usual.size

    def load(self) -> Any:
        if self._do is not None:
            do, self._do = self._do, None
            done = do()
            shown = done if isinstance(done, Image.Image) else self._usual
            self.im, self._size = shown.im, shown.size
        return Image.Image.load(self)


def _cropped(path: str, share: str) -> Image.Image:
    with Image.open(path) as photo:
        width, height = photo.size
        lost = (width // int(share), height // int(share))
        return photo.convert("RGB").crop((*lost, width, height))


def _is_read_first() -> bool:
    return any(each.name == "fingerprint" for each in traceback.extract_stack())


def _write_to_nothing() -> None:
    ctypes.memset(0, 1, 1)


def _exhaust_the_stack() -> None:
    """glibc follows parentheses of a regular expression by recursion in C."""
    _libc.regcomp(ctypes.create_string_buffer(1024), b"(" * 10_000_000, 1)


def _recurse(depth: int = 0) -> int:
    return _recurse(depth + 1) + 1


def _spin() -> NoReturn:
    while True:
        pass


def _spin_in_c() -> None:
    """The interpreter's lock is held all the time: no Python of this process runs meanwhile."""
    re.match(r"(a+)+$", "a" * 80 + "b")


def _sleep_deaf() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    time.sleep(10**6)


def _fork_without_end() -> NoReturn:
    while True:
        os.fork()


def _take_threads() -> None:
    for _ in range(10_000):
        threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()


def _hold_memory() -> None:
    """A leak: the picture is shown, the memory is gone."""
    _held.append(mmap.mmap(-1, 1_600_000_000))


def _hold_descriptors() -> None:
    try:
        while True:
            _held.append(open("/dev/null", "rb"))  # noqa: SIM115
    except OSError:
        pass


def _fill_the_disk(path: str) -> None:
    with open(path, "wb") as file:
        while True:
            file.write(bytes(1 << 20))


def _open_a_socket() -> None:
    socket.create_server(("127.0.0.1", 0)).accept()


def _call_somebody() -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def _pipes() -> list[int]:
    """The descriptors of this process that lead to its parent, but for standard input."""
    return [
        number
        for number in range(1, 64)
        if os.path.islink(f"/proc/self/fd/{number}")
        and os.readlink(f"/proc/self/fd/{number}").startswith("pipe:")
    ]


def _say(message: bytes) -> None:
    for pipe in _pipes():
        os.write(pipe, message)


def _say_half_and_wait() -> None:
    _say((1000).to_bytes(8, "big") + b"half")
    time.sleep(10**6)


def _hang_up() -> None:
    for pipe in _pipes():
        os.close(pipe)
    time.sleep(10**6)


def _raise(error: BaseException) -> NoReturn:
    raise error


# What a picture may tell its decoder to do. Some show a picture afterwards.
DEEDS: dict[str, Callable[..., object]] = {
    "show": lambda: None,
    "write to nothing": _write_to_nothing,
    "abort": os.abort,
    "illegal instruction": lambda: signal.raise_signal(signal.SIGILL),
    "be killed": lambda: signal.raise_signal(signal.SIGKILL),
    "exhaust the stack": _exhaust_the_stack,
    "recurse": _recurse,
    "recurse without limit": lambda: (sys.setrecursionlimit(2**30), _recurse()),
    "exit": lambda: os._exit(0),
    "exit in Python": sys.exit,
    "interrupt": lambda: _raise(KeyboardInterrupt()),
    "fail an assertion": lambda: _raise(AssertionError()),
    "spin": _spin,
    "spin in C": _spin_in_c,
    "sleep deaf": _sleep_deaf,
    "stop": lambda: signal.raise_signal(signal.SIGSTOP),
    "take 8 GB": lambda: np.ones(8_000_000_000, np.uint8),
    "hold memory": _hold_memory,
    "hold descriptors": _hold_descriptors,
    "take threads": _take_threads,
    "fork without end": _fork_without_end,
    "run a program": lambda path: subprocess.run(["/bin/touch", path], check=True),
    "replace itself": lambda path: os.execv("/bin/touch", ["touch", path]),
    "write outside": lambda path: open(path, "wb").close(),
    "fill the disk": _fill_the_disk,
    "remove": os.remove,
    "open a socket": _open_a_socket,
    "call somebody": _call_somebody,
    "kill the parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
    "say nonsense": lambda: _say(b"\xff" * 100_000),
    "say nothing": lambda: _say(bytes(100_000)),
    "say half": _say_half_and_wait,
    "hang up": _hang_up,
    "show nothing": lambda: Image.new("RGB", (0, 0)),
    "show far more": lambda: Image.new("RGB", (30_000, 30_000)),
}
