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

from dupfinder.engines.frames import MEMORY, OUT_OF_MEMORY, receive, send, unpacked
from dupfinder.engines.sandbox import give_up
from dupfinder.engines.wear import Wear
from dupfinder.engines.witness import tell_by
from dupfinder.model import Skipped


def main() -> None:
    """Serve until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Standard output is the pipe to the parent: whatever else prints must not get in between.
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    from dupfinder.engines import tasks as known  # noqa: PLC0415  # loads while files are found

    memory = int(os.environ[MEMORY])
    give_up(memory)
    gc.freeze()  # what is loaded stays: no need to look through it again and again
    wear = Wear(memory)
    tell_by(lambda at: send(results, ("at", at)))
    send(results, ("loaded", None))
    while (message := inbox.get()) is not None:
        try:
            _work(message, results, wear)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except Exception:  # noqa: BLE001  # a bug: the parent says so and stops
            send(results, ("error", traceback.format_exc()))
        except BaseException:  # noqa: BLE001  # a decoder that wants to end gets its will, at once
            os._exit(1)
        if inbox.empty():
            # Nothing to decode any more: load what comparing needs while candidates are proposed.
            known.prepare_to_compare()


def _work(message: bytes, results: IO[bytes], wear: Wear) -> None:
    """Do a chunk item by item: the parent then knows over which of them this process died.

    A process that is worn ends: for its parent it died over the next item, which is then given to a
    new one, alone. So is an item that this one refuses: for the new one it may be none too many.
    """
    task, items = unpacked(message)
    for item in items:
        is_fresh = wear.is_fresh
        result = task(item)
        is_worn = wear.is_worn()
        if not is_worn or is_fresh or not isinstance(result, Skipped):
            send(results, ("result", result))
        if is_worn:
            os._exit(0)


def _listen(pipe: IO[bytes], inbox: queue.SimpleQueue[bytes | None]) -> None:
    """Take messages as they come, so that a parent never waits for a busy child to read."""
    try:
        while True:
            inbox.put(receive(pipe))
    except (EOFError, OSError):
        inbox.put(None)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
