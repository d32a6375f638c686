"""What a transform has to do with what is outside it: leaves, tapes, modes, modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

GRAD: Final = "torch.func.grad docstring"
VJP: Final = "torch.func.vjp docstring"
LIMITATIONS: Final = "torch.func UX limitations"


@clause("func-009", VALUE, sources=[GRAD], unseen="constants")
def nothing_is_stored_in_leaves(ag: Autograd) -> None:
    """A gradient by grad is stored in no leaf, neither in the argument nor in what the function
    closes over.
    """
    at, by = ag.random(3), ag.random(3)
    x, w = ag.tensor(at, requires_grad=True), ag.tensor(by, requires_grad=True)
    found = ag.func.grad(lambda x: (x * x * w).sum())(x)

    expect(found).is_close(2.0 * at * by)
    expect(x.grad).is_none_or_zero()
    expect(w.grad).is_none_or_zero()


@clause("func-010", VALUE, sources=[GRAD])
def a_result_is_recorded_outside(ag: Autograd) -> None:
    """A gradient by grad is recorded by a tape outside, as a function of the argument and of what
    the function closes over.
    """
    at, by = ag.random(3), ag.random(3)
    x, w = ag.tensor(at, requires_grad=True), ag.tensor(by, requires_grad=True)
    ag.func.grad(lambda x: (x * x * x * w).sum())(x).sum().backward()

    expect(x.grad).is_close(6.0 * at * by)
    expect(w.grad).is_close(3.0 * at * at)


@clause("func-202", CONVENTION, sources=[LIMITATIONS], unseen="constants")
def a_result_that_depends_on_no_leaf_is_not_recorded(ag: Autograd) -> None:
    """A gradient by grad requires grad only if it depends on something outside that does: that of
    x^2 + w by a constant x does not, though w is a leaf.
    """
    w = ag.tensor(2.0, requires_grad=True)
    found = ag.func.grad(lambda x: x * x + w)(ag.tensor(3.0))

    expect(found).equals(6.0)
    expect(found.requires_grad).is_false()


@clause("func-011", VALUE, sources=[GRAD])
def what_is_computed_in_no_grad_is_a_constant(ag: Autograd) -> None:
    """What the function computes in a no_grad block counts as a constant."""
    at = ag.random(3)

    def f(x: Any) -> Any:
        with ag.no_grad():
            c = x * x
        return (x * c).sum()

    expect(ag.func.grad(f)(ag.tensor(at))).is_close(at * at)


REVERSE: Final[dict[str, Callable[[Autograd, Any, Any], Any]]] = {
    "grad": lambda ag, f, x: ag.func.grad(f)(x),
    "vjp": lambda ag, f, x: ag.func.vjp(f)(x)[1](ag.tensor(1.0))[0],
    "jacrev": lambda ag, f, x: ag.func.jacrev(f)(x),
}


@clause("func-012", VALUE, sources=[GRAD], over=REVERSE)
def no_grad_outside_changes_no_derivative(ag: Autograd, derivative: Any) -> None:
    """In a no_grad block a derivative by {name} is the same as outside it."""
    at = ag.random(3)
    with ag.no_grad():
        found = derivative(ag, lambda x: ag.exp(x).sum(), ag.tensor(at))

    expect(found).is_close(np.exp(at))


@clause("func-203", CONVENTION, sources=[GRAD])
def in_no_grad_a_result_is_not_recorded(ag: Autograd) -> None:
    """In a no_grad block a gradient by grad does not require grad, though the argument does."""
    x = ag.tensor(3.0, requires_grad=True)
    with ag.no_grad():
        found = ag.func.grad(lambda x: x * x * x)(x)

    expect(found).equals(27.0)
    expect(found.requires_grad).is_false()


@clause("func-213", VALUE, sources=[GRAD])
def a_derivative_in_no_grad_is_a_constant_to_an_outer_one(ag: Autograd) -> None:
    """A derivative that a function takes in a no_grad block counts as a constant, too: of x times
    the derivative of x^3 there, the derivative is 3x^2.
    """
    at = ag.random()

    def f(x: Any) -> Any:
        with ag.no_grad():
            slope = ag.func.grad(lambda y: y * y * y)(x)
        return x * slope

    expect(ag.func.grad(f)(ag.tensor(at))).is_close(3.0 * at * at)


@clause("func-214", VALUE, sources=[VJP])
def a_product_is_recorded_by_its_cotangent(ag: Autograd) -> None:
    """A product that vjp's function of cotangents gives is recorded as a function of these."""
    at, w = ag.random(3), ag.random(3)
    v = ag.tensor(ag.random(3), requires_grad=True)
    _, pull = ag.func.vjp(ag.sin)(ag.tensor(at))
    (pull(v)[0] * ag.tensor(w)).sum().backward()

    expect(v.grad).is_close(np.cos(at) * w)


