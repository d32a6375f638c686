"""What the pass computes.

At the leaves lies what calculus says, neither an approximation by differences nor a formula: the
local derivatives are evaluated at the values that the program met on its way forward, and
multiplied as numbers.  The examples can be checked with pencil and paper.
"""

from __future__ import annotations

import math

import numpy as np

from gradspec import VALUE, Autograd, Tensor, clause, expect


@clause("bwd-001", VALUE, sources=["torch.Tensor.backward docstring", "T2 §2.3", "T4 §7.3"])
def backward_leaves_the_derivatives_in_the_leaves(ag: Autograd) -> None:
    """Called on a scalar, backward() computes its derivative by every leaf that requires grad and
    went into it, and stores each in that leaf's grad.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-4.0, requires_grad=True)
    (x * y + x).backward()

    expect(x.grad).equals(-3.0)
    expect(y.grad).equals(3.0)


@clause(
    "bwd-001a",
    VALUE,
    sources=["torch.Tensor.backward docstring", "notes/autograd § Setting requires_grad"],
)
def a_leaf_that_was_not_used_is_given_nothing(ag: Autograd) -> None:
    """A leaf that did not go into the scalar keeps the grad None.

    Zero would say that there is a dependence, and that it is flat here.  An engine that starts
    every gradient at zero cannot tell the two apart, and its caller cannot tell a forgotten
    parameter from a converged one.
    """
    x = ag.tensor(3.0, requires_grad=True)
    bystander = ag.tensor(7.0, requires_grad=True)
    (x * x).backward()

    expect(x.grad).equals(6.0)
    expect(bystander.grad).is_none()


@clause(
    "bwd-001e",
    VALUE,
    sources=["torch.Tensor.backward docstring", "notes/autograd § Setting requires_grad"],
)
def a_leaf_that_does_not_require_grad_is_given_nothing(ag: Autograd) -> None:
    """A leaf that does not require grad keeps the grad None, although the scalar depends on it."""
    x = ag.tensor(3.0, requires_grad=True)
    constant = ag.tensor(5.0)
    (x * constant).backward()

    expect(x.grad).equals(5.0)
    expect(constant.grad).is_none()


@clause("bwd-001b", VALUE, sources=["torch.Tensor.backward docstring", "T1 §2.1.2"])
def a_leaf_that_is_an_array_gets_an_array_of_its_shape(ag: Autograd) -> None:
    """The derivative of a scalar by a leaf that is an array has the leaf's shape and holds one
    partial derivative for each of its entries.

    For z = sin(<x, y>) they are cos(<x, y>) y and cos(<x, y>) x.
    """
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 7.0, 8.0])
    x = ag.tensor(a, requires_grad=True)
    y = ag.tensor(b, requires_grad=True)
    ag.sin(ag.dot(x, y)).backward()

    expect(x.grad).is_close(math.cos(70.0) * b)
    expect(y.grad).is_close(math.cos(70.0) * a)


@clause("bwd-002", VALUE, sources=["torch.autograd.backward signature"])
def backward_returns_nothing(ag: Autograd) -> None:
    """The call backward() returns None: its result is what it leaves in the leaves.

    To be given gradients as values is another question, which the functional query answers.
    """
    x = ag.tensor(3.0, requires_grad=True)

    expect((x * x).backward()).is_none()
    expect(x.grad).equals(6.0)


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
    y = x * 5
    y.retain_grad()
    y.backward()

    expect(y.grad).equals(1.0)
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


@clause("bwd-008a", VALUE, sources=["torch.Tensor.register_hook docstring"])
def a_leaf_as_root_accumulates_what_the_pass_starts_with(ag: Autograd) -> None:
    """A leaf that is the root adds the given starting gradient to its grad, in every pass anew."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    x.backward(ag.tensor([3.0, -4.0]))
    x.backward(ag.tensor([0.5, 1.0]))

    expect(x.grad).equals([3.5, -3.0])


@clause("bwd-009", VALUE, sources=["T4 §7.3"])
def partial_derivatives_of_a_function_of_two_variables(ag: Autograd) -> None:
    """The partial derivatives of x^2 + 2y at (3, 4) are 6 and 2."""

    def f(x: Tensor, y: Tensor) -> Tensor:
        result: Tensor = x**2 + 2 * y
        return result

    _, (by_x, by_y) = ag.vjp(f, [3.0, 4.0])

    expect(by_x).equals(6.0)
    expect(by_y).equals(2.0)


