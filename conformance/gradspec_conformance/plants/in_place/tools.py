"""Replace one kernel or one rule of the engine's table, or switch recording off for a call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.rows import replace_kernel, replace_rule
from gradspec_reference.engine import modes
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_conformance.plants.plant import Swap

Function = Callable[..., Any]


def kernel(swap: Swap, operator: str, fault: Function) -> None:
    """Compute an operator by `fault(sound, *arguments)`, where `sound` is the right kernel."""
    replace_kernel(swap, operator, functools.partial(fault, OPERATORS[operator].kernel))


def rule(swap: Swap, operator: str, operand: str, fault: Function) -> None:
    """Differentiate an operator by `fault(sound, xp, g, *rest)`, where `sound` is the rule."""
    sound = OPERATORS[operator].vjp[operand]
    replace_rule(swap, operator, operand, functools.partial(fault, sound))


def passed_on(_sound: Function, _xp: Any, g: Any, *_rest: Any) -> Any:
    """Give the operand all that arrives."""
    return g


def blocked(_sound: Function, xp: Any, g: Any, *_rest: Any) -> Any:
    """Give the operand zeros."""
    return xp.zeros_like(g)


def unrecorded(function: Function, *arguments: Any) -> Any:
    """Call a function while recording is off."""
    before = modes.enter(False)
    try:
        return function(*arguments)
    finally:
        modes.leave(before)


def copied(sound: Function, *arguments: Any) -> Any:
    """Give the result of a kernel in memory of its own."""
    result = sound(*arguments)
    return [np.array(r) for r in result] if isinstance(result, list) else np.array(result)
