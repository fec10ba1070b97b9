"""Several processes at once (D4, C9, L8): what they do together loses nothing either."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest
from acting import World, action, figure, photo, plan, snapshot, together, worlds
from safety_expect import expect_copies_left_by_opposite_runs

from dupfinder.model import Applied, Plan, Relation

TWO_RUNS = [
    ("trash", 100, 1), ("delete", 100, 1),
    *(pytest.param(act, 1000, 10, marks=pytest.mark.slow) for act in ("trash", "delete")),
]  # fmt: skip


@pytest.mark.parametrize(("act", "pairs", "times"), TWO_RUNS)
def test_two_opposite_runs_leave_a_copy_of_every_pair(act: str, pairs: int, times: int) -> None:
    """D4, L2: each has its own state folder."""
    gone = Counter[str]()
    with worlds(act) as make:
        for _ in range(times):
            gone += expect_copies_left_by_opposite_runs(make(), pairs)
    assert gone["done"] > 0
    figure(f"{act}: {pairs * times} pairs, without a copy 0, {dict(gone)}")


@pytest.mark.parametrize(
    ("count", "processes"), [(200, 4), pytest.param(4000, 4, marks=pytest.mark.slow)]
)
def test_processes_that_trash_files_of_one_name_lose_none(count: int, processes: int) -> None:
    """C9, R14: each file is in the trash under a name of its own, with its own info file."""
    with worlds("trash") as make:
        world = make()
        kept = photo(world.write("keep.jpg", b"kept"))
        plans = [
            plan(
                *(
                    action(
                        photo(world.write(f"{at}/{n}/IMG.jpg", b"picture %d %d" % (at, n))),
                        kept, Relation.SAME_PIXELS,
                    )
                    for n in range(count // processes)
                )
            )
            for at in range(processes)
        ]  # fmt: skip
        ended = together(*(_trashing(world, at, each) for at, each in enumerate(plans)))

        assert [each.error for each in ended] == [""] * processes
        outcomes = [each for one in ended for each in one.value.outcomes]
        assert {each.code for each in outcomes} == {"done"}
        each = range(count // processes)
        expected = {b"picture %d %d" % (at, n) for at in range(processes) for n in each}
        trash = snapshot(world.trash)
        files = {name[6:]: entry[1] for name, entry in trash.items() if name[:6] == "files/"}
        info = {name[5:]: entry[1] for name, entry in trash.items() if name[:5] == "info/"}
        assert set(files.values()) == expected
        assert len(files) == count
        assert info.keys() == {name + ".trashinfo" for name in files}
        for name, content in files.items():
            _, at, number = content.decode().split()
            told = info[name + ".trashinfo"].decode().splitlines()[1]
            assert told == f"Path={world.path(f'{at}/{number}/IMG.jpg')}"
        figure(f"{count} files of one name, {processes} processes, lost 0")


def _trashing(world: World, at: int, its: Plan) -> Callable[[], Applied]:
    return lambda: world.apply(its, state=os.path.join(world.top, f"state {at}"))
