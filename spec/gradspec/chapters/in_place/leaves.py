"""Leaves: what may be written, and what may not.

A leaf that requires grad is the point at which a derivative is asked for.  Were it overwritten
by a recorded operation, it would turn into the result of an operation, and the point would be
lost together with the place where its gradient goes.  So the engine refuses, before anything is
changed.  A leaf without grad, and a gradient itself, are ordinary memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradspec import CONVENTION, SAFETY, VALUE, clause, expect
from gradspec.chapters.in_place.rows import AUGMENTED, WRITES, Write

if TYPE_CHECKING:
    from gradspec import Autograd

TUTORIAL = "introyt autograd tutorial § Autograd and In-place Operations"
WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"
ZEROING = ["torch.Tensor.zero_ docstring", "T2 §2.3", "T3 §1", "T4 §7.5"]
CLIPPING = "torch.nn.utils.clip_grad_norm_ docstring"

LEAF_WRITES = {n: WRITES[n] for n in ("add", "mul", "relu", "zero", "copy")} | {
    "iadd": AUGMENTED["iadd"]
}


@clause("inp-201", SAFETY, sources=[TUTORIAL, "chain rule"], over=LEAF_WRITES)
def a_graph_does_not_see_a_later_write_to_its_leaf(ag: Autograd, write: Write) -> None:
    """A pass through a graph that used a leaf before {name} wrote to it is refused, or gives the
    gradient at the old value.
    """
    v = ag.random(*np.shape(write.point))
    x = ag.tensor(write.point, requires_grad=True)
    y = x * x
    with ag.attempt():
        write.into(ag, x)
    with ag.attempt() as backward:
        y.backward(ag.tensor(v))

    with backward.granted():
        expect(x.grad).is_close(2 * v * write.point)


@clause("inp-202", SAFETY, sources=[TUTORIAL, "chain rule"])
def a_written_leaf_is_not_lost(ag: Autograd) -> None:
    """Writing in place into a leaf that requires grad is refused, or leaves it a leaf whose
    gradient is right.

    The slope of the write is one, so it does not matter whether the gradient is meant at the old
    value or at the new.  In lightning-thunder#1458 the write passed.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with ag.attempt() as write:
        x.add_(1.0)

    with write.granted():
        (x * x).backward()
        expect(x.grad).equals(8.0)


@clause(
    "inp-004",
    CONVENTION,
    sources=[TUTORIAL, "T1 §2.1.6"],
    over=LEAF_WRITES,
    stands_for={"inp-004a": "zero", "inp-009a": "iadd"},
)
def a_leaf_that_requires_grad_is_not_written(ag: Autograd, write: Write) -> None:
    """In grad mode, writing by {name} into a leaf that requires grad is refused.

    That zero_ and copy_ ignore the old value is no excuse, nor is it that Python spells += as an
    assignment.

    Remedy: write inside no_grad, or make a new tensor out of place, as x = x + 1 does.
    """
    x = ag.tensor(write.point, requires_grad=True)

    with ag.refuses("leaf-inplace"):
        write.into(ag, x)


@clause("inp-006", SAFETY, sources=["observed"], over=LEAF_WRITES)
def a_refused_write_changes_nothing(ag: Autograd, write: Write) -> None:
    """If writing by {name} into a leaf is refused, its value and graphs that use it stay intact.

    In pytorch#2940 the error came after the data had been changed.
    """
    v = ag.random(*np.shape(write.point))
    x = ag.tensor(write.point, requires_grad=True)
    y = x * x
    with ag.attempt() as writing:
        write.into(ag, x)

    with writing.denied():
        expect(x).equals(write.point)
        y.backward(ag.tensor(v))
        expect(x.grad).is_close(2 * v * write.point)


@clause("inp-055", VALUE, unseen="inplace", sources=["T1 §2.1.6"])
def rebinding_a_name_is_no_write(ag: Autograd) -> None:
    """Giving a leaf's name to a new tensor, as x = relu(x) does, is no write to the leaf."""
    x = ag.tensor(-2.0, requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    z = x * y
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


@clause("inp-009", CONVENTION, sources=[WITH_AUTOGRAD], over=AUGMENTED)
def augmented_assignment_writes_in_place(ag: Autograd, write: Write) -> None:
    """Augmented assignment by {name} writes into the tensor itself, and does not make another."""
    h = ag.tensor(write.point)
    written = write.into(ag, h)

    expect(written).is_same_object_as(h)
    expect(h).is_close(write.value)


@clause("inp-204", VALUE, sources=ZEROING)
def zeroing_a_gradient_sets_it_to_zero(ag: Autograd) -> None:
    """After x.grad.zero_() the gradient of x is zero."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()
    x.grad.zero_()

    expect(x.grad).equals(0.0)


@clause("inp-045", CONVENTION, sources=ZEROING)
def zeroing_a_gradient_writes_into_it(ag: Autograd) -> None:
    """Where x.grad has no history, x.grad.zero_() sets it to zero where it lies."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * 3.0).backward()
    gradient = x.grad
    x.grad.zero_()

    expect(x.grad).is_same_object_as(gradient)
    expect(gradient).equals(0.0)


@clause("inp-049", VALUE, sources=[CLIPPING])
def a_gradient_may_be_scaled_in_no_grad(ag: Autograd) -> None:
    """A gradient may be written in place inside no_grad: that is how gradients are clipped."""
    x = ag.tensor(3.0, requires_grad=True)
    (x * x).backward()
    with ag.no_grad():
        x.grad.mul_(0.5)

    expect(x.grad).equals(3.0)


@clause("inp-049a", CONVENTION, sources=[CLIPPING])
def a_gradient_may_be_scaled_through_its_detached_alias(ag: Autograd) -> None:
    """Writing into x.grad.detach() writes into the gradient, since both are one memory."""
    x = ag.tensor(3.0, requires_grad=True)
    (x * x).backward()
    x.grad.detach().mul_(0.5)

    expect(x.grad).equals(3.0)


@clause("inp-205", SAFETY, sources=["notes/autograd § How autograd encodes the history"])
def a_leaf_is_released_with_its_last_name(ag: Autograd) -> None:
    """A leaf that was written into another tensor is released once nobody names either.

    A leaf that owns the node which adds to its gradient, and a node that owns its leaf, would
    keep each other alive.
    """
    x = ag.tensor(3.0, requires_grad=True)
    buffer = ag.tensor(1.0)
    written = buffer.add_(x)
    watcher = ag.watch(x)
    ag.forget(x, buffer, written)

    expect(watcher).is_gone()


@clause("inp-260", SAFETY, sources=["observed"])
def a_leaf_that_became_a_result_gets_no_gradient(ag: Autograd) -> None:
    """A gradient that arrives at a leaf after a recorded write made it a result is refused, or
    passed over: it is not the result's.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * 3.0
    x.requires_grad = False
    x.add_(w)
    with ag.attempt() as backward:
        y.backward()

    with backward.granted():
        expect(x.grad).is_none_or_zero()
    expect(w.grad).is_none_or_zero()
