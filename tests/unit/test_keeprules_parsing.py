"""Keep rules as they are typed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from strategies_clusters import a_photo

from dupfinder.errors import UsageError
from dupfinder.keeprules import DEFAULT_RULES, describe, parse
from dupfinder.keeprules.standing import Standing

RULES = (
    "in", "not-in", "name", "most-pixels", "true-resolution", "least-compressed", "original-format",
    "camera-data", "most-metadata", "not-edited", "oldest", "newest", "largest", "smallest",
    "shortest-path",
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A home with folders in it, one of them with a comma."""
    for name in ("Albums", "a,b"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    return os.path.realpath(tmp_path)


def names(typed: str) -> list[str]:
    return [rule.name for rule in parse(typed)]


def test_rules_stay_in_the_order_in_which_they_were_typed(home):
    expected = [f"in:{home}/Albums", "most-pixels", "oldest"]
    assert names("in:~/Albums,most-pixels,oldest") == expected
    assert names("oldest,most-pixels") == ["oldest", "most-pixels"]


def test_blanks_around_a_rule_do_not_count(home):
    expected = ["oldest", f"not-in:{home}/Albums", "newest"]
    assert names(" oldest , not-in:~/Albums, newest ") == expected


def test_a_comma_in_a_folder_is_escaped(home):
    (rule, after) = parse(r"in:~/a\,b,oldest")
    assert (rule.name, after.name) == (rf"in:{home}/a\,b", "oldest")
    assert rule.key(Standing(a_photo(f"{home}/a,b/x.jpg"))) == (False,)


def test_names_of_rules_can_be_typed_again(home):
    typed = rf"in:~/a\,b,name:{{1\,2}}*,not-in:{home}/Albums,smallest"
    once = names(typed)
    assert names(",".join(once)) == once


def test_every_rule_can_be_typed():
    argument = {"in": ":~/Albums", "not-in": ":~/Albums", "name": ":*.jpg"}
    for name in RULES:
        (rule,) = parse(name + argument.get(name, ""))
        assert rule.name.partition(":")[0] == name


def test_every_rule_is_described():
    spellings = [spelling for spelling, _ in describe()]
    assert {spelling.partition(":")[0] for spelling in spellings} == set(RULES)
    assert {"in:FOLDER", "not-in:FOLDER", "name:GLOB", "oldest"} <= set(spellings)
    assert all(meaning for _, meaning in describe())


def test_the_rules_in_use_by_default_can_be_typed():
    default = [rule.name for rule in DEFAULT_RULES]
    assert names(",".join(default)) == default


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("", "a keep rule is missing", "most-pixels,oldest"),
        ("oldest,", "a keep rule is missing", "most-pixels,oldest"),
        ("oldest,,newest", "a keep rule is missing", "most-pixels,oldest"),
        ("most-pixel", "there is no keep rule 'most-pixel'", "did you mean most-pixels?"),
        ("Most_Pixels", "there is no keep rule", "did you mean most-pixels?"),
        ("notin:~/Albums", "there is no keep rule", "did you mean not-in:FOLDER?"),
        ("not-edit", "there is no keep rule", "did you mean not-edited?"),
        ("not_in_folder:~/Albums", "there is no keep rule", "did you mean not-in:FOLDER?"),
        ("album", "there is no keep rule 'album'", "known are in:FOLDER, "),
        ("in", "the keep rule in lacks its FOLDER", "in:FOLDER"),
        ("in:", "the keep rule in lacks its FOLDER", "in:FOLDER"),
        ("name:,oldest", "the keep rule name lacks its GLOB", "name:GLOB"),
        ("oldest:2019", "the keep rule oldest takes nothing: 'oldest:2019'", "oldest"),
        ("in:~/Albmus", "'~/Albmus' is no folder", "that is there"),
    ],
)
def test_what_is_no_rule_is_refused_with_a_hint(typed, message, hint):
    with pytest.raises(UsageError) as caught:
        parse(typed)
    assert message in str(caught.value)
    assert hint in caught.value.hint
