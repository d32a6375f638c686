"""Rows: the writes, views and copies that this chapter asks about, and what each computes.

What a row expects is said in NumPy, on plain arrays: a value, a slope, or which elements of its
argument a result shows.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd
    from gradspec.program.objects import Tensor

    Array = Any
    OnArrays = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Write:
    """A write in place, a point to write at, and what is written there, with its slope."""

    into: Callable[[Autograd, Tensor], Any]
    point: Array
    computes: OnArrays
    with_slope: OnArrays

    @property
    def value(self) -> Array:
        """What stands there after the write."""
        return self.computes(np.asarray(self.point))

    @property
    def slope(self) -> Array:
        """The derivative of each element of the value by the old one."""
        return np.asarray(self.with_slope(np.asarray(self.point)), np.float64)


FORMS: Final = {
    "add": Write(lambda _, h: h.add_(1.5), 3.0, lambda x: x + 1.5, np.ones_like),
    "sub": Write(lambda _, h: h.sub_(1.5), 3.0, lambda x: x - 1.5, np.ones_like),
    "mul": Write(lambda _, h: h.mul_(4.0), 3.0, lambda x: 4.0 * x, lambda _: 4.0),
    "div": Write(lambda _, h: h.div_(4.0), 3.0, lambda x: x / 4.0, lambda _: 0.25),
    "pow": Write(lambda _, h: h.pow_(3), 2.0, lambda x: x**3, lambda x: 3.0 * x**2),
    "neg": Write(lambda _, h: h.neg_(), 3.0, np.negative, lambda _: -1.0),
    "abs": Write(lambda _, h: h.abs_(), -3.0, np.abs, np.sign),
    "exp": Write(lambda _, h: h.exp_(), 0.5, np.exp, np.exp),
    "log": Write(lambda _, h: h.log_(), 4.0, np.log, np.reciprocal),
    "sqrt": Write(lambda _, h: h.sqrt_(), 4.0, np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "sin": Write(lambda _, h: h.sin_(), 0.5, np.sin, np.cos),
    "cos": Write(lambda _, h: h.cos_(), 0.5, np.cos, lambda x: -np.sin(x)),
    "tanh": Write(lambda _, h: h.tanh_(), 0.5, np.tanh, lambda x: np.cosh(x) ** -2),
    "sigmoid": Write(
        lambda _, h: h.sigmoid_(),
        0.5,
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: 0.25 * np.cosh(x / 2) ** -2,
    ),
    "relu": Write(
        lambda _, h: h.relu_(), [2.0, -3.0, 0.5], lambda x: np.maximum(x, 0.0), lambda x: x > 0
    ),
    "clamp": Write(
        lambda _, h: h.clamp_(0.0, 1.0),
        [-1.0, 0.5, 3.0],
        lambda x: np.clip(x, 0.0, 1.0),
        lambda x: (x > 0) & (x < 1),
    ),
    "masked_fill": Write(
        lambda ag, h: h.masked_fill_(ag.tensor([True, False, True]), 9.0),
        [1.0, 2.0, 3.0],
        lambda x: np.where([True, False, True], 9.0, x),
        lambda _: [0.0, 1.0, 0.0],
    ),
}
"""In-place forms of functions: `NAME_` is `NAME`, written over its argument."""

OVERWRITES: Final = {
    "fill": Write(lambda _, h: h.fill_(4.0), 3.0, lambda _: 4.0, np.zeros_like),
    "zero": Write(lambda _, h: h.zero_(), 3.0, np.zeros_like, np.zeros_like),
    "copy": Write(lambda ag, h: h.copy_(ag.tensor(4.0)), 3.0, lambda _: 4.0, np.zeros_like),
}
"""Writes that ignore the value that they overwrite."""

WRITES: Final = FORMS | OVERWRITES


def _assigned(name: str, other: float) -> Callable[[Autograd, Tensor], Any]:
    assign: Any = getattr(operator, name)
    return lambda _, h: assign(h, other)


AUGMENTED: Final = {
    "iadd": Write(_assigned("iadd", 1.0), 3.0, lambda x: x + 1.0, np.ones_like),
    "isub": Write(_assigned("isub", 2.0), 3.0, lambda x: x - 2.0, np.ones_like),
    "imul": Write(_assigned("imul", 6.0), 3.0, lambda x: x * 6.0, lambda _: 6.0),
    "itruediv": Write(_assigned("itruediv", 4.0), 3.0, lambda x: x / 4.0, lambda _: 0.25),
    "ipow": Write(_assigned("ipow", 2), 3.0, lambda x: x**2, lambda x: 2.0 * x),
}
"""`h += 1.0` and its like, under Python's names for them."""


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

CHANGED: Final = {
    "unsqueeze": Shown(lambda _, h: h.unsqueeze_(1), lambda a: a[:, None]),
    "squeeze": Shown(lambda _, h: h.squeeze_(1), lambda a: a[:, 0], (2, 1, 3)),
    "t": Shown(lambda _, h: h.t_(), np.transpose),
    "transpose": Shown(lambda _, h: h.transpose_(0, 2), lambda a: a.transpose(2, 1, 0), (2, 1, 3)),
}
"""In-place forms that change the shape of a tensor: `NAME_`."""
