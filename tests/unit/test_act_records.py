"""Which records may be acted on (E3, L12): each part of each of them is looked at."""

from __future__ import annotations

import os
from base64 import b64encode
from typing import Any

import pytest

from dupfinder.acts.records import sound

Record = dict[str, Any]
USER = os.getuid()
ASIDE = ".dupfinder-abc-0-0"

RUN: Record = {
    "op": "run", "schema": 1, "act": "trash", "roots": ["/photos", "/more"], "places": ["/q", "/t"],
}  # fmt: skip
INTENT: Record = {
    "op": "intent", "n": 0, "folder": "/photos/a", "keeper": "/elsewhere/2.jpg",
    "members": [["1.jpg", ASIDE], ["1.xmp", ".dupfinder-abc-0-1"]],
}  # fmt: skip
PLACE: Record = {
    "op": "place", "n": 0, "member": "1.jpg", "folder": "/q/photos/a", "name": "1 2.jpg",
    "state": [5, 0, 2**63],
}  # fmt: skip
CARRIED: Record = {
    "mode": 0o644, "owner": [0, 0], "times": [-1, 2**63],
    "attributes": {"user.rating": b64encode(b"5").decode()},
}  # fmt: skip
LINKED: Record = {
    "op": "linked", "n": 0, "member": "1.jpg", "carried": CARRIED, "identity": [1, 2**63],
}  # fmt: skip
COPIED: Record = {
    "op": "copied", "n": 0, "member": "1.xmp", "name": "1.xmp", "inode": 7, "carried": CARRIED,
}  # fmt: skip
INFO = ["/t/info", "1 2.jpg.trashinfo", "[Trash Info]\nPath=/x\n", ASIDE]
TRASHED: Record = PLACE | {"folder": "/t/files", "info": INFO}
OF_A_PHOTO = ("delete", "done", "back", "undone", "missing")


def is_sound(*records: Record) -> bool:
    """Whether the last one may be acted on, given those before."""
    found = list(sound(records))
    assert found == list(records)[: len(found)]
    assert len(found) >= len(records) - 1
    return len(found) == len(records)


def test_what_acts_write_is_sound() -> None:
    for record in (PLACE, LINKED, COPIED, TRASHED, PLACE | {"temporary": ASIDE}):
        assert is_sound(RUN, INTENT, record)
    for op in OF_A_PHOTO:
        assert is_sound(RUN, INTENT, {"op": op, "n": 0})
    others = [["3.jpg", ".dupfinder-abc-1-0"]]
    more = INTENT | {"n": 1, "folder": "/more", "members": others}
    assert is_sound(RUN, INTENT, more, {"op": "done", "n": 1}, {"op": "end"})


def test_a_record_is_sound_only_after_the_one_that_announces_it() -> None:
    assert not is_sound(INTENT)
    assert not is_sound({"op": "end"})
    assert not is_sound(RUN, RUN)
    assert not is_sound(RUN, INTENT, INTENT)
    assert not is_sound(RUN, {"op": "of the future"})
    for record in (PLACE, LINKED, COPIED, *({"op": op, "n": 0} for op in OF_A_PHOTO)):
        assert not is_sound(RUN, record)
        assert not is_sound(RUN, INTENT, record | {"n": 1})


