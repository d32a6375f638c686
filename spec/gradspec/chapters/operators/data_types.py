"""Data types: of results, of gradients, and of operands that are not of one type.

A gradient is of the type of what it belongs to, whatever was computed in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE, clause, expect
from gradspec.catalogue.facets.asking import Asked
from gradspec.catalogue.operator import Call, is_tensor, map_arrays, on, variables
from gradspec.catalogue.operators import OPERATORS
from gradspec.catalogue.types import promotes
from gradspec.chapters.operators.calling import SMOOTH, WRITTEN, moving, perform, results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec import Autograd
    from gradspec.catalogue.operator import Given

PROMOTION: Final = "docs tensor_attributes § torch.dtype"
OF_ONE_TYPE: Final = {name: call for name, call in SMOOTH.items() if not call.operator.converts}
HALVES: Final = {
    n: c for n, c in OF_ONE_TYPE.items() if c.operator.halves and not c.operator.factors
}
IN_PLACE: Final = {name: call for name, call in WRITTEN.items() if not call.operator.converts}
HALVES_IN_PLACE: Final = {
    n: c for n, c in IN_PLACE.items() if c.operator.halves and not c.operator.factors
}
OF_SEVERAL: Final = {n: c for n, c in OF_ONE_TYPE.items() if len(list(variables(c.sample()))) > 1}
PROMOTED: Final = {name: call for name, call in OF_SEVERAL.items() if promotes(call.operator)}
HALF, SINGLE, DOUBLE, WHOLE = "float16", "float32", "float64", "int64"


def without_dimensions(call: Call) -> Call:
    """Give the call in which all operands but the first are numbers."""
    plain = call.operator.calls[""]
    _, *numbers = (n for n, v in call.given.items() if is_tensor(v) and n != "condition")
    return Call(call.operator, call.name, {**call.given, **{n: plain[n] for n in numbers}})


PAIRS: Final = {
    name: without_dimensions(call)
    for name, call in PROMOTED.items()
    if "broadcast" in call.operator.calls and not call.operator.calls[""]["x"].shape
}
TO: Final = OPERATORS["to"]
CONVERTED: Final = {
    "float": (SMOOTH["float"], DOUBLE, SINGLE),
    "double": (SMOOTH["double"], SINGLE, DOUBLE),
    "to_single": (Call(TO, "to", on(2, 3, dtype=SINGLE)), DOUBLE, SINGLE),
    "to_double": (Call(TO, "to", on(2, 3, dtype=DOUBLE)), SINGLE, DOUBLE),
    "to_half": (Call(TO, "to", on(2, 3, dtype=HALF)), SINGLE, HALF),
    "from_half": (Call(TO, "to", on(2, 3, dtype=SINGLE)), HALF, SINGLE),
}
"""A conversion, the type that it is from, and the type that it is to."""


def whole(array: Any) -> Any:
    """Make numbers whole, away from zero."""
    away = np.sign(array) * np.ceil(np.abs(array)) + 0.0
    return np.asarray(away)  # NumPy makes numbers of what has no dimensions


def at_whole(call: Call) -> Given:
    """Draw the operands, and make them whole."""
    return map_arrays(call.sample(), lambda a: whole(a) if a.dtype.kind == "f" else a)


def is_of_whole(call: Call) -> bool:
    """Say whether a call has a finite value at whole numbers, and no other number in it."""
    sample = at_whole(call)
    if call.operator.settled or any(isinstance(v, float) and v % 1 for v in sample.values()):
        return False
    values = Asked(call, sample).value()
    return values is not None and all(
        np.isfinite(array).all() and not np.iscomplexobj(array)
        for array in (*variables(sample), *values)
    )


def gives_fractions(call: Call) -> bool:
    """Say whether the formula makes other numbers of whole ones."""
    return is_of_whole(call) and any(np.any(v % 1) for _, v in results(call, at_whole(call)))


def is_rounded_by_numpy(call: Call) -> bool:
    """Say whether NumPy has a function of that name, which gives whole numbers of whole ones."""
    function = getattr(np, call.operator.name, None)
    operands = [v for v in at_whole(call).values() if is_tensor(v)]
    if not (function and gives_fractions(call) and len(operands) == 1):
        return False
    return bool(function(operands[0].astype(np.int64)).dtype.kind == "i")


ADMITTING: Final = {name: call for name, call in OF_ONE_TYPE.items() if is_of_whole(call)}
ROUNDED: Final = {name: call for name, call in ADMITTING.items() if is_rounded_by_numpy(call)}
OF_WHOLE: Final = {name: call for name, call in ADMITTING.items() if name not in ROUNDED}
LEAST: Final = {"clamp": "min"}
"""An operator, and the parameter that bounds from below."""
INTO_WHOLE: Final = {
    operator.name: call
    for operator in OPERATORS.values()
    if operator.inplace and operator.formula and gives_fractions(call := operator.telling())
}


def typed(ag: Autograd, sample: Given, types: Sequence[str]) -> tuple[Given, list[tuple[Any, str]]]:
    """Make operands of these types, of which the last is that of all that follow.

    What is whole is made of numbers that are.
    """
    made: list[tuple[Any, str]] = []

    def operand(array: Any) -> Any:
        if array.dtype.kind != "f":
            return ag.tensor(array)
        dtype = types[min(len(made), len(types) - 1)]
        numbers = whole(array) if dtype == WHOLE else array
        made.append((ag.tensor(numbers, dtype=dtype, requires_grad=dtype != WHOLE), dtype))
        return made[-1][0]

    return map_arrays(sample, operand), made


def has_types(ag: Autograd, call: Call, types: Sequence[str], of_result: str) -> None:
    """Demand a type of the result, and of each gradient that it is its operand's."""
    sample = call.sample()
    part, weights, expected = moving(ag, call, sample)
    given, operands = typed(ag, sample, types)
    if call.operator.inplace:
        negated = -given["x"]  # of that type, and not a leaf
        given = {**given, "x": -negated}
    result = perform(ag, call, given)
    root = result if part is None else result[part]
    root.backward(ag.tensor(weights, dtype=of_result))
    expect(root).has_dtype(of_result)  # a lazy engine may forget the graph of what is looked at
    for (operand, dtype), wanted in zip(operands, expected.gradients, strict=True):
        if dtype != WHOLE and wanted.any():
            expect(operand.grad).has_dtype(dtype)


