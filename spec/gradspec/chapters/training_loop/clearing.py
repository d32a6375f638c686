"""Clearing: where the next sum of gradients begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIMIZER: Final = "torch.optim.Optimizer.zero_grad docstring"


def of_an_optimizer(ag: Autograd) -> tuple[list[Any], Any]:
    """Make parameters, and the optimizer that clears them."""
    parameters = [ag.tensor([1.0, 2.0], requires_grad=True), ag.tensor([3.0], requires_grad=True)]
    return parameters, ag.SGD(parameters, lr=0.25)


def of_a_module(ag: Autograd) -> tuple[list[Any], Any]:
    """Make the module that clears its parameters."""
    module = ag.Linear(ag.tensor([[1.0, 2.0]]), ag.tensor([3.0]))
    return module.parameters(), module


OWNERS: Final[dict[str, Callable[[Autograd], tuple[list[Any], Any]]]] = {
    "optimizer": of_an_optimizer,
    "module": of_a_module,
}

FORMS: Final = {"none": True, "zeros": False}
"""Row -> `set_to_none`."""


@clause(
    "loop-003",
    CONVENTION,
    sources=[OPTIMIZER, "torch.nn.Module.zero_grad docstring", "T1 §2.6", "T3 §7.5"],
    over=OWNERS,
)
def clearing_takes_gradients_away(
    ag: Autograd, make: Callable[[Autograd], tuple[list[Any], Any]]
) -> None:
    """Of each parameter of the {name}, zero_grad() makes the grad None."""
    parameters, owner = make(ag)
    for p in parameters:
        p.sum().backward()

    owner.zero_grad()

    for p in parameters:
        expect(p.grad).is_none()


@clause(
    "loop-208",
    CONVENTION,
    sources=[OPTIMIZER, "torch.nn.Module.zero_grad docstring"],
    over=OWNERS,
)
def clearing_fills_with_zeros(
    ag: Autograd, make: Callable[[Autograd], tuple[list[Any], Any]]
) -> None:
    """Of each parameter of the {name}, zero_grad(set_to_none=False) fills the grad with zeros."""
    parameters, owner = make(ag)
    for p in parameters:
        p.sum().backward()

    owner.zero_grad(set_to_none=False)

    first, second = parameters
    expect(first.grad.sum()).equals(0.0)
    expect(second.grad).equals(np.zeros(1))


@clause("loop-004", CONVENTION, sources=[OPTIMIZER])
def zeros_are_filled_in_and_cut_off(ag: Autograd) -> None:
    """Zeros are filled into the grad that is there, which is cut off from any history."""
    p = ag.tensor(3.0, requires_grad=True)
    optimizer = ag.SGD([p], lr=0.25)
    (p * p).backward(create_graph=True)
    held = p.grad

    optimizer.zero_grad(set_to_none=False)

    expect(p.grad).is_same_object_as(held)
    expect(held).equals(0.0)
    expect(held.requires_grad).is_false()


@clause("loop-005", CONVENTION, sources=["torch.optim.Optimizer.zero_grad source"], over=FORMS)
def none_stays_none(ag: Autograd, set_to_none: bool) -> None:
    """A grad that is None is None after zero_grad, also in the form that fills with {name}."""
    p = ag.tensor(3.0, requires_grad=True)

    ag.SGD([p], lr=0.25).zero_grad(set_to_none=set_to_none)

    expect(p.grad).is_none()


@clause("loop-006", CONVENTION, sources=[OPTIMIZER], over=FORMS)
def what_is_not_reached_again_stays_cleared(ag: Autograd, set_to_none: bool) -> None:
    """After zero_grad, a pass that does not reach a parameter leaves its grad at {name}.

    None is the usual form, zeros that of set_to_none=False.
    """
    p, q = (ag.tensor(2.0, requires_grad=True) for _ in range(2))
    optimizer = ag.SGD([p, q], lr=0.25)
    (p * q).backward()

    optimizer.zero_grad(set_to_none=set_to_none)
    (p * 3.0).backward()

    expect(p.grad).equals(3.0)
    if set_to_none:
        expect(q.grad).is_none()
    else:
        expect(q.grad).equals(0.0)


@clause(
    "loop-008",
    CONVENTION,
    sources=["introyt autograd tutorial", "T1 §2.3", "T3 §7.5"],
    builds_on=("acc-001", "loop-001"),
)
def what_is_not_cleared_adds_up(ag: Autograd) -> None:
    """Without zero_grad each step is taken with the gradients of all the iterations before.

    The first gradient of p² at 2 is 4, the second at 1 is 2, and the second step takes 6.
    """
    p = ag.tensor(2.0, requires_grad=True)
    optimizer = ag.SGD([p], lr=0.25)

    for there in (1.0, -0.5):
        (p * p).backward()
        optimizer.step()
        expect(p).equals(there)