NAMES = ("", ".", "..", "a/b", "/a", "a\0", "\ud800", None, 5, ["a"])
PLAIN = ("", "a", "/a/", "/a/../b", "/a//b", "/a\0", "/\ud800", None, 5, ["/a"])
NUMBERS = (None, "1", 1.0, True, 2**64, -(2**63) - 1)
WRONG: list[tuple[Record, str, tuple[Any, ...]]] = [
    (RUN, "schema", (0, 2, "1", None)),
    (RUN, "act", (None, 5, ["trash"])),
    (RUN, "roots", (None, "/photos", {"/photos": 1}, *([each] for each in PLAIN))),
    (RUN, "places", (None, "/q", {"/q": 1}, *(["/q", each] for each in PLAIN))),
    (INTENT, "n", NUMBERS),
    (INTENT, "folder", (*PLAIN, "/photos2", "/elsewhere", "/")),
    (INTENT, "keeper", PLAIN),
    (PLACE, "n", NUMBERS),
    (PLACE, "member", (*NAMES, "2.jpg", ASIDE)),
    (PLACE, "folder", (*PLAIN, "/q2", "/photos/a", "/")),
    (PLACE, "name", NAMES),
    (PLACE, "state", (None, 5, [], [1, 2], [1, 2, 3, 4], *([1, each, 2] for each in NUMBERS))),
    (PLACE, "temporary", (*(each for each in NAMES if each is not None), "1.jpg", ASIDE + "t")),
    (COPIED, "n", NUMBERS),
    (COPIED, "member", (*NAMES, "2.jpg")),
    (COPIED, "name", NAMES),
    (COPIED, "inode", NUMBERS),
    (COPIED, "carried", (None, 5, [])),
    (LINKED, "n", NUMBERS),
    (LINKED, "member", (*NAMES, "2.jpg")),
    (LINKED, "identity", (None, 5, [1], [1, 2, 3], *([each, 1] for each in NUMBERS))),
    (LINKED, "carried", (None, 5, [])),
]  # fmt: skip


@pytest.mark.parametrize(("record", "key", "values"), WRONG)
def test_a_part_of_another_form_makes_a_record_unsound(
    record: Record, key: str, values: tuple[Any, ...]
) -> None:
    before = {"run": (), "intent": (RUN,)}.get(record["op"], (RUN, INTENT))
    assert is_sound(*before, record)
    for value in values:
        assert not is_sound(*before, record | {key: value}), value
    without = {each: value for each, value in record.items() if each != key}
    assert is_sound(*before, without) is (key == "temporary")


@pytest.mark.parametrize("op", OF_A_PHOTO)
def test_what_says_how_far_a_photo_is_names_it(op: str) -> None:
    assert not is_sound(RUN, INTENT, {"op": op})
    for value in NUMBERS:
        assert not is_sound(RUN, INTENT, {"op": op, "n": value})


@pytest.mark.parametrize("number", [-(2**63), 2**64 - 1])
def test_numbers_are_as_large_as_systems_give_them(number: int) -> None:
    assert is_sound(RUN, INTENT, COPIED | {"inode": number})


@pytest.mark.parametrize(
    "members",
    [
        None, [], {}, "1.jpg", [None], [["1.jpg"]], [["1.jpg", ASIDE, "x"]], ["ab"], [5],
        *([[each, ASIDE]] for each in NAMES), *([["1.jpg", each]] for each in NAMES),
        [["1.jpg", "aside"]],  # any file of the folder could be meant
        [["1.jpg", "x" + ASIDE]], [["1.jpg", ".dup-1"]],
        [["1.jpg", ".dupfinder-" + "x" * 53]],  # no room for what is appended
        [["1.jpg", ASIDE], ["1.jpg", ASIDE + "1"]],
        [["1.jpg", ASIDE], ["1.xmp", ASIDE]],
        [[ASIDE, ASIDE]],
    ],
)  # fmt: skip
def test_members_are_pairs_of_names_all_of_them_different(members: Any) -> None:
    assert not is_sound(RUN, INTENT | {"members": members})


def test_a_long_aside_name_is_one_as_well() -> None:
    assert is_sound(RUN, INTENT | {"members": [["1.jpg", ".dupfinder-" + "x" * 52]]})


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": None}, {"mode": -1}, {"mode": 0o10000}, {"mode": "420"},
        {"owner": None}, {"owner": [0]}, {"owner": [0, "0"]},
        {"times": None}, {"times": [0]}, {"times": [0, 0.5]},
        {"attributes": None}, {"attributes": []}, {"attributes": {"user.x": None}},
        {"attributes": {"user.x": "no base64!"}}, {"attributes": {"user.x": "AAA"}},
        {"attributes": {"user.x": "ü"}},
    ],
)  # fmt: skip
def test_what_a_photo_carried_can_be_given_to_it_again(changes: Record) -> None:
    assert not is_sound(RUN, INTENT, LINKED | {"carried": CARRIED | changes})


