"""The law of order: shuffled roots and listings change nothing, and a plain oracle agrees."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walking import DEFAULT, change_listings, files

from dupfinder.discover import discover

PARTS = st.sampled_from([b"a", b"b.jpg", b".h", b"c\n", b"\xff", b"@eaDir", "\U0001f600".encode()])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map(b"/".join)


def build(top: bytes, names: list[bytes], links: list[tuple[int, bytes]]) -> None:
    """Make the files and links as far as their names agree with each other."""
    made = []
    for name in names:
        try:
            os.makedirs(os.path.dirname(top + b"/" + name), exist_ok=True)
            with open(top + b"/" + name, "xb") as file:
                file.write(name)
            made.append(top + b"/" + name)
        except OSError:
            continue
    for number, name in links:
        try:
            os.makedirs(os.path.dirname(top + b"/" + name), exist_ok=True)
            os.link(made[number % len(made)], top + b"/" + name)
        except OSError:
            continue


def oracle(roots: Iterable[bytes]) -> set[tuple[bytes, tuple[bytes, ...]]]:
    """The slow twin: every root on its own, all names in memory, joined by inode afterwards."""
    names: dict[int, set[bytes]] = {}
    for root in roots:
        for folder, folders, here in os.walk(root):
            folders[:] = [f for f in folders if f != b"@eaDir" and not f.startswith(b".")]
            for name in (n for n in here if not n.startswith(b".")):
                path = os.path.join(folder, name)
                names.setdefault(os.lstat(path).st_ino, set()).add(path)
    return {(min(paths), tuple(sorted(paths)[1:])) for paths in names.values()}


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(PATHS, min_size=1, max_size=12),
    links=st.lists(st.tuples(st.integers(0, 11), PATHS), max_size=6),
    shuffle=st.randoms(use_true_random=False),
)
def test_the_result_depends_neither_on_the_order_of_roots_nor_of_listings(
    names: list[bytes], links: list[tuple[int, bytes]], shuffle: random.Random
) -> None:
    def shuffled(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterable[Any]:
        return shuffle.sample(listed := list(entries), len(listed))

    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        top = os.fsencode(os.path.realpath(name))
        build(top, names, links)
        folders = [folder for folder, _, _ in os.walk(top)]
        roots = [top, *shuffle.sample(folders, shuffle.randint(0, min(3, len(folders))))]
        expected = oracle(roots)
        results = []
        change_listings(patch, shuffled)
        for _ in range(2):
            shuffle.shuffle(roots)
            found = list(discover([os.fsdecode(root) for root in roots], DEFAULT))
            results.append(files(found))
        patch.undo()

    assert results[0] == results[1]
    assert len(results[0]) == len(expected)
    assert {(os.fsencode(f.path), tuple(map(os.fsencode, f.links))) for f in results[0]} == expected
