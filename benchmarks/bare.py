"""A tape with nothing to it: what reverse mode costs in Python before any rule of autograd holds.

No grad mode, no version, no view, no hook, no accumulation, no freeing, no check of any kind, and
NumPy's warnings as they come: the least that an engine in Python can add to NumPy.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

ADD = np.add.reduce
MAX = np.maximum.reduce


class Value:
    """An array, what it was computed from, and a rule for each of these."""

    __slots__ = ("array", "grad", "operands", "rules", "saved", "wanted")

    def __init__(self, array: Any, operands: Any = (), rules: Any = (), saved: Any = None) -> None:
        self.array = array
        self.operands = operands
        self.rules = rules
        self.saved = saved
        self.wanted = any(each.wanted for each in operands)
        self.grad: Any = None

    def __add__(self, other: Self) -> Value:
        return Value(self.array + other.array, (self, other), AS_IS)

    def __mul__(self, other: Self) -> Value:
        return Value(self.array * other.array, (self, other), MUL, (self.array, other.array))

    def __matmul__(self, other: Self) -> Value:
        return Value(self.array @ other.array, (self, other), MATMUL, (self.array, other.array))

    def __truediv__(self, number: float) -> Value:
        return Value(self.array / number, (self,), DIV, number)

    def __neg__(self) -> Value:
        return Value(-self.array, (self,), NEG)

    def t(self) -> Value:
        """Transpose."""
        return Value(self.array.T, (self,), TURN)

    def tanh(self) -> Value:
        """Apply tanh."""
        result = np.tanh(self.array)
        return Value(result, (self,), TANH, result)

    def relu(self) -> Value:
        """Apply relu."""
        result = np.maximum(self.array, 0)
        return Value(result, (self,), RELU, result)

    def softmax(self) -> Value:
        """Apply softmax to rows."""
        result = np.exp(self.array - MAX(self.array, 1, None, None, True))
        result /= ADD(result, 1, None, None, True)
        return Value(result, (self,), SOFTMAX, result)

    def log_softmax(self) -> Value:
        """Apply the logarithm of softmax to rows."""
        result = self.array - MAX(self.array, 1, None, None, True)
        result -= np.log(ADD(np.exp(result), 1, None, None, True))
        return Value(result, (self,), LOG_SOFTMAX, result)

    def sum(self) -> Value:
        """Sum all elements."""
        return Value(ADD(self.array, None), (self,), SUM, self.array.shape)

    def mean(self) -> Value:
        """Average all elements."""
        return self.sum() / self.array.size


AS_IS = (lambda g, _: g, lambda g, _: g)
MUL = (lambda g, s: g * s[1], lambda g, s: g * s[0])
MATMUL = (lambda g, s: g @ s[1].T, lambda g, s: s[0].T @ g)
DIV = (lambda g, number: g / number,)
NEG = (lambda g, _: -g,)
TURN = (lambda g, _: g.T,)
TANH = (lambda g, r: g * (1 - r * r),)
RELU = (lambda g, r: g * (r > 0),)
SOFTMAX = (lambda g, r: (g - ADD(g * r, 1, None, None, True)) * r,)
LOG_SOFTMAX = (lambda g, r: g - np.exp(r) * ADD(g, 1, None, None, True),)
SUM = (np.broadcast_to,)


def backward(root: Value) -> None:
    """Leave gradients in the leaves: each value is gone through once, when its sum is complete."""
    missing, seen = {root: 0}, [root]
    for each in seen:
        for operand in each.operands:
            if operand.wanted:
                if operand in missing:
                    missing[operand] += 1
                else:
                    missing[operand] = 1
                    seen.append(operand)
    sums, ready = {root: np.ones_like(root.array)[()]}, [root]
    while ready:
        value = ready.pop()
        g = sums.pop(value)
        if not value.operands:
            value.grad = g
            continue
        for operand, rule in zip(value.operands, value.rules, strict=True):
            if operand.wanted:
                part = rule(g, value.saved)
                if part.ndim > operand.array.ndim:
                    part = ADD(part, 0)
                sums[operand] = sums[operand] + part if operand in sums else part
                missing[operand] -= 1
                if not missing[operand]:
                    ready.append(operand)
