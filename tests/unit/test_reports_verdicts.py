"""An export gives back what was marked, and nothing else is taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import names

from dupfinder.errors import UsageError
from dupfinder.model import Mark
from dupfinder.reports.verdicts import from_json, listed, verdict_lines

digests = st.binary(min_size=32, max_size=32)
marks = st.builds(
    lambda pair, first, second, at: Mark(tuple(sorted(pair)), (f"/{first}", f"/{second}"), at),
    st.sets(digests, min_size=2, max_size=2),
    names,
    names,
    st.datetimes().map(lambda at: f"{at:%Y-%m-%d %H:%M:%S}".rjust(19, "0")),
)
several = st.lists(marks, max_size=4, unique_by=lambda mark: mark.contents)


def exported(known: list[Mark]) -> str:
    return "".join(verdict_lines(known))


@given(known=several)
def test_an_export_is_read_back_as_it_was(known: list[Mark]) -> None:
    assert from_json(exported(known)) == tuple(sorted(known, key=lambda mark: mark.contents))


@given(known=several, order=st.randoms())
def test_the_same_verdicts_are_the_same_bytes_and_nothing_in_them_is_raw(
    known: list[Mark], order: Any
) -> None:
    shuffled = known[:]
    order.shuffle(shuffled)
    assert exported(known) == exported(shuffled)
    assert exported(known).replace("\n", "").isprintable()
    assert exported(known).isascii()
    assert "".join(listed(known)) == "".join(listed(shuffled))
    assert "".join(listed(known)).replace("\n", "").isprintable()


A_MARK = Mark((bytes(32), bytes([1] * 32)), ("/a.jpg", "/b.jpg"), "2026-01-02 03:04:05")


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    whole = json.loads(exported([A_MARK]))
    change(whole)
    return json.dumps(whole)


def first(whole: dict[str, Any]) -> Any:
    return whole["not_duplicates"][0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "{" * 100_000,
        changed(lambda whole: whole.update(kind="clean")),
        changed(lambda whole: whole.update(kind=None)),
        changed(lambda whole: whole.update(schema=2)),
        changed(lambda whole: whole.update(schema=True)),
        changed(lambda whole: whole.update(not_duplicates={})),
        changed(lambda whole: whole.update(not_duplicates=[7])),
        changed(lambda whole: first(whole).update(at=7)),
        changed(lambda whole: first(whole).update(at="2026-01-02 03:04:05\x1b[31m")),
        changed(lambda whole: first(whole)["photos"].pop()),
        changed(lambda whole: first(whole)["photos"].append(first(whole)["photos"][0])),
        changed(lambda whole: first(whole)["photos"].__setitem__(1, first(whole)["photos"][0])),
        changed(lambda whole: first(whole)["photos"][0].update(digest="00")),
        changed(lambda whole: first(whole)["photos"][0].update(digest="G" * 64)),
        changed(lambda whole: first(whole)["photos"][0].update(digest="A" * 64)),
        changed(lambda whole: first(whole)["photos"][0].update(path="")),
        changed(lambda whole: first(whole)["photos"][0].update(path="/a\0b")),
        changed(lambda whole: first(whole)["photos"][0].update(path="/\udcff")),
        changed(lambda whole: first(whole)["photos"][0].update(path_base64="%%%")),
        changed(lambda whole: first(whole)["photos"][0].pop("path")),
    ],
)
def test_what_is_no_export_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"^cannot read the verdicts: ") as refused:
        from_json(text)
    assert "mark --export" in refused.value.hint
    assert str(refused.value).isprintable()


def test_pairs_are_listed_by_when_they_were_marked() -> None:
    later = Mark((bytes(32), bytes([2] * 32)), ("/z.jpg", "/new\nline.jpg"), "2026-02-02 00:00:00")
    assert "".join(listed([later, A_MARK])) == (
        "2026-01-02 03:04  /a.jpg\n"
        "                  /b.jpg\n"
        "2026-02-02 00:00  /new\\nline.jpg\n"
        "                  /z.jpg\n"
        "2 pairs marked as no duplicates\n"
    )
    assert "".join(listed([])) == "Nothing is marked\n"
