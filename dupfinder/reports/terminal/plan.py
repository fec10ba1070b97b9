"""A plan as `--delete-dry-run` shows it: what could go, what would stay, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, TypeAlias

from rich.console import Console
from rich.text import Text

from dupfinder.model import Action, Outcome, Photo, Plan, Relation, Spared, Tie
from dupfinder.reports.names import printable
from dupfinder.reports.terminal.rows import SHARES, STRONG, Columns, Layout, Row, put
from dupfinder.reports.words import (
    RELATIONS,
    because,
    bytes_of,
    counted,
    relation_to_keeper,
    sides,
)

_Item: TypeAlias = Action | Outcome | Tie | Spared

_COLUMNS: Final = Columns(mark=8, facts=20, reason=60)
_LEFT: Final = "left:   would go, but not as it is now\n"
_LEGEND: Final = f"""\
remove: could go, by the first keep rule that tells it from the photo kept
tie:    no keep rule tells it from the photo kept, so both stay
stays:  not compared directly with the photo kept, or not surely a copy of it
{SHARES}"""


def render_plan(
    plan: Plan, roots: Sequence[str], console: Console, left: Sequence[Outcome] = ()
) -> None:
    """Prints, keeper by keeper, the fate of every photo, then the totals.

    A tie is said to be one, and so is every photo that is left alone for another reason. `left` are
    those that the plan would remove and an act would leave.
    """
    decided: dict[str, list[_Item]] = defaultdict(list)
    items: list[_Item] = [*plan.actions, *left, *plan.ties, *plan.spared]
    for item in items:
        decided[_of(item).keeper.path].append(item)
    shown = (*plan.keepers, *(_of(item).photo for item in items))
    layout = Layout(console, roots, (photo.path for photo in shown), _COLUMNS)
    if plan.keepers:
        rules = f"Keep rules: {printable(', then '.join(plan.rules)) or 'none'}\n"
        put(console, layout.head(rules + (_LEFT if left else "") + _LEGEND))
    for keeper in plan.keepers:
        put(console, _block(keeper, decided[keeper.path], layout))
    put(console, _totals(plan, left))


def _of(item: _Item) -> Action | Tie | Spared:
    return item.action if isinstance(item, Outcome) else item


def _block(keeper: Photo, items: Sequence[_Item], layout: Layout) -> Text:
    text = Text()
    layout.append(text, Row("keep", keeper, _facts(keeper)))
    for item in items:
        layout.append(text, _row(item))
    return text.append("\n")


def _row(item: _Item) -> Row:
    photo = _of(item).photo
    facts, relation = _facts(photo), relation_to_keeper(_of(item))
    match item:
        case Outcome():
            return Row("left", photo, facts, relation, printable(item.reason))
        case Action():
            return Row(item.kind, photo, facts, relation, because(item))
        case Tie():
            return Row("tie", photo, facts, relation, "no keep rule tells them apart")
        case Spared():
            return Row("stays", photo, facts, relation, printable(item.reason))


def _facts(photo: Photo) -> str:
    return f"{sides(photo):>11}  {bytes_of(photo.size):>7}"


def _totals(plan: Plan, left: Sequence[Outcome]) -> Text:
    text = Text()
    text.append(
        f"{counted(len(plan.actions), 'photo')} could go · {bytes_of(plan.reclaimed)} freed\n",
        STRONG,
    )
    for relation in Relation:
        gone = [action.photo for action in plan.actions if action.match.relation is relation]
        if gone:
            freed = bytes_of(sum(photo.file.frees for photo in gone))
            text.append(
                f"  {RELATIONS[relation]:<12}{counted(len(gone), 'photo'):>14}{freed:>10}\n"
            )
    if left:
        text.append(f"{counted(len(left), 'photo')} left for the reason given\n")
    stays = f"{counted(len(plan.keepers), 'photo')} kept · {counted(len(plan.ties), 'tie')}"
    text.append(f"{stays} · {len(plan.spared):,} left alone\n")
    return text.append("Nothing was touched\n", STRONG)
