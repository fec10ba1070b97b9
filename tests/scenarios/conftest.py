"""Fixtures of the commands: no test meets the trash or the journals of whoever runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cleaning import photos_in, reported


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trash and journals of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A small library; see `cleaning.photos_in`."""
    return photos_in(tmp_path / "photos")


@pytest.fixture
def report(photos: Path, tmp_path: Path) -> Path:
    """Of that library."""
    return reported(photos, tmp_path / "found.json")
