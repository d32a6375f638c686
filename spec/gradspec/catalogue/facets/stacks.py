"""Stacks of stacks: what is done to each matrix, in two more dimensions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import Operand
from gradspec.catalogue.facets.asking import Asked, calls_of, out_of_place, same
from gradspec.catalogue.operator import DIFFERENTIABLE, Call, Operator, variables

MATRIX: Final = 2


def stack_of_stacks(operator: Operator) -> Call | None:
    """Give the call on a stack whose entries are stacks of one, if each is taken for itself."""
    return next((deep for call in calls_of(operator) if (deep := _deep(call)) is not None), None)


def _deep(call: Call) -> Call | None:
    ranks = {operand.ndim for operand in variables(call.sample())}
    if len(ranks) != 1 or min(ranks) <= MATRIX:
        return None
    deep = Call(call.operator, call.name, {n: _deeper(v) for n, v in call.given.items()})
    value = Asked(call, call.sample()).value()
    once = value and [np.expand_dims(v, 1) for v in value if v.ndim]
    return deep if once and same(Asked(deep, deep.sample()).value(), once) else None


def _deeper(value: Any) -> Any:
    if isinstance(value, Operand):
        return replace(value, shape=(value.shape[0], 1, *value.shape[1:]))
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.expand_dims(value, 1)
    return value


STACKS: Final = {
    operator.name: deep
    for operator in out_of_place()
    if operator.factors
    and operator.smoothness in DIFFERENTIABLE
    and (deep := stack_of_stacks(operator))
}
"""Operator of matrices -> its call on a stack of stacks."""