@clause("op-240", VALUE, sources=[PROMOTION], over=OF_ONE_TYPE | IN_PLACE)
def results_and_gradients_are_of_the_type_of_the_operands(ag: Autograd, call: Call) -> None:
    """What {name} gives of operands of float32 is of float32, of float64 it is of float64, and so
    are the gradients.
    """
    has_types(ag, call, [SINGLE], SINGLE)
    has_types(ag, call, [DOUBLE], DOUBLE)


@clause("op-241", VALUE, level=SHOULD, sources=[PROMOTION], over=HALVES | HALVES_IN_PLACE)
def results_and_gradients_of_halves_are_halves(ag: Autograd, call: Call) -> None:
    """What {name} gives of operands of float16 is of float16, and so are the gradients."""
    has_types(ag, call, [HALF], HALF)


@clause("op-100", VALUE, sources=[PROMOTION, "observed"], over=OF_SEVERAL)
def a_gradient_is_of_the_type_of_its_operand(ag: Autograd, call: Call) -> None:
    """Of operands of float32 and float64 that {name} takes together, each receives a gradient of
    its own type.

    An engine may refuse to mix them.
    """
    sample = call.sample()
    part, _, expected = moving(ag, call, sample)

    for types in ([SINGLE, DOUBLE], [DOUBLE, SINGLE]):
        given, operands = typed(ag, sample, types)
        with ag.attempt() as mixed:
            result = perform(ag, call, given)
            with mixed.granted():
                root = result if part is None else result[part]
                root.sum().backward()
                for (operand, dtype), wanted in zip(operands, expected.gradients, strict=True):
                    if wanted.any():
                        expect(operand.grad).has_dtype(dtype)
                    else:
                        expect(operand.grad).is_none_or_zero()


