"""Recorded writes: a write is an operation.

After `h.add_(1)` the tensor `h` is still the same object, and its history has one more node at
the end: h is now old h + 1.  Three cases follow from that one sentence by the chain rule.  A
write that computes from the old value passes the gradient on through its derivative.  A write
that ignores the old value ends the gradient of what it overwrites.  And the value that was
written, if it has a history, receives the gradient of the region that it fills.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.chapters.in_place.rows import OVERWRITES, Write

if TYPE_CHECKING:
    from gradspec import Autograd

WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"


@dataclass(frozen=True, slots=True)
class Assignment:
    """An index, and what is assigned to the elements of [2, 4, 6] that it names."""

    index: Any
    source: Any

    @property
    def values(self) -> Any:
        """What is there afterwards."""
        values = np.array([2.0, 4.0, 6.0])
        values[self.index] = self.source
        return values

    @property
    def kept(self) -> Any:
        """One where the old value stays, zero where it is overwritten."""
        kept = np.ones(3)
        kept[self.index] = 0.0
        return kept

    def received(self, cotangent: Any) -> Any:
        """What arrives at the source, summed over the elements that it fills."""
        arrived = cotangent[self.index]
        return arrived if np.ndim(self.source) else np.sum(arrived)


ASSIGNMENTS = {
    "number": Assignment(1, 7.0),
    "slice": Assignment(slice(1, None), 7.0),
    "list": Assignment([2, 0], [7.0, 8.0]),
    "mask": Assignment([True, False, True], [7.0, 8.0]),
}
"""By what the index is."""


@clause("inp-008", VALUE, sources=[WITH_AUTOGRAD])
def a_write_to_an_intermediate_is_recorded(ag: Autograd) -> None:
    """Gradients flow through a write to a non-leaf, to its old value and to what was written."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 2.0
    h.add_(x * x)
    (h * 5.0).backward()

    expect(h).equals(15.0)
    expect(x.grad).equals(40.0)


@clause("inp-206", CONVENTION, sources=[WITH_AUTOGRAD])
def a_write_returns_what_it_wrote(ag: Autograd) -> None:
    """A write in place returns the very tensor that it wrote."""
    x = ag.tensor(3.0)

    expect(x.add_(1.0)).is_same_object_as(x)


@clause("inp-008a", CONVENTION, sources=[WITH_AUTOGRAD])
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
    h.add_(x)
    h.backward()

    expect(x.grad).equals(7.0)


@clause("inp-008c", VALUE, sources=[WITH_AUTOGRAD])
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


@clause("inp-207", VALUE, sources=[WITH_AUTOGRAD])
def a_value_written_into_a_plain_tensor_has_its_gradient(ag: Autograd) -> None:
    """A value with history that was written into a plain tensor receives that tensor's gradient."""
    x = ag.tensor(2.0, requires_grad=True)
    buffer = ag.tensor(1.0)
    buffer.add_(x * 3.0)
    buffer.backward()

    expect(buffer).equals(7.0)
    expect(x.grad).equals(3.0)


@clause("inp-022", CONVENTION, sources=[WITH_AUTOGRAD])
def a_plain_tensor_joins_the_graph_when_written(ag: Autograd) -> None:
    """A plain tensor of real numbers into which a value with history is written requires grad and
    is no leaf.
    """
    x = ag.tensor(2.0, requires_grad=True)
    buffer = ag.tensor(1.0)
    buffer.add_(x)

    expect(buffer.requires_grad).is_true()
    expect(buffer.is_leaf).is_false()


@clause("inp-020", VALUE, sources=["chain rule", "observed"], over=ASSIGNMENTS)
def a_constant_blocks_the_gradient_of_what_it_overwrites(
    ag: Autograd, assignment: Assignment
) -> None:
    """Assigning a constant to elements that a {name} names ends their gradient, and leaves that of
    the others.
    """
    v = ag.random(3)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    h = x * 2.0
    h[assignment.index] = 7.0
    h.backward(ag.tensor(v))

    expect(h).equals(np.where(assignment.kept, [2.0, 4.0, 6.0], 7.0))
    expect(x.grad).is_close(2 * v * assignment.kept)


@clause(
    "inp-021",
    VALUE,
    sources=["chain rule", "observed"],
    over=ASSIGNMENTS,
    stands_for={"inp-021a": "slice"},
)
def an_assigned_tensor_gets_the_gradient_of_its_place(ag: Autograd, assignment: Assignment) -> None:
    """A tensor assigned to elements that a {name} names receives their gradient, summed where it
    was broadcast; the old values get none.

    In torch-autograd#139 an assignment gave zeros; lightning-thunder#1962 did not sum, and the
    gradient had the shape of the region.
    """
    v = ag.random(3)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = ag.tensor(assignment.source, requires_grad=True)
    h = x * 2.0
    h[assignment.index] = w
    h.backward(ag.tensor(v))

    expect(h).equals(assignment.values)
    expect(x.grad).is_close(2 * v * assignment.kept)
    expect(w.grad).is_close(assignment.received(v))


