"""What a run would do or has done -> JSON, schema 1: of `clean`, of `undo` and of all runs.

Another kind of document than the report of a scan, which no command reads back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Final

from blake3 import blake3

from dupfinder.model import Action, Applied, Outcome, Plan, Run, Undone
from dupfinder.reports.json import array, place_of, plan_lines
from dupfinder.reports.json_nouns import Json, action_object, dumps, named
from dupfinder.reports.words import started

SCHEMA: Final = 1


def plan_digest(plan: Plan) -> str:
    """What stands for a plan: BLAKE3 of its canonical JSON, the contents of the photos included."""
    actions = [_canonical(action) for action in sorted(plan.actions, key=place_of)]
    text = dumps({"schema": SCHEMA, "rules": plan.rules, "actions": actions})
    return blake3(text.encode("ascii")).hexdigest()


def _canonical(action: Action) -> Json:
    companions = [named(each.path) for each in action.photo.file.companions]
    return action_object(action) | {
        "digest": action.photo.digest.hex(),
        "keeper_digest": action.keeper.digest.hex(),
        "companions": companions,
    }


def clean_lines(
    plan: Plan, act: str, left: Sequence[Outcome], applied: Applied | None = None
) -> Iterator[str]:
    """A plan as it can be carried out and, where it was, what became of it; in pieces.

    `left` are the photos that were left before anything was done.
    """
    run = applied.run or None if applied is not None else None
    yield from _head("clean", {"act": act, "run": run, "plan_digest": plan_digest(plan)})
    yield from plan_lines(plan)
    yield ",\n"
    yield from array(" ", "left", map(dumps, map(_outcome, left)))
    yield ",\n"
    outcomes = applied.outcomes if applied is not None else ()
    yield from array(" ", "outcomes", map(dumps, map(_outcome, outcomes)))
    yield ",\n"
    recovered = applied.recovered if applied is not None else ()
    yield from array(" ", "recovered", map(dumps, map(named, recovered)))
    yield "\n}\n"


def undone_lines(undone: Undone) -> Iterator[str]:
    """What was taken back, in pieces."""
    yield from _head("undo", {"run": undone.run, "restored": undone.restored})
    yield from array(" ", "renamed", map(dumps, map(named, undone.renamed)))
    yield ",\n"
    failed = (named(path) | {"reason": reason} for path, reason in undone.failed)
    yield from array(" ", "failed", map(dumps, failed))
    yield "\n}\n"


def runs_lines(runs: Sequence[Run]) -> Iterator[str]:
    """All runs, in pieces."""
    yield from _head("runs", {})
    yield from array(" ", "runs", map(dumps, map(_run, runs)))
    yield "\n}\n"


def _head(kind: str, fields: Json) -> Iterator[str]:
    yield "{\n"
    head = {"kind": kind, "dupfinder": version("dupfinder"), "schema": SCHEMA}
    for key, value in (head | fields).items():
        yield f" {dumps(key)}: {dumps(value)},\n"


def _outcome(outcome: Outcome) -> Json:
    return named(outcome.action.photo.path) | {
        "keeper": named(outcome.action.keeper.path),
        "done": outcome.done,
        "code": outcome.code,
        "reason": outcome.reason,
        "places": [named(place) for place in outcome.places],
    }


def _run(run: Run) -> Json:
    moment = started(run)
    return {
        "run": run.name,
        "started": f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment is not None else None,
        "act": run.act,
        "done": run.done,
        "left": run.left,
    }
