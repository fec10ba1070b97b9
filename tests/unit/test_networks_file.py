"""What is let through to a runtime, and what is not, by the bytes of the file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import networks
import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper, numpy_helper

from dupfinder.searchers.networks.onnx_file import INSIDE, BadModel, judge

ELSEWHERE = "keeps values in other files"


def external(location: str = "../../etc/passwd") -> TensorProto:
    tensor = TensorProto(name="far", data_type=TensorProto.FLOAT, dims=[3])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


def constant(tensor: TensorProto) -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["far"], value=tensor)


def branching(inner: onnx.GraphProto) -> onnx.NodeProto:
    return helper.make_node("If", ["condition"], ["far"], then_branch=inner, else_branch=inner)


def sparse(tensor: TensorProto) -> onnx.SparseTensorProto:
    return onnx.SparseTensorProto(values=tensor, dims=[3])


def inner(*nodes: onnx.NodeProto) -> onnx.GraphProto:
    return helper.make_graph(nodes or [constant(external())], "inner", [], [])


def attribute(value: object) -> Callable[[ModelProto], None]:
    return lambda model: model.graph.node[0].attribute.append(
        helper.make_attribute("further", value)
    )


def function(node: onnx.NodeProto) -> onnx.FunctionProto:
    return helper.make_function("own", "f", [], ["far"], [node], [])


def default_of_a_function(model: ModelProto) -> None:
    model.functions.append(function(branching(inner(constant(TensorProto())))))
    model.functions[0].attribute_proto.append(helper.make_attribute("default", external()))


# Each place that a tensor can be in.
HIDING: dict[str, Callable[[ModelProto], object]] = {
    "initializer": lambda model: model.graph.initializer.append(external()),
    "sparse": lambda model: model.graph.sparse_initializer.append(sparse(external())),
    "constant": lambda model: model.graph.node.append(constant(external())),
    "list of tensors": attribute([external()]),
    "sparse attribute": attribute(sparse(external())),
    "list of sparse ones": attribute([sparse(external())]),
    "graph": attribute(inner()),
    "list of graphs": attribute([inner()]),
    "branch in a branch": attribute(inner(branching(inner()))),
    "function": lambda model: model.functions.append(function(constant(external()))),
    "default of a function": default_of_a_function,
    "training": lambda model: model.training_info.add().algorithm.CopyFrom(inner()),
}


@pytest.mark.parametrize("place", HIDING)
def test_a_tensor_of_another_file_is_found_wherever_it_hides(place: str) -> None:
    model = networks.convolution()
    judge(model.SerializeToString())
    HIDING[place](model)

    with pytest.raises(BadModel, match=ELSEWHERE):
        judge(model.SerializeToString())


@pytest.mark.parametrize(
    "location", ["weights.bin", "../../etc/passwd", "/etc/passwd", "*/_ORT_MEM_ADDR_/*", ""]
)
def test_it_is_refused_whatever_it_names(location: str) -> None:
    model = networks.convolution()
    model.graph.initializer.append(external(location))

    with pytest.raises(BadModel, match=ELSEWHERE):
        judge(model.SerializeToString())


def test_either_sign_of_another_file_is_enough() -> None:
    said, named = external(), external()
    del said.external_data[:]
    named.data_location = TensorProto.DEFAULT
    for tensor in (said, named):
        model = networks.convolution()
        model.graph.initializer.append(tensor)
        with pytest.raises(BadModel, match=ELSEWHERE):
            judge(model.SerializeToString())


def test_parts_that_a_parser_would_merge_are_all_looked_at() -> None:
    further = ModelProto()
    further.graph.initializer.append(external())

    with pytest.raises(BadModel, match=ELSEWHERE):
        judge(networks.convolution().SerializeToString() + further.SerializeToString())


def test_a_tag_that_is_too_long_hides_nothing() -> None:
    """A parser sees 32 bits of it: number and type of the graph, and one bit more above."""
    inner = ModelProto()
    inner.graph.initializer.append(external())
    body = inner.graph.SerializeToString()
    tag = (7 << 3 | 2) | 1 << 32
    varint = bytes((tag >> shift & 0x7F) | 0x80 for shift in (0, 7, 14, 21)) + bytes([tag >> 28])
    assert len(body) < 128

    with pytest.raises(BadModel, match=ELSEWHERE):
        judge(networks.convolution().SerializeToString() + varint + bytes([len(body)]) + body)


def test_every_way_to_a_tensor_or_operator_is_known() -> None:
    """By the description that comes with ONNX: a new field of a new version would show here."""
    wanted = {"TensorProto", "NodeProto"}
    kinds = _kinds(ModelProto.DESCRIPTOR, {})
    leading = set(wanted)
    while True:
        more = {
            name
            for name, fields in kinds.items()
            if any(kind in leading for kind in fields.values())
        }
        if more <= leading:
            break
        leading |= more
    assert leading == set(INSIDE)
    for name in leading:
        fields = {number: kind for number, kind in kinds[name].items() if kind in leading}
        assert fields == INSIDE[name], name


def _kinds(message: Any, found: dict[str, dict[int, str]]) -> dict[str, dict[int, str]]:
    if message.name not in found:
        inside = [each for each in message.fields if each.message_type is not None]
        found[message.name] = {each.number: each.message_type.name for each in inside}
        for each in inside:
            _kinds(each.message_type, found)
    return found


@pytest.mark.parametrize(
    "model", [networks.convolution(), networks.convolution_nhwc(), networks.classifier()]
)
def test_a_model_that_holds_all_its_values_passes(model: ModelProto) -> None:
    judge(model.SerializeToString())


def test_values_may_lie_in_any_field() -> None:
    for tensor in (
        numpy_helper.from_array(np.arange(300, dtype=np.float32), "raw"),
        helper.make_tensor("floats", TensorProto.FLOAT, [3], [1.0, 2.0, 3.0]),
        helper.make_tensor("texts", TensorProto.STRING, [2], [b"one", b"two"]),
    ):
        model = networks.convolution()
        model.graph.initializer.append(tensor)
        judge(model.SerializeToString())


def test_operators_that_no_runtime_has_are_named() -> None:
    model = networks.made(
        [helper.make_node("Magic", ["picture"], ["told"], domain="my.own")],
        ["told"],
        opsets=[helper.make_opsetid("my.own", 1)],
    )

    with pytest.raises(BadModel, match=r"custom operators \('my.own'\)"):
        judge(model.SerializeToString())


def test_operators_that_the_model_defines_itself_pass() -> None:
    function = helper.make_function(
        "my.own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    model = networks.made(
        [helper.make_node("Twice", ["picture"], ["told"], domain="my.own")],
        ["told"],
        opsets=[helper.make_opsetid("my.own", 1)],
        functions=[function],
    )

    judge(model.SerializeToString())


@pytest.mark.parametrize(
    "data",
    [b"", b"hello, this is a text", b"\xff\xd8\xff\xe0" + b"JFIF" * 50, b"\x00" * 64,
     b"\x08\x00\x00\x00ORTM" + b"\x00" * 100, b"\x80" * 40],
)  # fmt: skip
def test_what_is_no_onnx_file_is_called_so(data: bytes) -> None:
    with pytest.raises(BadModel, match="is no ONNX file"):
        judge(data)


def test_a_file_that_is_cut_off_is_refused() -> None:
    data = ModelProto(ir_version=10, graph=networks.convolution().graph).SerializeToString()

    for length in range(len(data)):
        with pytest.raises(BadModel):
            judge(data[:length])


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange_to_be_judged(data: bytes) -> None:
    with contextlib.suppress(BadModel):
        judge(data)


SMALL = ModelProto(ir_version=10)
SMALL.graph.node.append(constant(external("far.bin")))
SMALL.graph.initializer.append(external("far.bin"))


@given(
    st.lists(
        st.tuples(st.integers(0, SMALL.ByteSize() - 1), st.integers(0, 255)), min_size=1, max_size=4
    )
)
def test_nothing_that_a_parser_finds_is_overlooked(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SMALL.SerializeToString())
    for at, byte in changes:
        data[at] = byte
    try:
        parsed = ModelProto.FromString(bytes(data))
    except DecodeError:
        return
    if any(_external(parsed)):
        with pytest.raises(BadModel):
            judge(bytes(data))


def _external(message: Any) -> Iterator[bool]:
    if isinstance(message, TensorProto):
        yield message.data_location == TensorProto.EXTERNAL or len(message.external_data) > 0
    for field, value in message.ListFields():
        if field.message_type is not None:
            for each in value if hasattr(value, "append") else [value]:
                yield from _external(each)
