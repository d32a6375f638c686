"""The signs of the host language, by the names that Python's `operator` has them under."""

from __future__ import annotations

from typing import Final

BINARY: Final = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "and_": "&",
    "or_": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
    "matmul": "@",
}
"""Arithmetic: the right operand may be asked as well as the left one."""

COMPARING: Final = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

UNARY: Final = {"neg": "-", "pos": "+", "invert": "~", "abs": "abs"}

BETWEEN: Final = {**BINARY, **COMPARING}
"""Name -> what stands between two operands."""

NAMES: Final = {sign: name for name, sign in BETWEEN.items()}


def method(name: str) -> str:
    """Name the method by which Python knows a sign."""
    return f"__{name.rstrip('_')}__"


def reflected(name: str) -> str:
    """Name the method that the right operand has for a sign."""
    return f"__r{name.rstrip('_')}__"
