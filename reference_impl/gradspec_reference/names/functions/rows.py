"""Functions that are nothing but their row: an operator on trial, before it has a door of its own.

A row with `options` is called with its operands, then with these by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import recording
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable


def of_row(name: str) -> Callable[..., Any]:
    """Make the function of a row with options; raises AttributeError where there is none."""
    row = OPERATORS.get(name)
    if row is None or row.options is None:
        raise AttributeError(f"module 'gradspec_reference' has no attribute {name!r}", name=name)
    options = row.options

    def function(*operands: Any, **given: Any) -> Any:
        if len(operands) != len(row.operand_names) or not given.keys() <= options.keys():
            wanted = ", ".join((*row.operand_names, *(f"{n}={v}" for n, v in options.items())))
            raise TypeError(f"{name}() takes {wanted}")
        return recording.apply_pointwise(OPERATORS[name], operands, *{**options, **given}.values())

    return function
