"""Operands of one entry, with no dimension, one or two; selections and operands that are empty.

Lengths that are equal belong together: a length that is to be zero is so in all operands that have
it, and where an argument names it.  One dimension of the first operand is emptied alone where
nothing else has to fit to it: that is how a batch is empty.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.facets.asking import (
    Asked,
    calls_of,
    in_reach,
    operands_of,
    out_of_place,
    same,
)
from gradspec.catalogue.operator import (
    DIFFERENTIABLE,
    Call,
    Given,
    Operator,
    holds_tensors,
    is_tensor,
    map_arrays,
    variables,
)
from gradspec.catalogue.signature import AXIS, ORDERS, PAIRS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Dimensions = frozenset[tuple[int, int]]
"""Numbers of an array of a sample and of a dimension of it."""

SOME: Final = (1, 7)
"""Lengths of which one is the least, and the other is no length that is drawn."""

LENGTHS: Final = ("size", "sizes", "shape", "normalized_shape")
"""Parameters that name lengths."""

OF_RESULTS: Final = ("output_size",)
"""Parameters that name lengths of the result alone."""

SINGLE: Final[tuple[tuple[int, ...], ...]] = ((), (1,), (1, 1))
WHOLE: Final = (2, 3)


def single(call: Call) -> list[Asked]:
    """Give the call on one entry of each operand, in each shape."""
    sample = map_arrays(call.sample(), lambda array: np.ravel(array)[:1])
    return [
        Asked(call, map_arrays(sample, functools.partial(np.reshape, shape=shape)))
        for shape in SINGLE
    ]


def _is_of_one(call: Call) -> bool:
    """Say whether the formula gives the same of one entry, and in the shape of it or in none."""
    if not _is_of_numbers(call):
        return False
    values = [one.value() for one in single(call)]
    if any(value is None or len(value) > 1 for value in values):
        return False
    (first, *_), *_ = found = [value for value in values if value]
    kept = all(v.shape == shape for (v,), shape in zip(found, SINGLE, strict=True))
    alone = all(v.shape == () for (v,) in found)
    return bool((kept or alone) and np.isfinite(first)) and all(
        same([np.ravel(v)], [np.ravel(first)]) for (v,) in found
    )


def _is_of_numbers(call: Call) -> bool:
    """Say whether a call is given operands of one shape, and flags."""
    shapes = {np.shape(operand) for operand in variables(call.sample())}
    return (
        len(shapes) == 1
        and len(*shapes) <= len(WHOLE)
        and all(
            name in operands_of(call) or isinstance(value, bool | str)
            for name, value in call.given.items()
        )
    )


def empty(call: Call) -> Asked:
    """Give the call on no entries of two rows."""
    return Asked(call, map_arrays(call.sample(), nothing))


def whole(array: Any) -> Any:
    """Give two rows of entries."""
    return np.resize(array, WHOLE)


def nothing(array: Any) -> Any:
    """Give what is behind the last entry of each row."""
    return whole(array)[:, WHOLE[1] :]


def _of_any_shape() -> dict[str, Call]:
    plain = {o.name: calls_of(o)[0] for o in out_of_place() if o.smoothness in DIFFERENTIABLE}
    return {name: call for name, call in plain.items() if _is_of_one(call)}


ONE_ENTRY: Final = _of_any_shape()
"""Operator -> its plain call, where an operand may be of any shape."""


def along_a_number(operator: Operator) -> tuple[Asked, Asked] | None:
    """Give the call on numbers along dimension 0, and what it means: on rows of one entry."""
    for call in calls_of(operator):
        if "dim" in call.given and "x" in operands_of(call):
            rank = len(np.shape(call.sample()["x"]))

            def shrunk(array: Any, shape: tuple[int, ...], rank: int = rank) -> Any:
                if array.ndim != rank:  # an index has one dimension, and names the one entry
                    return np.zeros(1, array.dtype) if array.dtype.kind == "i" else array
                return np.reshape(np.ravel(array)[:1] * (array.dtype.kind == "f"), shape)

            named = Call(operator, call.name, {**call.given, "dim": 0})
            number, row = (
                Asked(
                    named,
                    {**map_arrays(call.sample(), functools.partial(shrunk, shape=shape)), "dim": 0},
                )
                for shape in ((), (1,))
            )
            value = row.value()
            if value and all(v.shape in ((), (1,)) and np.all(np.isfinite(v)) for v in value):
                return number, row
    return None


AS_A_ROW: Final = {
    o.name: found
    for o in out_of_place()
    if o.smoothness in DIFFERENTIABLE and not o.dimensioned and (found := along_a_number(o))
}
"""Operator -> its call along the one dimension that a number is taken to have."""

NO_ENTRY: Final = {n: c for n, c in ONE_ENTRY.items() if empty(c).value() is not None}
"""Those that are something of nothing, too."""

NOTHING_TO_PICK: Final = {n: c for n, c in ONE_ENTRY.items() if n not in NO_ENTRY}
"""Those that are one of their entries, and so nothing where there is none."""


def dimensions(sample: Given) -> list[tuple[int, int, int]]:
    """Number the arrays of a sample and their dimensions, each with its length."""
    arrays: list[Any] = []
    map_arrays(sample, arrays.append)
    return [(i, dim, n) for i, array in enumerate(arrays) for dim, n in enumerate(array.shape)]


def resized(sample: Given, which: Dimensions, count: int, length: int | None = None) -> Given:
    """Give so many entries along dimensions, and name the length where it is an argument."""
    numbers = itertools.count()

    def of_count(array: Any) -> Any:
        number = next(numbers)
        for dim in range(array.ndim):
            if (number, dim) in which:
                array = np.take(array, np.arange(count) % array.shape[dim], dim)
        return array

    changed = map_arrays(sample, of_count)
    if length is None:
        return changed
    named = {n: _named_anew(v, length, count) for n, v in sample.items() if n in LENGTHS}
    lists = {n: v for n, v in sample.items() if isinstance(v, list) and not holds_tensors(v)}
    return changed | named | {n: (v * count)[:count] for n, v in lists.items() if len(v) == length}


def _named_anew(value: Any, length: int | None, count: int) -> Any:
    if isinstance(value, tuple):
        return tuple(_named_anew(v, length, count) for v in value)
    return count if value == length else value


def emptied(operator: Operator) -> Iterator[Callable[[int], Asked]]:
    """Give the calls as functions of a length, each choice of what has that length once."""
    seen = set()
    for call in in_reach(calls_of(operator)):
        sample = call.sample()
        every = dimensions(sample)
        words = [(n, v) for n, v in call.given.items() if _is_word(n, v)]
        for which, length in _ways(operator, every):
            ranks = [(i, dim, (i, dim) in which) for i, dim, _ in every]
            key = repr((words, [n for n, v in sample.items() if is_tensor(v)], ranks))
            if key not in seen:
                seen.add(key)
                yield functools.partial(_of_count, call, which, length)
        for name in OF_RESULTS:
            if name in sample and repr((words, name)) not in seen:
                seen.add(repr((words, name)))
                yield functools.partial(_with_result_of, call, name)


def _with_result_of(call: Call, name: str, count: int) -> Asked:
    """Name a length of the result; the lengths of the operands stay."""
    return Asked(call, {**call.sample(), name: count})


def _is_word(name: str, value: Any) -> bool:
    """Say whether an argument tells more than how far, or how much."""
    return name in (*AXIS, *PAIRS, *ORDERS) or isinstance(value, str | bool)


def _ways(
    operator: Operator, every: list[tuple[int, int, int]]
) -> list[tuple[Dimensions, int | None]]:
    """Give all dimensions of a length, for each; and those of the first operand one by one."""
    ways: dict[Dimensions, int | None] = {}
    for length in sorted({n for *_, n in every if n}):
        ways[frozenset((i, dim) for i, dim, n in every if n == length)] = length
    first = [n for i, _, n in every if not i]
    for dim, n in enumerate(() if operator.particular else first):
        if n and first.count(n) == 1:
            ways.setdefault(frozenset({(0, dim)}), None)
    return list(ways.items())


def _of_count(call: Call, which: Dimensions, length: int | None, count: int) -> Asked:
    return Asked(call, resized(call.sample(), which, count, length))


def _of_nothing(operator: Operator) -> tuple[list[Asked], list[Asked]]:
    """Give the calls on nothing that have a value, and those that have one on one entry alone."""
    answered, refused = [], []
    for of in emptied(operator):
        asked = of(0)
        if asked.value() is not None:
            answered.append(asked)
        elif _is_picked_along(asked) and all(of(n).value() is not None for n in SOME):
            refused.append(asked)
    return answered, refused


def _is_picked_along(asked: Asked) -> bool:
    """Say whether an entry is missing along a dimension, and nothing else is.

    No place is named that is not there, nor one picked of all that there are.  Of an operand of
    which two dimensions are empty, the other one may already leave nothing to be asked for.
    """
    empties = [i for i, _, n in dimensions(asked.sample) if not n]
    if not empties:
        return False
    named = len(list(variables(asked.sample))) < len({i for i, *_ in dimensions(asked.sample)})
    alone = not named and len(empties) == len(set(empties))
    return alone and ("dim" in asked.sample or asked.call.operator.name not in NOTHING_TO_PICK)


def _bent(calls: list[Asked]) -> list[Asked]:
    """Give the call of which most is left, and one of which nothing is.

    What is a function of each entry is none of none, however often it is differentiated.
    """
    found: dict[bool, Asked] = {}
    for asked in sorted(calls, key=_left, reverse=True):
        points, values = list(variables(asked.sample)), asked.value() or []
        floating = [v for v in values if v.dtype.kind == "f"]
        alike = [p.shape for p in points] == [v.shape for v in floating]
        if points and floating and not alike and all(np.isfinite(v).all() for v in floating):
            found.setdefault(bool(_left(asked)), asked)
    return list(found.values())


def _left(asked: Asked) -> int:
    return sum(point.size for point in variables(asked.sample))


_ASKED: Final = {o.name: _of_nothing(o) for o in out_of_place() if o.smoothness in DIFFERENTIABLE}
EMPTY: Final = {name: answered for name, (answered, _) in _ASKED.items() if answered}
"""Operator -> its calls on operands that are empty along some dimension."""

BENT_BY_NOTHING: Final = {n: bent for n, calls in EMPTY.items() if (bent := _bent(calls))}
"""Some of them: one for each choice of operands and results that are empty."""

UNANSWERED: Final = {name: refused for name, (_, refused) in _ASKED.items() if refused}
"""Operator -> its calls on such operands that have no value."""
