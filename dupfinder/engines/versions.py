"""The versions that a scan runs on, and which of them are known to be bad."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

from dupfinder.decode.versions import Library, libraries
from dupfinder.storage.looking import sqlite_version


@dataclass(frozen=True, slots=True)
class Weakness:
    """Of the library of this name all before `below` ("" for any), or from `since` on, are bad.

    One that `counts` is a reason to act; any other is told with why it does no harm here.
    """

    name: str
    below: str
    why: str
    cure: str
    since: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Warned:
    """A known-bad version that was found here."""

    name: str
    version: str
    why: str
    cure: str
    counts: bool


# A crafted photo reaches these before anything else looks at it. The advisories are named so that
# anybody can look them up.
KNOWN_BAD: Final = (
    Weakness(
        "Pillow",
        "12.3",
        "crafted files write beyond its memory or fill it"
        " (CVE-2026-25990, CVE-2026-40192; in its libtiff CVE-2026-4775)",
        "upgrade: pip install 'pillow>=12.3'",
    ),
    Weakness(
        "pillow-heif",
        "1.8.1",
        "its libheif lets a crafted HEIC write beyond its memory (CVE-2026-84383)",
        "upgrade: pip install 'pillow-heif>=1.8.1'",
    ),
    Weakness(
        "libheif",
        "1.23.2",
        "a crafted HEIC writes beyond its memory (CVE-2026-84383)",
        "upgrade: pip install 'pillow-heif>=1.8.1'",
    ),
    Weakness(
        "pi-heif",
        "",
        "discontinued in June 2026 with a hole that is exploited (CVE-2026-84383)",
        "remove it: pip uninstall pi-heif; dupfinder[heic] reads HEIC with pillow-heif",
    ),
    Weakness(
        "rawpy",
        "0.28",
        "its LibRaw is older than 0.22.2 (TALOS-2026-2330 to 2364)",
        "upgrade: pip install 'rawpy>=0.28'",
    ),
    Weakness(
        "LibRaw",
        "0.22.1",
        "crafted RAW files write beyond its memory (CVE-2026-20884, -20911, -21413, -24450, -5342)",
        "upgrade: pip install 'rawpy>=0.28'",
    ),
    Weakness(
        "OpenCV",
        "",
        "OpenCV 5 has no KAZE in the package that dupfinder uses: some copies are not found",
        "go back: pip install 'opencv-python-headless<5'",
        since="5",
    ),
    Weakness(
        "SQLite",
        "3.51.3",
        "two writers at once can damage a database in WAL mode; the cache has one writer, under a"
        " lock, and does not use that mode",
        "nothing has to be done",
        counts=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Extra:
    """What is installed on demand: the package of an extra, None as its version if it is not."""

    name: str
    package: str
    version: str | None
    purpose: str


# What each extra is good for.
PURPOSES: Final = {
    "ann": "searches by vectors with --index hnsw",
    "hdf5": "vectors for other programs (search --export and --import)",
    "heic": "HEIC photos",
    "jxl": "JPEG XL photos",
    "models": "searches by networks that you have",
    "mysql": "searches with a store on MariaDB or MySQL",
    "pictures": "photos in the terminal",
    "postgresql": "searches with a store on PostgreSQL",
    "raw": "camera RAW",
}
_REQUIREMENT: Final = re.compile(r"([\w.-]+).*;.*extra == ['\"]([\w-]+)['\"]")


def extras() -> tuple[Extra, ...]:
    """All that dupfinder can be installed with, by name."""
    told = (_REQUIREMENT.match(each) for each in requires("dupfinder") or ())
    found = sorted((each[2], each[1]) for each in told if each)
    return tuple(
        Extra(name, package, _installed(package), PURPOSES.get(name, "")) for name, package in found
    )


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def versions() -> tuple[Library, ...]:
    """Of the program, of what it runs on, and of every library that sees photos."""
    return (
        Library("dupfinder", version("dupfinder")),
        Library("Python", platform.python_version()),
        Library("SQLite", sqlite_version(), "Python"),
        *libraries(),
    )


def machine() -> str:
    """System, processor and size of a pointer."""
    bits = 64 if sys.maxsize > 2**32 else 32
    return f"{platform.system()} {platform.release()}, {platform.machine()}, {bits} bits"


def warnings(found: tuple[Library, ...]) -> tuple[Warned, ...]:
    """Of these libraries the versions that are known to be bad."""
    return tuple(
        Warned(each.name, each.version, bad.why, bad.cure, bad.counts)
        for each in found
        for bad in KNOWN_BAD
        if each.name == bad.name and each.version is not None and _is_bad(each.version, bad)
    )


def _is_bad(found: str, bad: Weakness) -> bool:
    if bad.since:
        return _numbers(found) >= _numbers(bad.since)
    return not bad.below or _numbers(found) < _numbers(bad.below)


def _numbers(text: str) -> tuple[int, ...]:
    """`12.3` of `12.3.0rc1`, as numbers without trailing zeros."""
    begin = re.match(r"\d+(?:\.\d+)*", text)
    numbers = [int(each) for each in begin[0].split(".")] if begin else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
