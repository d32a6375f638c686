"""The samples leave nothing of an operator unasked: no argument, no operand, no branch."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import chapters, edition
from gradspec.catalogue.facets.asking import Asked
from gradspec.catalogue.facets.not_finite import INSTEAD, spoilt
from gradspec.catalogue.operator import (
    CONSTANT,
    DIFFERENTIABLE,
    REFUSED,
    UNDETERMINED,
    Call,
    Operator,
    is_tensor,
    map_arrays,
    variables,
)
from gradspec.catalogue.operators import CALLS, OPERATORS
from gradspec.catalogue.slopes import pulled_back
from gradspec.program.recorder import Recorder
from gradspec.program.steps import functions
from gradspec.writing.clause import CASES
from gradspec.writing.notation import Autograd
from gradspec_conformance.adapters.reference import ReferenceEngine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec.program.steps import Step

FLAGS = {
    *("dtype", "out_int32", "requires_grad", "out", "padding_idx", "UPLO"),
    *("stable", "hermitian", "compute_mode", "output_size", "replacement"),
    *("inplace", "momentum", "unbiased", "size_average", "reduce"),
    *("max_norm", "norm_type", "scale_grad_by_freq"),
}
"""Optional arguments that say how a result is kept, which half of a symmetric matrix is read, on
which way it is computed, and the like, and not what the formula gives; or that older names stand
for, or that are about more than the result.  Clauses ask for each of every operator that has it.
"""

FLAT = {
    *((name, "x") for name in ("sign", "floor", "ceil", "round", "trunc", "heaviside")),
    *((name, "x") for name in ("zero_", "fill_", "copy_")),
    ("copysign", "other"),
    *((name, operand) for name in ("div_rounded", "floor_divide") for operand in ("x", "other")),
    *((name, "other") for name in ("view_as", "expand_as")),
}
"""Operands that move no result anywhere."""

STILL = {
    *((f"{name}_alone", "x") for name in ("addmm", "addmv", "addr", "baddbmm", "addbmm")),
    *(("matrix_power_none", "x"), ("dropout_all", "x"), ("grid_sample_nearest", "grid")),
    *(("prod_zeros", "x"), ("vector_norm_count", "x"), ("pow_of_zero", "exponent")),
    *(("dist_count", name) for name in ("x", "other")),
}
"""Calls with another argument that leaves an operand without a say: a factor of zero and such."""


def calls_of(operator: Operator) -> list[Call]:
    return [call for call in CALLS.values() if call.operator is operator]


def is_on_numbers(call: Call) -> bool:
    shapes: list[Any] = []
    map_arrays(call.sample(), lambda array: shapes.append(array.shape))
    return not any(shapes)


def by_size(calls: Iterable[Call]) -> list[list[Call]]:
    """Give the calls on arrays, and those on numbers, where there are any."""
    groups: dict[bool, list[Call]] = defaultdict(list)
    for call in calls:
        groups[is_on_numbers(call)].append(call)
    return list(groups.values())


def optional(call: Call) -> Iterator[str]:
    if call.operator.settled:  # the formula says only what is determined
        return iter(())
    given = (n for n in call.given if n in call.operator.signature.defaults)
    return (n for n in given if n not in FLAGS and not is_tensor(call.given[n]))


def result(call: Call, sample: Any) -> list[Any]:
    value = call.value(sample)
    return [np.asarray(part) for part in (value if call.gives_several else (value,))]


def arguments_of(steps: Iterable[Step]) -> Iterator[tuple[str, str]]:
    """Give each act of a program with the name of each argument, in functions and blocks too."""
    for step in steps:
        yield from ((step.act, name) for name in step.given)
        yield from arguments_of(step.steps or ())
        for function in functions(step.given):
            for body in function.bodies:
                yield from arguments_of(body.steps)


def differ(found: list[Any], other: list[Any]) -> bool:
    return len(found) != len(other) or any(
        a.shape != b.shape or not np.array_equal(a, b) for a, b in zip(found, other, strict=True)
    )


# arguments ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "name"),
    [pytest.param(c, n, id=f"{c.name}-{n}") for c in CALLS.values() for n in optional(c)],
)
def test_an_argument_that_a_call_gives_changes_what_it_gives(call: Call, name: str) -> None:
    sample = call.sample()
    default = call.operator.signature.defaults[name]
    without = Call(call.operator, "", {n: v for n, v in call.given.items() if n != name})

    try:
        ignored = result(without, sample | {name: default})
    except (IndexError, TypeError, ValueError):  # what ignores it refuses
        return
    assert differ(result(call, sample), ignored)


def test_every_optional_argument_is_given_in_some_call_and_left_out_in_some() -> None:
    missing = []
    for operator in OPERATORS.values():
        calls = calls_of(operator)
        for name in operator.signature.defaults.keys() - FLAGS:
            asked = (*calls, *operator.kinks.values(), *operator.ends.values())
            given = [name in one.given for one in asked]
            if given and not (any(given) and not all(given)):
                missing.append((operator.name, name))

    assert missing == []


def test_every_flag_of_an_operator_is_given_in_some_clause() -> None:
    chapters.load()
    wanted = {
        (f"op:{operator.name}", name)
        for operator in OPERATORS.values()
        for name in operator.signature.defaults.keys() & FLAGS
    }
    for identifier, case in CASES.items():
        if not case.is_law and edition.needs(identifier) & {key for key, _ in wanted}:
            with Recorder(ReferenceEngine()) as recorder:
                case.perform(Autograd(recorder))
            wanted -= set(arguments_of(recorder.program.steps))

    assert wanted == set()


# operands and branches ----------------------------------------------------------------
def moved(call: Call) -> list[bool]:
    """Say of each variable whether a result moves with it."""
    sample = call.sample()
    several = call.gives_several
    found = []
    for part, value in enumerate(result(call, sample)):
        if value.dtype.kind == "f":
            weights = np.random.default_rng(7).uniform(0.5, 1.5, value.shape)
            gradients = pulled_back(call, sample, weights, part if several else None).gradients
            found.append([bool(np.any(gradient)) for gradient in gradients])
    return [any(parts) for parts in zip(*found, strict=True)]


def operands(call: Call) -> list[str]:
    """Name each variable of a call; those of a list all have its name."""
    names = []
    for name, value in call.sample().items():
        names += [name] * len(list(variables({name: value})))
    return names


@pytest.mark.parametrize(
    "operator",
    [o for o in OPERATORS.values() if o.formula and o.smoothness in (*DIFFERENTIABLE, REFUSED)],
    ids=lambda o: o.name,
)
def test_every_operand_moves_a_result_in_every_call_on_arrays_and_in_some_on_numbers(
    operator: Operator,
) -> None:
    for group in by_size(calls_of(operator)):
        seen: dict[str, list[bool]] = defaultdict(list)
        for call in group:
            plain = (operator.form_of or operator.name) + call.name.removeprefix(operator.name)
            for name, moves in zip(operands(call), moved(call), strict=True):
                if (plain, name) in STILL:
                    assert not moves, call.name
                else:
                    seen[name].append(moves)
        for name, moves in seen.items():
            if (operator.form_of or operator.name, name) in FLAT:
                assert not any(moves), name
            else:
                assert any(moves) if is_on_numbers(group[0]) else all(moves), name


class Watched:
    """`np.where` that notes for each place in the catalogue which ways its condition went.

    A condition of one entry goes one way in a call, and is noted beside the others.
    """

    def __init__(self) -> None:
        self.ways: dict[Any, set[bool]] = defaultdict(set)
        self.ways_of_one: dict[Any, set[bool]] = defaultdict(set)
        self._sound = np.where

    def __call__(self, condition: Any, *others: Any) -> Any:
        caller = sys._getframe(1)
        if "catalogue" in caller.f_code.co_filename:
            place = (caller.f_code, caller.f_lasti)
            ways = self.ways_of_one if np.size(condition) == 1 else self.ways
            ways[place].update(np.ravel(condition).tolist())
        return self._sound(condition, *others)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda o: o.name)
def test_every_branch_of_a_formula_is_taken_both_ways(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: dict[Any, set[bool]] = defaultdict(set)
    determined = operator.formula and operator.smoothness is not UNDETERMINED
    for call in calls_of(operator) if determined else ():
        watched = Watched()
        spoilt_ones = [one.asked for number in INSTEAD for one in spoilt(call.name, number)]
        monkeypatch.setattr(np, "where", watched)
        for asked in (Asked(call, call.sample()), *spoilt_ones):
            asked.value()
        monkeypatch.undo()
        assert all(ways == {True, False} for ways in watched.ways.values()), call.name
        for place, ways in (*watched.ways.items(), *watched.ways_of_one.items()):
            met[is_on_numbers(call), place] |= ways

    assert all(ways == {True, False} for ways in met.values())


@pytest.mark.parametrize("name", ["sign", "floor", "round", "long"])
def test_a_step_function_is_asked_on_either_side_of_zero(name: str) -> None:
    for group in by_size(calls_of(OPERATORS[name])):
        signs = {s for call in group for s in np.sign(np.ravel(call.sample()["x"])).tolist()}

        assert signs == {-1.0, 1.0}


def tells_a_truth(operator: Operator) -> bool:
    calls = calls_of(operator) if operator.smoothness is CONSTANT else []
    return any(np.asarray(call.value(call.sample())).dtype == bool for call in calls)


TRUTHS = [operator for operator in OPERATORS.values() if tells_a_truth(operator)]


@pytest.mark.parametrize("operator", TRUTHS, ids=lambda o: o.name)
def test_what_tells_a_truth_is_asked_where_it_holds_and_where_not(operator: Operator) -> None:
    for group in by_size(calls_of(operator)):
        told = {t for call in group for t in np.ravel(call.value(call.sample())).tolist()}

        assert told == {True, False}


@pytest.mark.parametrize("name", ["gt", "ge", "lt", "le", "eq", "ne"])
def test_a_comparison_is_asked_in_every_order(name: str) -> None:
    for group in by_size(calls_of(OPERATORS[name])):
        orders = set()
        for call in group:
            sample = call.sample()
            orders |= set(np.ravel(np.sign(sample["x"] - sample["other"])).tolist())

        assert orders == {-1.0, 0.0, 1.0}
