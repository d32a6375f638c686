"""Calls that mean nothing: shapes that do not fit, dimensions that are not there.

What is wrong about them is not written down: each is a call of the catalogue with one thing changed
so that its formula has no value.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, SAFETY, clause
from gradspec.catalogue.facets.asking import Asked, calls_of, in_reach, same
from gradspec.catalogue.facets.axes import NAMED
from gradspec.catalogue.operator import SPECTRAL, Call, map_arrays, variables
from gradspec.catalogue.operators import OPERATORS
from gradspec.catalogue.signature import AXIS, PAIRS
from gradspec.chapters.operators.calling import on_constants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec import Autograd
    from gradspec.catalogue.operator import Given, Operator


def calls_with(operator: Operator, parameter: str) -> Iterator[tuple[Call, Any]]:
    """Give the calls in which a parameter is given, with what it is."""
    for name, given in operator.calls.items():
        if parameter in given:
            yield Call(operator, operator.named(name), given), given[parameter]


def beyond(call: Call) -> int:
    """Give a dimension that neither the operands have nor the result."""
    first = next(v for v in call.sample().values() if not isinstance(v, int))
    return np.ndim(first[0] if isinstance(first, list) else first) + 1


def without_such_a_dimension(operator: Operator) -> Iterator[tuple[Call, Given]]:
    """Give calls that name a dimension behind the last, before the first, or one twice."""
    for parameter in operator.signature.names:
        if parameter in (*AXIS, *PAIRS) and (operator.form_of or operator.name) in NAMED:
            for call, dim in list(calls_with(operator, parameter)):
                wrong: list[Any] = []
                if isinstance(dim, int):
                    wrong = [beyond(call), -beyond(call) - 1]
                elif isinstance(dim, tuple):
                    wrong = [(beyond(call), *dim[1:]), (dim[0],) * len(dim)][: len(dim)]
                yield from ((call, call.sample() | {parameter: value}) for value in wrong)


def is_product(operator: Operator) -> bool:
    """Say whether an operator gives the matrix product of its two operands."""
    call = operator.telling()
    sample = call.sample()
    factors = [value for value in sample.values() if isinstance(value, np.ndarray)]
    if operator.inplace or not len(factors) == len(sample) == len("AB"):
        return False
    try:
        return same([np.matmul(*factors)], Asked(call, sample).value())
    except ValueError:  # a matrix product is of fitting factors with dimensions
        return False


PRODUCTS: Final = [operator.name for operator in OPERATORS.values() if is_product(operator)]


def misshapen(operator: Operator) -> Iterator[tuple[Call, Given]]:
    """Give calls in which one operand is longer along one dimension, and the formula refuses it."""
    calls = (Call(operator, operator.named(name), given) for name, given in operator.calls.items())
    for call in (c for c in calls if operator.name in PRODUCTS or c.name.endswith("_broadcast")):
        sample = call.sample()
        arrays: list[Any] = []
        map_arrays(sample, arrays.append)
        for number, array in enumerate(arrays):
            for dim in range(array.ndim if array.dtype.kind == "f" else 0):
                wrong = lengthened(sample, number, dim)
                if not has_value(call, wrong):
                    yield call, wrong


def lengthened(sample: Given, number: int, dim: int) -> Given:
    """Make one array of a sample longer by one along a dimension."""
    numbers = itertools.count()

    def longer(array: Any) -> Any:
        if next(numbers) != number:
            return array
        return np.concatenate([array, array.take([0], dim)], dim)

    return map_arrays(sample, longer)


def has_value(call: Call, sample: Given) -> bool:
    """Say whether the formula has a value."""
    return Asked(call, sample).value() is not None


def table(wrong: Callable[[Operator], Iterator[tuple[Call, Given]]]) -> dict[str, Any]:
    """Give for each operator the calls of it that are wrong, if there are any."""
    found = {n: in_reach(wrong(o), lambda one: one[0]) for n, o in OPERATORS.items()}
    return {name: calls for name, calls in found.items() if calls}


def without_dimensions(operator: Operator) -> Iterator[tuple[Call, Given]]:
    """Give calls of a product with a number in the place of each factor."""
    call = operator.telling()
    for name, value in call.sample().items():
        if isinstance(value, np.ndarray):
            yield call, call.sample() | {name: np.array(1.5)}


def of_other_sizes(operator: Operator) -> Iterator[tuple[Call, Given]]:
    """Give the first call of which some operand, one longer along one dimension, is refused."""
    for call in () if operator.inplace or operator.lenient else calls_of(operator):
        found = [wrong for wrong in each_lengthened(call) if not has_value(call, wrong)]
        if found:
            yield from ((call, wrong) for wrong in found)
            return


def each_lengthened(call: Call) -> Iterator[Given]:
    """Make each operand longer along each dimension."""
    sample = call.sample()
    arrays: list[Any] = []
    map_arrays(sample, arrays.append)
    for number, array in enumerate(arrays):
        yield from (lengthened(sample, number, dim) for dim in range(array.ndim))


def behind_the_end(operator: Operator) -> Iterator[tuple[Call, Given]]:
    """Give calls in which one index is larger, or smaller, than any that the formula takes.

    What it takes larger than any is no index.
    """
    for call in () if operator.inplace else calls_of(operator):
        sample = call.sample()
        for name, value in sample.items():
            if counts(value):
                moved = (partial(with_last, far) for far in (FAR, -FAR))
                wrong = [sample | map_arrays({name: value}, change) for change in moved]
                if not any(has_value(call, given) for given in wrong):
                    yield from ((call, given) for given in wrong)


def counts(value: Any, kinds: str = "i") -> bool:
    """Say whether a value is an array of whole numbers, or of another kind, or begins with one."""
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, np.ndarray) and first.dtype.kind in kinds


def with_last(entry: int, array: Any) -> Any:
    """Put another number in the place of the last."""
    changed = array.copy()
    changed.flat[-1] = entry
    return changed


def indexed_by_fractions(operator: Operator) -> Iterator[tuple[Call, Given]]:
    """Give calls in which whole numbers, or truth values, are floating, and the formula refuses."""
    for call in () if operator.inplace else calls_of(operator):
        sample = call.sample()
        for name, value in sample.items():
            if counts(value, "ib") and any(True for _ in variables(sample)):
                wrong = sample | map_arrays({name: value}, floating)
                if not has_value(call, wrong):
                    yield call, wrong


def floating(array: Any) -> Any:
    """Give the same numbers as floating ones."""
    return array.astype(np.float64)


def of_whole_numbers(operator: Operator) -> Iterator[tuple[Call, Given]]:
    """Give the calls of what factors a matrix, on one of whole numbers."""
    if (operator.factors or operator.smoothness is SPECTRAL) and not operator.inplace:
        for call in calls_of(operator):
            yield call, map_arrays(call.sample(), lambda a: np.rint(a * SCALE).astype(np.int64))


SCALE: Final = 64
"""Whole numbers that are larger so many times lie to each other as the operands do."""

FAR: Final = 99
"""No operand of the catalogue has so many entries along a dimension."""

Wrong = list[tuple[Call, "Given"]]
WITHOUT_DIMENSION: Final = table(without_such_a_dimension)
MISSHAPEN: Final = table(misshapen)
MULTIPLIED: Final = {name: MISSHAPEN[name] for name in PRODUCTS}
BY_NUMBERS: Final = {name: list(without_dimensions(OPERATORS[name])) for name in PRODUCTS}
BROADCAST: Final = {name: wrong for name, wrong in MISSHAPEN.items() if name not in PRODUCTS}

UNFIT: Final = {
    name: wrong
    for name, wrong in table(of_other_sizes).items()
    if name not in BROADCAST and name not in PRODUCTS
}
BEHIND: Final = table(behind_the_end)
FRACTIONS: Final = table(indexed_by_fractions)
FACTORED: Final = table(of_whole_numbers)


@clause("op-249", SAFETY, sources=["torch docstrings"], over=WITHOUT_DIMENSION)
def a_dimension_that_is_not_there_is_refused(ag: Autograd, wrong: Wrong) -> None:
    """Asked for a dimension that its operand has not, or for one twice, {name} refuses.

    Counted round, a dimension that is not there would be another one, and nobody would know.

    Remedy: name each dimension once, from minus their number to one less than it.
    """
    for call, sample in wrong:
        with ag.refuses("dimension"):
            on_constants(ag, call, sample)


@clause("op-051", SAFETY, sources=["notes/broadcasting § General semantics"], over=BROADCAST)
def operands_that_do_not_broadcast_are_refused(ag: Autograd, wrong: Wrong) -> None:
    """If the shapes of its operands do not broadcast, {name} refuses them.

    Remedy: give dimensions of one length, or of length one, from the last to the first.
    """
    for call, sample in wrong:
        with ag.refuses("operand-shape"):
            on_constants(ag, call, sample)


@clause("op-073", SAFETY, sources=["torch.matmul docstring"], over=MULTIPLIED)
def factors_that_do_not_fit_are_refused(ag: Autograd, wrong: Wrong) -> None:
    """If the factors have other lengths where they are summed, {name} refuses them.

    Remedy: give factors of one length there.
    """
    for call, sample in wrong:
        with ag.refuses("operand-shape"):
            on_constants(ag, call, sample)


@clause("op-286", CONVENTION, sources=["torch.matmul docstring"], over=BY_NUMBERS)
def a_number_is_no_factor(ag: Autograd, wrong: Wrong) -> None:
    """If one of its factors is a number, {name} refuses it.

    NumPy's dot multiplies by it.

    Remedy: multiply by a number with *.
    """
    for call, sample in wrong:
        with ag.refuses("operand-shape"):
            on_constants(ag, call, sample)


@clause("op-270", SAFETY, sources=["torch docstrings"], over=UNFIT)
def operands_of_sizes_that_do_not_fit_are_refused(ag: Autograd, wrong: Wrong) -> None:
    """If an operand of {name} is longer than the others, or its arguments, allow, it is refused.

    Remedy: give operands of the sizes that belong together.
    """
    for call, sample in wrong:
        with ag.refuses("operand-shape"):
            on_constants(ag, call, sample)


@clause("op-271", SAFETY, sources=["torch docstrings"], over=BEHIND)
def an_index_that_names_no_entry_is_refused(ag: Autograd, wrong: Wrong) -> None:
    """Given an index behind the last entry, or before the first, {name} refuses.

    Read at what lies there in memory, or clipped to the end, it would be another entry.

    Remedy: count from minus the number of entries to one less than it.
    """
    for call, sample in wrong:
        with ag.refuses("index-range"):
            on_constants(ag, call, sample)


@clause("op-272", SAFETY, sources=["torch docstrings"], over=FRACTIONS)
def an_index_that_is_no_whole_number_is_refused(ag: Autograd, wrong: Wrong) -> None:
    """Given floating numbers where whole ones, or truth values, choose entries, {name} refuses.

    An index that was computed may be a little less than the whole number that it is meant to be.

    Remedy: convert what chooses entries, rounded, to a whole data type, or to truth values.
    """
    for call, sample in wrong:
        with ag.refuses("operand-dtype"):
            on_constants(ag, call, sample)


@clause("op-274", CONVENTION, sources=["torch.linalg docs", "observed"], over=FACTORED)
def matrices_of_whole_numbers_are_refused(ag: Autograd, wrong: Wrong) -> None:
    """Given matrices of whole numbers, {name} refuses.

    NumPy takes the floating numbers that they are equal to.

    Remedy: convert them with double().
    """
    for call, sample in wrong:
        with ag.refuses("operand-dtype"):
            on_constants(ag, call, sample)
