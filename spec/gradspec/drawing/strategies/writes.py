"""How programs of writes in place are drawn."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from hypothesis import strategies as st

from gradspec.catalogue.operator import ANALYTIC
from gradspec.drawing.writes import (
    LEAF,
    WRITES,
    Act,
    Array,
    Compute,
    InPlaceProgram,
    Take,
    TensorOperand,
    Write,
    everything_after,
    perform,
    start,
)

SHAPE: Final = (2, 3)
SHORTEST: Final = 3
LONGEST: Final = 9
LARGEST_FACTOR: Final = 8.0
LARGEST_ARGUMENT: Final = 2.0
POINTS: Final = (-1.5, -1.0, -0.5, 0.5, 1.0, 2.0)
WEIGHTS: Final = (-2.0, -1.0, 0.5, 1.0, 3.0)
CONSTANTS: Final = (-2.0, 0.5, 3.0)
INDICES: Final = (0, slice(None, 1), slice(1, None), (slice(None), 1), (slice(None), slice(1, 3)))


@st.composite
def inplace_program_strategy(draw: st.DrawFn) -> InPlaceProgram:
    """Draw a program; the first act is a view, the last a write."""
    point, buffer = _entries(draw, POINTS), _entries(draw, CONSTANTS)
    tensors = start(point, buffer)
    acts: list[Act] = []
    middle = draw(st.lists(st.sampled_from(KINDS), min_size=SHORTEST, max_size=LONGEST))
    for kind in (_take, *middle, _write):
        acts.append(kind(draw, tensors))
        perform(tensors, acts[-1])
    weights = tuple(draw(st.sampled_from(WEIGHTS)) for _ in tensors)
    return InPlaceProgram(point, buffer, tuple(acts), weights)


def _entries(draw: st.DrawFn, choices: tuple[float, ...]) -> Array:
    size = math.prod(SHAPE)
    entries = draw(st.lists(st.sampled_from(choices), min_size=size, max_size=size))
    return np.array(entries).reshape(SHAPE)


def _take(draw: st.DrawFn, tensors: list[Array]) -> Act:
    sources = [n for n, t in enumerate(tensors) if t.ndim and n != LEAF]
    source = draw(st.sampled_from(sources))
    array = tensors[source]
    kinds = ["index"]
    kinds += ["transpose", "diagonal"] if array.ndim > 1 else []
    kinds += ["flat"] if array.ndim > 1 and array.flags.c_contiguous else []
    kind = draw(st.sampled_from(kinds))
    return Take(source, kind, _index(draw, array) if kind == "index" else None)


def _compute(draw: st.DrawFn, tensors: list[Array]) -> Act:
    source = draw(st.sampled_from(range(len(tensors))))
    array = tensors[source]
    factors = [
        TensorOperand(n)
        for n, t in enumerate(tensors)
        if t.shape == array.shape and _within(LARGEST_FACTOR, t, array)
    ]
    with_tensor = draw(RARELY)
    if factors and with_tensor:
        return Compute(source, draw(st.sampled_from(factors)))
    return Compute(source, draw(A_CONSTANT))


def _write(draw: st.DrawFn, tensors: list[Array]) -> Act:
    views = [n for n, t in enumerate(tensors) if t.base is not None]
    anything = [n for n in range(len(tensors)) if n != LEAF]
    target = draw(st.sampled_from(views if draw(st.booleans()) else anything))
    array = tensors[target]
    operators = [name for name in WRITES if name not in STEEP]
    operators += ["setitem"] * 2 if array.ndim else []
    operators += STEEP if _within(LARGEST_ARGUMENT, array) else []
    operator = draw(st.sampled_from(operators))
    index = _index(draw, array) if operator == "setitem" else None
    place = array if index is None else array[everything_after(index)]
    operands: list[float | TensorOperand] = []
    if operator in OF_ONE_OPERAND:
        return Write(target, operator)
    if operator != "copy_":
        operands.append(draw(A_CONSTANT))
    if operator not in ("div_", "fill_"):
        operands += _operands(draw, tensors, target, place, operator)
    return Write(target, operator, draw(st.sampled_from(operands)), index)


def _operands(
    draw: st.DrawFn, tensors: list[Array], target: int, place: Array, operator: str
) -> list[float | TensorOperand]:
    """List the tensors that may be written to a place: those that broadcast to its shape.

    What overlaps with the target is copied first, since no engine says what a write does to an
    operand that it is changing; only sums and products may use the target itself.  Factors are
    saved for the backward pass: most are copied too, lest too many programs be refused.
    """
    saved_apart = operator == "mul_" and not draw(RARELY)
    itself = target if operator in ("add_", "sub_", "mul_") else None
    return [
        TensorOperand(
            n, copied=saved_apart or (n != itself and np.shares_memory(t, tensors[target]))
        )
        for n, t in enumerate(tensors)
        if _broadcasts(t, place) and (operator != "mul_" or _within(LARGEST_FACTOR, t, place))
    ]


OF_ONE_OPERAND: Final = [n for n, write in WRITES.items() if write.signature.names == ("x",)]
STEEP: Final = [n for n in OF_ONE_OPERAND if WRITES[n].smoothness is ANALYTIC]
"""What is written only over small numbers."""

A_CONSTANT: Final = st.sampled_from(CONSTANTS)
RARELY: Final = st.sampled_from((False, False, False, True))

KINDS: Final = (_take, _write, _write, _write, _compute)
"""What the acts between the first and the last are drawn from."""


def _index(draw: st.DrawFn, array: Array) -> Any:
    return draw(st.sampled_from([i for i in INDICES if _fits(array, i)]))


def _fits(array: Array, index: Any) -> bool:
    try:
        return bool(array[everything_after(index)].size)
    except IndexError:
        return False


def _broadcasts(array: Array, target: Array) -> bool:
    try:
        return np.broadcast_shapes(array.shape, target.shape) == target.shape
    except ValueError:
        return False


def _within(limit: float, *arrays: Array) -> bool:
    return all(float(np.max(np.abs(a))) <= limit for a in arrays)
