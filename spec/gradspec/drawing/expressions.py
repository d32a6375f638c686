"""Random expressions for the laws: graphs with diamonds, reuse and broadcasting in plenty.

`expressions()` draws an `Expression`: a graph of operations over a few leaves, as data.  It can be
evaluated by an engine and by NumPy, and knows its gradient in closed form without any rule of
differentiation: by the complex step, f'(x) = Im f(x + ih) / h, which is exact to rounding
because h = 1e-30 leaves no difference to cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operators import OPERATORS
from gradspec.drawing.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

Shape = tuple[int, ...]
Change = Callable[[int, Any], Any]

SHAPES: Final[tuple[Shape, ...]] = ((), (3,), (2, 1), (1, 3), (2, 3))
"""Shapes that broadcast against each other in every way: new axes, and axes of length one."""

SCALARS: Final[tuple[Shape, ...]] = ((),)

STEP: Final = 1e-30
BINARY: Final = ("add", "sub", "mul")
UNARY: Final = ("neg", "sin", "cos", "tanh")

FORMULAS: Final = SimpleNamespace(**{n: OPERATORS[n].formula for n in (*BINARY, *UNARY)})
"""The operators on NumPy arrays, complex ones too."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation over earlier values, which are counted from the first leaf on."""

    name: str
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """A graph of operations over leaves, with a cotangent for its last value.

    `scale` bounds the sum of the absolute contributions of all paths to any gradient entry,
    which is what rounding errors are in proportion to; an entry of any value, not only of a leaf.
    """

    leaves: tuple[Any, ...]
    operations: tuple[Operation, ...]
    cotangent: Any
    scale: float

    def values(self, space: Any, leaves: Sequence[Any], change: Change | None = None) -> list[Any]:
        """Compute all values, leaves first; `space` has the operators: `ag`, or `FORMULAS`.

        A `change` is made to each value, which it is given with its number, before it is used.
        """
        values = [leaf if change is None else change(n, leaf) for n, leaf in enumerate(leaves)]
        for operation in self.operations:
            operands = (values[i] for i in operation.operands)
            value = getattr(space, operation.name)(*operands)
            values.append(value if change is None else change(len(values), value))
        return values

    def evaluate(self, space: Any, leaves: Sequence[Any], change: Change | None = None) -> Any:
        """Compute the last value."""
        return self.values(space, leaves, change)[-1]

    def value(self) -> Any:
        """Compute the last value with NumPy."""
        return self.numbers[-1]

    @property
    def numbers(self) -> list[Any]:
        """Compute all values with NumPy."""
        return self.values(FORMULAS, self.leaves)

    def below(self, number: int) -> set[int]:
        """Give the numbers of the values that one depends on, its own among them."""
        found, waiting = set(), [number]
        while waiting:
            number = waiting.pop()
            found.add(number)
            if number >= len(self.leaves):
                waiting += self.operations[number - len(self.leaves)].operands
        return found

    def gradients(self, cotangent: Any = None) -> tuple[Any, ...]:
        """Give the vector-Jacobian product for each leaf, in closed form."""
        return tuple(self.gradient(k, cotangent) for k in range(len(self.leaves)))

    def gradient(self, number: int, cotangent: Any = None, constant: Sequence[int] = ()) -> Any:
        """Give the product for any value by its number, in closed form.

        What uses a value that is `constant` takes it for a number that varies with nothing.
        """
        weight = self.cotangent if cotangent is None else cotangent
        gradient = np.zeros(np.shape(self.numbers[number]))
        for entry in np.ndindex(gradient.shape):
            moved = self.evaluate(FORMULAS, self.leaves, _moving(number, entry, constant))
            gradient[entry] = float(np.sum(weight * np.imag(moved))) / STEP
        return gradient

    def reached(self) -> set[int]:
        """Give the values that the last one depends on, itself included."""
        last = len(self.leaves) + len(self.operations) - 1
        found = {last}
        for number in range(last, len(self.leaves) - 1, -1):
            if number in found:
                found.update(self.operations[number - len(self.leaves)].operands)
        return found

    @property
    def once(self) -> list[int]:
        """Give the numbers of values that are computed once.

        An engine may take two values that were computed alike for one.
        """
        forms: list[Any] = list(range(len(self.leaves)))
        for operation in self.operations:
            of = [forms[i] for i in operation.operands]
            forms.append(
                (operation.name, *(of if operation.name == "sub" else sorted(of, key=repr)))
            )
        return [number for number, form in enumerate(forms) if forms.count(form) == 1]

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


def _moving(number: int, entry: tuple[int, ...], constant: Sequence[int]) -> Change:
    """Move one entry of a value by the step."""

    def change(at: int, value: Any) -> Any:
        moved = np.array(value, np.complex128)
        if at == number:
            moved[entry] += 1j * STEP
        return moved.real + 0j if at in constant else moved

    return change


def expressions(
    *, shapes: tuple[Shape, ...] = SHAPES, unary: tuple[str, ...] = UNARY, most: int = 8
) -> Drawn:
    """Draw an expression in which every leaf is used and recent values are used often.

    Values are kept small by a sine where they could grow; with `unary` empty, by taking a sum in
    place of a product.
    """
    return _drawn("expression_strategy", shapes, unary, most)


def expressions_with_a_second_cotangent(*, unary: tuple[str, ...] = UNARY) -> Drawn:
    """Draw an expression, another cotangent for it, and two numbers."""
    return _drawn("with_a_second_cotangent", SHAPES, unary, 8)


def expressions_with_some_values() -> Drawn:
    """Draw an expression, and the numbers of some values, leaves too, that are computed once."""
    return _drawn("with_some_values", SHAPES, ("sin", "cos"), 8)


def _drawn(name: str, shapes: tuple[Shape, ...], unary: tuple[str, ...], most: int) -> Drawn:
    needs = {f"op:{name}" for name in (*BINARY, *unary)} | ({"arrays"} if any(shapes) else set())
    return Drawn("expressions", name, (shapes, unary, most), frozenset(needs))
