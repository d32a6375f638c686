"""What the pass computes.

At the leaves lies what calculus says, neither an approximation by differences nor a formula: the
local derivatives are evaluated at the values that the program met on its way forward, and
multiplied as numbers.  The examples can be checked with pencil and paper.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

BACKWARD: Final = "torch.Tensor.backward docstring"
SETTING: Final = "notes/autograd § Setting requires_grad"


@clause("bwd-001", VALUE, sources=[BACKWARD, "T2 §2.3", "T4 §7.3"])
def backward_leaves_the_derivatives_in_the_leaves(ag: Autograd) -> None:
    """Called on a scalar, backward() computes its derivative by every leaf that requires grad and
    went into it, and stores each in that leaf's grad.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-4.0, requires_grad=True)
    (x * y).backward()

    expect(x.grad).equals(-4.0)
    expect(y.grad).equals(3.0)


@clause("bwd-001a", CONVENTION, sources=[BACKWARD, SETTING])
def a_leaf_that_was_not_used_is_given_nothing(ag: Autograd) -> None:
    """A leaf that did not go into the scalar is given nothing.

    Whether that is None or zero is for acc-020 to say.
    """
    x = ag.tensor(3.0, requires_grad=True)
    bystander = ag.tensor(7.0, requires_grad=True)
    (x * x).backward()

    expect(bystander.grad).is_none_or_zero()


@clause(
    "bwd-001e",
    CONVENTION,
    unseen="constants",
    sources=[BACKWARD, SETTING],
    builds_on=("leaf-017",),
)
def a_leaf_that_does_not_require_grad_is_given_nothing(ag: Autograd) -> None:
    """A leaf that does not require grad is given nothing, although the scalar depends on it."""
    x = ag.tensor(3.0, requires_grad=True)
    constant = ag.tensor(5.0)
    (x * constant).backward()

    expect(constant.grad).is_none_or_zero()


@clause("bwd-001b", VALUE, sources=[BACKWARD, "T1 §2.1.2"])
def a_leaf_that_is_an_array_gets_an_array_of_its_shape(ag: Autograd) -> None:
    """The derivative of a scalar by a leaf that is an array has the leaf's shape and holds one
    partial derivative for each of its entries.

    For z = <x, y> they are y and x.
    """
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 7.0, 8.0])
    x = ag.tensor(a, requires_grad=True)
    y = ag.tensor(b, requires_grad=True)
    (x * y).sum().backward()

    expect(x.grad).equals(b)
    expect(y.grad).equals(a)


@clause("bwd-002", CONVENTION, sources=["torch.autograd.backward signature"])
def backward_returns_nothing(ag: Autograd) -> None:
    """The call backward() returns None: its result is what it leaves in the leaves.

    To be given gradients as values is another question, which the functional query answers.
    """
    x = ag.tensor(3.0, requires_grad=True)

    expect((x * x).backward()).is_none()


@clause(
    "bwd-003",
    VALUE,
    sources=[
        "torch.autograd.backward docstring",
        "tutorial: A Gentle Introduction to torch.autograd",
        "T1 §2.1.2",
    ],
)
def the_pass_starts_from_one(ag: Autograd) -> None:
    """Unless told otherwise, the pass starts with the value one at its root, the derivative of the
    root by itself.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (x * 5).backward()

    expect(x.grad).equals(5.0)


@clause("bwd-003a", VALUE, sources=["torch.autograd.backward docstring"])
def starting_from_one_by_hand_is_the_same(ag: Autograd) -> None:
    """Giving the starting gradient one by hand has the same effect as giving none."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 5).backward()
    w = ag.tensor(2.0, requires_grad=True)
    (w * 5).backward(ag.tensor(1.0))

    expect(x.grad).equals(5.0)
    expect(w.grad).equals(5.0)


@clause("bwd-008", VALUE, sources=["torch.Tensor.register_hook docstring"])
def a_leaf_can_be_the_root(ag: Autograd) -> None:
    """On a leaf that requires grad the pass begins and ends in one place: the leaf's grad becomes
    one.
    """
    x = ag.tensor(3.0, requires_grad=True)
    x.backward()

    expect(x.grad).equals(1.0)


@clause("bwd-201", VALUE, sources=["torch.Tensor.register_hook docstring"])
def a_leaf_as_root_is_given_what_the_pass_starts_with(ag: Autograd) -> None:
    """A leaf that is the root is given the starting gradient."""
    v = ag.random(2)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    x.backward(ag.tensor(v))

    expect(x.grad).is_close(v)


