"""Programs as data: what they name, how they are renumbered, compared, stored and read back."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from gradspec.program.steps import (
    UNSEEN,
    Body,
    Function,
    Program,
    Ref,
    Step,
    Value,
    canonical,
    functions,
    numbers,
    renumbered,
)
from gradspec.program.storing import decode, encode, from_json, to_json
from gradspec.program.structure import Held, Plain, mapped

DOUBLING = Body(
    (Ref(1), Value(2, 0.5)),
    {"by": Ref(3)},
    [Step("op:mul", {"x": Ref(1), "other": Ref(3)}, Ref(4))],
    Ref(4),
    raised="ValueError",
    cut=True,
    exports=(4,),
)
TAKING = Body((None,), {}, [], None)
TWICE = Function(0, "hook", (("x",), ("by", 2.0)), [DOUBLING, TAKING], [0, 1, 0])
BLOCK = Step(
    "repeat",
    {
        "times": 3,
        "hook": TWICE,
        "index": slice(Ref(7), None, Ref(8)),
        "data": np.array([1.0, 2.0], "float32"),
    },
    [Ref(5, "node"), (Value(6, True), None)],
    seen=1.5,
    steps=[Step("forget", {"thing": Ref(5, "node")})],
    refused="graph-freed",
)
NESTED = [
    Ref(1),
    (Value(2, 5), {"a": Ref(3)}),
    MappingProxyType({"b": Ref(4)}),
    slice(Ref(5)),
    Plain(Ref(6)),
    Held([Ref(7)]),
    8,
    "9",
    None,
]


def test_all_objects_that_a_value_names_are_found_in_order() -> None:
    assert list(numbers(NESTED)) == [1, 2, 3, 4, 5, 6, 7]
    assert list(numbers(BLOCK.given)) == [7, 8]  # functions have numbers of their own


def test_all_functions_in_a_value_are_found() -> None:
    other = Function(9, "hook")

    assert list(functions([TWICE, {"a": (other,)}, MappingProxyType({"b": TWICE}), 1])) == [
        TWICE,
        other,
        TWICE,
    ]


def test_what_is_renumbered_names_other_objects_and_is_otherwise_the_same() -> None:
    shift = {n: n + 10 for n in range(1, 9)}
    back = {new: old for old, new in shift.items()}
    changed = renumbered(NESTED, shift)

    assert list(numbers(changed)) == [11, 12, 13, 14, 15, 16, 17]
    assert canonical(renumbered(changed, back)) == canonical(NESTED)
    assert canonical(renumbered(NESTED, {})) == canonical(NESTED)


def test_what_is_inside_of_a_step_is_renumbered_too() -> None:
    changed = renumbered(BLOCK, {n: n + 10 for n in range(9)})
    inner = changed.given["hook"]

    assert (inner.number, inner.slot, inner.signature) == (10, TWICE.slot, TWICE.signature)
    assert inner.turns == TWICE.turns
    assert inner.bodies[0].arguments == (Ref(11), Value(12, 0.5))
    assert inner.bodies[0].keywords == {"by": Ref(13)}
    assert inner.bodies[0].steps[0].given == {"x": Ref(11), "other": Ref(13)}
    assert (inner.bodies[0].returned, inner.bodies[0].exports) == (Ref(14), (14,))
    assert (inner.bodies[0].raised, inner.bodies[0].cut) == ("ValueError", True)
    assert inner.bodies[1] == TAKING
    assert (changed.given["index"], changed.given["times"]) == (slice(Ref(17), None, Ref(18)), 3)
    assert changed.makes == [Ref(15), (Value(16, True), None)]
    assert changed.makes[0].kind == "node"
    assert (changed.seen, changed.refused) == (1.5, "graph-freed")
    assert changed.steps[0].given["thing"] == Ref(15)
    assert renumbered(Step("log"), {}).steps is None


DIFFERENT: list[Any] = [
    *(None, 1, 1.0, True, "1", Ref(1), Ref(2), Ref(1, "node"), Value(1, 2), Value(1, 3)),
    *(Plain(1), Plain(2), Held(1), Held(2), [1], (1,), [1, 2], [2, 1], {"a": 1}, {"b": 1}),
    *({"a": 2}, np.array(1.0), np.array([1.0]), np.array(1.0, "float32"), np.array(2.0)),
    *(Step("log"), Step("note"), Step("log", {"a": 1}), Step("log", makes=1)),
    *(Step("log", seen=1), Step("log", steps=[])),
    *(Body(()), Body((1,)), Body((), {"a": 1}), Body((), steps=[Step("log")])),
    *(Body((), returned=1), Body((), raised="E"), Body((), cut=True), Body((), exports=(1,))),
    *(Function(1, "hook"), Function(1, "body"), Function(1, "hook", (("x",),))),
    *(Function(1, "hook", None, [Body(())]), Function(1, "hook", None, [], [0])),
]


def test_what_differs_in_anything_is_told_apart() -> None:
    forms = [canonical(value) for value in DIFFERENT]

    assert len(set(forms)) == len(forms)


def test_what_is_equal_as_a_program_has_one_form() -> None:
    pairs: list[tuple[Any, Any]] = [
        (Function(1, "hook"), Function(2, "hook")),
        (Step("log", refused="graph-freed"), Step("log")),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (np.array([1.0]), np.array([1.0])),
    ]

    assert all(canonical(one) == canonical(other) for one, other in pairs)


def test_a_change_reaches_every_member_of_a_structure() -> None:
    def double(value: Any) -> Any:
        return mapped(value, double) if not isinstance(value, int) else 2 * value

    assert double([1, (2, {"a": 3})]) == [2, (4, {"a": 6})]
    assert double(MappingProxyType({"a": 1})) == MappingProxyType({"a": 2})
    assert mapped(slice(1, 2, 3), double) == slice(2, 4, 6)
    assert mapped("text", double) == "text"


# storing ------------------------------------------------------------------------------
def test_a_program_is_read_back_as_it_was() -> None:
    steps = [BLOCK, Step("log", {}, Ref(3, "log")), Step("note", {"what": Plain(1)})]
    function = Function(1, "hook", None, [Body((), steps=steps)], [0])
    back = decode(json.loads(json.dumps(encode(function))))

    assert canonical(back) == canonical(function)
    assert [step.refused for step in back.bodies[0].steps] == [None, None, None]
    assert back.bodies[0].steps[1].seen is UNSEEN
    assert back.bodies[0].steps[0].makes[0].kind == "node"


def test_numbers_are_given_in_order_of_birth_where_a_program_is_stored() -> None:
    made = Step("tensor", {"data": 2.0}, Ref(9))
    used = Step("expect", {"found": Ref(9), "check": "equals", "expected": 2.0})
    back = from_json(to_json(Program([made, used])))

    assert back.steps == [
        Step("tensor", {"data": 2.0}, Ref(0)),
        Step("expect", {"found": Ref(0), "check": "equals", "expected": 2.0}),
    ]


def test_a_function_that_was_called_once_or_never_is_read_back() -> None:
    never = Function(1, "hook")
    once = Function(1, "hook", None, [TAKING], [0])

    assert decode(encode(never)) == never
    assert decode(encode(once)) == once


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Ref(1), {"$ref": 1}),
        (Ref(1, "node"), {"$ref": 1, "kind": "node"}),
        (Value(1, 2.5), {"$value": 1, "was": 2.5}),
        (Plain((1,)), {"$plain": {"$tuple": [1]}}),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        (np.array([1.0], "float32"), {"$array": [1.0], "dtype": "float32", "shape": [1]}),
        (np.zeros((0, 3)), {"$array": [], "dtype": "float64", "shape": [0, 3]}),
        (float("inf"), {"$float": "inf"}),
        (-0.0, {"$float": "-0.0"}),
        (0.0, 0.0),
        (complex(1.0, -0.0), {"$complex": [1.0, {"$float": "-0.0"}]}),
        (..., {"$ellipsis": True}),
    ],
)
def test_a_value_is_stored_so(value: Any, stored: Any) -> None:
    assert json.loads(json.dumps(encode(value))) == stored


def test_held_things_and_plain_values_are_read_back() -> None:
    assert decode(encode(Plain((1,)))) == Plain((1,))
    assert decode(encode(Held(Ref(1, "node")))).thing == Ref(1)


def test_what_is_no_data_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="a program cannot hold a object: <object"):
        encode(object())


def test_a_program_is_one_line_without_blanks() -> None:
    log = Step("log", {}, Ref(4, "log"))
    note = Step("note", {"log": Ref(4, "log"), "what": [1.5, None]})

    assert to_json(Program([log, note])) == (
        '{"format":"gradspec-program/2","steps":[{"act":"log","makes":{"$ref":0,"kind":"log"}},'
        '{"act":"note","with":{"log":{"$ref":0,"kind":"log"},"what":[1.5,null]}}]}'
    )


@pytest.mark.parametrize("text", ["[]", "{}", '"steps"', '{"format": "another", "steps": []}'])
def test_what_is_no_program_of_this_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a program in the format gradspec-program/2"):
        from_json(text)


def test_what_is_not_said_of_a_call_is_not_stored() -> None:
    function = Function(1, "hook", None, [Body((Ref(2),))], [0])
    said = Function(1, "hook", (("x",), ("by", 2.0)), [DOUBLING, TAKING], [0, 1, 0])

    assert encode(function) == {
        "$function": 1,
        "slot": "hook",
        "bodies": [{"given": [{"$ref": 2}], "steps": []}],
    }
    assert encode(said)["turns"] == [0, 1, 0]
    assert encode(said)["signature"] == [["x"], ["by", 2.0]]
    assert encode(said)["bodies"][0] == {
        "given": [{"$ref": 1}, {"$value": 2, "was": 0.5}],
        "named": {"by": {"$ref": 3}},
        "steps": [
            {
                "act": "op:mul",
                "with": {"x": {"$ref": 1}, "other": {"$ref": 3}},
                "makes": {"$ref": 4},
            }
        ],
        "returns": {"$ref": 4},
        "raises": "ValueError",
        "cut": True,
        "exports": [4],
    }
