"""Fixtures that many tests use: the drawn library, and the material beside the project."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:  # loaded by the tests that need it
    from browser import Visit
    from playwright.sync_api import Browser

# Before numpy is loaded: as for the workers and the command, see `engines.process`. Threads of a
# matrix product wait for each other busily, and beside other work for ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# pytest-xdist's processes have it, and it would count for more than the width of a terminal.
os.environ.pop("COLUMNS", None)

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Beside other work a strategy may draw slowly: that is no fault of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No scan meets what whoever runs the tests has marked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def library() -> Path:
    """The drawn library; fixtures/truth.json says what is in it."""
    return _PROJECT / "fixtures" / "library"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of photos and corpora beside the project, which a plain checkout has not."""
    folder = _PROJECT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the material in ../shared, which is no part of the project")
    return folder


@pytest.fixture(scope="session")
def steady_library(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the drawn library whose files all have one time: a checkout gives each its own."""
    copy = tmp_path_factory.mktemp("steady") / "library"
    shutil.copytree(library, copy)
    for path in sorted(copy.rglob("*")):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return copy


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser, see tests/browser.py; the tests that use it are skipped where none is."""
    from browser import running  # noqa: PLC0415

    with running() as started:
        yield started


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A window of its own, which notes what a page should not do."""
    from browser import visiting  # noqa: PLC0415

    with visiting(browser, viewport={"width": 1280, "height": 800}) as opened:
        yield opened