@pytest.mark.parametrize("mode", [0, 0o7777])
def test_every_mode_can_be_carried(mode: int) -> None:
    assert is_sound(RUN, INTENT, LINKED | {"carried": CARRIED | {"mode": mode}})


@pytest.mark.parametrize(
    "info",
    [
        5, [], INFO[:3], [*INFO, "x"], [*INFO[:3], None],
        ["/t/files", *INFO[1:]], ["/q/info", *INFO[1:]],
        [INFO[0], "1.jpg.trashinfo", *INFO[2:]], [INFO[0], "1 2.jpg", *INFO[2:]],
        [*INFO[:2], "not ascii: ü", ASIDE], [*INFO[:3], "1.jpg"],
    ],
)  # fmt: skip
def test_the_info_of_a_place_is_that_of_its_file(info: Any) -> None:
    assert not is_sound(RUN, INTENT, TRASHED | {"info": info})


@pytest.mark.parametrize(
    ("trash", "permitted"),
    [
        ("/t", True),  # the home's
        ("/volume/.Trash-" + str(USER), True),
        ("/volume/.Trash/" + str(USER), True),
        ("/t/below", False),
        ("/volume/.Trash-" + str(USER + 1), False),
        ("/volume/.Trash/" + str(USER + 1), False),
        ("/volume/Trash/" + str(USER), False),
        ("/volume/" + str(USER), False),
        ("/volume/.Trash", False),
        ("/photos/a", False),
    ],
)
def test_only_the_trash_of_ones_own_is_a_trash(trash: str, permitted: bool) -> None:
    info = [trash + "/info", *INFO[1:]]
    place = PLACE | {"folder": trash + "/files", "info": info}
    assert is_sound(RUN, INTENT, place) is permitted
    assert not is_sound(RUN, INTENT, place | {"folder": trash + "/file"})


def test_a_temporary_in_the_trash_is_that_of_the_member_too() -> None:
    assert not is_sound(RUN, INTENT, TRASHED | {"temporary": "1.jpg"})
    info = [*INFO[:3], ".dupfinder-abc-0-1"]
    assert not is_sound(RUN, INTENT, TRASHED | {"info": info})
    assert is_sound(RUN, INTENT, TRASHED | {"member": "1.xmp", "info": info})


KEEPS = INTENT | {"keeper": "/more/2.jpg", "sidecar": "2.jpg.xmp"}
SIDECAR: Record = {"op": "sidecar", "n": 0, "name": "2.jpg.xmp", "inode": 5, "digest": "00"}


def test_a_sidecar_is_that_of_the_keeper_and_lies_below_the_roots() -> None:
    assert is_sound(RUN, KEEPS, SIDECAR)
    assert is_sound(RUN, INTENT | {"sidecar": None})
    assert not is_sound(RUN, KEEPS | {"keeper": "/elsewhere/2.jpg"})
    assert not is_sound(RUN, KEEPS | {"folder": "/elsewhere"})
    for name in (*NAMES, "1.jpg.xmp", "2.xmp"):
        if name is not None:
            assert not is_sound(RUN, KEEPS | {"sidecar": name}), name
            assert not is_sound(RUN, KEEPS, SIDECAR | {"name": name}), name
    for number in NUMBERS:
        assert not is_sound(RUN, KEEPS, SIDECAR | {"inode": number})
        assert not is_sound(RUN, KEEPS, SIDECAR | {"n": number})
    for digest in (None, 5, b"00"):
        assert not is_sound(RUN, KEEPS, SIDECAR | {"digest": digest})
    assert not is_sound(RUN, INTENT, SIDECAR)
    assert not is_sound(RUN, SIDECAR)
