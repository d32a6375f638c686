"""Rows: the writes, views and copies that this chapter asks about, and what each computes.

The writes are those of the catalogue.  What a view or a copy shows is said in NumPy, on plain
arrays: which elements of its argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue import in_place
from gradspec.catalogue.operator import DIFFERENTIABLE, LINEAR, Call, map_arrays
from gradspec.catalogue.operators import IN_PLACE
from gradspec.catalogue.slopes import pulled_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gradspec import Autograd
    from gradspec.catalogue.operator import Operator
    from gradspec.program.objects import Tensor

    Array = Any
    OnArrays = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Write:
    """A write in place, as the catalogue has it: at a point, with constants for operands."""

    call: Call

    def into(self, ag: Autograd, target: Tensor) -> Any:
        """Write into a tensor; gives what the call, or the assignment, gave."""
        operands = {n: v for n, v in self.call.sample().items() if n != "x"}
        return getattr(target, self.call.operator.name)(**map_arrays(operands, ag.tensor))

    @property
    def point(self) -> Array:
        """What stands there before the write."""
        return self.call.sample()["x"]

    @property
    def value(self) -> Array:
        """What stands there after the write."""
        return self._value_after(self.point)

    def pulled_back(self, cotangent: Array) -> Array:
        """Give the cotangent times the derivative by what stood there before."""
        return pulled_back(self.call, self.call.sample(), cotangent).gradients[0]

    @property
    def overwrites_values(self) -> bool:
        """Whether it puts other values in the places of the old ones."""
        before, after = self.point, self.value
        return before.shape == np.shape(after) and not np.array_equal(before, after)

    @property
    def ignores_the_old_value(self) -> bool:
        """Whether what stands there afterwards has nothing of the old value in it."""
        linear = self.call.operator.smoothness is LINEAR
        return linear and np.array_equal(self.value, self._value_after(self.point + 1.0))

    def _value_after(self, before: Array) -> Array:
        return self.call.value(self.call.sample() | {"x": before})


def _writes(operators: Iterable[Operator]) -> dict[str, Write]:
    """Take for each operator the first of its calls that overwrites values, by its name."""
    found: dict[str, Write] = {}
    for operator in operators:
        for name, given in operator.calls.items():
            write = Write(Call(operator, operator.named(name), given))
            if operator.smoothness in DIFFERENTIABLE and write.overwrites_values:
                found.setdefault(operator.name.removesuffix("_"), write)
    return found


WRITES: Final = _writes(operator for operator in IN_PLACE if operator not in in_place.AUGMENTED)
"""Everything that the catalogue has to write values in place: `NAME_`, and `setitem`."""

AUGMENTED: Final = _writes(in_place.AUGMENTED)
"""`h += y` and its like, under Python's names for them."""

OVERWRITES: Final = {name: write for name, write in WRITES.items() if write.ignores_the_old_value}
"""Writes that ignore the value that they overwrite."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A rearrangement of a tensor, and the same one of an array."""

    of: Callable[[Autograd, Tensor], Tensor]
    on_array: OnArrays
    shape: tuple[int, ...] = (2, 3)

    @property
    def values(self) -> Array:
        """Six different numbers to rearrange."""
        return np.arange(1.0, 7.0).reshape(self.shape)

    @property
    def places(self) -> Array:
        """For each element of the result, which element of the argument it shows."""
        return self.on_array(np.arange(6).reshape(self.shape))

    def gathered(self, cotangent: Array) -> Array:
        """Give each element of the argument the sum of what arrives where it is shown."""
        weights = np.ravel(cotangent)
        return np.bincount(np.ravel(self.places), weights, 6).reshape(self.shape)

    @property
    def region(self) -> Array:
        """Which elements of the argument are shown at all."""
        return np.isin(np.arange(6), self.places).reshape(self.shape)


WRITABLE: Final = {
    "slice": Shown(lambda _, x: x[:, 1:], lambda a: a[:, 1:]),
    "index": Shown(lambda _, x: x[1, 2], lambda a: a[1, 2]),
    "select": Shown(lambda ag, x: ag.select(x, 1, 2), lambda a: a[:, 2]),
    "narrow": Shown(lambda ag, x: ag.narrow(x, 1, 1, 2), lambda a: a[:, 1:]),
    "t": Shown(lambda ag, x: ag.t(x), np.transpose),
    "transpose": Shown(lambda ag, x: ag.transpose(x, 0, 1), np.transpose),
    "permute": Shown(lambda ag, x: ag.permute(x, (1, 0)), np.transpose),
    "movedim": Shown(lambda ag, x: ag.movedim(x, 0, 1), np.transpose),
    "view": Shown(lambda ag, x: ag.view(x, 3, 2), lambda a: a.reshape(3, 2)),
    "unsqueeze": Shown(lambda ag, x: ag.unsqueeze(x, 1), lambda a: a[:, None]),
    "squeeze": Shown(lambda ag, x: ag.squeeze(x, 1), lambda a: a[:, 0], (2, 1, 3)),
    "diagonal": Shown(lambda ag, x: ag.diagonal(x), np.diagonal),
}
"""Operations whose result is one view, in which each address has one index."""

OVERLAPPING: Final = {
    "expand": Shown(lambda ag, x: ag.expand(x, 4, 2, 3), lambda a: np.stack([a] * 4)),
    "unfold": Shown(
        lambda ag, x: ag.unfold(x, 1, 2, 1), lambda a: np.stack([a[:, :2], a[:, 1:]], axis=1)
    ),
}
"""Operations whose result is one view, in which an address may have several indices."""

PIECES: Final = {
    "split": Shown(lambda ag, x: ag.split(x, 2, 1)[1], lambda a: a[:, 2:]),
    "chunk": Shown(lambda ag, x: ag.chunk(x, 2, 1)[1], lambda a: a[:, 2:]),
    "unbind": Shown(lambda ag, x: ag.unbind(x, 1)[2], lambda a: a[:, 2]),
}
"""One of the views that an operation made together."""

COPIES: Final = {
    "clone": Shown(lambda ag, x: ag.clone(x), np.array),
    "list": Shown(lambda _, x: x[[1, 1]], lambda a: a[[1, 1]]),
    "cat": Shown(lambda ag, x: ag.cat([x]), np.array),
    "flip": Shown(lambda ag, x: ag.flip(x, (0,)), np.flipud),
    "roll": Shown(lambda ag, x: ag.roll(x, 1, 0), lambda a: np.roll(a, 1, 0)),
    "repeat": Shown(lambda ag, x: ag.repeat(x, 1, 1), np.array),
    "tril": Shown(lambda ag, x: ag.tril(x), np.tril),
    "reshape": Shown(lambda ag, x: ag.reshape(ag.t(x), (6,)), lambda a: a.T.ravel()),
}
"""Operations whose result has memory of its own."""