@clause("bwd-038", VALUE, sources=["T4 exercise 2"])
def each_variable_gets_the_terms_it_occurs_in(ag: Autograd) -> None:
    """The gradient of xy + yz + zx at (1, 2, 3) is (y + z, z + x, x + y) = (5, 4, 3).

    Each variable lies on two paths.  An engine that overwrites the first contribution with the
    second answers with single letters.
    """

    def f(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        result: Tensor = x * y + y * z + z * x
        return result

    _, (by_x, by_y, by_z) = ag.vjp(f, [1.0, 2.0, 3.0])

    expect(by_x).equals(5.0)
    expect(by_y).equals(4.0)
    expect(by_z).equals(3.0)


@clause("bwd-037", VALUE, sources=["T4 exercise 1"])
def outer_derivative_is_taken_at_the_inner_value(ag: Autograd) -> None:
    """The derivative of sin(x^2) at 2 is 4 cos(4).

    The cosine is taken at x^2, not at x: the local derivative needs the value that the operation
    was given on the way forward.
    """
    _, (gradient,) = ag.vjp(lambda x: ag.sin(x**2), [2.0])

    expect(gradient).is_close(4.0 * math.cos(4.0))


@clause("bwd-039", VALUE, sources=["T4 exercise 4"])
def five_functions_in_a_row_multiply_five_derivatives(ag: Autograd) -> None:
    """The derivative of sin(exp(log(x^2 + 1)) / 3) is the product of its local derivatives, equal
    to cos((x^2 + 1) / 3) 2x / 3.

    The exponential undoes the logarithm, so their local derivatives cancel.  An engine need not
    notice: it multiplies x^2 + 1 by its reciprocal.
    """
    x = 0.75
    _, (gradient,) = ag.vjp(lambda t: ag.sin(ag.exp(ag.log(t**2 + 1)) / 3), [x])

    expect(gradient).is_close(math.cos((x**2 + 1) / 3) * 2 * x / 3)


@clause("bwd-010", VALUE, sources=["T3 §2", "T4 §7.3"])
def gradient_of_the_sum_of_squares_is_twice_the_vector(ag: Autograd) -> None:
    """The gradient of the sum of the squares of a vector's entries is twice the vector."""
    value, (gradient,) = ag.vjp(lambda x: (x**2).sum(), [[1.0, -2.0, 3.5]])

    expect(value).equals(17.25)
    expect(gradient).equals([2.0, -4.0, 7.0])


@clause("bwd-040", VALUE, sources=["tutorial: A Gentle Introduction to torch.autograd"])
def a_mean_divides_every_derivative_by_the_number_of_entries(ag: Autograd) -> None:
    """The gradient of the mean of 3(x + 2)^2 over four entries is 6(x + 2) / 4 in each place, which
    is 4.5 where the entry is one.
    """

    def f(x: Tensor) -> Tensor:
        y = x + 2
        result: Tensor = (y * y * 3).mean()
        return result

    _, (gradient,) = ag.vjp(f, [[[1.0, 0.0], [-1.0, 2.0]]])

    expect(gradient).equals([[4.5, 3.0], [1.5, 6.0]])


@clause("bwd-041", VALUE, sources=["tutorial: The Fundamentals of Autograd", "T4 §7.4"])
def an_added_constant_changes_the_value_and_no_gradient(ag: Autograd) -> None:
    """A constant added to the result changes its value and none of its derivatives."""
    for constant in (0.0, 1.0, -8.5):
        value, (gradient,) = ag.vjp(lambda x, c=constant: x * x + c, [3.0])

        expect(value).equals(9.0 + constant)
        expect(gradient).equals(6.0)


@clause("bwd-045", VALUE, sources=["notes/autograd § Setting requires_grad"])
def the_pass_does_not_enter_what_needs_no_gradient(ag: Autograd) -> None:
    """The pass never visits a part of the computation in which no tensor requires grad: the
    recorded operation has no edge in that direction.
    """
    x = ag.tensor(3.0, requires_grad=True)
    constant = ag.tensor(2.0) * 4
    y = x * constant
    towards_x, towards_constant = y.grad_fn.next_functions
    y.backward()

    expect(towards_x[0]).is_present()
    expect(towards_constant[0]).is_none()
    expect(constant.grad_fn).is_none()
    expect(x.grad).equals(8.0)


@clause("bwd-032", VALUE, sources=["observed"])
def the_pass_may_run_while_recording_is_off(ag: Autograd) -> None:
    """Whether operations are recorded at the time of the call is of no importance to backward(),
    because the graph was recorded before.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.no_grad():
        y.backward()

    expect(x.grad).equals(6.0)
