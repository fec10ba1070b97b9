"""Garbage is collected as before."""

from __future__ import annotations

import gc

from dupfinder.engines.bulk import all_kept, thawed


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
