"""A whole engine of single numbers on one page: a tape, six operators and three functions.

It is what the wrong engines are thin changes to.  It passes the clauses that the tests run.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Refusal(Exception):
    """An error of the engine; its text is the kind."""


AGES = itertools.count()


class Number:
    """A number, the numbers it came from, and its derivative by each of them."""

    def __init__(self, value: float, *, requires_grad: bool = False) -> None:
        self.value = value
        self.age = next(AGES)
        self.grad: Number | None = None
        self.requires_grad = requires_grad
        self.parents: tuple[tuple[Number, float], ...] = ()


RULES: dict[str, Callable[..., tuple[float, tuple[float, ...]]]] = {
    "add": lambda a, b: (a + b, (1.0, 1.0)),
    "sub": lambda a, b: (a - b, (1.0, -1.0)),
    "mul": lambda a, b: (a * b, (b, a)),
    "div": lambda a, b: (a / b, (1.0 / b, -a / (b * b))),
    "neg": lambda a: (-a, (-1.0,)),
    "pow": lambda a, b: (a**b, (b * a ** (b - 1.0), 0.0)),
    "sin": lambda a: (math.sin(a), (math.cos(a),)),
    "exp": lambda a: (math.exp(a), (math.exp(a),)),
    "tanh": lambda a: (math.tanh(a), (1.0 - math.tanh(a) ** 2,)),
}
"""Operator -> value, and the derivative by each operand."""


class ToyEngine:
    """Sound, and small."""

    name = "toy"
    version = "1"
    capabilities = frozenset(
        {"values", "tape", "control_flow", "dtype:float64", "op:sin", "op:exp", "op:tanh"}
    )

    def error_kind(self, error: Exception) -> str | None:
        """Every refusal of the engine says its kind."""
        return str(error) if isinstance(error, Refusal) else None

    def tensor(self, array: Any) -> Any:
        """Make a constant."""
        return Number(float(array))

    def leaf(self, array: Any) -> Any:
        """Make a leaf."""
        return Number(float(array), requires_grad=True)

    def apply(self, operator: str, arguments: Mapping[str, Any]) -> Any:
        """Compute, and record if an operand requires grad."""
        operands = arguments.values()
        numbers = [o if isinstance(o, Number) else Number(float(o)) for o in operands]
        value, slopes = RULES[operator](*(n.value for n in numbers))
        result = Number(value, requires_grad=any(n.requires_grad for n in numbers))
        if result.requires_grad:
            pairs = zip(numbers, slopes, strict=True)
            result.parents = tuple((n, slope) for n, slope in pairs if n.requires_grad)
        return result

    def array(self, tensor: Any) -> Any:
        """Look at the value."""
        return np.array(tensor.value)

    def get(self, tensor: Any, attribute: str) -> Any:
        """Read grad."""
        return getattr(tensor, attribute)

    def set(self, tensor: Any, attribute: str, value: Any) -> None:
        """Write grad."""
        setattr(tensor, attribute, value)

    def delete(self, tensor: Any, attribute: str) -> None:
        """Clear grad."""
        setattr(tensor, attribute, None)

    def same_object(self, one: Any, other: Any) -> bool:
        """Compare by identity."""
        return one is other

    def item(self, tensor: Any) -> Any:
        """Give the value."""
        return tensor.value

    def float(self, tensor: Any) -> Any:
        """Give the value."""
        return tensor.value

    def int(self, tensor: Any) -> Any:
        """Give the value."""
        return int(tensor.value)

    def bool(self, tensor: Any) -> Any:
        """Give the value."""
        return bool(tensor.value)

    def backward(self, root: Any, gradient: Any = None, **_options: Any) -> None:
        """Visit each number once, the youngest first, and add up what flows to it."""
        if gradient is not None or not isinstance(root, Number):
            raise TypeError("this engine begins at one number, with 1")
        if not root.requires_grad:
            raise Refusal("root-without-grad")
        flowing = {root: 1.0}
        while flowing:
            number = max(flowing, key=lambda n: n.age)
            cotangent = flowing.pop(number)
            for parent, slope in number.parents:
                flowing[parent] = flowing.get(parent, 0.0) + cotangent * slope
            if not number.parents:
                before = number.grad.value if number.grad is not None else 0.0
                number.grad = Number(before + cotangent)
