"""Options that several commands have, each with one meaning."""

from __future__ import annotations

import os
from typing import Any

from dupfinder.settings import FALLBACKS, HASHERS, MAX_PIXELS


def add_color(group: Any) -> None:
    """Add `--color` to a parser or group."""
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto: on a terminal, unless NO_COLOR is set",
    )


def add_format(group: Any) -> None:
    """Add `--format`, for a command that prints for people or for programs."""
    group.add_argument(
        "--format", choices=("text", "json"), default="text", help="of standard output"
    )


def add_hasher(group: Any, purpose: str) -> None:
    """Add `--hasher`, saying what the hash is for."""
    group.add_argument(
        "--hasher", choices=HASHERS, default="dct256", help=f"{purpose} (default: %(default)s)"
    )


def add_fallback(group: Any) -> None:
    """Add `--fallback`."""
    group.add_argument(
        "--fallback",
        choices=FALLBACKS,
        default="kaze",
        help="the keypoints to ask where ORB is undecided (default: %(default)s)",
    )


def add_max_pixels(group: Any) -> None:
    """Add `--max-pixels`, the guard against pictures that would fill the memory."""
    group.add_argument(
        "--max-pixels",
        type=int,
        default=MAX_PIXELS,
        metavar="N",
        help="refuse larger pictures (default: %(default)s)",
    )


def add_exclude(group: Any) -> None:
    """Add `--exclude`."""
    group.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="GLOB",
        help="leave out files and folders of this name, or with a slash in it of this path below"
        " each PATH; ./x, ~/x and /x are paths on the disk; can be repeated",
    )


def add_online_only(group: Any) -> None:
    """Add `--online-only`."""
    group.add_argument(
        "--online-only",
        choices=("skip", "include"),
        default="skip",
        help="photos of which a cloud drive keeps only a placeholder on this disk: list them as"
        " skipped (default), or include them, which downloads them",
    )


def add_against(group: Any) -> None:
    """Add `--against`."""
    group.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="FOLDER",
        help="compare with the photos in FOLDER, too: no plan ever lets one of them go, and they"
        " are shown only beside a copy below PATH; can be repeated",
    )


def add_cache_file(group: Any) -> None:
    """Add `--cache`."""
    group.add_argument("--cache", metavar="FILE", help="default: in the platform's cache folder")


def add_cache(group: Any) -> None:
    """Add `--cache` and `--no-cache`."""
    add_cache_file(group)
    group.add_argument("--no-cache", action="store_true", help="remember nothing beyond this run")


def add_store(group: Any) -> None:
    """Add `--store`."""
    group.add_argument(
        "--store",
        metavar="URL",
        help="keep what photos look like elsewhere than beside the cache: in a file, or on a server"
        " (mysql://user@host/database, mariadb://..., postgresql://...; the password by MYSQL_PWD"
        " or PGPASSWORD, ~/.my.cnf or ~/.pgpass)",
    )


def add_output(group: Any, purpose: str) -> None:
    """Add `-o`."""
    group.add_argument("-o", "--output", type=os.path.expanduser, metavar="FILE", help=purpose)


def add_quiet(group: Any) -> None:
    """Add `-q`."""
    group.add_argument("-q", "--quiet", action="store_true", help="no progress display")


def add_thumbnails(group: Any) -> None:
    """Add `--thumbnails`."""
    group.add_argument(
        "--thumbnails",
        action="store_true",
        help="in text: also show the photos of each cluster, where the terminal can (graphics of"
        " kitty or sixel, or coloured blocks); needs the extra pictures",
    )
