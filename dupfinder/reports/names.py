"""Paths as they are on disk -> text that is safe to print.

The one place that does it. A file name is bytes chosen by strangers: it may hold newlines, the
codes that recolour or rewrite a terminal, marks that turn the reading direction, and bytes that are
no text at all. All of them are shown as visible escapes, and two names never look the same.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterable, Sequence

ELLIPSIS = "…"

_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    r"""`text` with everything that does not print replaced by a backslash escape.

    A byte that is not UTF-8 is shown as `\xNN`, as is an ASCII control character; every other code
    point without a glyph of its own (controls, direction and joining marks, odd spaces) as
    `\uNNNN`. The backslash itself is doubled, so the result can be read back without doubt.
    """
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # how os.fsdecode carries the byte code - 0xDC00
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def base_of(roots: Sequence[str]) -> str:
    """The folder below which all of `roots` lie, "" if there is none worth naming.

    One base for all roots, never one each: two roots may hold files of the same name.
    """
    try:
        base = os.path.commonpath(roots)
    except ValueError:  # no roots, or absolute and relative ones together
        return ""
    return "" if base == os.path.dirname(base) else base


def relative(path: str, base: str) -> str:
    """`path` as seen from the folder `base`, unchanged if it does not lie below."""
    return path.removeprefix(base + "/") if base else path


def known_as(path: str, others: Iterable[str]) -> str:
    """What tells `path` from `others`: its file name, or the whole path if that is not enough."""
    name = os.path.basename(path)
    same = (other for other in others if other != path and os.path.basename(other) == name)
    return path if any(same) else name


def shorten(path: str, width: int, cells: Callable[[str], int] = len) -> str:
    """Printable `path` within `width` cells: its start and its file name, an ellipsis between.

    The file name is kept whole as long as it fits, and keeps its end (with the suffix) where it
    does not. `cells` measures text: on a terminal, wide characters take two. An escape is never
    cut in two.
    """
    pieces = [_visible(char) for char in path]
    if cells("".join(pieces)) <= width:
        return "".join(pieces)
    name_start = path.rfind("/") + 1
    space = width - cells(ELLIPSIS)
    tail = _from_end(pieces[max(name_start - 1, 0) :], space, cells)
    head = _from_start(pieces, space - cells(tail), cells)
    return head + ELLIPSIS + tail


def _from_start(pieces: Sequence[str], space: int, cells: Callable[[str], int]) -> str:
    taken: list[str] = []
    for piece in pieces:
        space -= cells(piece)
        if space < 0:
            break
        taken.append(piece)
    return "".join(taken)


def _from_end(pieces: Sequence[str], space: int, cells: Callable[[str], int]) -> str:
    taken: list[str] = []
    for piece in reversed(pieces):
        space -= cells(piece)
        if space < 0:
            break
        taken.append(piece)
    return "".join(reversed(taken))
