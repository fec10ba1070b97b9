"""Many rows at a time: what is asked for in order is read in order, not looked up one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from dupfinder.model import PhotoFile, Skipped
from dupfinder.storage.known import Known, Listed, Stored
from dupfinder.storage.rows import Row
from dupfinder.storage.schema import file_key, reason_of

# The rows that a query gives, as far as they can be read; whether a row is what was written.
Ask = Callable[[str, tuple[Any, ...]], list[Row]]
Check = Callable[[Row], bool]

ONE_CONTENT: Final = "SELECT * FROM content WHERE digest = ? AND method = ?"
_ALL_CONTENTS: Final = "SELECT * FROM content WHERE method = ?"
_ALL_SIDES: Final = "SELECT digest, width, height FROM content WHERE method = ?"
_ONE_SIDES: Final = "SELECT digest, width, height FROM content WHERE digest = ? AND method = ?"
_COUNT_CONTENTS: Final = "SELECT count(*) FROM content"
_ALL_FILES: Final = "SELECT * FROM file WHERE method = ?"
_COUNT_FILES: Final = "SELECT count(*) FROM file"
_FILES: Final = "SELECT * FROM file WHERE path BETWEEN ? AND ? AND method = ? ORDER BY path LIMIT ?"

_DIGEST, _CODE, _REASON = 5, 6, 7  # columns of `file`; before them stands its key

_TOGETHER: Final = 500  # files whose rows are read by one query
# Rows that are read in the order of the file for each that is asked for, at most.
_READ_FOR_ONE: Final = 4


def is_most(asked: int, counts: Sequence[Row]) -> bool:
    """Whether so many rows had better be read in the order of the file, with all others."""
    return sum(count or 0 for (count,) in counts) <= _READ_FOR_ONE * asked


def recalled(
    files: Sequence[PhotoFile], method: str, ask: Ask, is_sound: Check
) -> Iterator[tuple[PhotoFile, Stored | Known | None]]:
    """What is known of each file as it is now; quick where they come in the order of their paths.

    A row that leads to a photo needs no checksum: its path and stamp are those of the file, and its
    digest that of a content.
    """
    content_of = _contents(len(files), method, ask)
    for file, row in _rows_of(files, method, ask):
        if row is not None and row[_CODE] is None:
            content = content_of(row[_DIGEST])
            yield file, None if content is None or not is_sound(content) else Stored(file, content)
        else:
            yield file, _no_photo(file, row) if row is not None and is_sound(row) else None


def listed(
    files: Sequence[PhotoFile], method: str, ask: Ask, is_sound: Check
) -> Iterator[tuple[PhotoFile, Listed | Known | None]]:
    """Whether each file is a photo, as it is now, and of which content."""
    known: Iterator[tuple[PhotoFile, Row | None]]
    if is_most(len(files), ask(_COUNT_FILES, ())):
        rows = {row[0]: row for row in reversed(ask(_ALL_FILES, (method,)))}
        known = ((file, _current(rows, file_key(file))) for file in files)
    else:
        known = _rows_of(files, method, ask)
    sides = _sides(len(files), method, ask)
    for file, row in known:
        if row is None:
            yield file, None
        elif row[_CODE] is None:
            found = sides(row[_DIGEST])
            yield file, None if found is None else Listed(file, row[_DIGEST], found)
        else:
            yield file, _no_photo(file, row) if is_sound(row) else None


def _current(rows: Mapping[bytes, Row], key: Row) -> Row | None:
    """The row of a file by path, if it is of the file's present stamp."""
    row = rows.get(key[0])
    return row if row is not None and row[:_DIGEST] == key else None


def _sides(asked: int, method: str, ask: Ask) -> Callable[[bytes], tuple[int, int] | None]:
    """Width and height of each content; of all at once where most are asked for."""
    together: dict[bytes, tuple[int, int]] | None = None
    if is_most(asked, ask(_COUNT_CONTENTS, ())):
        rows = ask(_ALL_SIDES, (method,))
        together = {digest: (width, height) for digest, width, height in reversed(rows)}

    def sides(digest: bytes) -> tuple[int, int] | None:
        if together is not None:
            return together.get(digest)
        return next(((row[1], row[2]) for row in ask(_ONE_SIDES, (digest, method))), None)

    return sides


def _no_photo(file: PhotoFile, row: Row) -> Known:
    code, reason = row[_CODE], row[_REASON]
    if not code:
        return Known()
    return Known(skipped=Skipped(file.path, "decode", code, reason_of(reason)))


def _rows_of(
    files: Sequence[PhotoFile], method: str, ask: Ask
) -> Iterator[tuple[PhotoFile, Row | None]]:
    """The row of each file with its present stamp.

    Neighbours are read together, as far as the cache knows not much else between them.
    """
    for at in range(0, len(files), _TOGETHER):
        some = [(file, file_key(file)) for file in files[at : at + _TOGETHER]]
        first, last = some[0][1][0], some[-1][1][0]
        rows = ask(_FILES, (first, last, method, 2 * len(some)))
        neighbours = {row[0]: row for row in reversed(rows)}
        for file, key in some:
            known = neighbours
            if key[0] not in known and len(some) > 1:
                known = {row[0]: row for row in ask(_FILES, (key[0], key[0], method, 1))}
            yield file, _current(known, key)


def _contents(asked: int, method: str, ask: Ask) -> Callable[[bytes], Row | None]:
    """The row of a content, of those that were read all together where most are asked for."""
    together: dict[bytes, Row] = {}
    if is_most(asked, ask(_COUNT_CONTENTS, ())):
        together = {row[0]: row for row in reversed(ask(_ALL_CONTENTS, (method,)))}
    return lambda digest: (
        together.get(digest) or next(iter(ask(ONE_CONTENT, (digest, method))), None)
    )