@clause(
    "bwd-008a",
    CONVENTION,
    sources=["torch.Tensor.register_hook docstring"],
    builds_on=("acc-001", "bwd-201"),
)
def a_leaf_as_root_accumulates_what_the_pass_starts_with(ag: Autograd) -> None:
    """A leaf that is the root adds the given starting gradient to its grad, in every pass anew."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    x.backward(ag.tensor([3.0, -4.0]))
    x.backward(ag.tensor([0.5, 1.0]))

    expect(x.grad).equals([3.5, -3.0])


TEXTBOOK: Final[dict[str, tuple[Callable[..., Any], list[Any], list[Any]]]] = {
    "xy_and_yz_and_zx": (
        # each variable lies on two paths: who overwrites the first answers with single letters
        lambda _, x, y, z: x * y + y * z + z * x,
        [1.0, 2.0, 3.0],
        [5.0, 4.0, 3.0],
    ),
    "the_sine_of_a_square": (
        # the cosine is taken at x², not at x: at the value that the operation was given
        lambda ag, x: ag.sin(x * x),
        [2.0],
        [4.0 * math.cos(4.0)],
    ),
    "five_functions_in_a_row": (
        # the exponential undoes the logarithm; an engine need not notice
        lambda ag, x: ag.sin(ag.exp(ag.log(x * x + 1)) / 3),
        [0.75],
        [math.cos((0.75**2 + 1) / 3) * 2 * 0.75 / 3],
    ),
    "a_sum_of_squares": (
        lambda _, x: (x * x).sum(),
        [np.array([1.0, -2.0, 3.5])],
        [np.array([2.0, -4.0, 7.0])],
    ),
    "a_mean_of_squares": (
        # 6(x + 2) / 4 in each place
        lambda _, x: ((x + 2) * (x + 2) * 3).mean(),
        [np.array([[1.0, 0.0], [-1.0, 2.0]])],
        [np.array([[4.5, 3.0], [1.5, 6.0]])],
    ),
}
"""A function, where it is differentiated, and its gradient there."""


@clause("bwd-009", VALUE, sources=["T4 §7.3"])
def partial_derivatives_of_a_function_of_two_variables(ag: Autograd) -> None:
    """The partial derivatives of x^2 + 2y at (3, 4) are 6 and 2."""
    _, (by_x, by_y) = ag.vjp(lambda x, y: x * x + y * 2, [3.0, 4.0])

    expect(by_x).equals(6.0)
    expect(by_y).equals(2.0)


@clause(
    "bwd-202",
    VALUE,
    sources=["T3 §2", "T4 exercise 1", "T4 exercise 2", "T4 exercise 4"],
    over=TEXTBOOK,
    stands_for={
        "bwd-010": "a_sum_of_squares",
        "bwd-037": "the_sine_of_a_square",
        "bwd-038": "xy_and_yz_and_zx",
        "bwd-039": "five_functions_in_a_row",
        "bwd-040": "a_mean_of_squares",
    },
)
def functions_of_the_textbooks_have_their_gradients(
    ag: Autograd, row: tuple[Callable[..., Any], list[Any], list[Any]]
) -> None:
    """The gradient of {name} is what calculus says."""
    f, points, expected = row
    _, gradients = ag.vjp(lambda *leaves: f(ag, *leaves), points)

    for gradient, wanted in zip(gradients, expected, strict=True):
        expect(gradient).is_close(wanted)


@clause(
    "bwd-203",
    VALUE,
    sources=["torch.pow docstring"],
    over={"0": (0, 0.0), "1": (1, 1.0), "2": (2, 0.0), "3": (3, 0.0)},
)
def powers_have_slopes_at_zero(ag: Autograd, row: tuple[int, float]) -> None:
    """The power x^{name} has its slope at 0 too, where a rule that divides by x fails."""
    power, slope = row
    _, (gradient,) = ag.vjp(lambda x: x**power, [0.0])

    expect(gradient).equals(slope)


@clause(
    "bwd-211",
    VALUE,
    sources=["torch.pow docstring"],
    over={"1": (1.0, 1.0), "2": (2.0, 0.0), "3": (3.0, 0.0)},
)
def powers_of_tensors_have_slopes_at_zero(ag: Autograd, row: tuple[float, float]) -> None:
    """The power x^n has its slope at 0 also where n is a tensor, {name}, and is flat in n there.

    A rule that divides by x fails, and so does one that takes the logarithm of x as it is.
    """
    power, slope = row
    _, (by_base, by_exponent) = ag.vjp(lambda x, n: x**n, [0.0, power])

    expect(by_base).equals(slope)
    expect(by_exponent).equals(0.0)


@clause(
    "bwd-041",
    VALUE,
    sources=["tutorial: The Fundamentals of Autograd", "T4 §7.4"],
    over={"zero": 0.0, "one": 1.0, "a_negative_number": -8.5},
)
def an_added_constant_changes_the_value_and_no_gradient(ag: Autograd, constant: float) -> None:
    """A constant added to the result, {name}, changes its value and none of its derivatives."""
    value, (gradient,) = ag.vjp(lambda x: x * x + constant, [3.0])

    expect(value).equals(9.0 + constant)
    expect(gradient).equals(6.0)


@clause("bwd-045", CONVENTION, unseen="constants", sources=[SETTING])
def the_pass_does_not_enter_what_needs_no_gradient(ag: Autograd) -> None:
    """The pass never visits a part of the computation in which no tensor requires grad: the
    recorded operation has no edge in that direction.
    """
    x = ag.tensor(3.0, requires_grad=True)
    constant = ag.tensor(2.0) * 4
    y = x * constant
    towards_x, towards_constant = y.grad_fn.next_functions

    expect(towards_x[0]).is_present()
    expect(towards_constant[0]).is_none()
    expect(constant.grad_fn).is_none()


@clause("bwd-032", CONVENTION, sources=["observed"])
def the_pass_may_run_while_recording_is_off(ag: Autograd) -> None:
    """Whether operations are recorded at the time of the call is of no importance to backward(),
    because the graph was recorded before.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.no_grad():
        y.backward()

    expect(x.grad).equals(6.0)
