"""`Asked`: a call and the operands that it is made on; the calls of an operator, as written."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import Operand
from gradspec.catalogue.operator import BY_PARTS, Call, Given, Operator, variables
from gradspec.catalogue.operators import CALLS, OPERATORS
from gradspec.catalogue.slopes import pulled_back
from gradspec.exceptions import TooFewNumbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gradspec.catalogue.slopes import Pulled

REFUSALS: Final = (ValueError, IndexError, TypeError, ArithmeticError, np.linalg.LinAlgError)
"""What a formula raises of operands that it is not made for."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A call, and a sample of its operands that need not be the one that it draws."""

    call: Call
    sample: Given

    def value(self) -> list[Any] | None:
        """Compute the results; None where the formula refuses."""
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                value = self.call.value(self.sample)  # NumPy warns of means of nothing
        except REFUSALS:
            return None
        return [np.asarray(v) for v in (value if self.call.gives_several else (value,))]

    def pulled_back(self, cotangent: Any, part: int | None = None) -> Pulled:
        """Give the cotangent times the Jacobian.

        Operands and cotangents are of about one in size, and so is what is rounded on the way.
        """
        with np.errstate(all="ignore"):
            pulled = pulled_back(self.call, self.sample, cotangent, part)
        return pulled._replace(scale=max(pulled.scale, 1.0))


def calls_of(operator: Operator) -> list[Call]:
    """Give the calls of an operator, the plain one first."""
    return [CALLS[operator.named(name)] for name in operator.calls]


def out_of_place() -> list[Operator]:
    """Give the operators of real numbers that have a formula and write nothing.

    A form in place works along the same axes, and on so many entries, as they do; what it is asked
    for itself is what a write changes: where its operands lie, what is saved, and of which type.
    """
    return [
        o
        for o in OPERATORS.values()
        if o.formula is not None and not o.inplace and o.smoothness not in BY_PARTS
    ]


def with_shapes(call: Call, shapes: Mapping[str, tuple[int, ...]]) -> Asked:
    """Draw operands of other shapes; raises TooFewNumbers where a domain has not enough."""
    given = dict(call.given)
    for name, shape in shapes.items():
        given[name] = Operand(shape, given[name].domain)
    other = Call(call.operator, call.name, given)
    try:
        return Asked(other, other.sample())
    except ValueError as error:
        raise TooFewNumbers(f"{call.name} cannot be drawn in the shapes {shapes}") from error


def in_reach(asked: Iterable[Any], call_of: Callable[[Any], Call] = lambda call: call) -> list[Any]:
    """Leave out calls with options that an engine may lack, if there are others."""
    every = [(one, call_of(one)) for one in asked]
    usual = [one for one, call in every if not {*call.operator.apart.split()} & {*call.given}]
    return usual or [one for one, _ in every]


def operands_of(call: Call) -> list[str]:
    """Name the operands that are drawn."""
    return [name for name, value in call.given.items() if isinstance(value, Operand)]


def same(found: list[Any] | None, other: list[Any] | None) -> bool:
    """Say whether two calls gave the same results."""
    if found is None or other is None or len(found) != len(other):
        return False
    return all(
        a.shape == b.shape and np.allclose(a, b, equal_nan=True)
        for a, b in zip(found, other, strict=True)
    )


def has_variables(sample: Given) -> bool:
    """Say whether there is anything to differentiate by."""
    return any(True for _ in variables(sample))
