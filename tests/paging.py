"""What the tests of pages share: a page written from a scan of the drawn library."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from PIL import Image

from dupfinder.api import find
from dupfinder.choose import plan
from dupfinder.cli import main
from dupfinder.model import Found, Photo, Skipped
from dupfinder.reports.html import html_lines
from dupfinder.reports.json import json_lines
from dupfinder.settings import Settings


def tiles(
    photos: Sequence[Photo], side: int, lost: Iterable[str] = ()
) -> Iterator[tuple[Photo, bytes | Skipped]]:
    """A plain picture for each photo, in place of those that workers make; `lost` have none."""
    gone = set(lost)
    for photo in photos:
        if photo.path in gone:
            yield photo, Skipped(photo.path, "decode", "vanished", "the file is <gone>")
            continue
        buffer = io.BytesIO()
        tone = (sum(photo.digest) * 37 % 256, 90, 160)
        Image.new("RGB", (min(side, 24), 16), tone).save(buffer, "WEBP")
        yield photo, buffer.getvalue()


def page_of(found: Found, lost: Iterable[str] = (), report: str = "/somewhere/found.json") -> str:
    """The page without decoding anything."""
    lines = html_lines(found, plan(found), lambda some, side: tiles(some, side, lost), report)
    return "".join(lines)


def scanned(library: Path, folder: Path) -> tuple[Found, Path, Path]:
    """What was found, its report, and its page as the command writes it."""
    found = find(library, Settings(use_cache=False))
    report, page = folder / "found.json", folder / "report.html"
    with open(report, "w", encoding="ascii") as file:
        file.writelines(json_lines(found))
    assert main(["report", str(report), "--html", str(page), "-q"]) == 0
    return found, report, page
