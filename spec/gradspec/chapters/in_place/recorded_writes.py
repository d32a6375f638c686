"""Recorded writes: a write is an operation.

After `h.add_(1)` the tensor `h` is still the same object, and its history has one more node at
the end: h is now old h + 1.  Three cases follow from that one sentence by the chain rule.  A
write that computes from the old value passes the gradient on through its derivative.  A write
that ignores the old value ends the gradient of what it overwrites.  And the value that was
written, if it has a history, receives the gradient of the region that it fills.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradspec import VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"


@clause("inp-008", VALUE, sources=[WITH_AUTOGRAD])
def a_write_to_an_intermediate_is_recorded(ag: Autograd) -> None:
    """A write to a non-leaf returns that same tensor, and gradients flow through the write."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 2.0
    returned = h.add_(x * x)
    (h * 5.0).backward()

    expect(returned).is_same_object_as(h)
    expect(h).equals(15.0)
    expect(x.grad).equals(40.0)


@clause("inp-008a", VALUE, sources=[WITH_AUTOGRAD])
def the_written_tensor_gets_a_new_node(ag: Autograd) -> None:
    """After a write the tensor's grad_fn is a new node, whose edge leads to the old one."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 2.0
    before = h.grad_fn
    h.add_(1.0)

    expect(h.grad_fn).is_another_object_than(before)
    expect(h.grad_fn.next_functions[0][0]).is_same_object_as(before)


@clause("inp-008b", VALUE, sources=[WITH_AUTOGRAD], builds_on=("inp-008",))
def a_written_tensor_may_be_the_root(ag: Autograd) -> None:
    """A backward pass may start at a tensor that was just written.

    In Paddle#37367 the cotangent of such a root was counted once too often.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * x
    h.mul_(0.5)
    h.backward()

    expect(x.grad).equals(3.0)


@clause("inp-008c", VALUE, sources=[WITH_AUTOGRAD], builds_on=("inp-008",))
def a_write_can_be_differentiated_twice(ag: Autograd) -> None:
    """A recorded write has second derivatives: with h = x * x and h *= x they are those of x^3.

    Paddle#44020 had them wrong.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * x
    h.mul_(x)
    (first,) = ag.grad(h, [x], create_graph=True)
    first.backward()

    expect(first).equals(27.0)
    expect(x.grad).equals(18.0)


@clause("inp-022", VALUE, sources=[WITH_AUTOGRAD])
def a_plain_tensor_joins_the_graph_when_written(ag: Autograd) -> None:
    """A plain tensor into which a value with history is written requires grad and is no leaf."""
    x = ag.tensor(2.0, requires_grad=True)
    buffer = ag.tensor(1.0)
    buffer.add_(x * 3.0)

    expect(buffer.requires_grad).is_true()
    expect(buffer.is_leaf).is_false()
    buffer.backward()
    expect(buffer).equals(7.0)
    expect(x.grad).equals(3.0)


@clause("inp-020", VALUE, sources=["chain rule", "observed"])
def a_constant_blocks_the_gradient_of_what_it_overwrites(ag: Autograd) -> None:
    """Assigning a constant to some elements ends their gradient and leaves that of the others."""
    v = ag.random(3)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    h = x * 2.0
    h[1] = 9.0
    h.backward(ag.tensor(v))

    expect(h).equals([2.0, 9.0, 6.0])
    expect(x.grad).is_close([2 * v[0], 0.0, 2 * v[2]])


@clause("inp-021", VALUE, sources=["chain rule", "observed"])
def an_assigned_tensor_gets_the_gradient_of_its_place(ag: Autograd) -> None:
    """A tensor assigned to some elements receives their gradient; the old values get none.

    In torch-autograd#139 an assignment gave zeros.
    """
    v = ag.random(3)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = ag.tensor(7.0, requires_grad=True)
    h = x * 2.0
    h[1] = w
    h.backward(ag.tensor(v))

    expect(h).equals([2.0, 7.0, 6.0])
    expect(x.grad).is_close([2 * v[0], 0.0, 2 * v[2]])
    expect(w.grad).is_close(v[1])


@clause("inp-021a", VALUE, sources=["chain rule", "observed"], builds_on=("inp-021",))
def a_broadcast_assignment_sums_the_gradient(ag: Autograd) -> None:
    """A tensor assigned to several elements at once receives the sum of their gradients.

    lightning-thunder#1962 did not sum, and the gradient had the shape of the region.
    """
    v = ag.random(3)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = ag.tensor(7.0, requires_grad=True)
    h = x * 2.0
    h[1:] = w
    h.backward(ag.tensor(v))

    expect(x.grad).is_close([2 * v[0], 0.0, 0.0])
    expect(w.grad).is_close(v[1] + v[2])


@clause("inp-046", VALUE, sources=["chain rule", "observed"])
def fill_cuts_the_gradient(ag: Autograd) -> None:
    """fill_ on a non-leaf ends the gradient of the value that it overwrites.

    The second term keeps x in the game: whether a leaf from which all ways are cut gets zero
    or None is not what this clause is about.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * x
    h.fill_(4.0)
    (h * 7.0 + x * 5.0).backward()

    expect(h).equals(4.0)
    expect(x.grad).equals(5.0)


@clause("inp-046a", VALUE, sources=["chain rule", "observed"])
def zero_cuts_the_gradient(ag: Autograd) -> None:
    """zero_ on a non-leaf ends the gradient of the value that it overwrites."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * x
    h.zero_()
    (h * 7.0 + x * 5.0).backward()

    expect(h).equals(0.0)
    expect(x.grad).equals(5.0)


@clause("inp-046b", VALUE, sources=["chain rule", "observed"])
def copying_a_constant_cuts_the_gradient(ag: Autograd) -> None:
    """copy_ from a constant ends the gradient of the value that it overwrites."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * x
    h.copy_(ag.tensor(4.0))
    (h * 7.0 + x * 5.0).backward()

    expect(h).equals(4.0)
    expect(x.grad).equals(5.0)


@clause("inp-047", VALUE, sources=["torch.Tensor.copy_ docstring"])
def copying_routes_the_gradient_to_the_source(ag: Autograd) -> None:
    """copy_ sends the gradient to the tensor copied from, and none to the value overwritten."""
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(4.0, requires_grad=True)
    h = x * x
    h.copy_(w)
    (h * 7.0 + x * 5.0).backward()

    expect(h).equals(4.0)
    expect(w.grad).equals(7.0)
    expect(x.grad).equals(5.0)


@clause("inp-047a", VALUE, sources=["torch.Tensor.copy_ docstring"], builds_on=("inp-047",))
def a_broadcast_source_gets_the_sum(ag: Autograd) -> None:
    """If copy_ broadcasts its source, the source receives the sum over the copies."""
    v = ag.random(2, 3)
    h = ag.tensor(np.zeros((2, 3)))
    w = ag.tensor([[4.0], [5.0]], requires_grad=True)
    h.copy_(w)
    h.backward(ag.tensor(v))

    expect(h).equals([[4.0, 4.0, 4.0], [5.0, 5.0, 5.0]])
    expect(w.grad).is_close(v.sum(axis=1, keepdims=True))
