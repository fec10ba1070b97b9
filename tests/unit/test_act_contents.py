"""Files read whole: what changes meanwhile, what cannot be read, and what an error means."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from acting import child
from acting_calls import seeing
from blake3 import blake3

from dupfinder.acts.reasons import refusal
from dupfinder.filesystem import contents
from dupfinder.filesystem.contents import copy, digest, is_being_written, same_bytes, state

MORE = (1 << 20) + 5  # bytes: more than are read at once


@contextmanager
def opened(path: Path, content: bytes | None = None) -> Iterator[int]:
    if content is not None:
        path.write_bytes(content)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def when_read(patch: pytest.MonkeyPatch, change: Callable[[int, bytes], bytes]) -> None:
    """Change what is read, or do something when it is."""
    read = os.read
    patch.setattr(os, "read", lambda descriptor, size: change(descriptor, read(descriptor, size)))


@pytest.mark.parametrize("size", [0, 1, 1 << 20, MORE])
def test_equal_is_what_has_the_same_bytes_to_the_end(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    with opened(tmp_path / "1", content) as one, opened(tmp_path / "2", content) as other:
        os.lseek(one, 1, os.SEEK_SET)  # wherever it was read to before
        assert same_bytes(one, other)
        assert same_bytes(one, other)
        assert digest(one) == digest(other) == blake3(content).digest()
    for different in (content + b"x", content[:-1] + b"x" * bool(content)):
        if different != content:
            with opened(tmp_path / "2", different) as other, opened(tmp_path / "1") as one:
                assert not same_bytes(one, other)
                assert digest(one) != digest(other)


@pytest.mark.parametrize("changed", ["1", "2"])
def test_a_file_that_changes_while_it_is_read_is_equal_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    """B4: each of the two, also if its size stays, also in the last moment."""
    with opened(tmp_path / "1", b"x" * MORE) as one, opened(tmp_path / "2", b"x" * MORE) as other:
        seen: list[int] = []

        def change(descriptor: int, chunk: bytes) -> bytes:
            seen.append(descriptor)
            if not chunk and seen.count(descriptor) == 3:  # its end was seen
                (tmp_path / changed).write_bytes(b"y" * MORE)
            return chunk

        when_read(monkeypatch, change)
        with pytest.raises(OSError, match="changed while it was read") as caught:
            same_bytes(one, other)
        assert caught.value.errno == errno.EBUSY


def test_a_file_of_which_the_system_gives_less_than_there_is_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B3: a digest of a part of it is none."""
    with opened(tmp_path / "1", b"x" * 9) as one, opened(tmp_path / "2") as target:
        when_read(monkeypatch, lambda _, chunk: chunk[:-1])
        for job in (lambda: digest(one), lambda: copy(one, target), lambda: same_bytes(one, one)):
            with pytest.raises(OSError, match="changed while it was read"):
                job()


def test_the_state_of_a_file_is_its_size_and_both_times(tmp_path: Path) -> None:
    with opened(tmp_path / "1", b"x") as one:
        status = os.fstat(one)
        assert state(one) == (1, status.st_mtime_ns, status.st_ctime_ns)


def test_a_copy_has_all_bytes_and_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C10: a system may write less than it was given."""
    content = os.urandom(MORE)
    write = os.write
    monkeypatch.setattr(os, "write", lambda target, some: write(target, some[:400_000]))
    told: list[str] = []
    with opened(tmp_path / "1", content) as source, opened(tmp_path / "2") as target:
        os.lseek(source, 0, os.SEEK_END)
        with seeing(lambda _, name, __: told.append(name)):
            assert copy(source, target) == blake3(content).digest()
    assert (tmp_path / "2").read_bytes() == content
    assert told == ["write"] * (len(told) - 1) + ["fsync"]


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="only Linux tells who writes")
def test_a_file_is_being_written_as_long_as_anybody_has_it_open_to_write(tmp_path: Path) -> None:
    """C5: and asking holds nobody up afterwards."""
    path = tmp_path / "1"
    path.write_bytes(b"x")
    reader = os.open(path, os.O_RDONLY)
    for _ in range(2):
        assert not is_being_written(reader)
        writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        assert is_being_written(reader)
        os.close(writer)
    os.close(reader)
    folder = os.open(tmp_path, os.O_RDONLY)  # of which the system cannot tell
    assert not is_being_written(folder)
    os.close(folder)


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="only Linux tells who writes")
def test_who_opens_a_file_while_it_is_asked_about_does_not_end_the_run(tmp_path: Path) -> None:
    """The usual signal of a lease would."""
    import fcntl  # noqa: PLC0415

    path = tmp_path / "1"
    path.write_bytes(b"x")

    def job() -> bool:
        ask = fcntl.fcntl

        def asked(descriptor: int, what: int, *how: Any) -> int:
            told = ask(descriptor, what, *how)
            if (what, how) == (fcntl.F_SETLEASE, (fcntl.F_RDLCK,)):
                with pytest.raises(BlockingIOError):
                    os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            return told

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fcntl, "fcntl", asked)
            reader = os.open(path, os.O_RDONLY)
            return is_being_written(reader)

    with opened(path) as both:
        assert is_being_written(both)  # by ourselves
    ended = child(job)
    assert (ended.signal, ended.error, ended.value) == (0, "", False)


def test_elsewhere_nobody_tells_who_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents.sys, "platform", "darwin")
    with opened(tmp_path / "1") as both:
        assert not is_being_written(both)


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (OSError(errno.ENOSPC, "-"), "full", "the disk is full"),
        (OSError(errno.ENOENT, "-"), "gone", "it is not there any more"),
        (OSError(errno.EIO, "Input/output error"), "system", "Input/output error"),
        (OSError("odd"), "system", "odd"),
    ],
)
def test_what_the_system_says_has_a_code_and_words(error: OSError, code: str, reason: str) -> None:
    refused = refusal(error)
    assert (refused.code, str(refused)) == (code, reason)
