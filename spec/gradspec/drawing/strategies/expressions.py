"""How expressions are drawn."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from hypothesis import strategies as st

from gradspec.catalogue.operators import OPERATORS
from gradspec.drawing.expressions import BINARY, Expression, Operation, Shape
from gradspec.drawing.strategies.numbers import arrays, eighths

LARGEST: Final = 8.0


@st.composite
def expression_strategy(
    draw: st.DrawFn, shapes: tuple[Shape, ...], unary: tuple[str, ...], most: int
) -> Expression:
    """Draw an expression; see `gradspec.drawing.expressions.expressions`."""
    chosen = draw(st.lists(st.sampled_from(shapes), min_size=1, max_size=3))
    leaves = tuple(draw(arrays(shape)) for shape in chosen)
    growth = _Growth(leaves, next((name for name in unary if OPERATORS[name].tame), None))
    for _ in range(draw(st.integers(1, most))):
        growth.add(draw(_operation(growth.count, unary)))
    growth.join(draw(st.sampled_from(("add", "mul"))))
    shape = np.broadcast_shapes(*(leaf.shape for leaf in leaves))
    scale = 2.0 * float(np.prod(shape)) * growth.slopes[-1]
    return Expression(leaves, tuple(growth.operations), draw(arrays(shape)), max(scale, 1.0))


@st.composite
def _operation(draw: st.DrawFn, count: int, unary: tuple[str, ...]) -> Operation:
    name = draw(st.sampled_from(BINARY + unary))
    recent = st.integers(max(0, count - 3), count - 1)
    operands = [draw(recent)]
    if name in BINARY:
        operands.append(draw(recent | st.integers(0, count - 1)))
    return Operation(name, tuple(operands))


@st.composite
def with_a_second_cotangent(
    draw: st.DrawFn, shapes: tuple[Shape, ...], unary: tuple[str, ...], most: int
) -> tuple[Expression, Any, float, float]:
    """Draw an expression, another cotangent for it, and two numbers."""
    case = draw(expression_strategy(shapes, unary, most))
    return case, draw(arrays(np.shape(case.cotangent))), draw(eighths()), draw(eighths())


@st.composite
def with_some_values(
    draw: st.DrawFn, shapes: tuple[Shape, ...], unary: tuple[str, ...], most: int
) -> tuple[Expression, tuple[int, ...]]:
    """Draw an expression, and the numbers of some of its values that are computed once."""
    case = draw(expression_strategy(shapes, unary, most))
    numbers = st.sampled_from(case.once)
    return case, tuple(draw(st.lists(numbers, min_size=1, max_size=3, unique=True)))


class _Growth:
    """The graph while it grows: bounds on each value and on its slope in any entry before it.

    `tame` is a function that keeps values small, if there is one.
    """

    def __init__(self, leaves: tuple[Any, ...], tame: str | None) -> None:
        self.tame = tame
        self.operations: list[Operation] = []
        self.sizes = [float(np.max(np.abs(leaf), initial=0.0)) for leaf in leaves]
        self.slopes = [1.0] * len(leaves)

    @property
    def count(self) -> int:
        return len(self.sizes)

    def add(self, operation: Operation) -> None:
        """Add the operation, and a tame one after it if its value could grow too large."""
        sizes = [self.sizes[i] for i in operation.operands]
        slopes = [self.slopes[i] for i in operation.operands]
        if operation.name == "mul" and not self.tame and sizes[0] * sizes[1] > LARGEST:
            operation = Operation("add", operation.operands)
        if operation.name == "mul":
            size = sizes[0] * sizes[1]
            slope = sizes[0] * slopes[1] + sizes[1] * slopes[0]
        elif OPERATORS[operation.name].tame:
            size, slope = 1.0, slopes[0]
        else:
            size, slope = sum(sizes), sum(slopes)
        self._append(operation, size, slope)
        if size > LARGEST and self.tame:
            self._append(Operation(self.tame, (self.count - 1,)), 1.0, slope)

    def _append(self, operation: Operation, size: float, slope: float) -> None:
        self.operations.append(operation)
        self.sizes.append(size)
        self.slopes.append(max(slope, 1.0))  # an expression may be asked about this value, too

    def join(self, name: str) -> None:
        """Bring every value that nothing uses yet into one result, of the largest shape."""
        used = {i for operation in self.operations for i in operation.operands}
        loose = [i for i in range(self.count) if i not in used]
        while len(loose) > 1:
            self.add(Operation(name, (loose[0], loose[1])))
            loose = [*loose[2:], self.count - 1]
