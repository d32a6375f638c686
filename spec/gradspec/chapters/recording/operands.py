"""Operands of an operation: shapes that fit together, and the data type of the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, SAFETY, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    Operation = tuple[Callable[..., Any], tuple[int, ...], int]


@clause(
    "rec-204",
    SAFETY,
    sources=["notes/broadcasting § General semantics"],
    over={
        "add": (lambda _, x, y: x + y, (2,), 3),
        "sub": (lambda _, x, y: x - y, (2,), 3),
        "mul": (lambda _, x, y: x * y, (2,), 3),
        "div": (lambda _, x, y: x / y, (2,), 3),
        "maximum": (lambda ag, x, y: ag.maximum(x, y), (2,), 3),
        "where": (lambda ag, x, y: ag.where(ag.tensor(True), x, y), (2,), 3),
        "matmul": (lambda _, x, y: x @ y, (2, 3), 2),
    },
)
def operands_that_do_not_fit_are_refused(ag: Autograd, row: Operation) -> None:
    """The operation {name} of operands whose shapes do not fit together is refused.

    Shapes are matched from the last dimension on.  An engine that begins with the first, or
    repeats what is too short, computes something that nobody asked for.  One that computes when it
    is looked at may refuse then.

    Remedy: reshape an operand so that the sizes agree or are one, counted from the last dimension.
    """
    operation, shape, columns = row
    x, y = ag.tensor(ag.random(2, 3)), ag.tensor(ag.random(*shape))

    with ag.refuses("operand-shape"):
        expect(operation(ag, x, y)).has_shape(2, columns)


@clause(
    "rec-205",
    CONVENTION,
    sources=["torch.result_type docstring"],
    over={
        "add": ("int64", lambda x, y: x + y),
        "sub": ("int64", lambda x, y: x - y),
        "mul": ("int64", lambda x, y: x * y),
        "div": ("int64", lambda x, y: x / y),
        "add_int32": ("int32", lambda x, y: x + y),
        "sub_int32": ("int32", lambda x, y: x - y),
        "mul_int32": ("int32", lambda x, y: x * y),
        "div_int32": ("int32", lambda x, y: x / y),
    },
)
def whole_numbers_take_the_data_type_of_their_partner(
    ag: Autograd, row: tuple[str, Callable[[Tensor, Tensor], Tensor]]
) -> None:
    """The result of {name} on a tensor of {row[0]} and one of float32 is of float32.

    The kind of a number counts before its width; NumPy would give float64.
    """
    dtype, operation = row
    whole = ag.tensor([1, 2], dtype=dtype)
    single = ag.tensor([0.5, 4.0], dtype="float32")

    expect(operation(whole, single)).has_dtype("float32")
