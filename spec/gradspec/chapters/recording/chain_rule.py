"""The chain rule along the graph: products along a path, a sum over the paths.

Let h depend on x, and y on h.  Then dy/dx = (dy/dh)(dh/dx), and the factors belong to single
operations.  If y depends on x through several intermediates, each contributes such a product and
the derivative is their sum.  That is all the mathematics there is in a backward pass.

The sum is what engines get wrong.  Used twice, a value must collect both contributions, and it
must have collected all of them before it hands them on, or else it hands on parts of its gradient
more than once.  The clauses state what is to come out, as a property of functions, so that they
apply to any engine whether or not it has a tape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, SAFETY, VALUE, Autograd, Tensor, clause, expect
from gradspec.drawing.expressions import SCALARS, Expression, expressions

if TYPE_CHECKING:
    from collections.abc import Callable

    Sloped = tuple[Callable[[Any], Any], float]


@clause("rec-026", VALUE, sources=["T4 §7.4", "T4 homework 4"])
def derivatives_of_nested_operations_multiply(ag: Autograd) -> None:
    """The derivative of nested operations is the product of theirs: for (2x + 3)²/2 + 1, 2(2x + 3).

    At x = 2: the square contributes 14, halving it 1/2, the product with 2 a factor 2, and the two
    additions 1 each, which makes 14.
    """

    def f(x: Tensor) -> Any:
        a = x * 2.0
        b = a + 3.0
        c = b * b
        d = c * 0.5
        return d + 1.0

    value, (gradient,) = ag.vjp(f, [2.0])

    expect(value).equals(25.5)
    expect(gradient).equals(14.0)


@clause("rec-026a", CONVENTION, sources=["T4 §7.4"], builds_on=("rec-003",))
def nested_operations_are_a_chain_of_nodes(ag: Autograd) -> None:
    """The nodes of nested operations form a chain, from the last operation to the first."""
    x = ag.tensor(2.0, requires_grad=True)
    a = x * 2.0
    b = a + 3.0
    c = b**2
    d = c / 2.0
    e = d + 1.0

    node = e.grad_fn
    for maker in (d.grad_fn, c.grad_fn, b.grad_fn, a.grad_fn):
        node = node.next_functions[0][0]
        expect(node).is_same_object_as(maker)


@clause("rec-017", VALUE, sources=["T5 § 链式法则", "T5 § 求导的顺序"])
def the_squared_error_of_a_linear_model_has_its_textbook_gradient(ag: Autograd) -> None:
    """The gradient of z = (<x, w> - y)² is 2(<x, w> - y) times x for w, w for x and -1 for y."""

    def f(x: Tensor, w: Tensor, y: Tensor) -> Any:
        a = ag.dot(x, w)
        b = a - y
        return b * b

    x, w = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
    _, (for_x, for_w, for_y) = ag.vjp(f, [x, w, 2.0])

    expect(for_w).equals(5.0 * x)
    expect(for_x).equals(5.0 * w)
    expect(for_y).equals(-5.0)


@clause(
    "rec-014",
    VALUE,
    sources=["chain rule", "T3 §2"],
    over={
        "product": (lambda x: x * x, 8.0),
        "difference": (lambda x: x - x, 0.0),
        "quotient": (lambda x: x / x, 0.0),
    },
)
def one_tensor_in_both_places_of_an_operation_counts_twice(ag: Autograd, row: Sloped) -> None:
    """A tensor that is both arguments of a {name} receives both partial derivatives.

    nnabla#532 lost one of them.  Counting per argument and not per tensor is right; of x - x and
    x / x both contributions are seen to cancel.
    """
    operation, slope = row
    _, (gradient,) = ag.vjp(operation, [4.0])

    expect(gradient).equals(slope)


@clause("rec-013", VALUE, sources=["introyt autograd tutorial (sum over paths)", "T5 § 链式法则"])
def the_gradients_of_all_uses_add_up(ag: Autograd) -> None:
    """A tensor that is used several times receives the sum of the gradients of its uses."""
    _, (gradient,) = ag.vjp(lambda x: x * x + x * 2.0 + x, [3.0])

    expect(gradient).equals(9.0)


@clause(
    "rec-013a",
    VALUE,
    sources=["introyt autograd tutorial (sum over paths)"],
    builds_on=("rec-013",),
    over={f"{uses}_uses": uses for uses in range(2, 17)},
)
def every_number_of_uses_is_counted(ag: Autograd, uses: int) -> None:
    """With {name}, each of a different weight, the gradient is the sum of the weights.

    mxnet#17989 was right for 12 uses and for 24, and wrong for 5.
    """

    def f(x: Tensor) -> Any:
        return sum(x * float(weight) for weight in range(1, uses + 1))

    _, (gradient,) = ag.vjp(f, [3.0])
    expect(gradient).equals(uses * (uses + 1) / 2.0)


@clause(
    "rec-013b",
    VALUE,
    sources=["chain rule"],
    builds_on=("rec-013",),
    given={"case": expressions(shapes=SCALARS, unary=("neg", "sin"))},
)
def to_share_a_variable_is_to_add_its_derivatives(ag: Autograd, case: Expression) -> None:
    """If f(t) = g(t·a, t·b, ...), then df/dt is the sum of a·∂g/∂a, b·∂g/∂b, ..., at t = 1.

    The total derivative, for arbitrary g: what each of the variables would have received had it
    been a variable of its own is added up in the one that they share.
    """

    def f(t: Tensor) -> Any:
        return case.evaluate(ag, [t * float(leaf) for leaf in case.leaves])

    _, (gradient,) = ag.vjp(f, [1.0], case.cotangent)

    shares = [float(a * g) for a, g in zip(case.leaves, case.gradients(), strict=True)]
    expect(gradient).is_close(sum(shares), scale=6.0 * case.scale)


def _doubled_twice(a: Any) -> Any:
    b = a + a
    return b + b


def _diamond(x: Any) -> Any:
    middle = x * 3.0
    return (middle + 5.0) * (middle * 7.0)


@clause(
    "rec-015",
    VALUE,
    sources=["chain rule"],
    builds_on=("rec-013",),
    over={"doubled_twice": (_doubled_twice, 4.0), "a_diamond": (_diamond, 357.0)},
)
def an_intermediate_hands_on_its_gradient_once_and_complete(ag: Autograd, row: Sloped) -> None:
    """An intermediate whose branches join again hands on the sum of theirs, in {name}.

    micrograd#2, micrograd#68 and cTensor#5 handed on what was there each time a branch came in, so
    that the first branch counted twice.  micrograd#64 gives b = a + a, c = b + b, where it shows;
    a branch that multiplies and one that adds tell the two orders of arrival apart.
    """
    f, slope = row
    _, (gradient,) = ag.vjp(f, [2.0])

    expect(gradient).equals(slope)


@clause("rec-015a", SAFETY, sources=["chain rule", "notes/autograd § Backward Hooks execution"])
def the_gradient_of_an_intermediate_is_known_once(ag: Autograd) -> None:
    """A hook on an intermediate that feeds two branches runs once, with the sum of both."""
    x = ag.tensor(2.0, requires_grad=True)
    middle = x * 3.0
    seen = ag.notes()
    middle.register_hook(lambda gradient: seen.note(gradient * 1.0))
    (middle * 5.0 + middle * 7.0).backward()

    expect(seen).happened_in_order([12.0])


READINGS = {
    "an_integer": 3,
    "a_slice": slice(1, 4),
    "a_strided_slice": slice(0, 5, 2),
    "a_list": [4, 0, 4],
    "a_mask": np.array([True, False, True, True, False]),
}


@clause("rec-206", VALUE, sources=["chain rule"], builds_on=("rec-013",), over=READINGS)
def what_is_read_is_a_use_beside_others(ag: Autograd, index: Any) -> None:
    """A tensor that is read by {name} and also used whole receives both gradients.

    Each entry that was read gets the weight of its place, as often as it was read.
    """
    point = ag.random(5)
    weights = ag.random(*point[index].shape)
    key = ag.tensor(index) if isinstance(index, np.ndarray) else index

    def f(x: Tensor) -> Any:
        return (x[key] * ag.tensor(weights)).sum() + (x * x).sum()

    _, (gradient,) = ag.vjp(f, [point])

    expected = 2.0 * point
    np.add.at(expected, index, weights)
    expect(gradient).is_close(expected, scale=6.0)
