"""An act that is looked at before, and interfered with between two of its steps.

When it has written a certain record into its journal, somebody else does something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from acting import IDENTICAL, World, pair, plan

from dupfinder.act import carry_out
from dupfinder.acts import Act
from dupfinder.acts.bounds import Bounds
from dupfinder.acts.trash import Trash
from dupfinder.acts.unit import Unit
from dupfinder.model import Action, Outcome, Relation
from dupfinder.recheck import recheck

COPY = Relation.COPY
Do = Callable[[], object]


class Told:
    """A journal that keeps its records, and lets somebody interfere when one was written."""

    run = "20260102-030405-000000-abcdef01"

    def __init__(self, **then: Do) -> None:
        self.records: list[dict[str, Any]] = []
        self._then = then

    def write(self, record: dict[str, Any]) -> None:
        self.records.append(dict(record))
        self._then.get(record["op"], lambda: None)()

    def append(self, record: dict[str, Any]) -> None:
        self.write(record)

    def ops(self) -> list[str]:
        return [record["op"] for record in self.records]


class Doing:
    """An act that does what a test says."""

    name, done, places = "quarantine", "done as told", ("/there",)

    def __init__(self, commit: Callable[[Unit], object], **changes: bool) -> None:
        self.only_identical = changes.get("only_identical", False)
        self.takes_companions = changes.get("takes_companions", True)
        self._commit = commit

    def commit(self, unit: Unit) -> None:
        self._commit(unit)


def carried(world: World, *actions: Action, by: Act | None = None, **then: Do) -> list[Outcome]:
    return list(carrying(world, Told(**then), *actions, by=by))


def carrying(
    world: World,
    journal: Told,
    *actions: Action,
    by: Act | None = None,
    bounds: Bounds | None = None,
) -> Iterator[Outcome]:
    within = bounds or Bounds((world.photos,))
    outcomes = carry_out(plan(*actions), by or Trash(world.trash), journal, within)  # type: ignore[arg-type]
    for outcome in outcomes:
        assert outcome.action in actions
        assert outcome.reason not in (None, "", "None"), "each has words for the user"
        yield outcome


def two(world: World, relation: Relation = IDENTICAL) -> Action:
    one = world.write("a/gone.jpg", b"once")
    return pair(
        one, world.write("b/kept.jpg", b"once" if relation is IDENTICAL else b"Once"), relation
    )


def look(world: World, each: Action, by: Act | None = None, **bounds: Any) -> tuple[str, str]:
    """What the look at the disk before an act says: code and words, two empty ones if it may go."""
    within = Bounds(**({"roots": (world.photos,)} | bounds))
    rest, left = recheck(plan(each), by or Trash(world.trash), within)
    assert len(rest.actions) + len(left) == 1
    for outcome in left:
        assert (outcome.action, outcome.done) == (each, False)
        return outcome.code, outcome.reason
    return "", ""


def code(outcomes: list[Outcome]) -> str:
    (outcome,) = outcomes
    assert outcome.done == (outcome.code == "done")
    assert outcome.reason
    return outcome.code