@clause("func-037", VALUE, sources=[LIMITATIONS])
def an_intermediate_is_returned(ag: Autograd) -> None:
    """An intermediate that the function returns under has_aux has its value outside, where it can
    be computed with.

    One that is assigned to a variable outside belongs to the call, and is not to be used.
    """
    at = ag.random()
    gradient, between = ag.func.grad(lambda x: (ag.sin(ag.sin(x)), ag.sin(x)), has_aux=True)(
        ag.tensor(at)
    )

    expect(between * 2.0).is_close(2.0 * np.sin(at))
    expect(gradient).is_close(np.cos(np.sin(at)) * np.cos(at))


WEIGHT: Final = np.array([[1.5, -2.0, 0.5], [0.25, 1.0, -1.0]])
BIAS: Final = np.array([0.5, -1.5])


def _layer(ag: Autograd) -> Any:
    return ag.Linear(ag.tensor(WEIGHT), ag.tensor(BIAS))


FUNCTIONAL_CALL: Final = "torch.func.functional_call docstring"


@clause("func-035", VALUE, sources=[FUNCTIONAL_CALL])
def a_module_is_a_function_of_its_parameters(ag: Autograd) -> None:
    """functional_call runs a module with the parameters that it is given by name, so that the
    gradient of it has theirs by name.
    """
    x, w, b = ag.random(4, 3), ag.random(2, 3), ag.random(2)
    run = ag.func.functional_call(_layer(ag))

    def loss(parameters: Any) -> Any:
        y = run(parameters, ag.tensor(x))
        return (y * y).sum()

    y = x @ w.T + b
    found = ag.func.grad(loss)({"weight": ag.tensor(w), "bias": ag.tensor(b)})

    expect(found["weight"]).is_close(2.0 * y.T @ x, scale=10.0)
    expect(found["bias"]).is_close(2.0 * y.sum(0), scale=10.0)


@clause("func-035a", VALUE, sources=[FUNCTIONAL_CALL])
def a_module_keeps_its_own_parameters(ag: Autograd) -> None:
    """After a call with other parameters a module computes with its own again, and so it does with
    those that the call left out.
    """
    x, b = ag.random(4, 3), ag.random(2)
    layer = _layer(ag)
    found = ag.func.functional_call(layer)({"bias": ag.tensor(b)}, ag.tensor(x))

    expect(found).is_close(x @ WEIGHT.T + b, scale=10.0)
    expect(layer(ag.tensor(x))).is_close(x @ WEIGHT.T + BIAS, scale=10.0)


@clause("func-036", CONVENTION, sources=[FUNCTIONAL_CALL], unseen="constants")
def gradients_by_detached_parameters_are_not_recorded(ag: Autograd) -> None:
    """The gradient by parameters that were detached does not require grad, though those of the
    module do.
    """
    layer = _layer(ag)
    weight, bias = layer.parameters()
    run = ag.func.functional_call(layer)
    x = ag.tensor(ag.random(4, 3))

    def loss(parameters: Any) -> Any:
        y = run(parameters, x)
        return (y * y).sum()

    found = ag.func.grad(loss)({"weight": weight.detach(), "bias": bias.detach()})

    expect(found["weight"].requires_grad).is_false()


@clause("func-205", CONVENTION, sources=[FUNCTIONAL_CALL])
def strictly_all_parameters_are_given(ag: Autograd) -> None:
    """With strict functional_call refuses to run a module without one of its parameters.

    Remedy: give a tensor for each name that the module has, and for no other.
    """
    run = ag.func.functional_call(_layer(ag), strict=True)
    with ag.refuses("module-keys"):
        run({"bias": ag.tensor(ag.random(2))}, ag.tensor(ag.random(4, 3)))
