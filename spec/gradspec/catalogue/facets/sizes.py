"""Operands of one entry, with no dimension, one or two; and selections that are empty."""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np

from gradspec.catalogue.facets.asking import Asked, calls_of, operands_of, out_of_place, same
from gradspec.catalogue.operator import DIFFERENTIABLE, Call, Operator, map_arrays, variables

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
