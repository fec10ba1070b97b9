"""A JSON text of unknown origin -> objects whose fields have the types that were asked for."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Final, TypeGuard, TypeVar

from dupfinder.errors import UsageError

T = TypeVar("T")

CANNOT: Final = "cannot read the report: "


def parse(text: str) -> Fields:
    """The object that `text` holds.

    Raises:
        UsageError: if it is no JSON, or no object.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise unreadable("it is not JSON") from error
    return Fields(value, "the report")


class Fields:
    """A JSON object whose fields are asked for by name and type; `place` says where it stands.

    Every method raises `UsageError` for what is missing or of another type.
    """

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise unreadable(f"{place} is not an object")
        self._fields = value
        self._place = place

    def has(self, key: str) -> bool:
        return key in self._fields

    def get(self, key: str, kind: type[T]) -> T:
        value = _number(self._fields.get(key), kind)
        if not _is_a(value, kind):
            raise unreadable(f"{self._place} has no valid {key!r}")
        return value

    def maybe(self, key: str, kind: type[T]) -> T | None:
        return None if self._is_null(key) else self.get(key, kind)

    def numbers(self, key: str, kind: type[T], count: int) -> list[T]:
        """A list of exactly `count` numbers of one kind."""
        values = [_number(value, kind) for value in self.get(key, list)]
        valid = [value for value in values if _is_a(value, kind)]
        if not len(valid) == len(values) == count:
            raise unreadable(f"{key!r} of {self._place} is not {count} valid numbers")
        return valid

    def names(self, key: str, known: Sequence[str]) -> tuple[str, ...]:
        """A list of some of the known names."""
        values = self.get(key, list)
        if any(value not in known for value in values):
            raise unreadable(f"{key!r} of {self._place} names what is not known here")
        return tuple(values)

    def maybe_numbers(self, key: str, kind: type[T], count: int) -> list[T] | None:
        return None if self._is_null(key) else self.numbers(key, kind, count)

    def object(self, key: str) -> Fields:
        return Fields(self._fields.get(key), f"{key!r} of {self._place}")

    def maybe_object(self, key: str) -> Fields | None:
        return None if self._is_null(key) else self.object(key)

    def objects(self, key: str, make: Callable[[Fields], T]) -> tuple[T, ...]:
        return tuple(
            make(Fields(item, f"{key!r} number {number} of {self._place}"))
            for number, item in enumerate(self.get(key, list), start=1)
        )

    def _is_null(self, key: str) -> bool:
        """A field that is missing is not null: the report is damaged."""
        return self.has(key) and self._fields[key] is None


def path_in(entry: Fields) -> str:
    """The path that `json_nouns.named` has written.

    Raises:
        UsageError, ValueError: if it is none.
    """
    if entry.has("path_base64"):
        raw = b64decode(entry.get("path_base64", str), validate=True)
        path = raw.decode("utf-8", "surrogateescape")
    else:
        path = entry.get("path", str)
        path.encode("utf-8")  # a lone surrogate is a byte only where it was written as base64
    if not path or "\0" in path:
        raise unreadable("a path is empty or holds a zero byte")
    return path


def unreadable(why: str) -> UsageError:
    """The one error of reading a report."""
    return UsageError(
        f"{CANNOT}{why}",
        hint="write a new one with dupfinder scan -o REPORT",
    )


def _number(value: object, kind: type) -> object:
    """JSON has one kind of number: a whole one serves where a float was asked for."""
    return float(value) if kind is float and type(value) is int else value


def _is_a(value: object, kind: type[T]) -> TypeGuard[T]:
    """Exactly that type (true is an int in Python only), and finite (1e999 is valid JSON)."""
    return type(value) is kind and not (isinstance(value, float) and not isfinite(value))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
