"""The pictures of a page: made by the isolated decoder when somebody looks, and held a while."""

from __future__ import annotations

import queue
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Final

from dupfinder.model import Photo, Skipped

Shown = bytes | Skipped
Show = Callable[[Iterable[Photo]], Iterator[tuple[Photo, Shown]]]

# Pictures that are made together, and bytes of them that are held: some thousands.
_AT_ONCE: Final = 24
_MOST_BYTES: Final = 96_000_000


class Pictures:
    """Gathers what is asked for at a time, so that all workers have something to do."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._asked: queue.Queue[tuple[Photo, Future[Shown]]] = queue.Queue()
        self._held: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        Thread(target=self._work, daemon=True).start()

    def ask(self, photo: Photo) -> Future[Shown]:
        """The picture of a photo, or why there is none."""
        future: Future[Shown] = Future()
        with self._lock:
            known = self._held.get(photo.digest)
            if known is not None:
                self._held.move_to_end(photo.digest)
                future.set_result(known)
                return future
        self._asked.put((photo, future))
        return future

    def _work(self) -> None:
        while True:
            asked = [self._asked.get()]
            while len(asked) < _AT_ONCE and not self._asked.empty():
                asked.append(self._asked.get())
            self._make(asked)

    def _make(self, asked: Sequence[tuple[Photo, Future[Shown]]]) -> None:
        waiting: dict[str, list[Future[Shown]]] = {}
        for photo, future in asked:
            if future.set_running_or_notify_cancel():
                waiting.setdefault(photo.path, []).append(future)
        photos = {photo.path: photo for photo, _ in asked if photo.path in waiting}
        try:
            for photo, shown in self._show(photos.values()):
                if isinstance(shown, bytes):
                    self._hold(photo.digest, shown)
                for future in waiting.pop(photo.path):
                    future.set_result(shown)
        except Exception as error:  # noqa: BLE001  # raised again where it was asked for
            for future in (each for several in waiting.values() for each in several):
                future.set_exception(error)

    def _hold(self, digest: bytes, picture: bytes) -> None:
        with self._lock:
            self._bytes += len(picture) - len(self._held.pop(digest, b""))
            self._held[digest] = picture
            while self._bytes > _MOST_BYTES:
                _, oldest = self._held.popitem(last=False)
                self._bytes -= len(oldest)
