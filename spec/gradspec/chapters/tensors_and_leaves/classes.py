"""Classes of tensors: a caller's own kind of tensor is one more name for a tensor.

A program can derive a class from that of tensors, for quantities with a unit, say, or to be told of
each operation.  What it computes and how it is differentiated stays as it was; what is new is who
is asked: functions that are given a tensor of the class give tensors of the class, unless the class
says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

DOCSTRING: Final = "torch.Tensor.as_subclass docstring"
EXTENDING: Final = "notes/extending § Subclassing torch.Tensor"

GIVEN: Final[dict[str, Callable[[Autograd, Tensor], Any]]] = {
    "sin": lambda _, s: s.sin(),
    "mul": lambda _, s: s * 2.0,
    "mul_with_a_tensor_before": lambda ag, s: ag.tensor([2.0, 3.0]) * s,
    "index": lambda _, s: s[0],
    "stack": lambda ag, s: ag.stack([ag.tensor([2.0, 3.0]), s]),
    "split": lambda _, s: s.split(1)[1],
    "detach": lambda _, s: s.detach(),
    "clone": lambda _, s: s.clone(),
}
"""What gives a tensor, or several, and is given one of the class."""


@clause("leaf-053", VALUE, sources=[DOCSTRING])
def another_class_stays_attached(ag: Autograd) -> None:
    """Gradients flow through as_subclass to what the tensor was made of, and are what they were."""
    x = ag.tensor(ag.random(2), requires_grad=True)
    weight = ag.random(2)

    attached = x.as_subclass(ag.tensor_class())
    (attached * 3.0).backward(ag.tensor(weight))

    expect(x.grad).is_close(3.0 * weight)


@clause("leaf-227", CONVENTION, sources=[DOCSTRING])
def another_class_shows_the_same_memory(ag: Autograd) -> None:
    """as_subclass gives a tensor of that class, with the values of the old one and on its memory.

    The old one is not of the class.
    """
    x = ag.tensor([1.5, -2.0])
    derived = ag.tensor_class()

    made = x.as_subclass(derived)

    expect(made.is_of_class(derived)).is_true()
    expect(x.is_of_class(derived)).is_false()
    expect(made).equals([1.5, -2.0])
    expect(made).shares_memory_with(x)


@clause("leaf-228", CONVENTION, sources=[EXTENDING], over=GIVEN)
def what_is_computed_is_of_the_class(ag: Autograd, give: Callable[[Autograd, Tensor], Any]) -> None:
    """What {name} gives, given a tensor of another class, is of that class."""
    derived = ag.tensor_class()
    tensor = ag.tensor([1.5, -2.0]).as_subclass(derived)

    expect(give(ag, tensor).is_of_class(derived)).is_true()


@clause("leaf-229", VALUE, unseen="constants", sources=[EXTENDING])
def a_leaf_of_another_class_gets_its_gradient(ag: Autograd) -> None:
    """A leaf of another class that requires grad gets its gradient, as one of the usual class."""
    leaf = ag.tensor([1.5, -2.0]).as_subclass(ag.tensor_class())
    weight = ag.random(2)
    leaf.requires_grad_()

    (leaf * leaf).backward(ag.tensor(weight))

    expect(leaf.grad).is_close(2.0 * weight * [1.5, -2.0])
