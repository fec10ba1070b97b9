"""Serves one review on the loopback address, on a port that was free, until Ctrl-C."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

import uvicorn

from dupfinder.api import showing
from dupfinder.web.app import app_of
from dupfinder.web.guard import ADDRESS, Secrets
from dupfinder.web.pictures import Pictures
from dupfinder.web.review import Review, Told
from dupfinder.web.work import Work

# Seconds in which the server has ended, whatever a browser still wants.
_PATIENCE: Final = 3


def serve(told: Told, ready: Callable[[str], None]) -> int:
    """Review in a browser; returns when Ctrl-C comes while nothing is under way.

    Args:
        ready: called with the address that lets one browser in.

    Returns:
        How many photos were decided to go and are still there.

    Raises:
        KeyboardInterrupt: if Ctrl-C comes while photos are scanned, or moved.
        DupfinderError: if there is nothing to review.
    """
    work = Work()
    with _socket() as bound, showing() as show:
        held = Secrets(bound.getsockname()[1])
        review = Review(told, work)
        with _serving(app_of(review, Pictures(show), held), bound):
            ready(held.url)
            review.find()
            try:
                work.run()
            except KeyboardInterrupt:
                if work.is_busy:
                    raise
                return review.open_removals


@contextmanager
def _socket() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as bound:
        bound.bind((ADDRESS, 0))
        bound.listen(128)
        yield bound


@contextmanager
def _serving(app: Callable[..., object], bound: socket.socket) -> Iterator[None]:
    """The server in a thread of its own: signals are for the main thread."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nobody stands in between, and whoever says so lies
        timeout_graceful_shutdown=1,
        limit_concurrency=200,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=lambda: asyncio.run(server.serve([bound])), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
