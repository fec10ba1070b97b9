"""A real browser for the tests of pages: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from packages import install
from playwright.sync_api import Browser, Page, sync_playwright

# Set where a missing browser must fail the tests instead of skipping them.
REQUIRED = "DUPFINDER_BROWSER"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


class Visit:
    """A page in a window of its own, and all that it should not have done.

    `alerts` are dialogs that a script has opened, `errors` what the console complains of (a breach
    of the content policy is among it), `requests` what was asked of any network.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.alerts: list[str] = []
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("dialog", self._alerted)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._said)
        page.on("request", self._asked)

    def until(self, expression: str, seconds: float = 10) -> None:
        """Waits for a script's answer to be true; Playwright's own waiting breaks the policy."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"never came true: {expression}"
            self.page.wait_for_timeout(20)

    def _alerted(self, dialog: Any) -> None:
        self.alerts.append(dialog.message)
        dialog.dismiss()

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.requests.append(request.url)


@cache
def chromium() -> str | None:
    """Where it is; installed first where that is possible, None where it is not."""
    found = _found()
    if found is None:
        install("chromium")
        found = _found()
    return found


def _found() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@contextmanager
def running() -> Iterator[Browser]:
    """The browser without a window; skips the test, or fails it, where there is none."""
    path = chromium()
    if path is None:
        reason = "needs a browser: apt-get install chromium (done here if run as root)"
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(browser: Browser, **told: Any) -> Iterator[Visit]:
    """A new window without memory; `told` is for the browser: viewport, color_scheme."""
    context = browser.new_context(**told)
    try:
        yield Visit(context.new_page())
    finally:
        context.close()
