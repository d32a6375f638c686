"""Put another row in a row's place in the engine's table of operators."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.plants.plant import Swap

    Function = Callable[..., Any]


def replace_row(swap: Swap, operator: str, **changes: Any) -> None:
    """Change a row of the table; where the fault shows, call `swap.took_effect()`."""
    swap(OPERATORS, operator, dataclasses.replace(OPERATORS[operator], **changes))


def replace_rule(swap: Swap, operator: str, operand: str, rule: Function) -> None:
    """Differentiate one operand by another rule, which is counted when it runs."""
    replace_row(swap, operator, vjp={**OPERATORS[operator].vjp, operand: counted(swap, rule)})


def replace_kernel(swap: Swap, operator: str, kernel: Function) -> None:
    """Compute an operator by another kernel, which is counted when it runs."""
    replace_row(swap, operator, kernel=counted(swap, kernel))


def counted(swap: Swap, function: Function) -> Function:
    """Note whenever a function runs."""

    def run(*arguments: Any) -> Any:
        swap.took_effect()
        return function(*arguments)

    return run
