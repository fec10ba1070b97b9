"""What the tests of the engines ask workers to do; workers import it by its name."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dupfinder.engines import witness
from dupfinder.model import PhotoFile, Skipped, Stamp


class Unreadable:
    """A value that can be sent and not be received."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("not a number",)


class Command:
    """A value that is a command where it is received."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self._path,)


def send_back_a_command(path: str) -> Command:
    return Command(path)


@dataclass(frozen=True)
class Nap:
    """A task that takes its time, and gives its process a name by which it is found meanwhile."""

    name: str
    seconds: float


def double(number: int) -> int:
    return 2 * number


def die_over_multiples_of_seven(number: int) -> int:
    if number % 7 == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def exit_over_three(number: int) -> int:
    if number == 3:
        os._exit(11)
    return number


def refuse_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is refused")
    return number


def echo(data: bytes) -> bytes:
    return data[::-1]


def print_and_double(number: int) -> int:
    sys.stdout.write("x" * 5000)
    sys.stdout.flush()
    sys.__stdout__.write("\0\1\2")  # type: ignore[union-attr]
    os.write(1, b"\0" * 5000)
    return 2 * number


def sleep(nap: Nap) -> None:
    ctypes.CDLL(None).prctl(15, nap.name.encode("ascii"))  # PR_SET_NAME, at most 15 letters
    time.sleep(nap.seconds)


def sleep_holding_the_interpreter(nap: Nap) -> None:
    ctypes.CDLL(None).prctl(15, nap.name.encode("ascii"))
    ctypes.PyDLL(None).sleep(int(nap.seconds))


def look_at(names: tuple[str, ...]) -> int:
    """Each as if it were a photo: two names are those of photos that hostile people made."""
    for name in names:
        with witness.at(PhotoFile(name, Stamp(0, 0, 0, 0, 0))):
            if name == "crash":
                os.abort()
            while name == "hang":
                pass
    return len(names)


def say_where(said: Any) -> None:
    assert witness._Witness.tell is not None
    witness._Witness.tell(said)
    time.sleep(60)


def take(_: object) -> None:
    return None


def process_id(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def spin_over_three(number: int) -> int:
    while number == 3:
        pass
    return number


def nap_over_three(number: int) -> int:
    """As on a disk that does not answer."""
    if number == 3:
        time.sleep(600)
    return number


def compute(seconds: float) -> None:
    """As long as that takes, if nobody else does."""
    begun = time.process_time()
    while time.process_time() - begun < seconds:
        pass


def wait(seconds: float) -> None:
    """Twice as long, as on a disk that has to wake up."""
    time.sleep(2 * seconds)


def take_memory(count: int) -> str:
    """What comes of asking for so many bytes."""
    try:
        return f"got {len(bytearray(count)) == count}"
    except MemoryError:
        return "refused"


_lost: list[object] = []


def lose(what: str) -> int:
    """Take what a process has only so much of and never give it back; which process that was."""
    if what == "memory":
        _lost.append(mmap.mmap(-1, 150_000_000))
    if what == "descriptors":
        _lost.extend(open(os.devnull, "rb") for _ in range(40))  # noqa: SIM115
    return os.getpid()


def refuse_when_short(count: int) -> Skipped | int:
    """As decoders do that get no more memory, having lost what an earlier picture took."""
    try:
        _lost.append(mmap.mmap(-1, count))
    except OSError:
        return Skipped(str(count), "decode", "too-large", "too large")
    return count


def run_out_of_memory_over_three(number: int) -> int:
    if number == 3:
        raise MemoryError
    return number


def _open_a_socket(_: str) -> None:
    with socket.create_server(("127.0.0.1", 0)):
        pass


def _write(path: str) -> None:
    with open(os.path.join(path, "new"), "wb"):
        pass


def _empty(path: str) -> None:
    os.truncate(os.path.join(path, "photo"), 0)


def _open_to_write(path: str) -> None:
    os.close(os.open(os.path.join(path, "photo"), os.O_RDWR))


def _kill_the_parent(_: str) -> None:
    os.kill(os.getppid(), signal.SIGTERM)


def _call(number: int, *arguments: object) -> None:
    """The kernel, by the number that a call has on x86-64."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(number), *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _signal_the_parent_in_a_queue(_: str) -> None:
    about = (ctypes.c_int * 32)(signal.SIGTERM, 0, -1)  # siginfo_t: number, error, SI_QUEUE
    _call(129, os.getppid(), int(signal.SIGTERM), about)


def _label_by_the_newer_call(path: str) -> None:
    class Arguments(ctypes.Structure):
        _fields_ = (("value", ctypes.c_char_p), ("size", ctypes.c_uint32), ("flags", ctypes.c_int))

    photo = os.path.join(path, "photo").encode()
    said = Arguments(b"x", 1, 0)
    _call(463, -100, photo, 0, b"user.x", ctypes.byref(said), ctypes.c_size_t(16))


def _flag(path: str) -> None:
    with open(os.path.join(path, "photo"), "rb") as file:
        fcntl.ioctl(file, 0x40086602, (ctypes.c_long * 1)(0x40))  # FS_IOC_SETFLAGS: no dumps


def _limit_the_parent(_: str) -> None:
    resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))


def _set_a_limit(_: str) -> None:
    resource.prlimit(0, resource.RLIMIT_NOFILE, (32, 32))


# What a decoder that was taken over might try.
ATTEMPTS: dict[str, Callable[[str], object]] = {
    "write": _write,
    "open to write": _open_to_write,
    "empty": _empty,
    "remove": lambda path: os.remove(os.path.join(path, "photo")),
    "rename": lambda path: os.rename(os.path.join(path, "photo"), os.path.join(path, "x")),
    "link": lambda path: os.link(os.path.join(path, "photo"), os.path.join(path, "x")),
    "make a link": lambda path: os.symlink("photo", os.path.join(path, "x")),
    "make a folder": lambda path: os.mkdir(os.path.join(path, "x")),
    "change the mode": lambda path: os.chmod(os.path.join(path, "photo"), 0o777),
    "change the time": lambda path: os.utime(os.path.join(path, "photo"), (1, 1)),
    "label": lambda path: os.setxattr(os.path.join(path, "photo"), "user.x", b"x"),
    "socket": _open_a_socket,
    "fork": lambda _: os.fork() or os._exit(0),
    "run a program": lambda _: os.execv("/bin/true", ["true"]),
    "start a program": lambda _: subprocess.run(["/bin/true"], check=True),
    "kill the parent": _kill_the_parent,
    "signal the parent in a queue": _signal_the_parent_in_a_queue,
    "limit the parent": _limit_the_parent,
    "set a limit": _set_a_limit,
    "slow the parent down": lambda _: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
    "label by the newer call": _label_by_the_newer_call,
    "flag": _flag,
    "leave memory behind": lambda _: _call(29, 0, ctypes.c_size_t(4096), 0o1600),  # shmget
}


def attempt(asked: tuple[str, str]) -> str:
    """What came of trying."""
    what, path = asked
    try:
        ATTEMPTS[what](path)
    except OSError as error:
        return type(error).__name__
    return "done"


def work_as_decoders_do(path: str) -> str:
    """Read, start threads, import what was not loaded, take memory and give it back."""
    with open(path, "rb") as file:
        data = file.read()
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(len(data)))
    thread.start()
    thread.join()
    import wave  # noqa: F401, PLC0415  # as good as any

    limits = resource.getrlimit(resource.RLIMIT_STACK)  # as threads of the C library do
    return "worked" if seen == [len(data)] and bytearray(50_000_000) and limits else "failed"
