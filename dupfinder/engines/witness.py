"""Which photo a worker is reading: told to its parent, who then knows what killed or held it.

Where photos are compared many are read in one task. If a decoder dies or hangs over one of them,
that one alone is to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dupfinder.model import PhotoFile

# The path and the bytes of a file that is being read, None if that is done.
At = tuple[str, int] | None


class _Witness:
    """Tells nobody, until this process has turned out to be a worker."""

    tell: Callable[[At], None] | None = None


def tell_by(tell: Callable[[At], None]) -> None:
    """From now on each photo that is read for a comparison is named."""
    _Witness.tell = tell


@contextmanager
def at(file: PhotoFile) -> Iterator[None]:
    """This one is being read."""
    tell = _Witness.tell
    if tell is None:
        yield
        return
    tell((file.path, file.stamp.size))
    yield
    tell(None)


def is_at(value: object) -> bool:
    """Whether it is an `At`: what a worker sends may be anything."""
    return value is None or (
        isinstance(value, tuple)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )
