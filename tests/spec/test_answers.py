"""What an engine answers is of the kind that the table promises, or the port is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import Autograd
from gradspec.exceptions import BrokenPort, text_of
from gradspec.program.answers import made, pattern, wrap
from gradspec.program.objects import (
    Edge,
    FunctionHandle,
    Hook,
    HostArray,
    Log,
    Node,
    Tensor,
    Watcher,
)
from gradspec.program.observed import Observed
from gradspec.program.recorder import Recorder
from gradspec.program.steps import Ref, Step, Value
from gradspec.program.structure import Held, Plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.adapters.reference import ReferenceEngine


class Subclass(float):
    """A number that calls itself equal to anything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@pytest.fixture
def recorder(engine: ReferenceEngine) -> Iterator[Recorder]:
    """Record on an engine."""
    with Recorder(engine) as one:
        yield one


@pytest.mark.parametrize(
    ("kind", "answer", "sentence"),
    [
        ("flag", 1, "act gave a int, expected a flag"),
        ("flag", None, "act gave a NoneType, expected a flag"),
        ("text", 1.0, "act gave a float, expected a text"),
        ("dtype", np.dtype("float64"), "expected a dtype"),
        ("number", "1", "act gave a str, expected a number"),
        ("number", np.array([1.0]), "act gave a ndarray, expected a number"),
        ("tensors", "handle", "act gave a str, expected a list or tuple"),
        ("numbers", 2, "act gave a int, expected a list or tuple"),
        ("numbers", (2, "3"), "act gave a str, expected a number"),
        ("edges", [("node",)], "act gave 1 things, expected a pair"),
        ("edges", [("node", 0, 1)], "act gave 3 things, expected a pair"),
        ("edges", ["node"], "act gave a str, expected a list or tuple"),
        ("edges", [("node", "0")], "act gave a str, expected a number"),
        ("vjp", "value", "act gave a str, expected a list or tuple"),
    ],
)
def test_an_answer_of_another_kind_breaks_the_port(
    recorder: Recorder, kind: str, answer: Any, sentence: str
) -> None:
    with pytest.raises(BrokenPort) as broken:
        wrap(recorder, Step("act"), kind, answer)

    assert sentence in str(broken.value)


def test_nothing_is_no_answer_where_something_was_promised(recorder: Recorder) -> None:
    with pytest.raises(BrokenPort, match="act gave None, expected a tensor"):
        wrap(recorder, Step("act"), "tensor", None, some=True)

    assert wrap(recorder, Step("act"), "tensor", None)._value is None


@pytest.mark.parametrize(
    ("kind", "answer", "value", "of"),
    [
        ("flag", np.bool_(True), True, bool),
        ("flag", False, False, bool),
        ("number", np.float32(0.5), 0.5, float),
        ("number", Subclass(2.0), 2.0, float),
        ("number", np.int64(3), 3, int),
        ("number", True, True, bool),
        ("text", np.str_("a"), "a", str),
        ("plain", (1, 2), (1, 2), tuple),
        ("numbers", [np.int64(2), 3], (2, 3), tuple),
    ],
)
def test_a_plain_answer_is_of_pythons_own_types(
    recorder: Recorder, kind: str, answer: Any, value: Any, of: type
) -> None:
    found = wrap(recorder, Step("act"), kind, answer)

    assert type(found) is Observed
    assert type(found._value) is of
    assert found._value == value


def test_a_look_at_a_plain_answer_is_noted_in_its_step(recorder: Recorder) -> None:
    step = Step("act")
    found = wrap(recorder, step, "number", 2.0)
    before = step.seen

    assert float(found) == 2.0
    assert before != step.seen == 2.0