@clause(
    "inp-046",
    VALUE,
    sources=["chain rule", "observed"],
    over=OVERWRITES,
    stands_for={"inp-046a": "zero", "inp-046b": "copy"},
)
def overwriting_cuts_the_gradient(ag: Autograd, write: Write) -> None:
    """{name}_ of a constant, on a non-leaf, ends the gradient of the value that it overwrites.

    The second term keeps x in the game: whether a leaf from which all ways are cut gets zero
    or None is not what this clause is about.
    """
    v = ag.random(*np.shape(write.point))
    x = ag.tensor(write.point, requires_grad=True)
    h = x * x
    write.into(ag, h)
    (h * 7.0 + x * 5.0).backward(ag.tensor(v))

    expect(h).equals(write.value)
    expect(x.grad).is_close(5.0 * v)


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


@clause("inp-047a", VALUE, sources=["torch.Tensor.copy_ docstring"])
def a_broadcast_source_gets_the_sum(ag: Autograd) -> None:
    """If copy_ broadcasts its source, the source receives the sum over the copies."""
    v = ag.random(2, 3)
    h = ag.tensor(np.zeros((2, 3)))
    w = ag.tensor([[4.0], [5.0]], requires_grad=True)
    h.copy_(w)
    h.backward(ag.tensor(v))

    expect(h).equals([[4.0, 4.0, 4.0], [5.0, 5.0, 5.0]])
    expect(w.grad).is_close(v.sum(axis=1, keepdims=True))


@clause("inp-243", VALUE, sources=["observed"])
def a_tensor_of_no_elements_is_written_as_any_other(ag: Autograd) -> None:
    """A write to a tensor of no elements is recorded, and its gradient is zero."""
    x = ag.tensor(2.0, requires_grad=True)
    h = ag.tensor(np.ones((2, 0))) * x
    h.add_(1.0)
    h.sum().backward()

    expect(x.grad).equals(0.0)


@clause("inp-244", VALUE, sources=["chain rule"])
def a_mask_of_no_dimensions_assigns_to_a_number(ag: Autograd) -> None:
    """A constant assigned to a number by a mask that holds ends its gradient."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * x
    h[ag.tensor(True)] = 5.0
    h.backward()

    expect(h).equals(5.0)
    expect(x.grad).equals(0.0)


@clause("inp-268", VALUE, sources=["chain rule"])
def an_assignment_ends_the_gradient_of_its_elements_alone(ag: Autograd) -> None:
    """A constant assigned at an index ends the gradient of these elements, and of no other that
    receives the same number, as under a sum.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    h = x * 2.0
    h[[1]] = 7.0
    h.sum().backward()

    expect(x.grad).equals([2.0, 0.0, 2.0])


@clause("inp-245", CONVENTION, sources=["observed"])
def an_integer_tensor_is_assigned_a_value_without_its_history(ag: Autograd) -> None:
    """A value with a history that is copied into an integer tensor leaves it without one."""
    counts = ag.tensor([1, 2])
    counts.copy_(ag.tensor([3.0, 4.0], requires_grad=True))

    expect(counts).equals([3, 4])
    expect(counts.requires_grad).is_false()


@clause("inp-246", VALUE, sources=["torch.Tensor.register_hook docstring"])
def a_hook_stays_with_a_product_that_is_written(ag: Autograd) -> None:
    """A hook on a vector times a matrix replaces its gradient, also if that product is written."""
    v = ag.random(2)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x @ ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    y.register_hook(lambda gradient: gradient * -1.0)
    y.mul_(2.0)
    y.backward(ag.tensor(v))

    expect(x.grad).is_close(-2.0 * np.array([[1.0, 2.0], [3.0, 4.0]]) @ v)


@clause("inp-208", VALUE, sources=["torch.Tensor.detach_ docstring"])
def detaching_in_place_makes_a_constant(ag: Autograd) -> None:
    """detach_() makes a constant of the tensor itself: no gradient flows to what computed it."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 2.0
    h.detach_()
    (h * x).backward()

    expect(x.grad).equals(6.0)


@clause("inp-209", CONVENTION, sources=["torch.Tensor.register_hook docstring", "observed"])
def a_hook_stays_with_the_value_that_it_was_put_on(ag: Autograd) -> None:
    """A hook put on a tensor before a write sees the gradient of the old value."""
    x = ag.tensor(1.0, requires_grad=True)
    h = x * 2.0
    seen = ag.notes()
    h.register_hook(lambda gradient: seen.note(gradient * 1.0))
    h.mul_(3.0)
    h.backward()

    expect(seen).happened_in_order([3.0])
