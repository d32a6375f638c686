"""A detached tensor is a constant for what uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, Autograd, Tensor, clause, expect
from gradspec.drawing.expressions import Expression, expressions_with_some_values

if TYPE_CHECKING:
    from collections.abc import Callable

DETACH: Final = "torch.Tensor.detach docstring"

RESULT_OR_VARIABLE: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "a_variable": lambda x: x,
    "a_result": lambda x: x * 2.0,
}


@clause(
    "det-004",
    VALUE,
    sources=[DETACH, "T3 §3"],
    given={"drawn": expressions_with_some_values()},
)
def nothing_flows_through_a_detached_value(
    ag: Autograd, drawn: tuple[Expression, tuple[int, ...]]
) -> None:
    """For every program, if some of its values are detached before they are used, each leaf has the
    derivative of the program in which these are constants.

    A further leaf is added to the result, so that there is something to differentiate.
    """
    case, detached = drawn

    def cut(number: int, value: Tensor) -> Any:
        return value.detach() if number in detached else value

    def program(further: Tensor, *leaves: Tensor) -> Any:
        return case.evaluate(ag, leaves, cut) + further

    further = np.zeros(case.cotangent.shape)
    _, (_, *gradients) = ag.vjp(program, [further, *case.leaves], case.cotangent)

    for number, gradient in enumerate(gradients):
        expect(gradient).is_close(case.gradient(number, constant=detached), scale=case.scale)


@clause("det-005", VALUE, sources=["T3 §3"])
def the_path_that_was_not_cut_stays(ag: Autograd) -> None:
    """A result from which a tensor was detached can be differentiated after a pass through what was
    made of the detached one.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    (y.detach() * x).backward()

    expect(x.grad).equals(9.0)

    x.grad = None
    y.backward()

    expect(x.grad).equals(6.0)


@clause("det-019", VALUE, sources=[DETACH])
def a_value_less_itself_detached_is_zero_with_a_slope(ag: Autograd) -> None:
    """A value from which itself, detached, is subtracted is zero and has the derivative one.

    So a term can be put into a sum that changes its gradient and not its value: the value of
    f + (g - g.detach()) is that of f.
    """
    value, (gradient,) = ag.vjp(lambda a: a - a.detach(), [3.0])

    expect(value).equals(0.0)
    expect(gradient).equals(1.0)


@clause("det-202", VALUE, sources=[DETACH])
def a_detached_value_is_constant_at_every_order(ag: Autograd) -> None:
    """A detached value is a constant for the second derivative, too: with u = x detached, that of
    u * x * x is 2u.

    In functorch#353 the second order saw through it, and had 6x.
    """

    def slope(x: Tensor) -> Any:
        _, (first,) = ag.vjp(lambda x: x.detach() * x * x, [x])
        return first

    first, (second,) = ag.vjp(slope, [3.0])

    expect(first).equals(18.0)
    expect(second).equals(6.0)


@clause(
    "det-001",
    CONVENTION,
    sources=[DETACH, "T2 §2.4.2", "T3 §3", "T4 §7.6"],
    over=RESULT_OR_VARIABLE,
)
def detaching_gives_another_tensor(ag: Autograd, make: Callable[[Tensor], Tensor]) -> None:
    """What detach() gives of {name} is another tensor, and a leaf."""
    y = make(ag.tensor(2.0, requires_grad=True))
    alias = y.detach()

    expect(alias).is_another_object_than(y)
    expect(alias.is_leaf).is_true()


@clause("det-001a", CONVENTION, sources=[DETACH])
def a_detached_result_has_no_node(ag: Autograd) -> None:
    """The grad_fn of a detached result is None.

    pytorch#685 kept the reference to what had made it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0

    expect(y.detach().grad_fn).is_none()


@clause("det-008", VALUE, sources=["torch.Tensor.requires_grad_ docstring"])
def a_detached_tensor_can_begin_a_graph(ag: Autograd) -> None:
    """A detached tensor that is made to require grad is a leaf of its own: a pass fills its grad,
    and goes no further.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    u = y.detach().requires_grad_()
    (u * u).backward()

    expect(u.grad).equals(12.0)
    expect(x.grad).is_none_or_zero()


def _the_leaf(x: Tensor, _y: Tensor) -> Any:
    return x.detach()


def _the_result(_x: Tensor, y: Tensor) -> Any:
    return y.detach()


def _the_gradient(x: Tensor, _y: Tensor) -> Any:
    return x.grad.detach()


GRID: Final = np.linspace(-3.0, 3.0, 9)


@clause(
    "det-018",
    VALUE,
    sources=["T2 §2.4.2", "T3 §6.5", "introyt autograd tutorial"],
    over={
        "the_leaf_detached": (_the_leaf, GRID),
        "the_result_detached": (_the_result, GRID * GRID),
        "the_gradient": (_the_gradient, 2.0 * GRID),
    },
)
def what_is_plotted_becomes_an_array(
    ag: Autograd, row: tuple[Callable[[Tensor, Tensor], Any], Any]
) -> None:
    """For a plot of a function and its derivative, {name} becomes an array of its values.

    The leaf and the result as they are would be refused, as they require grad.
    """
    take, expected = row
    x = ag.tensor(GRID, requires_grad=True)
    y = x * x
    y.backward(ag.tensor(np.ones(9)))

    expect(take(x, y).numpy()).equals(expected)
