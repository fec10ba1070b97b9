"""A damaged file is never better than a whole one, whatever else speaks for it."""

from __future__ import annotations

import pytest
from limiting import found, gone, match, photo, reason, spared

from dupfinder.choose import keeper, plan, rank, ranked
from dupfinder.keeprules import parse
from dupfinder.model import Relation

ALL = [Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.COPY]
WHOLE = photo("/lib/whole.jpg", width=200)
DAMAGED = photo("/lib/broken.jpg", width=4000, damage="Corrupt JPEG data")


@pytest.mark.parametrize("pair", [(WHOLE, DAMAGED), (DAMAGED, WHOLE)])
@pytest.mark.parametrize("rules", ["most-pixels", "name:broken*", "shortest-path,largest"])
def test_the_damaged_one_goes_by_whatever_rules(pair: tuple[object, object], rules: str) -> None:
    made = plan(found(match(*pair)), rules=parse(rules), only=ALL)
    assert gone(made) == ["/lib/broken.jpg"]
    (action,) = made.actions
    assert (action.rule, action.because) == (
        "undamaged", "the file is damaged: Corrupt JPEG data",
    )  # fmt: skip


def test_a_protected_one_that_is_damaged_lets_nothing_go_for_it() -> None:
    made = plan(found(match(DAMAGED, WHOLE)), only=ALL, protect=["/lib/broken.jpg"])
    assert (gone(made), spared(made)) == ([], {"/lib/whole.jpg": "better"})
    assert reason(made) == "better by undamaged: the file is damaged: Corrupt JPEG data"


def test_it_is_no_centre_and_stands_behind_the_others() -> None:
    assert rank(WHOLE) < rank(DAMAGED)
    (cluster,) = found(match(DAMAGED, WHOLE)).clusters
    assert [each.path for each in ranked(cluster)] == [WHOLE.path, DAMAGED.path]
    assert keeper(cluster) == WHOLE


def test_of_two_that_are_damaged_the_rules_decide() -> None:
    small = photo("/lib/3.jpg", width=100, damage="another complaint")
    made = plan(found(match(DAMAGED, small)), rules=parse("most-pixels"), only=ALL)
    assert [action.rule for action in made.actions] == ["most-pixels"]