def test_handles_are_wrapped_and_numbered(recorder: Recorder) -> None:
    two = wrap(recorder, Step("act"), "tensors", ["a", "b"])
    ((node, place),) = wrap(recorder, Step("act"), "edges", [("n", 1)])

    assert [type(one) for one in (*two, node, place)] == [Tensor, Tensor, Node, Observed]
    assert [one._handle for one in (*two, node)] == ["a", "b", "n"]
    assert [one._number for one in (*two, node, place)] == [0, 1, 2, 3]
    assert wrap(recorder, Step("act"), "nothing", "a") is None


def test_the_answers_to_a_dict_of_inputs_are_a_dict(recorder: Recorder) -> None:
    found = wrap(recorder, Step("grad"), "gradients", {"w": "a", "b": None})

    assert list(found) == ["w", "b"]
    assert type(found["w"]) is Tensor
    assert found["b"]._value is None


KINDS = {
    "tensor": Tensor,
    "node": Node,
    "edge": Edge,
    "hook": Hook,
    "watcher": Watcher,
    "host array": HostArray,
    "log": Log,
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_handle_is_wrapped_as_what_it_is(recorder: Recorder, kind: str) -> None:
    handle: Any = np.zeros(2) if kind == "host array" else "handle"
    found = wrap(recorder, Step("act"), kind, handle)

    assert (type(found), found._kind) == (KINDS[kind], kind)
    assert found._handle is handle


def test_a_function_knows_what_it_gives(recorder: Recorder) -> None:
    some = wrap(recorder, Step("act"), "function: tensor", "f")
    any_ = wrap(recorder, Step("act"), "function", "f")

    assert (type(some), some.gives, any_.gives) == (FunctionHandle, "tensor", "structure")


@pytest.mark.parametrize("kind", ["vjp", "linearize"])
def test_a_transform_may_give_a_value_a_function_and_more(recorder: Recorder, kind: str) -> None:
    value, function, more = wrap(recorder, Step("act"), kind, (["v"], "f", {"a": "m"}))
    short = wrap(recorder, Step("act"), kind, ("v", "f"))

    assert (value[0]._handle, function._handle, more["a"]._handle) == ("v", "f", "m")
    assert (type(function), function.gives) == (FunctionHandle, "structure")
    assert [one._handle for one in short] == ["v", "f"]


def test_a_structure_is_told_apart_by_its_wrapping_alone(recorder: Recorder) -> None:
    number = np.float64(1.0)  # an engine's handle may well be one
    found = wrap(recorder, Step("act"), "structure", {"a": [number, Plain(2)], "b": None})

    assert type(found["a"][0]) is Tensor
    assert found["a"][0]._handle is number
    assert (type(found["a"][1]), found["a"][1]._value) == (Observed, 2)
    assert found["b"] is None


def test_a_held_object_is_opened_under_new_numbers(recorder: Recorder) -> None:
    tensor = Autograd(recorder).tensor(1.0)
    function = FunctionHandle(recorder, "f", recorder.number(), "tensor")
    found = wrap(recorder, Step("act"), "structure", Held([tensor, function]))

    assert found[0]._handle is tensor._handle
    assert (found[1]._handle, found[1].gives) == ("f", "tensor")
    assert len({tensor._number, function._number, found[0]._number, found[1]._number}) == 4


def test_what_was_made_is_described_by_number_and_a_pattern_by_value_too(
    recorder: Recorder,
) -> None:
    value, tensor = Observed(recorder, 2.0, 7), Tensor(recorder, "a", 8)

    assert made([value, tensor]) == [Ref(7, "value"), Ref(8, "tensor")]
    assert pattern([value, tensor]) == [Value(7, 2.0), Ref(8, "tensor")]
    node = Node(recorder, "n", 9)
    assert [one.kind for one in made([value, tensor, node])] == ["value", "tensor", "node"]
    assert pattern(node).kind == "node"


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt])
def test_an_error_that_ends_the_process_when_it_is_read_is_told(end: type[BaseException]) -> None:
    class Unreadable(Exception):
        def __str__(self) -> str:
            raise end

    assert text_of(Unreadable()) == f"(its text raised {end.__name__})"
