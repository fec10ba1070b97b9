"""Names: nothing that acts on a terminal comes out, and no two names look the same."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies_clusters import names

from dupfinder.reports.names import base_of, known_as, printable, relative, shorten

texts = st.one_of(names, st.text(), st.text(st.sampled_from("\\xnu0a\x07\n\u202e\udc80\x80")))


def read_back(shown: str) -> str:
    """What `printable` made, undone: the proof that it is unambiguous."""
    escape = r"\\(\\|n|r|t|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})"

    def original(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] in "\\nrt":
            return {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}[code]
        number = int(code[1:], 16)
        return chr(number + 0xDC00 if code[0] == "x" and number >= 0x80 else number)

    return re.sub(escape, original, shown)


@given(texts)
@example("\x1b[31mred\x1b[0m\x9b2J\x7f\u202egpj.exe\u2066\u200b\udcff")
def test_only_what_prints_comes_out(text):
    for char in printable(text):
        assert unicodedata.category(char)[0] not in "C"
        assert char == " " or unicodedata.category(char)[0] != "Z"


@given(texts)
@example("a\\x07b")
@example("a\x07b")
def test_it_can_be_read_back_so_no_two_names_look_the_same(text):
    assert read_back(printable(text)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße 写真 🎉.jpg", "Grüße 写真 🎉.jpg"),
        ("two\nlines\t.jpg", r"two\nlines\t.jpg"),
        ("\x1b[31m.jpg", r"\x1b[31m.jpg"),
        ("a\\b.jpg", r"a\\b.jpg"),
        (b"caf\xe9.jpg".decode("utf-8", "surrogateescape"), r"caf\xe9.jpg"),
        ("\x85.jpg", r"\u0085.jpg"),
        ("\u202egpj.jpg", r"\u202egpj.jpg"),
        ("\U000e0041.jpg", r"\U000e0041.jpg"),
    ],
)
def test_escapes_are_visible(text, shown):
    assert printable(text) == shown


@given(texts, st.integers(1, 60))
def test_shortened_names_fit_and_are_as_safe(text, width):
    short = shorten(text, width)
    assert len(short) <= width
    assert short.isprintable()
    if len(printable(text)) <= width:
        assert short == printable(text)


def test_the_file_name_is_kept():
    assert shorten("/photos/2019/italy/IMG_0001.jpg", 22) == "/photos/…/IMG_0001.jpg"
    assert shorten("/photos/2019/italy/IMG_0001.jpg", 14) == "…/IMG_0001.jpg"
    assert shorten("/photos/2019/italy/IMG_0001.jpg", 9) == "…0001.jpg"


def test_an_escape_is_not_cut_in_two():
    assert shorten("\x1b" * 5 + ".jpg", 12) == r"…\x1b.jpg"


def test_wide_characters_count_as_the_terminal_counts_them():
    def cells(text: str) -> int:
        return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)

    assert shorten("写真写真写真写真/a.jpg", 12, cells) == "写真…/a.jpg"
    assert cells("写真…/a.jpg") <= 12


@pytest.mark.parametrize(
    ("roots", "base"),
    [
        (["/photos"], "/photos"),
        (["/photos/"], "/photos"),
        (["/photos/a", "/photos/b"], "/photos"),
        (["/photos", "/photos/b"], "/photos"),
        (["/a", "/b"], ""),
        (["/"], ""),
        (["/a", "b"], ""),
        ([], ""),
    ],
)
def test_all_roots_share_one_base(roots, base):
    assert base_of(roots) == base


def test_paths_are_shown_as_seen_from_the_base():
    assert relative("/photos/a/1.jpg", "/photos") == "a/1.jpg"
    assert relative("/photos2/1.jpg", "/photos") == "/photos2/1.jpg"
    assert relative("/photos/1.jpg", "") == "/photos/1.jpg"
    assert relative("/photos", "/photos") == "/photos"


@given(st.lists(names, min_size=1, max_size=3), names)
def test_the_whole_path_can_be_put_together_again(folders, name):
    roots = [f"/lib/{folder}" for folder in folders]
    path, base = f"{roots[0]}/{name}", base_of(roots)
    assert path in {relative(path, base), f"{base}/{relative(path, base)}"}


def test_a_file_name_is_enough_where_no_other_has_it():
    others = ["/lib/a/1.jpg", "/lib/b/2.jpg", "/lib/b/1.jpg"]
    assert known_as("/lib/b/2.jpg", others) == "2.jpg"
    assert known_as("/lib/b/1.jpg", others) == "/lib/b/1.jpg"
