"""micrograd as it is written, with its true faults mended; what it chose stays as it chose.

Depth (micrograd#91), what a second pass finds in intermediates (micrograd#102), the order in which
contributions are added, and the power 0 at 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Value:
    """A number, its gradient, and how a cotangent flows back to what it was made of."""

    def __init__(self, data: float, children: tuple[Value, ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self._children = children
        self._pull: Callable[[float], tuple[float, ...]] = lambda _cotangent: ()

    def __add__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))
        out._pull = lambda g: (g, g)
        return out

    def __mul__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))
        out._pull = lambda g: (other.data * g, self.data * g)
        return out

    def __pow__(self, other: float) -> Value:
        assert isinstance(other, (int, float)), "only powers that are numbers"
        out = Value(self.data**other, (self,))
        out._pull = lambda g: (other * self.data ** (other - 1) * g if other else 0.0,)
        return out

    def relu(self) -> Value:
        out = Value(max(self.data, 0.0), (self,))
        out._pull = lambda g: ((self.data > 0) * g,)
        return out

    def backward(self) -> None:
        order: list[Value] = []
        seen: set[Value] = set()
        stack = [(self, False)]
        while stack:
            value, children_done = stack.pop()
            if children_done:
                order.append(value)
            elif value not in seen:
                seen.add(value)
                stack.append((value, True))
                stack.extend((child, False) for child in value._children)
        flowing = {self: 1.0}
        for value in reversed(order):
            cotangent = flowing.pop(value)
            value.grad += cotangent
            for child, part in zip(value._children, value._pull(cotangent), strict=False):
                flowing[child] = flowing.get(child, 0.0) + part

    def __neg__(self) -> Value:
        return self * -1

    __radd__ = __add__
    __rmul__ = __mul__

    def __sub__(self, other: Value | float) -> Value:
        return self + (-other)

    def __rsub__(self, other: float) -> Value:
        return other + (-self)

    def __truediv__(self, other: Value | float) -> Value:
        return self * other**-1

    def __rtruediv__(self, other: float) -> Value:
        return other * self**-1
