"""Results without a derivative: comparisons and places.

An index and a truth value are no continuous quantities.  What they were computed from may require
grad; they do not, and are constants for whatever uses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    Selection = tuple[Callable[[Tensor], Any], Any]

NON_DIFFERENTIABLE: Final = "notes/autograd § Gradients for non-differentiable functions"
EXTENDING: Final = "notes/extending § How to use"


@clause(
    "rec-011",
    CONVENTION,
    sources=["T3 §4"],
    over={
        "gt": lambda _, x: x > 1.0,
        "ge": lambda _, x: x >= 1.0,
        "lt": lambda _, x: x < 1.0,
        "le": lambda _, x: x <= 1.0,
        "eq": lambda ag, x: ag.eq(x, 1.0),
        "ne": lambda ag, x: ag.ne(x, 1.0),
    },
)
def a_comparison_gives_a_truth_value_without_gradient(
    ag: Autograd, compare: Callable[[Autograd, Tensor], Tensor]
) -> None:
    """Comparing a tensor that requires grad by {name} gives a boolean that does not.

    tinygrad#3037: an engine that recorded comparisons like any operation crashed in backward,
    as it had no derivative for them.
    """
    answer = compare(ag, ag.tensor(2.0, requires_grad=True))

    expect(answer).has_dtype("bool")
    expect(answer.requires_grad).is_false()


SELECTIONS: Final[dict[str, Selection]] = {
    "sort": (lambda x: x.sort(), [1, 2, 0]),
    "topk": (lambda x: x.topk(2), [0, 2]),
    "max": (lambda x: x.max(0), 0),
    "min": (lambda x: x.min(0), 1),
    "median": (lambda x: x.median(0), 2),
}
"""What selects entries of [3, 1, 2] -> how, and where it finds them."""


@clause(
    "rec-203",
    VALUE,
    sources=[EXTENDING, NON_DIFFERENTIABLE],
    over=SELECTIONS,
    stands_for={"rec-021a": "sort"},
)
def selected_values_send_gradients_to_their_places(ag: Autograd, row: Selection) -> None:
    """The values that {name} selects send their gradients to the places that it tells."""
    select, where = row
    v = ag.random(*np.shape(where))
    expected = np.zeros(3)
    expected[where] = v
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, places = select(x)

    values.backward(ag.tensor(v))

    expect(places).equals(where)
    expect(x.grad).is_close(expected)


@clause(
    "rec-021",
    CONVENTION,
    sources=[EXTENDING, NON_DIFFERENTIABLE],
    over={
        "argmax": lambda x: x.argmax(),
        "argmin": lambda x: x.argmin(),
        **{name: lambda x, f=f: f(x)[1] for name, (f, _) in SELECTIONS.items()},
    },
    stands_for={"rec-021a": "sort"},
)
def a_place_has_no_gradient(ag: Autograd, find: Callable[[Tensor], Tensor]) -> None:
    """The places that {name} finds in a tensor that requires grad do not require grad."""
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)

    expect(find(x).requires_grad).is_false()


@clause(
    "rec-021b",
    VALUE,
    sources=[NON_DIFFERENTIABLE],
    over={"below_the_limit": (0.5, 0.0), "above_the_limit": (2.0, 4.0)},
)
def a_result_without_gradient_is_a_constant_further_on(
    ag: Autograd, row: tuple[float, float]
) -> None:
    """A comparison with a limit is a constant for the product that uses it, {name}.

    pytorch#726: the engine counted the path through such a result among those that it had to wait
    for, and raised when no gradient came along it.
    """
    point, slope = row
    _, (gradient,) = ag.vjp(lambda x: x * x * (x > 1.0), [point])

    expect(gradient).equals(slope)
