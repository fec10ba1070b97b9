"""What a worker process gives up before it decodes: memory, writing, programs, the network.

A hostile picture may take over the decoder. Then it has a process that can read files and talk to
its parent, and no more: the rest is refused by the kernel (Linux: seccomp(2), a filter in classic
BPF; numbers of system calls from asm/unistd.h). Where there is no such filter the limits of
setrlimit(2) are all there is.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import signal
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

_SIGNAL_AT_PARENTS_DEATH, _NO_NEW_PRIVILEGES = 1, 38  # prctl(2)
_SET_FILTER, _ALL_THREADS = 1, 1  # seccomp(2)

# linux/bpf_common.h and linux/seccomp.h: offsets into seccomp_data, instructions, answers.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_X32: Final = 0x40000000  # the bit of the third way to call the kernel of x86-64

_CLONE_THREAD: Final = 0x10000
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ANYTHING: Final = 0xFFFFFFFF

# In each line: files and their names; attributes and owners; starting, reaching into and signalling
# other processes; their priorities and limits; the network; memory and queues that outlive this
# process; mounts and ways round a filter; what only an administrator may.
_REFUSED: Final = {
    "x86_64": (
        85, 76, 77, 82, 264, 316, 83, 258, 84, 86, 265, 87, 263, 88, 266, 133, 259, 285, 304,
        90, 91, 268, 452, 92, 93, 94, 260, 132, 235, 280, 261, 188, 189, 190, 197, 198, 199,
        59, 322, 57, 58, 101, 200, 424, 438, 310, 311, 272, 308, 129, 297,
        141, 142, 144, 203, 314, 251, 160,
        41, 53, 42,
        29, 30, 31, 64, 65, 66, 220, 68, 69, 71, 240, 241,
        161, 155, 165, 166, 428, 429, 430, 431, 432, 433, 442, 321, 298, 425, 426, 427, 323, 248,
        250, 317,
        163, 164, 167, 168, 169, 170, 171, 172, 173, 175, 176, 313, 246, 320, 159, 227, 305, 179,
        443, 153, 103,
    ),
    "aarch64": (
        45, 46, 38, 276, 34, 37, 35, 36, 33, 47, 265,
        52, 53, 452, 55, 54, 88, 5, 6, 7, 14, 15, 16,
        221, 281, 117, 130, 424, 438, 270, 271, 97, 268, 138, 240,
        140, 118, 119, 122, 274, 30, 164,
        198, 199, 203,
        194, 195, 196, 190, 191, 192, 193, 186, 187, 189, 180, 181,
        51, 41, 40, 39, 428, 429, 430, 431, 432, 433, 442, 280, 241, 425, 426, 427, 282, 217,
        219, 277,
        89, 170, 224, 225, 142, 161, 162, 105, 106, 273, 104, 294, 171, 112, 266, 60,
        443, 58, 116,
    ),
}  # fmt: skip
# Behind the last call that the list above was made from (Linux 6.12) nobody knows what there is.
_UNKNOWN: Final = 463


class _Special(NamedTuple):
    """Calls that are refused by what they are asked for, or with an answer of their own.

    `opens` are those that open a file, each with the number of its argument that holds the flags.
    """

    architecture: int
    clone: int
    kills: tuple[int, ...]
    newer: tuple[int, ...]  # clone3 and openat2
    opens: tuple[tuple[int, int], ...]
    control: int  # ioctl
    limits: int  # prlimit64


_SPECIAL: Final = {
    "x86_64": _Special(
        0xC000003E, 56, (62, 234), (435, 437), ((2, 1), (257, 2)), control=16, limits=302
    ),
    "aarch64": _Special(
        0xC00000B7, 220, (129, 131), (435, 437), ((56, 2),), control=29, limits=261
    ),
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
    _be_the_first_to_go()
    libc = ctypes.CDLL(None, use_errno=True)
    # A parent that is killed cannot end a decoder that hangs.
    libc.prctl(_SIGNAL_AT_PARENTS_DEATH, int(signal.SIGKILL), 0, 0, 0)
    with open("/proc/self/statm", "rb") as file:
        loaded = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (loaded + memory, loaded + memory))
    return _filter(libc)


def _be_the_first_to_go() -> None:
    """Should the system run out of memory: not the parent, whose work would be lost with it."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb") as file:
        file.write(b"1000")


def _filter(libc: ctypes.CDLL) -> bool:
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
    special = _SPECIAL[machine]
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, special.architecture
    yield _answer(errno.EPERM)
    yield _LOAD, 0, 0, _NUMBER
    if machine == "x86_64":
        yield _ANY_BIT, 0, 1, _X32
        yield _answer(errno.EPERM)
    # Without them the C library takes the older ones.
    yield _AT_LEAST, 0, 1, _UNKNOWN
    yield _answer(errno.ENOSYS)
    for number in special.newer:
        yield from _refused(number, errno.ENOSYS)
    for number in _REFUSED[machine]:
        yield from _refused(number, errno.EPERM)
    yield from _refused(special.control, errno.ENOTTY)  # nothing that it opens is a device
    for number, flags in special.opens:
        yield from _unless(number, (_argument(flags), (_ANY_BIT, 0, 1, _WRITES)))
    # A thread is this process; abort() sends a signal to itself.
    thread = (_ANY_BIT, 1, 0, _CLONE_THREAD)
    yield from _unless(special.clone, (_argument(0), thread))
    for number in special.kills:
        yield from _unless(number, (_argument(0), (_EQUAL, 1, 0, os.getpid())))
    # Limits may be read: no process is named, and the place of new ones is nowhere.
    nothing = tuple(
        (_argument(*half), (_ANY_BIT, 0, 1, _ANYTHING)) for half in ((0,), (2,), (2, 4))
    )
    yield from _unless(special.limits, *nothing)
    yield _RETURN, 0, 0, _ALLOW


def _refused(number: int, error: int) -> Iterator[_Instruction]:
    yield _EQUAL, 0, 1, number
    yield _answer(error)


def _unless(number: int, *tests: tuple[_Instruction, _Instruction]) -> Iterator[_Instruction]:
    """Of one call arguments are looked at: refused where a test does not jump over that.

    Each test is what is loaded, and what it is held against.
    """
    yield _EQUAL, 0, 3 * len(tests) + 1, number
    for load, test in tests:
        yield load
        yield test
        yield _answer(errno.EPERM)
    yield _RETURN, 0, 0, _ALLOW


def _argument(number: int, half: int = 0) -> _Instruction:
    """The lower four bytes of an argument, or the upper ones (`half` 4)."""
    return _LOAD, 0, 0, _ARGUMENTS + 8 * number + half


def _answer(number: int) -> _Instruction:
    return _RETURN, 0, 0, _REFUSE | number
