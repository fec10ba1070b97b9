"""Where the program keeps what is its own, and how paths are named by users of the API."""

from __future__ import annotations

import os

PathLike = str | os.PathLike[str]


def state_folder(given: str | None = None) -> str:
    """Where journals and verdicts are kept."""
    if given is not None:
        return os.path.abspath(os.path.expanduser(given))
    from platformdirs import user_state_dir  # noqa: PLC0415

    return user_state_dir("dupfinder", appauthor=False)


def vectors_path(cache: str) -> str:
    """Where descriptors for searches are kept: beside the cache at this path."""
    return f"{cache}.vectors"


def rows_path(cache: str) -> str:
    """The folder of what searches leave for later ones: beside the cache at this path."""
    return f"{cache}.rows"


def cache_path(given: str | None = None) -> str:
    """Where the cache is, or will be."""
    if given is not None:
        return os.path.expanduser(given)
    from platformdirs import user_cache_dir  # noqa: PLC0415

    return os.path.join(user_cache_dir("dupfinder", appauthor=False), "cache.sqlite")


def verdicts_path(state: str | None = None) -> str:
    """Where the verdicts of people are, or will be: not in the cache, which may go at any time."""
    return os.path.join(state_folder(state), "verdicts.sqlite")
