"""Options that several commands have, each with one meaning."""

from __future__ import annotations

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
