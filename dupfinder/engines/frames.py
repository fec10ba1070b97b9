"""Messages over a pipe: eight bytes of length, then a pickle.

A child believes its parent. The parent does not believe a child, whose decoder may have been taken
over by a picture: of what comes back only plain values and the nouns of this program are made.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import is_dataclass
from enum import Enum
from typing import IO, Any

# The environment variable by which a child is told how many bytes its tasks may take.
MEMORY = "DUPFINDER_WORKER_MEMORY"

# By what code a child ends that could not go on for want of memory.
OUT_OF_MEMORY = 70

_LENGTH = 8
_LONGEST = 1 << 30  # bytes of a message


class Nonsense(EOFError):
    """The other end says what it never would."""


def send(pipe: IO[bytes], message: object) -> None:
    """Write one message and flush it."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(body).to_bytes(_LENGTH, "big"))
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """Read one message, still packed.

    Raises:
        EOFError: if the other end is gone; `Nonsense` if it says what it never would.
    """
    length = int.from_bytes(_exactly(pipe, _LENGTH), "big")
    if length > _LONGEST:
        raise Nonsense("too long a message")
    return _exactly(pipe, length)


def unpacked(body: bytes) -> Any:
    """The message; raises whatever unpickling it raises."""
    return pickle.loads(body)  # noqa: S301  # from our own process


def believed(body: bytes) -> Any:
    """The message of a child; raises whatever unpickling it raises.

    Raises:
        UnpicklingError: if it would make anything but plain values, dataclasses and enumerations.
    """
    return _Nouns(io.BytesIO(body)).load()


class _Nouns(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            return _member  # how Python 3.11 up to 3.11.3 names the member of an enumeration
        found = super().find_class(module, name) if module.startswith("dupfinder.") else None
        if not isinstance(found, type) or not found.__module__.startswith("dupfinder."):
            raise pickle.UnpicklingError(f"a worker sent {module}.{name}")
        if not is_dataclass(found) and not issubclass(found, Enum):
            raise pickle.UnpicklingError(f"a worker sent {module}.{name}")
        return found


def _member(kind: object, name: object) -> Enum:
    if not isinstance(kind, type) or not issubclass(kind, Enum) or name not in kind.__members__:
        raise pickle.UnpicklingError(f"a worker asked for {name!r} of {kind!r}")
    return kind[str(name)]


def _exactly(pipe: IO[bytes], count: int) -> bytes:
    body = pipe.read(count)
    if len(body) != count:
        raise EOFError
    return body
