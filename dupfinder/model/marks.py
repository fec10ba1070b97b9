"""The nouns of what people have said of two photos, which no comparison may overrule."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

# The BLAKE3 digests of two files' bytes, the smaller first.
Contents = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Mark:
    """Two contents that are no duplicates of each other, because a person has said so.

    `contents` are the digests of the two files, whatever they are called by now; `names` the paths
    that they had when they were marked, in the same order; `at` is when that was,
    `YYYY-MM-DD HH:MM:SS` in UTC.
    """

    contents: Contents
    names: tuple[str, str]
    at: str


def contents_of(one: bytes, other: bytes) -> Contents:
    """Two digests, the smaller first: a mark has no direction."""
    return (one, other) if one < other else (other, one)


def are_marked(marked: Container[Contents], one: bytes, other: bytes) -> bool:
    """Whether the photos of these digests were marked as no duplicates of each other."""
    return contents_of(one, other) in marked
