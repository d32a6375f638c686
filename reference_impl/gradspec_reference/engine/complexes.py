"""Complex numbers: which operators take them, and what their rules are there; start at `row`.

A rule gives g times the derivative.  In the conjugate Wirtinger convention a holomorphic function
passes on g times the conjugate of its derivative, which is the rule conjugated before and after: so
a rule is written once, for real numbers.  What is not holomorphic, such as `abs`, has rules that
hold for complex numbers as they are written.  Tangents take the rule as it is.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import narrow
from gradspec_reference.errors import NoComplexKernelError, NoComplexRuleError
from gradspec_reference.marked import Marked, settled

if TYPE_CHECKING:
    from gradspec_reference.operators import Operator

ARRAYS: Final = (np.ndarray, np.generic)


def is_complex(value: Any) -> bool:
    """Tell whether a value is an array, or a number, of complex numbers."""
    return isinstance(value, complex) or (isinstance(value, ARRAYS) and value.dtype.kind == "c")


def run(operator: Operator, values: list[Any], params: tuple[Any, ...]) -> Any:
    """Run a kernel on complex values, or marked ones; NoComplexKernelError if it has none.

    What shows the memory of an operand goes on showing conjugates; all else is told the numbers.
    """
    check_has_kernel(operator, values)
    numbers = settled(values)
    result = operator.kernel(*numbers, *params)
    if any(isinstance(v, Marked) for v in values) and narrow.shows(result, numbers):
        return operator.kernel(*values, *params)
    return result


def check_has_kernel(operator: Operator, values: list[Any]) -> None:
    """Refuse complex numbers where an operator does not take them, as torch does."""
    if operator.takes_complex or not any(map(is_complex, values)):
        return
    found = next(dtypes.of(v.dtype) for v in values if isinstance(v, ARRAYS) and is_complex(v))
    error = NoComplexRuleError if operator.on_complex == "undefined" else NoComplexKernelError
    raise error(
        f"{operator.name} was given {found}, and is not for complex numbers; take real(), imag() "
        "or abs() first"
    )


def row(operator: Operator) -> Operator:
    """Return the row under which an operation with a complex result is recorded."""
    if operator.on_complex == "undifferentiated":
        raise NoComplexRuleError(
            f"{operator.name} was given complex numbers that require grad, and has no derivative "
            "there, as in torch; write into a clone() instead"
        )
    if operator.on_complex != "holomorphic":
        return operator
    made: Operator | None = operator.derived.get("complex")
    if made is None:
        rules = {operand: conjugated(rule) for operand, rule in operator.vjp.items()}
        made = operator.derived["complex"] = dataclasses.replace(operator, vjp=rules)
    return made


def conjugated(rule: Any) -> Any:
    """Return a rule whose derivative is the conjugate one."""

    def conjugate(xp: Any, g: Any, *arguments: Any) -> Any:
        part = rule(xp, xp.conj_physical(g), *settled(arguments))
        return None if part is None else xp.conj_physical(part)

    return conjugate
