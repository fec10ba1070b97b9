"""A plan -> a shell script that carries it out through `dupfinder clean`, with all its checks.

No photo is named outside of comments. Names are shown escaped there, so that none can end its line;
what the command is given stands in single quotes, within which a shell reads nothing but the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from dupfinder.model import Action, Outcome, Plan
from dupfinder.reports.json import place_of
from dupfinder.reports.names import printable
from dupfinder.reports.words import because, bytes_of, counted, relation_to_keeper


def script(plan: Plan, left: Sequence[Outcome], report: str, words: Sequence[str]) -> bytes:
    """The script for a POSIX shell, as bytes: names of files may be of any encoding.

    Args:
        left: photos that are left, whatever the plan says.
        report: absolute path of the report.
        words: what `dupfinder clean` is to be told besides.
    """
    command = " ".join(map(quoted, (report, *words)))
    lines = ["#!/bin/sh", *(f"# {line}".rstrip() for line in _comments(plan, left))]
    text = "\n".join([*lines, f"exec dupfinder clean {command}"]) + "\n"
    return text.encode("utf-8", "surrogateescape")


def quoted(word: str) -> str:
    """One word of a command, whatever it holds: in single quotes, its own ones outside of them."""
    return "'" + word.replace("'", "'\\''") + "'"


def _comments(plan: Plan, left: Sequence[Outcome]) -> Iterator[str]:
    yield f"Made by dupfinder {version('dupfinder')}. Nothing was touched yet."
    yield ""
    yield f"Keep rules: {printable(', then '.join(plan.rules)) or 'none'}"
    yield ""
    for action in sorted(plan.actions, key=place_of):
        yield _removal(action)
    for outcome in left:
        yield f"left {_name(outcome.action.photo.path)}: {printable(outcome.reason)}"
    if plan.actions or left:
        yield ""
    yield f"{counted(len(plan.actions), 'photo')}, {bytes_of(plan.reclaimed)}."
    yield "dupfinder compares each photo with the one that stays again, and leaves what changed."
    yield "If the plan is another one by then, it says so and does nothing."


def _removal(action: Action) -> str:
    freed = bytes_of(action.photo.file.frees)
    keeper = _name(action.keeper.path)
    words = f"keep {keeper} ({relation_to_keeper(action)}; {because(action)}; {freed})"
    return f"remove {_name(action.photo.path)} {words}"


def _name(path: str) -> str:
    return f"'{printable(path)}'"
