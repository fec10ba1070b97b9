"""What the tests of the engines ask workers to do; workers import it by its name."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass


class Unreadable:
    """A value that can be sent and not be received."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("not a number",)


@dataclass(frozen=True)
class Nap:
    """A task that takes its time, and tells by a file in `folder` that it was begun."""

    folder: str
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
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    with open(os.path.join(nap.folder, mark), "w", encoding="ascii"):
        pass
    time.sleep(nap.seconds)


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


def take_memory(count: int) -> str:
    """What comes of asking for so many bytes."""
    try:
        return f"got {len(bytearray(count)) == count}"
    except MemoryError:
        return "refused"


def write_a_file(path: str) -> str:
    try:
        with open(path, "wb") as file:
            file.write(b"x")
    except OSError as error:
        return error.strerror
    return "written"


def leave_a_child(folder: str) -> int:
    """A decoder that starts a program and hangs."""
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
    os.mkdir(os.path.join(folder, str(pid)))
    time.sleep(600)
    return pid
