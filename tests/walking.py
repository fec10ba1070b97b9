"""What the tests of discovery share: trees of files, and folder listings that lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dupfinder.discover import discover
from dupfinder.model import PhotoFile, Skipped
from dupfinder.settings import WalkRules

DEFAULT = WalkRules()


def write(path: Path, content: bytes = b"picture") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def files(found: Iterable[PhotoFile | Skipped]) -> list[PhotoFile]:
    return sorted((f for f in found if isinstance(f, PhotoFile)), key=lambda f: os.fsencode(f.path))


def skipped(found: Iterable[PhotoFile | Skipped]) -> dict[str, str]:
    return {os.path.basename(s.path): s.code for s in found if isinstance(s, Skipped)}


def below(top: Path, *roots: str | Path, rules: WalkRules = DEFAULT) -> list[str]:
    """The paths found, relative to `top`; nothing may be skipped and nothing come twice."""
    found = list(discover([str(root) for root in roots] or [str(top)], rules))
    assert skipped(found) == {}
    return [os.path.relpath(file.path, top) for file in files(found)]


class Listing:
    """What `os.scandir` returns, with entries of the test's choosing."""

    def __init__(self, entries: Iterator[Any]) -> None:
        self.entries = entries

    def __enter__(self) -> Iterator[Any]:
        return self.entries

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        pass


Change = Callable[[str, Iterator["os.DirEntry[str]"]], Iterable[Any]]


def change_listings(patch: pytest.MonkeyPatch, change: Change) -> None:
    """Let every folder listing go through `change(folder, entries)`."""
    real = os.scandir

    def scandir(path: str) -> Listing:
        with real(path) as entries:
            return Listing(iter(change(path, iter(list(entries)))))

    patch.setattr(os, "scandir", scandir)


def with_status(entry: os.DirEntry[str], **fields: int) -> SimpleNamespace:
    """An entry whose `stat` differs from the truth in `fields`."""
    true = entry.stat(follow_symlinks=False)
    told = {name: getattr(true, name) for name in dir(true) if name.startswith("st_")} | fields
    return SimpleNamespace(
        name=entry.name,
        path=entry.path,
        stat=lambda **_: SimpleNamespace(**told),
        is_file=entry.is_file,
    )
