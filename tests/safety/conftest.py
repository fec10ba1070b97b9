"""Fixtures of the tests of the cache."""

from __future__ import annotations

from pathlib import Path

import pytest
from caching import FOLDERS, scan
from finding import decoded

import dupfinder
from dupfinder import Found, Settings


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
