"""One call of a functional derivative: what goes in, what is asked, what comes of it.

Start at `Call`; the six that make such calls stand in `autograd.functional`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from gradspec_reference.engine import recording
from gradspec_reference.engine.asking import answer, answers_of_a_batch
from gradspec_reference.engine.modes import enable_grad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    ComplexRootError,
    FunctionalTypeError,
    IndependentError,
    InputsEmptyError,
    ScalarFunctionError,
    VectorMissingError,
    VectorShapeError,
)
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Tensors = tuple[Tensor, ...]
    Found = Sequence[Tensor | None]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one of the six: which, and the options that they all have.

    Inside its `with` block grad mode is on.
    """

    name: str
    create_graph: bool
    strict: bool
    recording: enable_grad = field(default_factory=enable_grad)

    def __enter__(self) -> Self:
        self.recording.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.recording.__exit__(*exception)

    # what goes in ---------------------------------------------------------------------
    def tensors(self, given: Any, what: str) -> tuple[bool, Tensors]:
        """Say whether something is a tuple, and return the tensors of it; FunctionalTypeError."""
        several = isinstance(given, tuple)
        each = given if several else (given,)
        for position, one in enumerate(each):
            if not isinstance(one, Tensor):
                place = f", at position {position} of a tuple" if several else ""
                raise FunctionalTypeError(
                    f"{what} of {self.name}(): a {type(one).__name__} was given{place}; it takes "
                    "a tensor or a tuple of tensors, and what else a function needs it closes over"
                )
        return several, each

    def points(self, inputs: Any) -> tuple[bool, Tensors]:
        """Return tensors of the call's own for the inputs, and whether these were a tuple."""
        several, tensors = self.tensors(inputs, "inputs")
        return several, tuple(self.own(one, requires_grad=True) for one in tensors)

    def own(self, tensor: Tensor, requires_grad: bool) -> Tensor:
        """Return another tensor on the same memory, with the history of this one if it is kept."""
        if self.create_graph and tensor.requires_grad:
            copy: Tensor = tensor.view_as(tensor)
            return copy
        return tensor.detach().requires_grad_(requires_grad)

    def vector(self, v: Any, like: Tensors, several: bool, what: str) -> Tensors | None:
        """Return the vector of a product; VectorMissingError, VectorShapeError."""
        if v is None:
            if len(like) != 1 or like[0].numel() != 1:
                raise VectorMissingError(
                    f"v was left out of {self.name}(), and {what} is not a single number; give v "
                    "in its form"
                )
            return None
        _, vector = self.tensors(v, "v")
        if len(vector) != len(like):
            raise VectorShapeError(
                f"v of {self.name}() has {len(vector)} tensors, and {what} has {len(like)}; give "
                f"{'a tuple of as many' if several else 'a single tensor'}"
            )
        for position, (one, other) in enumerate(zip(vector, like, strict=True)):
            if one.shape != other.shape:
                raise VectorShapeError(
                    f"v of {self.name}() has the shape {tuple(one.shape)} at position {position}, "
                    f"where {what} has {tuple(other.shape)}"
                )
        return tuple(self.own(one, requires_grad=False) for one in vector)

    # the function ---------------------------------------------------------------------
    def value(self, func: Callable[..., Any], points: Tensors) -> tuple[bool, Tensors]:
        """Call the function; IndependentError, under strict, for an output without a history."""
        several, outputs = self.tensors(func(*points), "outputs of the function")
        self.check_followed(outputs, "output {} of the function")
        return several, outputs

    def number(self, func: Callable[..., Any], points: Tensors) -> Tensors:
        """Call a function whose second derivatives are asked for; ScalarFunctionError."""
        several, outputs = self.value(func, points)
        if several or outputs[0].numel() != 1:
            returned = "a tuple" if several else f"a tensor of shape {tuple(outputs[0].shape)}"
            raise ScalarFunctionError(
                f"the function given to {self.name}() returned {returned}; it has to return a "
                "tensor with a single element"
            )
        return outputs

    def slope(self, func: Callable[..., Any], points: Tensors) -> tuple[Tensors, Found]:
        """Call such a function; return its value and its gradient, which has a history."""
        output = self.number(func, points)
        gradient = ask(output, points, create_graph=True)
        self.check_followed(gradient, "the gradient by input {}")
        return output, gradient

    # what comes of it -----------------------------------------------------------------
    def from_the_right(
        self, outputs: Found, points: Tensors, vector: Tensors | None, like: Tensors
    ) -> Tensors:
        """Return the Jacobian of outputs times a vector, by differentiating twice.

        `like` has the outputs' shapes, also where one of them is missing.
        """
        seeds = tuple(zeros(x).requires_grad_() for x in like)
        product = ask(outputs, points, seeds, create_graph=True)
        self.check_followed(product, "the product by input {}")
        return self.filled(ask(product, seeds, vector, self.create_graph), like)

    def filled(self, found: Found, like: Tensors) -> Tensors:
        """Put zeros where nothing arrived; IndependentError under strict."""
        if self.strict:
            for position, one in enumerate(found):
                if one is None or (self.create_graph and not one.requires_grad):
                    self.refuse(f"the derivative by tensor {position}")
        return tuple(zeros(x) if g is None else g for g, x in zip(found, like, strict=True))

    def rows_in_turn(self, outputs: Tensors, points: Tensors) -> Iterator[Tensors]:
        """Give for each output its Jacobian by each input; each row is a pass."""
        for output in outputs:
            rows = [
                self.filled(ask((output,), points, (unit,), self.create_graph, True), points)
                for unit in units_of_real(output)
            ]
            yield tuple(
                stacked([row[place] for row in rows]).reshape((*output.shape, *point.shape))
                for place, point in enumerate(points)
            )

    def rows_together(self, outputs: Tensors, points: Tensors) -> Iterator[Tensors]:
        """Give for each output its Jacobian by each input; the rows of all are one batch."""
        batches = tuple(units_of_each(outputs))
        rows = ask(outputs, points, batches, self.create_graph, batched=True)
        for output, start, end in stretches(outputs):
            yield tuple(
                zeros(point, *output.shape)
                if row is None
                else row[start:end].reshape((*output.shape, *point.shape))
                for row, point in zip(rows, points, strict=True)
            )

    def form(self, tensors: Tensors, several: bool) -> Any:
        """Return tensors in the form in which they are expected, without history unless wanted."""
        nothing_is_no_form(tensors)
        given = tensors if self.create_graph else tuple(one.detach() for one in tensors)
        return given if several else given[0]

    def check_followed(self, found: Found, what: str) -> None:
        """Refuse, under strict, what has no history that leads to the inputs."""
        for position, one in enumerate(found):
            if self.strict and (one is None or not one.requires_grad):
                self.refuse(what.format(position))

    def refuse(self, what: str) -> NoReturn:
        """Say what does not depend on the inputs."""
        raise IndependentError(
            f"{what} does not depend on what {self.name}() differentiates by, which strict=True "
            "does not allow; without it there are zeros"
        )


