"""Leaves: what may be written, and what may not.

A leaf that requires grad is the point at which a derivative is asked for.  Were it overwritten
by a recorded operation, it would turn into the result of an operation, and the point would be
lost together with the place where its gradient goes.  So the engine refuses, before anything is
changed.  A leaf without grad, and a gradient itself, are ordinary memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import SAFETY, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

TUTORIAL = "introyt autograd tutorial § Autograd and In-place Operations"
WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"
CLIPPING = "torch.nn.utils.clip_grad_norm_ docstring"


@clause("inp-004", SAFETY, sources=[TUTORIAL, "T1 §2.1.6"])
def a_leaf_that_requires_grad_is_not_written(ag: Autograd) -> None:
    """In grad mode, writing in place into a leaf that requires grad is refused.

    lightning-thunder#1458 let it pass.
    """
    x = ag.tensor(3.0, requires_grad=True)

    with ag.refuses("leaf-inplace"):
        x.add_(1.0)


@clause("inp-004a", SAFETY, sources=[TUTORIAL])
def a_write_that_forgets_the_old_value_is_refused_too(ag: Autograd) -> None:
    """In grad mode, a leaf that requires grad is not written even by an operation that ignores its
    value.
    """
    x = ag.tensor(3.0, requires_grad=True)

    with ag.refuses("leaf-inplace"):
        x.zero_()
    expect(x).equals(3.0)


@clause("inp-006", SAFETY, sources=["observed"], builds_on=("inp-004",))
def a_refused_write_changes_nothing(ag: Autograd) -> None:
    """A refused write leaves the leaf's value and version, and the graphs that use it, intact.

    In pytorch#2940 the error came after the data had been changed.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.refuses("leaf-inplace"):
        x.mul_(2.0)

    expect(x).equals(3.0)
    expect(x.version).equals(0)
    y.backward()
    expect(x.grad).equals(6.0)


@clause("inp-055", SAFETY, sources=["T1 §2.1.6"])
def rebinding_a_name_is_no_write(ag: Autograd) -> None:
    """Giving a leaf's name to a new tensor, as x = relu(x) does, is no write to the leaf."""
    x = ag.tensor(-2.0, requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    z = x * y
    with ag.refuses("leaf-inplace"):
        x.relu_()
    leaf, x = x, ag.relu(x)
    z.backward()

    expect(x).equals(0.0)
    expect(y.grad).equals(-2.0)
    expect(leaf.grad).equals(5.0)


@clause(
    "inp-007",
    VALUE,
    sources=["torch.Tensor.is_leaf docstring", "notes/autograd § In-place operations"],
)
def a_leaf_without_grad_is_written_freely(ag: Autograd) -> None:
    """A leaf that does not require grad may be written, and may come to require grad later."""
    x = ag.tensor(1.0)
    x.add_(2.0)
    x.requires_grad_()
    (x * x).backward()

    expect(x).equals(3.0)
    expect(x.grad).equals(6.0)


@clause("inp-009", VALUE, sources=[WITH_AUTOGRAD])
def augmented_assignment_writes_in_place(ag: Autograd) -> None:
    """X += y, -=, *=, /= and **= write into the tensor x itself, and are recorded.

    With h starting at x the program computes ((x + 1 - 2) * 6 / 4)**2, whose slope at 3 is
    2 * 3 * 6 / 4 = 9.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = before = x * 1.0
    h += 1.0
    h -= 2.0
    h *= 6.0
    h /= 4.0
    h **= 2
    h.backward()

    expect(h).is_same_object_as(before)
    expect(before.version).equals(5)
    expect(before).equals(9.0)
    expect(x.grad).equals(9.0)


@clause("inp-009a", SAFETY, sources=[WITH_AUTOGRAD], builds_on=("inp-004",))
def augmented_assignment_to_a_leaf_is_refused(ag: Autograd) -> None:
    """Augmented assignment to a leaf that requires grad is refused like any write to it."""
    x = ag.tensor(3.0, requires_grad=True)

    with ag.refuses("leaf-inplace"):
        x += 1.0
    expect(x).equals(3.0)


@clause("inp-045", VALUE, sources=["torch.Tensor.zero_ docstring", "T2 §2.3", "T3 §1", "T4 §7.5"])
def zeroing_a_gradient_writes_into_it(ag: Autograd) -> None:
    """Where x.grad has no history, x.grad.zero_() sets it to zero where it lies, and records
    nothing.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()
    gradient = x.grad
    x.grad.zero_()

    expect(x.grad).is_same_object_as(gradient)
    expect(gradient).equals(0.0)
    expect(gradient.requires_grad).is_false()


@clause("inp-049", VALUE, sources=[CLIPPING])
def a_gradient_may_be_scaled_in_no_grad(ag: Autograd) -> None:
    """A gradient may be written in place inside no_grad: that is how gradients are clipped."""
    x = ag.tensor(3.0, requires_grad=True)
    (x * x).backward()
    with ag.no_grad():
        x.grad.mul_(0.5)

    expect(x.grad).equals(3.0)


@clause("inp-049a", VALUE, sources=[CLIPPING])
def a_gradient_may_be_scaled_through_its_detached_alias(ag: Autograd) -> None:
    """Writing into x.grad.detach() writes into the gradient, since both are one memory."""
    x = ag.tensor(3.0, requires_grad=True)
    (x * x).backward()
    x.grad.detach().mul_(0.5)

    expect(x.grad).equals(3.0)