@clause(
    "op-242",
    CONVENTION,
    sources=[PROMOTION],
    over=PROMOTED,
    stands_for={"dty-006": "mul"},
)
def operands_of_several_types_are_brought_to_one(ag: Autograd, call: Call) -> None:
    """Of operands of float32 and float64 {name} makes float64; of float32 and whole numbers it
    makes float32.

    NumPy makes float64 of the latter.
    """
    for types in ([SINGLE, DOUBLE], [DOUBLE, SINGLE]):
        has_types(ag, call, types, DOUBLE)
    for types in ([SINGLE, WHOLE], [WHOLE, SINGLE]):
        has_types(ag, call, types, SINGLE)


@clause("op-243", CONVENTION, sources=[PROMOTION], over=PAIRS)
def an_operand_without_dimensions_does_not_promote(ag: Autograd, call: Call) -> None:
    """Of an array of float32 and a 0-d operand of float64 {name} makes float32.

    The gradient of the 0-d operand is of float64 all the same.
    """
    has_types(ag, call, [SINGLE, DOUBLE], SINGLE)


@clause("op-246", VALUE, sources=["torch docstrings"], over=OF_WHOLE)
def the_value_at_whole_numbers_is_that_of_the_formula(ag: Autograd, call: Call) -> None:
    """Of whole numbers {name} gives the value of its formula, too, and rounds none of it.

    An engine may refuse them.
    """
    rounds_nothing(ag, call)


@clause("op-287", CONVENTION, sources=["torch docstrings", "observed"], over=ROUNDED)
def what_numpy_rounds_is_not_rounded(ag: Autograd, call: Call) -> None:
    """Of whole numbers {name} gives floating ones, the value of its formula.

    NumPy gives whole numbers, rounded towards zero.  An engine may refuse them.
    """
    rounds_nothing(ag, call)


def rounds_nothing(ag: Autograd, call: Call) -> None:
    """Demand the value of the formula at whole numbers, if they are not refused."""
    sample = at_whole(call)
    given, _ = typed(ag, sample, [WHOLE])

    for part, value in results(call, sample):
        if value.dtype.kind == "f":
            with ag.attempt() as taken:
                result = perform(ag, call, given)
                found, largest = result if part is None else result[part], np.abs(value).max()
                with taken.granted():
                    expect(found).is_close(value, scale=max(1.0, largest))


@clause("op-273", SAFETY, sources=["torch.result_type docs"], over=INTO_WHOLE)
def a_write_into_whole_numbers_rounds_nothing(ag: Autograd, call: Call) -> None:
    """Where whole numbers have no room for what {name} makes of them, it is refused, or the operand
    holds the value of the formula.
    """
    sample = at_whole(call)
    given, _ = typed(ag, sample, [WHOLE])
    with ag.attempt() as write:
        written = perform(ag, call, given)
        with write.granted():
            expect(written).is_close(call.value(sample))


@clause("op-101", VALUE, sources=["torch.Tensor.to docstring"], over=CONVERTED)
def a_conversion_converts_the_gradient_back(ag: Autograd, row: Any) -> None:
    """Where {name} converts to another type, the gradient is of the operand's own."""
    call, dtype, other = row
    has_types(ag, call, [dtype], other)


@clause("op-297", SAFETY, sources=["torch.clamp docstring"], over=LEAST)
def a_bound_below_all_numbers_bounds_none(ag: Autograd, least: str) -> None:
    """Whole numbers without a sign that {name} bounds by a negative one from below stay what they
    are, or are refused.

    In their own type, the bound would be larger than they are.
    """
    x = ag.tensor([0, 200], dtype="uint8")
    with ag.attempt() as clamped:
        y = x.clamp(**{least: -1})
        with clamped.granted():
            expect(y).equals([0, 200])


@clause("op-102", VALUE, sources=["torch.sum docstring"])
def a_sum_is_made_in_the_type_that_is_asked_for(ag: Autograd) -> None:
    """A sum that is given a data type adds up in it, and its gradient is of the operand's type."""
    x = ag.tensor([1.0, 2.0**-30], dtype=SINGLE, requires_grad=True)
    y = x.sum(dtype=DOUBLE)
    y.backward()

    expect(y).equals(1.0 + 2.0**-30)
    expect(x.grad).has_dtype(SINGLE)
