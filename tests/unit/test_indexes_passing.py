"""What may be among the best passes, whatever is wrong with the similarities that are seen."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dupfinder.indexes.passing import Passing


@given(
    exact=st.lists(st.floats(-1, 1, width=16), max_size=60),
    count=st.integers(1, 8),
    off=st.sampled_from([0.0, 0.25, 0.5]),
    data=st.data(),
)
def test_the_best_pass_with_all_ties_and_in_any_order(
    exact: list[float], count: int, off: float, data: st.DataObject
) -> None:
    total = len(exact)
    shift = data.draw(st.lists(st.sampled_from([-off, 0, off]), min_size=total, max_size=total))
    order = data.draw(st.permutations(range(total)))
    cut = data.draw(st.integers(0, total))
    rough = np.array(exact, np.float32) + np.array(shift, np.float32)
    passing = Passing(count, off * 1.001)

    for some in (order[:cut], order[cut:]):
        positions = np.array(some, np.int64)
        passing.add(positions, rough[positions])

    found = passing.found().tolist()
    best = sorted(range(total), key=lambda at: -exact[at])[:count]
    least = exact[best[-1]] if best else 0
    assert set(found) >= {at for at in range(total) if exact[at] >= least}
    assert found == sorted(set(found))


def test_few_of_many_pass() -> None:
    rough = np.random.default_rng(0).random(10_000).astype(np.float32)
    passing = Passing(10, 1e-4)

    for at in range(0, 10_000, 500):
        passing.add(np.arange(at, at + 500), rough[at : at + 500])

    assert 10 <= len(passing.found()) <= 15
