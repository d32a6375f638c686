"""A product written out is the product, for an engine of whatever school."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import Autograd
from gradspec.program.folding import born_in
from gradspec.program.products import derivation, written_out
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.steps import Program, Ref, Step, functions, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.adapters.reference import ReferenceEngine

TAPE = frozenset({"tape"})
GIVEN = TAPE | {"given_cotangent"}
ASKED = TAPE | {"grad", "create_graph"}
FUNCTIONAL = frozenset({"transform:vjp"})
SCHOOLS = {
    "a bare tape": TAPE,
    "a tape that takes cotangents": GIVEN,
    "a tape that is asked": ASKED,
    "a tape that gives None": ASKED | {"allow_unused"},
    "functions": FUNCTIONAL,
}


def acts(steps: list[Step]) -> list[str]:
    """Give the acts of steps, in blocks too."""
    return [a for s in steps for a in (s.act, *(acts(s.steps) if s.steps is not None else []))]


def used(steps: list[Step]) -> set[int]:
    """Give the numbers that steps use, in blocks too."""
    inside = {n for s in steps for n in (used(s.steps) if s.steps is not None else ())}
    return inside | {n for step in steps for n in numbers(step.given)}


@pytest.mark.parametrize(
    ("school", "inputs", "cotangent", "expected"),
    [
        (TAPE, [2.0], 1.0, "leaf body_of attempt backward get:grad or_zero"),
        (TAPE, [2.0], 3.0, "leaf body_of op:mul attempt backward get:grad or_zero"),
        (
            *(TAPE, [np.ones(2)], np.ones(2)),
            "leaf body_of tensor op:mul op:sum attempt backward get:grad or_zero",
        ),
        (GIVEN, [2.0], 1.0, "leaf body_of attempt backward get:grad or_zero"),
        (GIVEN, [2.0], 3.0, "leaf body_of tensor attempt backward get:grad or_zero"),
        (ASKED, [2.0], 1.0, "leaf body_of attempt backward get:grad or_zero"),
        (ASKED, [Ref(90)], 1.0, "tracked body_of tensor attempt grad or_zero"),
        (TAPE, [Ref(90)], 1.0, "tracked body_of tensor attempt grad or_zero"),
        (FUNCTIONAL, [2.0], 1.0, "tensor define transform:vjp call tensor call"),
        (FUNCTIONAL, [Ref(90)], 1.0, "define transform:vjp call tensor call"),
        (TAPE | FUNCTIONAL, [2.0], 1.0, "leaf body_of attempt backward get:grad or_zero"),
        (TAPE | FUNCTIONAL, [Ref(90)], 1.0, "define transform:vjp call tensor call"),
        (ASKED | FUNCTIONAL, [Ref(90)], 1.0, "tracked body_of tensor attempt grad or_zero"),
    ],
)
def test_a_product_is_derived_by_what_the_engine_has(
    school: frozenset[str], inputs: list[Any], cotangent: Any, expected: str
) -> None:
    assert acts(derivation(inputs, cotangent, school, 0).steps) == expected.split()


@pytest.mark.parametrize("school", SCHOOLS.values(), ids=SCHOOLS)
@pytest.mark.parametrize("inputs", [[2.0, 3.0], [Ref(90), 3.0], [Ref(90), Ref(91)]], ids=str)
def test_what_is_derived_uses_what_was_made_and_makes_each_thing_once(
    school: frozenset[str], inputs: list[Any]
) -> None:
    found = derivation(inputs, 5.0, school, 100)
    made = list(born_in(found.steps))

    assert len(set(made)) == len(made)
    assert used(found.steps) <= {90, 91, found.function.number, *made}
    assert min(made) >= 100
    assert {found.output.number, *(g.number for g in found.gradients)} <= set(made)
    assert len(found.gradients) == 2


@pytest.mark.parametrize(
    ("school", "asked"),
    [
        (ASKED, {"create_graph": True}),
        (ASKED | {"allow_unused"}, {"create_graph": True, "allow_unused": True}),
    ],
)
def test_a_gradient_is_asked_for_so_that_it_can_be_differentiated_again(
    school: frozenset[str], asked: dict[str, bool]
) -> None:
    found = derivation([Ref(90)], 5.0, school, 100)
    (attempt,) = [step for step in found.steps if step.act == "attempt"]
    ((grad,), names) = attempt.steps or [], ("create_graph", "allow_unused")

    assert attempt.given == {"kinds": ["root-without-grad"]}
    assert {name: grad.given[name] for name in names if name in grad.given} == asked
    assert grad.given["outputs"] == found.output


def product(ag: Autograd, *, given: bool) -> Any:
    """Take a product of two arrays, one of them a tensor if it is given."""
    x = ag.tensor([2.0, 3.0], requires_grad=True) if given else [2.0, 3.0]
    return ag.vjp(lambda a, b: a * b * b, [x, [4.0, 5.0]], [1.0, -2.0])


def constant(ag: Autograd, *, given: bool) -> Any:
    """Take a product of a function that does not look at what it is given."""
    x = ag.tensor([2.0, 3.0], requires_grad=True) if given else [2.0, 3.0]
    return ag.vjp(lambda _a, _b: ag.tensor([7.0, 8.0]), [x, [4.0, 5.0]], [1.0, -2.0])


def identity(ag: Autograd, *, given: bool) -> Any:
    """Take a product of a function that gives back what it is given."""
    x = ag.tensor([2.0, 3.0], requires_grad=True) if given else [2.0, 3.0]
    return ag.vjp(lambda a: a, [x], [1.0, -2.0])


VALUES = {
    product: ([32.0, 75.0], [16.0, -50.0], [16.0, -60.0]),
    constant: ([7.0, 8.0], [0.0, 0.0], [0.0, 0.0]),
    identity: ([2.0, 3.0], [1.0, -2.0]),
}


def recorded(
    body: Callable[..., Any], engine: ReferenceEngine, *, given: bool
) -> tuple[list[Step], Step]:
    """Record a product; give what comes before it, and its step."""
    with Recorder(engine) as recorder:
        body(Autograd(recorder), given=given)
    *before, step = recorder.program.steps
    return before, step


@pytest.mark.parametrize("body", VALUES, ids=lambda body: body.__name__)
@pytest.mark.parametrize("given", [False, True], ids=["of numbers", "of a tensor"])
@pytest.mark.parametrize("school", [TAPE, GIVEN, ASKED, ASKED | {"allow_unused"}], ids=len)
def test_a_product_that_is_written_out_has_the_same_values(
    body: Callable[..., Any], given: bool, school: frozenset[str], engine: ReferenceEngine
) -> None:
    before, step = recorded(body, engine, given=given)
    output, gradients = step.makes
    demands = [
        Step("expect", {"found": found, "check": "equals", "expected": expected})
        for found, expected in zip((output, *gradients), VALUES[body], strict=True)
    ]
    program = Program([*before, *written_out(step, school, 1000), *demands])
    with Recorder(engine) as recorder:
        replay(program, recorder)

    assert recorder.assertions >= len(demands)
    assert "vjp" not in acts(recorder.program.steps)


@pytest.mark.parametrize("body", VALUES, ids=lambda body: body.__name__)
@pytest.mark.parametrize("given", [False, True], ids=["of numbers", "of a tensor"])
def test_a_product_of_functions_is_written_out_with_the_function(
    body: Callable[..., Any], given: bool, engine: ReferenceEngine
) -> None:
    before, step = recorded(body, engine, given=given)
    steps = written_out(step, FUNCTIONAL, 1000)
    output, gradients = step.makes
    made = [*born_in([*before, *steps])]
    (function,) = [f for s in steps for f in functions(s.given)]

    assert function is step.given["function"]
    assert used(steps) <= set(made)
    assert {output.number, *(g.number for g in gradients)} <= set(made)


def test_a_product_that_was_cut_is_written_out_up_to_there(engine: ReferenceEngine) -> None:
    def raising(ag: Autograd, *, given: bool) -> Any:
        def body(x: Any) -> Any:
            _ = x * x
            raise LookupError(given)

        with pytest.raises(LookupError):
            ag.vjp(body, [2.0])

    before, step = recorded(raising, engine, given=False)

    assert before == []
    assert step.makes is None
    assert acts(written_out(step, TAPE, 1000)) == ["leaf", "op:mul"]
