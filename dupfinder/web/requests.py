"""The bodies of requests -> what they ask for: of untrusted text only what is exactly expected."""

from __future__ import annotations

import json
from typing import Any

from dupfinder.model import DecisionKind

_KINDS: dict[str, DecisionKind | None] = {"": None} | {kind.value: kind for kind in DecisionKind}


class Malformed(Exception):
    """The body is not what the page sends."""


def changes_of(body: bytes) -> tuple[int, dict[int, DecisionKind | None]]:
    """The version and the decisions by the numbers of their photos, None for none any more.

    Raises:
        Malformed: if it is anything else.
    """
    fields = _fields(body, version=int, changes=list)
    found: dict[int, DecisionKind | None] = {}
    for each in fields["changes"]:
        if type(each) is not list or len(each) != 2:
            raise Malformed
        number, kind = each
        if type(number) is not int or type(kind) is not str or kind not in _KINDS:
            raise Malformed
        if number in found:
            raise Malformed
        found[number] = _KINDS[kind]
    return fields["version"], found


def act_of(body: bytes) -> tuple[int, str]:
    """The version, and the digest of the plan that is to be carried out.

    Raises:
        Malformed: if it is anything else.
    """
    fields = _fields(body, version=int, digest=str)
    return fields["version"], fields["digest"]


def version_of(body: bytes) -> int:
    """The version of the page.

    Raises:
        Malformed: if it is anything else.
    """
    version: int = _fields(body, version=int)["version"]
    return version


def _fields(body: bytes, **kinds: type) -> dict[str, Any]:
    """The object of exactly these fields, of exactly these types."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed from None
    if type(fields) is not dict or fields.keys() != kinds.keys():
        raise Malformed
    if any(type(fields[name]) is not kind for name, kind in kinds.items()):
        raise Malformed
    return fields
