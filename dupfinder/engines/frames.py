"""Messages over a pipe: eight bytes of length, then a pickle. Both ends are this program."""

from __future__ import annotations

import pickle
from typing import IO, Any

# The environment variable by which a child is told how many bytes its tasks may take.
MEMORY = "DUPFINDER_WORKER_MEMORY"

_LENGTH = 8


def send(pipe: IO[bytes], message: object) -> None:
    """Write one message and flush it."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(body).to_bytes(_LENGTH, "big"))
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """Read one message, still packed.

    Raises:
        EOFError: if the other end is gone.
    """
    return _exactly(pipe, int.from_bytes(_exactly(pipe, _LENGTH), "big"))


def unpacked(body: bytes) -> Any:
    """The message; raises whatever unpickling it raises."""
    return pickle.loads(body)  # noqa: S301  # from our own process


def _exactly(pipe: IO[bytes], count: int) -> bytes:
    body = pipe.read(count)
    if len(body) != count:
        raise EOFError
    return body
