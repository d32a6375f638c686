"""Following the base: what becomes of the views of a tensor that is written.

A view was made when its base had another value, and its history says so.  Once the base is
written, by its own name or through another view, the view shows new values, and has to be the
window onto the new base: its gradient goes through the write.  A base that was plain may join the
graph in this way, and takes its views along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, MAY, VALUE, clause, expect
from gradspec.chapters.in_place.rows import OVERLAPPING, WRITABLE, Shown

if TYPE_CHECKING:
    from gradspec import Autograd

TRACKING = "torch.autograd.grad_mode._force_original_view_tracking docstring"


@clause(
    "inp-025",
    VALUE,
    unseen="views",
    sources=["observed (view tracking)"],
    over=WRITABLE | OVERLAPPING,
)
def a_write_to_the_base_is_a_write_to_its_views(ag: Autograd, view: Shown) -> None:
    """A write to the base changes a view that {name} made before, its values and its gradient."""
    v = ag.random(*view.places.shape)
    x = ag.tensor(view.values, requires_grad=True)
    a = x * 1.0
    shown = view.of(ag, a)
    a.mul_(5.0)
    shown.backward(ag.tensor(v))

    expect(shown).equals(5 * view.on_array(view.values))
    expect(x.grad).is_close(5 * view.gathered(v))


@clause("inp-026", VALUE, unseen="views", sources=["observed (view tracking)"])
def overlapping_views_see_each_others_writes(ag: Autograd) -> None:
    """A write through one view is seen by another, in the values and gradient of the overlap.

    An element that several views show, or one view several times, gets the sum of what arrives
    there; Paddle#79718 kept the last of it.
    """
    v, w = ag.random(2), ag.random(2, 2)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    a = x * 1.0
    left, right, windows = a[:2], a[1:], a.unfold(0, 2, 1)
    left.mul_(5.0)
    ((right * ag.tensor(v)).sum() + (windows * ag.tensor(w)).sum()).backward()

    expect(right).equals([10.0, 3.0])
    expect(windows).equals([[5.0, 10.0], [10.0, 3.0]])
    expect(x.grad).is_close([5 * w[0, 0], 5 * (v[0] + w[0, 1] + w[1, 0]), v[1] + w[1, 1]])


@clause(
    "inp-044",
    CONVENTION,
    unseen="views",
    sources=["observed (against notes/autograd § In-place operations, reason 2)"],
)
def tracked_aliases_are_no_reason_to_refuse(ag: Autograd) -> None:
    """A tensor may be written while views of it exist, and then be used together with them."""
    w = ag.random(2)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    view = a[:1]
    a.mul_(5.0)
    (a * view).backward(ag.tensor(w))

    expect(x.grad).is_close([50.0 * w[0] + 50.0 * w[1], 25.0 * w[1]])


@clause("inp-221", VALUE, unseen="views", sources=["observed (view tracking)"])
def a_value_written_into_a_part_has_the_gradient_of_the_part(ag: Autograd) -> None:
    """A value with history that was written into a view of a plain tensor receives the gradient of
    that region of the tensor.
    """
    v = ag.random(3)
    x = ag.tensor(2.0, requires_grad=True)
    buffer = ag.tensor([1.0, 1.0, 1.0])
    element = buffer[1]
    element.add_(x * 3.0)
    buffer.backward(ag.tensor(v))

    expect(buffer).equals([1.0, 7.0, 1.0])
    expect(x.grad).is_close(3 * v[1])


@clause("inp-023", CONVENTION, unseen="views", sources=["observed (view tracking)"])
def a_plain_base_joins_the_graph_through_a_view(ag: Autograd) -> None:
    """A plain tensor requires grad as a whole, and is no leaf, once a value with history was
    written to a view of it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    buffer = ag.tensor([1.0, 1.0, 1.0])
    element = buffer[1]
    element.add_(x)

    expect(buffer.requires_grad).is_true()
    expect(buffer.is_leaf).is_false()


@clause(
    "inp-222", VALUE, unseen="views", sources=["observed (view tracking)"], builds_on=("inp-221",)
)
def an_old_view_of_a_plain_base_can_be_written(ag: Autograd) -> None:
    """A view made while its base was plain joins the graph with the base, and can be written.

    The program asks for is_leaf before it writes: torch 2.13 renews the history of such a view
    only when somebody asks, and refuses a write before that as a write to a leaf.
    """
    v = ag.random(2)
    x = ag.tensor([3.0, 5.0], requires_grad=True)
    buffer = ag.tensor([1.0, 1.0])
    view = buffer[:1]
    buffer.copy_(x)
    _ = view.is_leaf
    view.mul_(2.0)
    buffer.backward(ag.tensor(v))

    expect(buffer).equals([6.0, 5.0])
    expect(x.grad).is_close([2 * v[0], v[1]])


@clause("inp-023a", CONVENTION, unseen="views", sources=["observed (view tracking)"])
def an_old_view_joins_the_graph_with_its_base(ag: Autograd) -> None:
    """A view made while its base was plain requires grad and is no leaf once the base does and is
    none.
    """
    x = ag.tensor([3.0, 5.0], requires_grad=True)
    buffer = ag.tensor([1.0, 1.0])
    view = buffer[:1]
    buffer.copy_(x)

    expect(view.requires_grad).is_true()
    expect(view.is_leaf).is_false()


@clause("inp-225", VALUE, unseen="views", sources=["torch.Tensor.retain_grad docstring"])
def a_view_retains_its_gradient_across_a_write_to_its_base(ag: Autograd) -> None:
    """A view on which retain_grad() was called keeps its gradient, also if its base is written
    afterwards.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    view = a[0]
    view.retain_grad()
    a.mul_(5.0)
    (view * 3.0).backward()

    expect(view.grad).equals(3.0)


@clause("inp-028", CONVENTION, level=MAY, unseen="views", sources=["observed", TRACKING])
def the_base_gets_a_node_that_copies_slices(ag: Autograd) -> None:
    """After a write through a view the grad_fn of the base is named CopySlices."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    view = a[:1]
    view.mul_(5.0)

    expect(a.grad_fn.name()).contains("CopySlices")


@clause("inp-028a", CONVENTION, level=MAY, unseen="views", sources=["observed", TRACKING])
def a_stale_view_gets_a_new_node_when_asked(ag: Autograd) -> None:
    """After a write to its base a view has another grad_fn than before, named AsStrided."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    view = a[:1]
    before = view.grad_fn
    a.mul_(5.0)

    expect(view.grad_fn).is_another_object_than(before)
    expect(view.grad_fn.name()).contains("AsStrided")
