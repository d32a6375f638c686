"""Random programs of writes in place, with the gradients that they ought to have.

`inplace_programs()` gives programs that take views, write through them and compute from what is
there.  A program can be run on an engine, and on plain NumPy arrays, whose basic slices are views
as well; there no derivative is recorded, so it serves as the reference.  Its gradient comes from
the complex step: evaluated at x + ih, with h so small that h*h is lost in rounding, the imaginary
part of a real-analytic function is h times its derivative, without cancellation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from gradspec.catalogue.operators import OPERATORS
from gradspec.drawing.drawn import Drawn

Array = npt.NDArray[Any]

STEP: Final = 2.0**-100
"""Its square is below the rounding of any value that a program computes, zero apart."""

LEAF: Final = 0


class TensorFactory(Protocol):
    """What makes tensors of an engine out of arrays: the notation does."""

    def tensor(self, data: Array, /) -> Any:
        """Make a tensor that does not require grad."""


@dataclass(frozen=True, slots=True)
class Take:
    """Take a view of a tensor of the program: index, transpose, view or diagonal."""

    source: int
    kind: str
    index: Any = None


@dataclass(frozen=True, slots=True)
class Compute:
    """Make a new tensor out of place: the source times another tensor or a number."""

    source: int
    factor: float | TensorOperand


@dataclass(frozen=True, slots=True)
class TensorOperand:
    """A tensor of the program as operand; a copy of it if it shares memory with the target."""

    number: int
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Write in place; `index` is where, if the write is an assignment by index."""

    target: int
    operator: str
    operand: float | TensorOperand | None = None
    index: Any = None


Act = Take | Compute | Write


@dataclass(frozen=True)
class InPlaceProgram:
    """A program over numbered tensors: 0 is the leaf, 1 a copy of it, 2 a plain buffer."""

    point: Array
    buffer: Array
    acts: tuple[Act, ...]
    weights: tuple[float, ...]

    def run_on(self, ag: TensorFactory, x: Any) -> list[Any]:
        """Run the program on an engine; returns every tensor that it made."""
        tensors = [x, x * 1.0, ag.tensor(self.buffer)]
        for act in self.acts:
            match act:
                case Take():
                    tensors.append(_taken(tensors[act.source], act))
                case Compute():
                    tensors.append(tensors[act.source] * _given(tensors, act.factor))
                case Write():
                    _written(tensors[act.target], act, _given(tensors, act.operand))
        return tensors

    def weighted_sum(self, ag: TensorFactory, tensors: list[Any]) -> Any:
        """Add up all elements of all tensors, each weighted by its tensor and its place."""
        total = None
        for tensor, weights in zip(tensors, self._weights(), strict=True):
            term = (tensor * ag.tensor(weights)).sum()
            total = term if total is None else total + term
        return total

    @cached_property
    def values(self) -> list[Array]:
        """The final value of every tensor."""
        return self._run_on_arrays(self.point)

    @cached_property
    def gradient(self) -> Array:
        """The derivative of the weighted sum by each entry of the leaf, by complex steps."""
        gradient = np.empty_like(self.point)
        for place in np.ndindex(self.point.shape):
            moved = self.point.astype(np.complex128)
            moved[place] += STEP * 1j
            tensors = self._run_on_arrays(moved)
            terms = [np.sum(t * w) for t, w in zip(tensors, self._weights(), strict=True)]
            gradient[place] = np.imag(sum(terms)) / STEP
        return gradient

    @cached_property
    def scale(self) -> float:
        """The largest number about, by which rounding errors are measured."""
        terms = [v * w for v, w in zip(self.values, self._weights(), strict=True)]
        numbers = (*self.values, *terms, self.gradient)
        return max(float(np.max(np.abs(a), initial=1.0)) for a in numbers)

    def _weights(self) -> list[Array]:
        places = [np.arange(1.0, np.size(t) + 1.0).reshape(np.shape(t)) for t in self.values]
        return [w * p for w, p in zip(self.weights, places, strict=True)]

    def _run_on_arrays(self, point: Array) -> list[Array]:
        tensors = start(point, self.buffer)
        for act in self.acts:
            perform(tensors, act)
        return tensors


def start(point: Array, buffer: Array) -> list[Array]:
    """Begin a program on arrays."""
    return [point.copy(), point.copy(), buffer.astype(point.dtype)]


def perform(tensors: list[Array], act: Act) -> None:
    """Do one act on arrays."""
    match act:
        case Take():
            tensors.append(_view_of_array(tensors[act.source], act))
        case Compute():
            product = tensors[act.source] * _array(tensors, act.factor)
            tensors.append(np.asarray(product))
        case Write():
            _write_array(tensors[act.target], act, _array(tensors, act.operand))


# the acts on an engine ----------------------------------------------------------------
def _taken(tensor: Any, act: Take) -> Any:
    match act.kind:
        case "index":
            return tensor[act.index]
        case "transpose":
            return tensor.transpose(0, 1)
        case "flat":
            return tensor.view(-1)
    return tensor.diagonal()


def _given(tensors: list[Any], operand: float | TensorOperand | None) -> Any:
    if not isinstance(operand, TensorOperand):
        return operand
    tensor = tensors[operand.number]
    return tensor * 1.0 if operand.copied else tensor


def _written(target: Any, act: Write, operand: Any) -> None:
    """Write, after a look at is_leaf: without it torch may refuse (see clause inp-222)."""
    _ = target.is_leaf
    if act.operator == "setitem":
        target[act.index] = operand
    elif operand is None:
        getattr(target, act.operator)()
    else:
        getattr(target, act.operator)(operand)


# the acts on arrays -------------------------------------------------------------------
def _view_of_array(array: Array, act: Take) -> Array:
    match act.kind:
        case "index":
            view: Array = array[everything_after(act.index)]
        case "transpose":
            view = array.swapaxes(0, 1)
        case "flat":
            view = array.view()
            view.shape = (-1,)
        case _:
            view = np.diagonal(array).view()
            view.flags.writeable = True
    return view


def everything_after(index: Any) -> tuple[Any, ...]:
    """Add an ellipsis: an index of integers alone would give a number and not a view."""
    return (*index, ...) if isinstance(index, tuple) else (index, ...)


def _array(tensors: list[Array], operand: float | TensorOperand | None) -> Any:
    return tensors[operand.number].copy() if isinstance(operand, TensorOperand) else operand


WRITES: Final = {
    name: OPERATORS[name]
    for name in (
        *("add_", "sub_", "mul_", "copy_", "div_", "fill_", "neg_", "zero_"),
        *("sin_", "exp_"),
    )
}
"""Operators that write a whole tensor: few, since who lacks one is not asked for the law."""


def _write_array(target: Array, act: Write, operand: Any) -> None:
    if act.operator == "setitem":
        target[act.index] = operand
    else:
        formula: Any = WRITES[act.operator].formula
        target[...] = formula(target) if operand is None else formula(target, operand)


def inplace_programs() -> Drawn:
    """Give programs of views, writes and products; the first act is a view, the last a write."""
    operators = ("mul", "sum", "getitem", "transpose", "view", "diagonal", "setitem", *WRITES)
    needs = {f"op:{name}" for name in operators} | {"arrays", "inplace", "get:is_leaf"}
    return Drawn("writes", "inplace_program_strategy", needs=frozenset(needs))
