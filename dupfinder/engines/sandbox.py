"""What a worker process gives up before it decodes: memory, writing, programs, the network.

A hostile picture may take over the decoder. Then it has a process that can read files and talk to
its parent, and no more: the rest is refused by the kernel (Linux: seccomp(2), a filter in classic
BPF; numbers of system calls from asm/unistd.h). Where there is no such filter the limits of
setrlimit(2) are all there is.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterator
from typing import Final

_NO_NEW_PRIVILEGES: Final = 38  # prctl(2)
_SET_FILTER, _ALL_THREADS = 1, 1  # seccomp(2)

# linux/bpf_common.h and linux/seccomp.h: offsets into seccomp_data, instructions, answers.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_X32: Final = 0x40000000  # the bit of the third way to call the kernel of x86-64

_CLONE_THREAD: Final = 0x10000
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

# Files and their names, other processes and programs, the network, and ways round a filter.
_REFUSED: Final = {
    "x86_64": (
        85, 76, 77, 82, 264, 316, 83, 258, 84, 86, 265, 87, 263, 88, 266, 90, 91, 268, 452, 92, 93,
        94, 260, 132, 235, 280, 261, 188, 189, 190, 197, 198, 199, 133, 259, 285, 304,
        59, 322, 57, 58, 101, 200, 424, 310, 311, 272, 308,
        41, 53, 42,
        161, 155, 165, 166, 321, 298, 425, 426, 427, 323, 248, 250, 317,
    ),
    "aarch64": (
        45, 46, 38, 276, 34, 37, 35, 36, 52, 53, 452, 55, 54, 88, 5, 6, 7, 14, 15, 16, 33, 47, 265,
        221, 281, 117, 130, 424, 270, 271, 97, 268,
        198, 199, 203,
        51, 41, 40, 39, 280, 241, 425, 426, 427, 282, 217, 219, 277,
    ),
}  # fmt: skip
# Architecture; the calls to clone; kill and tgkill; clone3 and openat2; and each that opens a file
# with the number of its argument that holds the flags.
_SPECIAL: Final = {
    "x86_64": (0xC000003E, 56, (62, 234), (435, 437), ((2, 1), (257, 2))),
    "aarch64": (0xC00000B7, 220, (129, 131), (435, 437), ((56, 2),)),
}
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}

_Instruction = tuple[int, int, int, int]


def give_up(memory: int) -> bool:
    """Limit this process for good; whether the kernel holds it to more than memory.

    Args:
        memory: bytes that it may take beside what it has by now.
    """
    try:
        import resource  # noqa: PLC0415  # not on every platform
    except ImportError:
        return False
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":  # macOS does not keep to a limit of memory
        return False
    with open("/proc/self/statm", "rb") as file:
        loaded = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (loaded + memory, loaded + memory))
    return _filter()


def _filter() -> bool:
    machine = platform.machine()
    if machine not in _SECCOMP or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    instructions = tuple(_program(machine))
    raw = b"".join(
        code.to_bytes(2, sys.byteorder) + bytes((yes, no)) + value.to_bytes(4, sys.byteorder)
        for code, yes, no, value in instructions
    )
    body = ctypes.create_string_buffer(raw, len(raw))
    program = _Program(len(instructions), ctypes.addressof(body))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    number = ctypes.c_long(_SECCOMP[machine])
    done = libc.syscall(number, _SET_FILTER, _ALL_THREADS, ctypes.byref(program))
    return bool(done == 0)


class _Program(ctypes.Structure):
    """`sock_fprog`: how many instructions, and where."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _program(machine: str) -> Iterator[_Instruction]:
    """Each test looks at the number of the call and answers, or passes on to the next one."""
    architecture, clone, kills, newer, opens = _SPECIAL[machine]
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, architecture
    yield _answer(errno.EPERM)
    yield _LOAD, 0, 0, _NUMBER
    if machine == "x86_64":
        yield _ANY_BIT, 0, 1, _X32
        yield _answer(errno.EPERM)
    for number in _REFUSED[machine]:
        yield _EQUAL, 0, 1, number
        yield _answer(errno.EPERM)
    for number in newer:  # the C library then takes the older ones
        yield _EQUAL, 0, 1, number
        yield _answer(errno.ENOSYS)
    for number, flags in opens:
        yield from _unless(number, (_LOAD, 0, 0, _ARGUMENTS + 8 * flags), (_ANY_BIT, 0, 1, _WRITES))
    # A thread is this process; abort() sends a signal to itself.
    thread = (_ANY_BIT, 1, 0, _CLONE_THREAD)
    yield from _unless(clone, (_LOAD, 0, 0, _ARGUMENTS), thread)
    for number in kills:
        yield from _unless(number, (_LOAD, 0, 0, _ARGUMENTS), (_EQUAL, 1, 0, os.getpid()))
    yield _RETURN, 0, 0, _ALLOW


def _unless(number: int, load: _Instruction, test: _Instruction) -> Iterator[_Instruction]:
    """Of one call an argument is looked at: refused where the test does not jump over that."""
    yield _EQUAL, 0, 4, number
    yield load
    yield test
    yield _answer(errno.EPERM)
    yield _RETURN, 0, 0, _ALLOW


def _answer(number: int) -> _Instruction:
    return _RETURN, 0, 0, _REFUSE | number
