"""Work ahead gives the same items in the same order, and garbage is collected as before."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from dupfinder.engines.bulk import ahead, all_kept, thawed


@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_items_come_in_their_order(count: int) -> None:
    assert list(ahead(iter(range(count)))) == list(range(count))


def test_they_are_made_in_another_thread_a_few_ahead_of_their_use() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            made.append(threading.get_ident())
            yield number

    items = ahead(numbers())
    assert [next(items) for _ in range(10)] == list(range(10))
    items.close()  # type: ignore[attr-defined]
    assert len(set(made)) == 1
    assert threading.get_ident() not in made
    assert 10 <= len(made) < 20


def test_what_goes_wrong_is_raised_where_the_items_are_used() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    items = ahead(numbers())
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)


def test_what_is_kept_is_not_looked_through_until_the_end_and_then_as_before() -> None:
    assert gc.isenabled()
    before = gc.get_freeze_count()
    with thawed():
        with all_kept():
            assert not gc.isenabled()
            kept = [[number] for number in range(1000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(kept)
    assert gc.get_freeze_count() == 0
    gc.disable()
    try:
        with all_kept():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
