"""Saved decisions are read as what they are: a file of unknown origin."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dupfinder.errors import UsageError
from dupfinder.model import Decision, DecisionKind
from dupfinder.reports.decisions import decisions_from_json

ONE: dict[str, Any] = {"decision": "remove", "cluster": "c", "path": "/p/a.jpg", "digest": "00ff"}


def saved(*entries: dict[str, Any], **changes: Any) -> str:
    head = {"kind": "decisions", "dupfinder": "0.1.0", "schema": 1, "report": {"path": "/p/f.json"}}
    return json.dumps(head | {"decisions": list(entries)} | changes)


def test_decisions_are_read_as_they_were_saved() -> None:
    raw = {"decision": "keep", "cluster": "d", "path": "x", "path_base64": "L3Av/w==", "digest": ""}
    told = decisions_from_json(saved(ONE, raw))

    assert told.report == "/p/f.json"
    assert told.decisions == (
        Decision(DecisionKind.REMOVE, "c", "/p/a.jpg", b"\x00\xff"),
        Decision(DecisionKind.KEEP, "d", "/p/\udcff", b""),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("[]", "not an object"),
        ("{}", "holds none"),
        (saved(kind="clean"), "holds none"),
        (saved(schema=2), "schema 2"),
        (saved(schema=True), "no valid 'schema'"),
        (saved(decisions={}), "no valid 'decisions'"),
        (saved(report="/p/f.json"), "not an object"),
        (saved(ONE | {"decision": "burn"}), "burn"),
        (saved(ONE | {"digest": "zz"}), "hexadecimal"),
        (saved(ONE | {"path": ""}), "a path is empty"),
        (saved(ONE | {"path": "/p/\0"}), "zero byte"),
        (saved(ONE | {"path": "/p/\udcff"}), "surrogates not allowed"),
        (saved(ONE | {"path_base64": "*"}), "base64"),
        (saved(ONE | {"cluster": 7}), "no valid 'cluster'"),
        (saved(ONE, ONE | {"decision": "keep"}), "decided about twice"),
        (saved(ONE)[:-9], "not JSON"),
        ('{"kind": "decisions", "schema": NaN}', "not JSON"),
    ],
)
def test_what_is_not_as_it_was_saved_is_refused_in_one_sentence(text: str, why: str) -> None:
    with pytest.raises(UsageError, match="cannot read the decisions: ") as caught:
        decisions_from_json(text)
    assert why.lower() in str(caught.value).lower()
    assert "\n" not in str(caught.value)
    assert "from the page" in caught.value.hint
