"""Gradients that are assigned: the attribute `grad` is the user's, to be set, replaced and cleared.

A step of descent subtracts the gradient from its tensor entry by entry.  So an assigned gradient
has to fit: another shape would be broadcast, and a tensor that is its own gradient would be summed
into.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, SAFETY, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

GRAD: Final = "torch.Tensor.grad docstring"

LIKE_A_GRADIENT: Final[dict[str, Callable[[Autograd], Any]]] = {
    "a_tensor": lambda ag: ag.tensor(5.0),
    "a_tensor_of_another_data_type": lambda ag: ag.tensor(5.0, dtype="float16"),
    "a_number": lambda _: 5.0,
}
"""What might be assigned to grad."""


@clause("leaf-208", SAFETY, sources=[GRAD, "observed"], over=LIKE_A_GRADIENT)
def what_is_assigned_to_grad_is_there(ag: Autograd, make: Callable[[Autograd], Any]) -> None:
    """Assigning {name} to grad is refused, or grad has that value from then on."""
    x, gradient = ag.tensor(2.0, requires_grad=True), make(ag)
    (x * 3.0).backward()

    with ag.attempt() as attempt:
        x.grad = gradient
    with attempt.granted():
        expect(ag.tensor(0.0) + x.grad).equals(5.0)


@clause("leaf-018", CONVENTION, sources=[GRAD, "docs autograd § Manual gradient layouts"])
def an_assigned_gradient_is_the_gradient(ag: Autograd) -> None:
    """A tensor assigned to grad is what grad is from then on: the tensor itself, not a copy."""
    x = ag.tensor(2.0, requires_grad=True)
    gradient = ag.tensor(5.0)

    x.grad = gradient

    expect(x.grad).is_same_object_as(gradient)


@clause("leaf-018a", CONVENTION, sources=[GRAD])
def assigning_none_clears_the_gradient(ag: Autograd) -> None:
    """Assigning None to grad clears it."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()

    x.grad = None

    expect(x.grad).is_none_or_zero()


@clause("leaf-023", CONVENTION, level=MAY, sources=["observed"])
def deleting_the_gradient_clears_it(ag: Autograd) -> None:
    """Deleting grad clears it: the attribute is still there, and nothing is in it."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()

    del x.grad

    expect(x.grad).is_none_or_zero()


@clause(
    "leaf-024",
    CONVENTION,
    unseen="constants",
    level=MAY,
    sources=["observed"],
    builds_on=("leaf-054",),
)
def a_constant_can_be_given_a_gradient(ag: Autograd) -> None:
    """A gradient can be assigned to a tensor that does not require grad."""
    c = ag.tensor(2.0)

    c.grad = ag.tensor(5.0)

    expect(c.grad).equals(5.0)


@clause("leaf-209", SAFETY, sources=["observed"])
def a_gradient_keeps_the_shape_of_its_leaf(ag: Autograd) -> None:
    """Assigning to grad a tensor of another shape is refused, or grad keeps the leaf's shape.

    The shape below is one that broadcasting would forgive, silently, at the next step of descent.
    """
    x, gradient = ag.tensor([1.0, 2.0], requires_grad=True), ag.tensor([3.0])
    (x * 3.0).backward(ag.tensor([1.0, -1.0]))

    with ag.attempt() as attempt:
        x.grad = gradient
    with attempt.granted():
        expect(x.grad).has_shape(2)


@clause("leaf-019", CONVENTION, sources=["observed"])
def a_gradient_of_another_shape_cannot_be_assigned(ag: Autograd) -> None:
    """Assigning to grad a tensor of another shape than the leaf's is refused.

    The shape below is one that broadcasting would forgive; a gradient is not broadcast.

    Remedy: reshape the gradient to the leaf's shape, or sum it over what was broadcast.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    gradient = ag.tensor([3.0])

    with ag.refuses("grad-shape"):
        x.grad = gradient

    expect(x.grad).is_none_or_zero()


@clause("leaf-210", SAFETY, sources=["observed"])
def a_gradient_is_not_summed_into_its_leaf(ag: Autograd) -> None:
    """A pass leaves the value of a leaf alone that was assigned to its own grad, refused or not."""
    x = ag.tensor(2.0, requires_grad=True)

    with ag.attempt():
        x.grad = x

    (x * 3.0).backward()
    expect(x).equals(2.0)


@clause("leaf-021", CONVENTION, unseen="gradient_tensors", sources=["observed"])
def a_tensor_is_not_its_own_gradient(ag: Autograd) -> None:
    """Assigning a tensor to its own grad is refused.

    Remedy: assign a copy, as x.detach().clone() makes it.
    """
    x = ag.tensor(2.0, requires_grad=True)

    with ag.refuses("grad-is-self"):
        x.grad = x

    expect(x.grad).is_none_or_zero()


@clause("leaf-022", CONVENTION, unseen="gradient_tensors", sources=["observed"])
def a_gradient_is_a_tensor_or_none(ag: Autograd) -> None:
    """Assigning to grad anything but a tensor or None is refused, a plain number included.

    Remedy: make a tensor of the leaf's shape that holds the number.
    """
    x = ag.tensor(2.0, requires_grad=True)

    with ag.refuses("grad-type"):
        x.grad = 5.0

    expect(x.grad).is_none_or_zero()
