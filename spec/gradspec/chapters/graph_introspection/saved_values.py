"""Saved values: what a node keeps for its derivative, and how a caller sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

NOTES: Final = "notes/autograd § Saved tensors"
TUTORIAL: Final = "saved tensors hooks tutorial"


@dataclass(frozen=True, slots=True)
class Kept:
    """An operation on x = [1, 2] and w = [3, 4], and a value that its node keeps by a name."""

    of: Callable[[Autograd, Any, Any], Any]
    name: str
    value: Any


@clause(
    "gi-013",
    CONVENTION,
    sources=[NOTES, "docs autograd § Autograd graph", TUTORIAL],
    over={
        "the_first_factor": Kept(lambda _, x, w: x * w, "self", [1.0, 2.0]),
        "the_second_factor": Kept(lambda _, x, w: x * w, "other", [3.0, 4.0]),
        "a_factor_that_is_a_number": Kept(lambda _, x, __: x * 2.5, "other", 2.5),
        "the_base_of_a_power": Kept(lambda _, x, __: x**3, "self", [1.0, 2.0]),
        "the_argument_of_a_sine": Kept(lambda ag, _, w: ag.sin(w), "self", [3.0, 4.0]),
        "the_result_of_an_exponential": Kept(
            lambda ag, x, _: ag.exp(x), "result", np.exp([1.0, 2.0])
        ),
    },
)
def saved_values_can_be_read(ag: Autograd, row: Kept) -> None:
    """What a node keeps for its derivative, here {name}, can be read as _saved_ and its name."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    w = ag.tensor([3.0, 4.0], requires_grad=True)

    expect(row.of(ag, x, w).grad_fn.saved(row.name)).is_close(row.value)


@clause(
    "gi-205",
    CONVENTION,
    level=MAY,
    sources=[NOTES, "observed"],
    over={
        "an_exponent": Kept(lambda _, x, __: x**3, "exponent", 3),
        "a_shape": Kept(lambda _, x, __: x.sum(0), "self_sym_sizes", (2,)),
        "whether_a_reduced_axis_stays": Kept(
            lambda _, x, __: x.sum(0, keepdim=True), "keepdim", True
        ),
    },
)
def plain_arguments_can_be_read_too(ag: Autograd, row: Kept) -> None:
    """{name} that the derivative needs is kept as the plain value that it is."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    w = ag.tensor([3.0, 4.0], requires_grad=True)

    expect(row.of(ag, x, w).grad_fn.saved_argument(row.name)).has_structure(row.value)


@clause("gi-014", CONVENTION, level=MAY, sources=[NOTES, TUTORIAL])
def an_argument_is_kept_and_a_result_is_copied_without_its_memory(ag: Autograd) -> None:
    """A saved argument is the tensor itself; a saved result is another tensor over the memory of
    the result.

    If a node kept its result itself, each would keep the other alive.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y, z = ag.sin(x), ag.exp(x)
    result = z.grad_fn.saved("result")

    expect(y.grad_fn.saved("self")).is_same_object_as(x)
    expect(result).is_another_object_than(z)
    expect(result).shares_memory_with(z)


@clause("gi-015", VALUE, sources=[NOTES, "notes/extending § saved outputs"])
def a_saved_result_can_be_differentiated(ag: Autograd) -> None:
    """A saved result that is read back has the history of the result: its derivative is that of
    the operation.
    """
    x = ag.tensor(0.0, requires_grad=True)
    y = ag.exp(x * 3.0)
    saved = y.grad_fn.saved("result")
    (gradient,) = ag.grad(saved * 2.0, [x])

    expect(gradient).equals(6.0)


@clause("gi-206", CONVENTION, sources=[NOTES, "observed"])
def a_saved_result_has_the_node_of_the_result(ag: Autograd) -> None:
    """A saved result that is read back has the node that keeps it as its grad_fn."""
    x = ag.tensor(0.0, requires_grad=True)
    y = ag.exp(x)

    expect(y.grad_fn.saved("result").grad_fn).is_same_object_as(y.grad_fn)


@clause(
    "gi-016",
    CONVENTION,
    level=MAY,
    sources=["notes/autograd § Registering hooks for a saved tensor"],
)
def one_saved_value_can_be_packed(ag: Autograd) -> None:
    """Hooks can be registered on one saved value, through its raw form: pack is given the value at
    once, and a pass uses what unpack makes of what pack gave.

    Of x * w only the saved x is packed, so the gradient of w shows it, and that of x does not.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)
    y = x * w
    packed = ag.notes()

    def pack(value: Any) -> Any:
        packed.note(value.item())
        return value * 10.0

    y.grad_fn.register_saved_hooks("self", pack, lambda value: value + 1.0)

    expect(packed.read()).happened_in_order([2.0])
    y.backward()
    expect(w.grad).equals(21.0)
    expect(x.grad).equals(3.0)
