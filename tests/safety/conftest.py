"""Fixtures of the tests of safety: a small library to act on, and scans with and without cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import World, worlds
from caching import FOLDERS, scan
from finding import decoded

import dupfinder
from dupfinder import Found, Settings


@pytest.fixture
def world() -> Iterator[World]:
    """Its photos go to the trash."""
    with worlds("trash") as make:
        yield make()


@pytest.fixture(scope="session")
def truth() -> dict[str, Found]:
    """What is found without a cache."""
    return {
        level: dupfinder.find(FOLDERS, Settings(workers=0, use_cache=False, level=level))
        for level in ("hash", "copies")
    }


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the cache of one whole scan."""
    folder = tmp_path_factory.mktemp("filled")
    scan(folder)
    assert decoded(scan(folder)) == 0
    return folder
