"""The program of a worker process: tasks come in by standard input, results go out."""

from __future__ import annotations

import gc
import os
import queue
import signal
import sys
import threading
import traceback
from typing import IO

from dupfinder.engines.frames import MEMORY, receive, send, unpacked
from dupfinder.engines.sandbox import give_up


def main() -> None:
    """Serve until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Standard output is the pipe to the parent: whatever else prints must not get in between.
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    from dupfinder.engines import tasks as known  # noqa: PLC0415  # loads while files are found

    give_up(int(os.environ[MEMORY]))
    gc.freeze()  # what is loaded stays: no need to look through it again and again
    send(results, ("loaded", None))
    while (message := inbox.get()) is not None:
        try:
            task, items = unpacked(message)
            # One by one: the parent then knows over which of them this process died.
            for item in items:
                send(results, ("result", task(item)))
        except Exception:  # noqa: BLE001  # a bug: the parent says so and stops
            send(results, ("error", traceback.format_exc()))
        if inbox.empty():
            # Nothing to decode any more: load what comparing needs while candidates are proposed.
            known.prepare_to_compare()


def _listen(pipe: IO[bytes], inbox: queue.SimpleQueue[bytes | None]) -> None:
    """Take messages as they come, so that a parent never waits for a busy child to read."""
    try:
        while True:
            inbox.put(receive(pipe))
    except (EOFError, OSError):
        inbox.put(None)
