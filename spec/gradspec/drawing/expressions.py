"""Random expressions for the laws: graphs with diamonds, reuse and broadcasting in plenty.

`expressions()` draws an `Expression`: a graph of operations over a few leaves, as data.  It can be
evaluated by an engine and by NumPy, and knows its gradient in closed form without any rule of
differentiation: by the complex step, f'(x) = Im f(x + ih) / h, which is exact to rounding
because h = 1e-30 leaves no difference to cancel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from hypothesis import strategies as st

from gradspec.drawing.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

Shape = tuple[int, ...]

SHAPES: Final[tuple[Shape, ...]] = ((), (3,), (2, 1), (1, 3), (2, 3))
"""Shapes that broadcast against each other in every way: new axes, and axes of length one."""

SCALARS: Final[tuple[Shape, ...]] = ((),)

STEP: Final = 1e-30
LARGEST: Final = 8.0
BINARY: Final = ("add", "sub", "mul")
UNARY: Final = ("neg", "sin", "cos", "tanh")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation over earlier values, which are counted from the first leaf on."""

    name: str
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """A graph of operations over leaves, with a cotangent for its last value.

    `scale` bounds the sum of the absolute contributions of all paths to any gradient entry,
    which is what rounding errors are in proportion to.
    """

    leaves: tuple[Any, ...]
    operations: tuple[Operation, ...]
    cotangent: Any
    scale: float

    def evaluate(self, space: Any, leaves: Sequence[Any]) -> Any:
        """Compute the last value; `space` has sin, cos and tanh: `ag`, or numpy."""
        values = list(leaves)
        for operation in self.operations:
            values.append(_apply(space, operation, [values[i] for i in operation.operands]))
        return values[-1]

    def value(self) -> Any:
        """Compute the last value with NumPy."""
        return self.evaluate(np, self.leaves)

    def gradients(self, cotangent: Any = None) -> tuple[Any, ...]:
        """Give the vector-Jacobian product for each leaf, in closed form."""
        weight = self.cotangent if cotangent is None else cotangent
        return tuple(self._gradient(k, weight) for k in range(len(self.leaves)))

    def _gradient(self, k: int, weight: Any) -> Any:
        gradient = np.zeros(self.leaves[k].shape)
        for entry in np.ndindex(gradient.shape):
            moved = [leaf.astype(np.complex128) for leaf in self.leaves]
            moved[k][entry] += 1j * STEP
            gradient[entry] = float(np.sum(weight * np.imag(self.evaluate(np, moved)))) / STEP
        return gradient

    @property
    def reuses_a_value(self) -> bool:
        """Whether some value is an operand more than once."""
        used = [i for operation in self.operations for i in operation.operands]
        return len(used) > len(set(used))

    @property
    def has_a_diamond(self) -> bool:
        """Whether some intermediate reaches the result along more than one path."""
        paths = {len(self.leaves) + len(self.operations) - 1: 1}
        for number in range(len(self.operations) - 1, -1, -1):
            for operand in self.operations[number].operands:
                reached = paths.get(len(self.leaves) + number, 0)
                paths[operand] = paths.get(operand, 0) + reached
        return any(count > 1 for value, count in paths.items() if value >= len(self.leaves))

    @property
    def broadcasts(self) -> bool:
        """Whether some operation has operands of different shapes."""
        shapes = [leaf.shape for leaf in self.leaves]
        for operation in self.operations:
            operands = [shapes[i] for i in operation.operands]
            if len(set(operands)) > 1:
                return True
            shapes.append(np.broadcast_shapes(*operands))
        return False


def _apply(space: Any, operation: Operation, operands: list[Any]) -> Any:
    match operation.name:
        case "add":
            return operands[0] + operands[1]
        case "sub":
            return operands[0] - operands[1]
        case "mul":
            return operands[0] * operands[1]
        case "neg":
            return -operands[0]
    return getattr(space, operation.name)(operands[0])


def numbers() -> st.SearchStrategy[float]:
    """Draw multiples of 1/8 between -2 and 2: exact in every floating-point type."""
    return st.integers(-16, 16).map(lambda n: n / 8)


def arrays(shape: Shape) -> st.SearchStrategy[Any]:
    """Draw an array of this shape with entries from `numbers`."""
    size = int(np.prod(shape))
    return st.lists(numbers(), min_size=size, max_size=size).map(
        lambda entries: np.array(entries).reshape(shape)
    )


def expressions(
    *, shapes: tuple[Shape, ...] = SHAPES, unary: tuple[str, ...] = UNARY, most: int = 8
) -> Drawn:
    """Draw an expression in which every leaf is used and recent values are used often.

    Values are kept small by a sine where they could grow; with `unary` empty, by taking a sum in
    place of a product.
    """
    needs = {f"op:{name}" for name in (*BINARY, *unary)} | ({"arrays"} if any(shapes) else set())
    return Drawn(lambda: _expressions(shapes, unary, most), frozenset(needs))


@st.composite
def _expressions(
    draw: st.DrawFn, shapes: tuple[Shape, ...], unary: tuple[str, ...], most: int
) -> Expression:
    chosen = draw(st.lists(st.sampled_from(shapes), min_size=1, max_size=3))
    leaves = tuple(draw(arrays(shape)) for shape in chosen)
    growth = _Growth(leaves, tame="sin" in unary)
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


class _Growth:
    """The graph while it grows: bounds on each value and on its slope in any leaf entry."""

    def __init__(self, leaves: tuple[Any, ...], *, tame: bool) -> None:
        self.tame = tame
        self.operations: list[Operation] = []
        self.sizes = [float(np.max(np.abs(leaf), initial=0.0)) for leaf in leaves]
        self.slopes = [1.0] * len(leaves)

    @property
    def count(self) -> int:
        return len(self.sizes)

    def add(self, operation: Operation) -> None:
        """Add the operation, and a sine after it if its value could grow too large."""
        sizes = [self.sizes[i] for i in operation.operands]
        slopes = [self.slopes[i] for i in operation.operands]
        if operation.name == "mul" and not self.tame and sizes[0] * sizes[1] > LARGEST:
            operation = Operation("add", operation.operands)
        if operation.name == "mul":
            size = sizes[0] * sizes[1]
            slope = sizes[0] * slopes[1] + sizes[1] * slopes[0]
        elif operation.name in ("sin", "cos", "tanh"):
            size, slope = 1.0, slopes[0]
        else:
            size, slope = sum(sizes), sum(slopes)
        self._append(operation, size, slope)
        if size > LARGEST and self.tame:
            self._append(Operation("sin", (self.count - 1,)), 1.0, slope)

    def _append(self, operation: Operation, size: float, slope: float) -> None:
        self.operations.append(operation)
        self.sizes.append(size)
        self.slopes.append(slope)

    def join(self, name: str) -> None:
        """Bring every value that nothing uses yet into one result, of the largest shape."""
        used = {i for operation in self.operations for i in operation.operands}
        loose = [i for i in range(self.count) if i not in used]
        while len(loose) > 1:
            self.add(Operation(name, (loose[0], loose[1])))
            loose = [*loose[2:], self.count - 1]
