"""What a command writes into a file of the user's choice: never over anything but its like."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from dupfinder.errors import UsageError


def check_output(path: str, begins: bytes) -> None:
    """Refuse before the work what could not be written after it.

    Args:
        begins: how a file begins that may be replaced.

    Raises:
        UsageError: if there is no such folder, or something else has that name.
    """
    if os.path.isdir(path) or not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise UsageError(f"cannot write a report to {path!r}", hint="name a file in a folder")
    if os.path.lexists(path):
        if not os.path.isfile(path):
            raise UsageError(
                f"{path!r} is no file that a report could replace",
                hint="--format json prints the report",
            )
        with open(path, "rb") as file:
            begin = file.read(len(begins))
        if begin and begin != begins:
            raise UsageError(
                f"{path!r} exists and is no report of this kind: it is not overwritten",
                hint="name another file",
            )


def write(path: str, lines: Iterable[str], encoding: str = "ascii") -> None:
    """Whole or not at all: an interrupted run leaves an older report as it was, and nothing else.

    Raises:
        UsageError: if the file cannot be written.
    """
    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "x", encoding=encoding, newline="\n") as file, _removed_if_cut(part):
            file.writelines(lines)
            file.flush()
        os.replace(part, path)
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {error.strerror}") from None


@contextmanager
def _removed_if_cut(part: str) -> Iterator[None]:
    """What was begun and is not ended is of no use: a page takes minutes, and may be large."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            os.remove(part)
        raise
