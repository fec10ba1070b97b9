"""Which records of a journal may be acted on: a file that is read back is untrusted input.

Each must have the form in which it is written here, and lead nowhere but below the folders that its
run was given. The first one that does not ends the reading, as a torn one would.
"""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dupfinder.paths import is_below
from dupfinder.storage.journal import Record

SCHEMA = 1
ASIDE = ".dupfinder-"

Check = Callable[[Any], bool]


def is_name(value: Any) -> bool:
    """Whether it names an entry of a folder, and not another folder."""
    if not _can_be_path(value) or value in (".", ".."):
        return False
    # On Windows there are also backslashes, drives and streams of a file ("name:stream").
    return os.path.basename(value) == value and (os.sep == "/" or ":" not in value)


def is_plain(value: Any) -> bool:
    """Whether it is an absolute path without detours."""
    return _can_be_path(value) and os.path.isabs(value) and os.path.normpath(value) == value


def _can_be_path(value: Any) -> bool:
    if not isinstance(value, str) or not value or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def sound(records: Iterable[Record]) -> Iterator[Record]:
    """The records up to the first one that is not of their form, or leads elsewhere."""
    run: Record = {}
    intents: dict[int, Record] = {}
    for record in records:
        checks = _FORMS.get(record["op"])
        if checks is None or not all(check(record.get(key)) for key, check in checks.items()):
            return
        if record["op"] == "run":
            if run:
                return
            run = record
        elif not run:
            return
        elif record["op"] == "intent":
            if record["n"] in intents or not _is_within(record, run["roots"]):
                return
            intents[record["n"]] = record
        elif "n" in record and not _belongs(record, intents.get(record["n"]), run):
            return
        yield record


def _is_within(intent: Record, roots: list[str]) -> bool:
    """Whether the photo lies below the folders of its run, and the sidecar if there is one."""
    if intent.get("sidecar") is not None:
        folder, keeper = os.path.split(intent["keeper"])
        if intent["sidecar"] != f"{keeper}.xmp" or not is_below(folder, roots):
            return False
    return is_below(intent["folder"], roots)


def _belongs(record: Record, intent: Record | None, run: Record) -> bool:
    """Whether a record speaks of what its intent announced, and stays where its run may be."""
    if intent is None:
        return False
    members = dict(intent["members"])
    if record["op"] == "sidecar":
        return bool(record["name"] == intent.get("sidecar"))
    if "member" in record and record["member"] not in members:
        return False
    return record["op"] != "place" or _is_permitted(record, intent, run)


def box_of(folder: str, aside: str) -> str:
    """The folder in which a file that stands aside has its own name, on its way to the trash."""
    return os.path.join(folder, aside + "d")


def is_place(folder: str, places: Sequence[str]) -> bool:
    """Whether it is a folder below those of an act, or the trash of a volume on macOS."""
    return is_below(folder, places) or folder.endswith(f"/.Trashes/{_user()}")


def _is_permitted(place: Record, intent: Record, run: Record) -> bool:
    """Whether it is a place that the act of its run puts files into."""
    aside = dict(intent["members"])[place["member"]]
    if place.get("temporary", aside) != aside:
        return False
    if place.get("info") is None:
        is_boxed = [place["folder"], place["name"]] == [
            box_of(intent["folder"], aside),
            place["member"],
        ]
        return is_boxed or is_place(place["folder"], run["places"])
    trash, files = os.path.split(place["folder"])
    path, name, text, temporary = place["info"]
    named = [os.path.join(trash, "info"), place["name"] + ".trashinfo", aside, "files"]
    if [path, name, temporary, files] != named or not text.isascii():
        return False
    return trash in run["places"] or _is_volume_trash(trash)


def _is_volume_trash(path: str) -> bool:
    above, last = os.path.split(path)
    user = _user()
    return last == f".Trash-{user}" or (last == user and os.path.basename(above) == ".Trash")


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else ""


def _is_number(value: Any) -> bool:
    return type(value) is int and -(2**63) <= value < 2**64


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are(check: Check, count: int | None = None) -> Check:
    def checked(value: Any) -> bool:
        return isinstance(value, list) and count in (None, len(value)) and all(map(check, value))

    return checked


def _is_member(value: Any) -> bool:
    return _are(is_name, 2)(value) and value[1].startswith(ASIDE) and len(value[1]) < 64


def _are_members(value: Any) -> bool:
    if not _are(_is_member)(value) or not value:
        return False
    return len({name for member in value for name in member}) == 2 * len(value)


def _is_info(value: Any) -> bool:
    return value is None or _are(_is_text, 4)(value)


def _is_optional_name(value: Any) -> bool:
    return value is None or is_name(value)


def _is_carried(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("attributes"), dict):
        return False
    try:
        for text in value["attributes"].values():
            b64decode(text, validate=True)
    except (ValueError, TypeError):
        return False
    numbers = _are(_is_number, 2)
    mode = value.get("mode")
    return mode in range(0o10000) and numbers(value.get("owner")) and numbers(value.get("times"))


_PHOTO: dict[str, Check] = {"n": _is_number}
_FORMS: dict[str, dict[str, Check]] = {
    "run": {
        "schema": lambda value: value == SCHEMA,
        "act": _is_text,
        "roots": _are(is_plain),
        "places": _are(is_plain),
    },
    "intent": {
        **_PHOTO,
        "folder": is_plain,
        "members": _are_members,
        "keeper": is_plain,
        "sidecar": _is_optional_name,
    },
    "sidecar": {**_PHOTO, "name": is_name, "inode": _is_number, "digest": _is_text},
    "place": {
        **_PHOTO,
        "member": is_name,
        "folder": is_plain,
        "name": is_name,
        "state": _are(_is_number, 3),
        "info": _is_info,
        "temporary": _is_optional_name,
    },
    "copied": {
        **_PHOTO,
        "member": is_name,
        "name": is_name,
        "inode": _is_number,
        "carried": _is_carried,
    },
    "linked": {
        **_PHOTO,
        "member": is_name,
        "carried": _is_carried,
        "identity": _are(_is_number, 2),
    },
    "delete": _PHOTO,
    "done": _PHOTO,
    "back": _PHOTO,
    "undone": _PHOTO,
    "missing": _PHOTO,
    "end": {},
}
