"""What a parent makes of what a child has pickled, by whatever Python."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from dupfinder.engines.frames import believed
from dupfinder.model import Answer, Evidence, Orientation, Relation, Verdict


class Reduced:
    """Pickles as a call of `getattr`, as Python 3.11.2 (of Debian 12) pickles enumerations."""

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return getattr, self._arguments


@pytest.mark.parametrize("member", [*Relation, *Orientation, *Answer])
def test_a_member_of_an_enumeration_comes_back_by_its_name(member: Any) -> None:
    assert believed(pickle.dumps(Reduced(type(member), member.name))) is member
    assert believed(pickle.dumps(member)) is member


def test_a_verdict_comes_back() -> None:
    verdict = Verdict(Answer.SAME, Relation.COPY, Evidence("orb", inliers=20))
    assert believed(pickle.dumps(verdict)) == verdict


@pytest.mark.parametrize(
    ("of", "name"),
    [
        (Relation, "mro"),
        (Relation, "__class__"),
        (Relation, 5),
        (Evidence, "verifier"),
        (Relation.COPY, "name"),
        ("text", "upper"),
    ],
)
def test_no_other_attribute_of_anything_is_got(of: Any, name: Any) -> None:
    made = Reduced(of, name)
    with pytest.raises(pickle.UnpicklingError):
        believed(pickle.dumps(made))
    with pytest.raises(pickle.UnpicklingError):
        believed(b"\x80\x04cos\nsystem\n.")