def ask(
    outputs: Found,
    inputs: Tensors,
    cotangents: Tensors | None = None,
    create_graph: bool = False,
    retain_graph: bool | None = None,
    *,
    batched: bool = False,
) -> Found:
    """Return what a pass from the outputs brings to the inputs; outputs without history take none.

    None where nothing arrives.
    """
    given = (None,) * len(outputs) if cotangents is None else cotangents
    followed = [
        (one, cotangent)
        for one, cotangent in zip(outputs, given, strict=True)
        if one is not None and one.requires_grad
    ]
    if not followed:
        return (None,) * len(inputs)
    if not inputs:
        raise InputsEmptyError("no input was given, and the function depends on other tensors")
    roots, seeds = (list(column) for column in zip(*followed, strict=True))
    way = answers_of_a_batch if batched else answer
    return way(roots, seeds, list(inputs), retain_graph, create_graph)


def zeros(like: Tensor, *before: int) -> Tensor:
    """Return zeros of a tensor's shape and data type, or of several of it."""
    return Tensor(np.zeros((*before, *like.shape), like._array.dtype))


def units_of_real(like: Tensor) -> Iterator[Tensor]:
    """Give the units of an output; ComplexRootError for a complex one, which has two for each."""
    if like._array.dtype.kind == "c":
        raise ComplexRootError(
            f"an output of {like.dtype} was to be differentiated entry by entry; make it real, or "
            "give vectorize=True for its derivative times one"
        )
    return units(like)


def units(like: Tensor) -> Iterator[Tensor]:
    """Give tensors of a tensor's shape with a single one, entry by entry."""
    for place in range(like.numel()):
        unit = np.zeros(like.numel(), like._array.dtype)
        unit[place] = 1
        yield Tensor(unit.reshape(like.shape))


def units_of_all(like: Tensor, start: int, total: int) -> Tensor:
    """Return for a tensor among others its part of the units of all entries together."""
    batch = np.eye(total, prod(like.shape), -start, like._array.dtype)
    return Tensor(batch.reshape(total, *like.shape))


def units_of_each(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return a batch for each tensor: together, all entries in turn with a one, and zeros else."""
    total = sum(x.numel() for x in tensors)
    return [units_of_all(x, start, total) for x, start, _ in stretches(tensors)]


def stretches(tensors: Sequence[Tensor]) -> Iterator[tuple[Tensor, int, int]]:
    """Give each tensor with where its entries begin and end among those of all."""
    start = 0
    for tensor in tensors:
        yield tensor, start, start + tensor.numel()
        start += tensor.numel()


def of_columns(columns: Tensor, start: int, end: int, shape: Any) -> Tensor:
    """Return some columns, which are the first dimension, as a block of a shape."""
    block: Tensor = columns[start:end].movedim(0, -1).reshape(shape)
    return block


def stacked(rows: list[Tensor]) -> Tensor:
    """Put the rows of a Jacobian together; RuntimeError where an output has no entries."""
    if not rows:
        raise RuntimeError("an output without entries was returned; its Jacobian has no row")
    matrix: Tensor = recording.apply(OPERATORS["stack"], tuple(rows), 0)
    return matrix


def nothing_is_no_form(given: Sequence[Any]) -> None:
    """Refuse an empty tuple of results, as torch does."""
    if not given:
        raise IndexError("an empty tuple was given or returned; there is nothing to differentiate")
