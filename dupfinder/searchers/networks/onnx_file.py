"""The bytes of an ONNX file, judged before any runtime sees them.

ONNX is a protocol buffer (onnx.proto3; wire format: protobuf.dev/programming-guides/encoding). A
tensor in it may name another file that holds its values, "../../etc/passwd" as well; runtimes have
followed such names even where a model came as bytes (onnxruntime pull request 27430). Here none is
let through, whatever it names. Only what leads to tensors and operators is gone into.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

# Of each kind of message the fields that hold another one which leads to tensors or operators.
INSIDE: Final[dict[str, dict[int, str]]] = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto",
        6: "GraphProto",
        10: "TensorProto",
        11: "GraphProto",
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "TensorProto": {},
}
# Fields: where a tensor says that its values lie elsewhere; whose operator a node asks for, and
# whose a function of the model defines.
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_DOMAIN: Final = {"NodeProto": 7, "FunctionProto": 10}
# Whose operators a runtime has.
_KNOWN: Final = frozenset(
    {b"", b"ai.onnx", b"ai.onnx.ml", b"com.microsoft", b"com.microsoft.nchwc"}
)

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_FIXED: Final = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
_LONGEST_VARINT: Final = 10


class BadModel(Exception):
    """Why the bytes are no model that may be loaded, as the rest of a sentence."""


class _Field(NamedTuple):
    """One field of a message: `start` and `end` enclose its value."""

    number: int
    wire: int
    start: int
    end: int


def judge(data: bytes) -> None:
    """Pass a whole model that holds all that it needs.

    Raises:
        BadModel: for anything else.
    """
    nodes: set[bytes] = set()
    own: set[bytes] = set()
    has_graph = False
    for kind, field in _fields(data):
        if kind == "ModelProto" and field.number == 7:
            has_graph = True
        elif kind == "TensorProto":
            _expect_inside(data, field)
        elif field.number == _DOMAIN.get(kind) and field.wire == _BYTES:
            (nodes if kind == "NodeProto" else own).add(data[field.start : field.end])
    if not has_graph:
        raise BadModel("is no ONNX file")
    strange = sorted(nodes - own - _KNOWN)
    if strange:
        name = strange[0].decode("utf-8", "replace")
        raise BadModel(f"asks for custom operators ({name!r}), and no such library is ever loaded")


def _expect_inside(data: bytes, field: _Field) -> None:
    elsewhere = field.number == _EXTERNAL_DATA and field.wire == _BYTES
    if field.number == _DATA_LOCATION and field.wire == _VARINT:
        elsewhere = any(byte & 0x7F for byte in data[field.start : field.end])
    if elsewhere:
        raise BadModel(
            "keeps values in other files (external data), which are never opened: save it as one"
        )


def _fields(data: bytes) -> Iterator[tuple[str, _Field]]:
    """All fields of all messages of these kinds, with the kind of message that they stand in."""
    rest = [("ModelProto", 0, len(data))]
    while rest:
        kind, at, end = rest.pop()
        inside = INSIDE[kind]
        while at < end:
            field = _field(data, at, end)
            yield kind, field
            if field.number in inside and field.wire == _BYTES:
                rest.append((inside[field.number], field.start, field.end))
            at = field.end


def _field(data: bytes, at: int, end: int) -> _Field:
    tag, at = _varint(data, at, end)
    tag &= 0xFFFFFFFF  # as parsers do, which see no more of it
    number, wire = tag >> 3, tag & 7
    if wire == _VARINT:
        _, after = _varint(data, at, end)
    elif wire == _BYTES:
        length, at = _varint(data, at, end)
        after = at + length
    elif wire in _FIXED:
        after = at + _FIXED[wire]
    else:
        raise BadModel("is no ONNX file")
    if number == 0 or after > end:
        raise BadModel("is no ONNX file, or is cut off")
    return _Field(number, wire, at, after)


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 7 * _LONGEST_VARINT, 7):
        if at >= end:
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise BadModel("is no ONNX file, or is cut off")
