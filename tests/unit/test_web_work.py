"""What takes long is done in turn by one thread, and what is shown is made once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import pytest
from strategies_clusters import a_photo

from dupfinder.model import Photo, Skipped
from dupfinder.web import pictures
from dupfinder.web.pictures import Pictures, Shown
from dupfinder.web.work import Step, Ticker, Work


def stop() -> None:
    raise KeyboardInterrupt


def test_pieces_are_done_in_turn_by_the_thread_that_runs() -> None:
    work = Work()
    here = threading.current_thread()
    done: list[tuple[int, bool, bool]] = []
    futures = [
        work.give(lambda n=n: done.append((n, threading.current_thread() is here, work.is_busy)))
        for n in range(3)
    ]
    assert not work.is_busy
    work.give(stop)
    with pytest.raises(KeyboardInterrupt):
        work.run()
    assert done == [(n, True, True) for n in range(3)]
    assert all(future.done() for future in futures)


def test_a_piece_that_fails_says_so_where_it_was_asked_for_and_the_next_is_done() -> None:
    work = Work()
    failing, next_ = work.give(lambda: 1 / 0), work.give(lambda: 7)
    work.give(stop)
    with pytest.raises(KeyboardInterrupt):
        work.run()
    assert isinstance(failing.exception(), ZeroDivisionError)
    assert next_.result() == 7


def test_progress_says_how_far_the_stage_at_hand_is() -> None:
    ticker = Ticker()
    ticker.stage("verify", 7)
    ticker.advance()
    ticker.advance(3)
    assert ticker.step == Step("verify", 4, 7)
    ticker.stage("trash", None)
    assert ticker.step == Step("trash", 0, None)


class Maker:
    """Makes pictures of 1,000 bytes, but none of what is called "bad"."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def show(self, photos: Iterable[Photo]) -> Iterator[tuple[Photo, Shown]]:
        for photo in photos:
            self.made.append(photo.path)
            if "fails" in photo.path:
                raise RuntimeError("the machinery")
            bad = Skipped(photo.path, "decode", "changed", "it changed")
            yield photo, bad if "bad" in photo.path else photo.digest.ljust(1000)


def test_a_picture_is_made_once_for_all_photos_of_its_content() -> None:
    maker = Maker()
    shelf = Pictures(maker.show)
    one, twin = a_photo("/a", digest=b"1"), a_photo("/b", digest=b"1")
    assert shelf.ask(one).result(5) == b"1".ljust(1000)
    assert shelf.ask(twin).result(5) == b"1".ljust(1000)
    assert maker.made == ["/a"]


def test_why_there_is_none_is_asked_anew_and_trouble_stops_nothing() -> None:
    maker = Maker()
    shelf = Pictures(maker.show)
    for _ in range(2):
        told = shelf.ask(a_photo("/bad")).result(5)
        assert isinstance(told, Skipped)
    with pytest.raises(RuntimeError, match="machinery"):
        shelf.ask(a_photo("/fails")).result(5)
    assert isinstance(shelf.ask(a_photo("/good")).result(5), bytes)
    assert maker.made == ["/bad", "/bad", "/fails", "/good"]


def test_what_nobody_asked_for_in_a_while_goes_when_room_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "_MOST_BYTES", 2000)
    maker = Maker()
    shelf = Pictures(maker.show)
    for name in ("/a", "/b", "/a", "/c", "/a", "/b"):
        shelf.ask(a_photo(name)).result(5)
    assert maker.made == ["/a", "/b", "/c", "/b"]
