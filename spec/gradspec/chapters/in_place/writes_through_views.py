"""Writes through views: one memory, one version, one history.

Let v be a window onto a.  Writing through v computes a new a: the old one, with the region that
v shows replaced.  Writing to a computes a new v: the window onto the new a.  An engine has to
keep the histories of both in step with the memory that they share, and those of every other view
of a as well.  It is here that engines give wrong gradients without a word: the values are right,
since the memory is one, and the histories tell another story.

A version belongs to the memory too.  It has no parts: a write to one element is a write to all,
as far as saved values are concerned.  The check may refuse too much, and never too little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, MAY, SAFETY, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

CHECKS = "notes/autograd § In-place correctness checks"
TRACKING = "torch.autograd.grad_mode._force_original_view_tracking docstring"


@clause("inp-002", VALUE, unseen="views", sources=[CHECKS])
def views_share_the_version_of_their_base(ag: Autograd) -> None:
    """A tensor, its views and their views have one version, whichever of them is written.

    In pytorch#197887 a saved view counted for itself, and a write to its base went unnoticed.
    """
    x = ag.tensor([1.0, 2.0, 3.0])
    view = x[:2]
    window = view[:1]
    window.add_(1.0)

    expect(x.version).equals(1)
    expect(view.version).equals(1)
    expect(window.version).equals(1)
    x.add_(1.0)
    expect(x.version).equals(2)
    expect(view.version).equals(2)
    expect(window.version).equals(2)


@clause("inp-005", SAFETY, unseen="views", sources=["introyt autograd tutorial", "observed"])
def a_view_of_a_leaf_is_not_written(ag: Autograd) -> None:
    """In grad mode, writing into a view of a leaf that requires grad is refused, at the write.

    In pytorch#46204 the error came late, in the backward pass, after the leaf had changed.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    view = x[:2]

    with ag.refuses("leaf-view-inplace"):
        view.mul_(2.0)
    expect(x).equals([1.0, 2.0, 3.0])
    expect(x.version).equals(0)


@clause("inp-005a", SAFETY, unseen="views", sources=["observed"])
def an_element_of_a_leaf_is_not_assigned(ag: Autograd) -> None:
    """In grad mode, assigning to an element of a leaf that requires grad is refused, as a write
    through a view of it.

    pytorch#39150 asked for an error at the assignment.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)

    with ag.refuses("leaf-view-inplace"):
        x[0] = 9.0
    expect(x).equals([1.0, 2.0, 3.0])
    expect(x.version).equals(0)


@clause("inp-024", VALUE, unseen="views", sources=["observed (view tracking)", TRACKING])
def a_write_through_a_view_is_a_write_to_its_base(ag: Autograd) -> None:
    """A write through a view changes that region of the base, its values and its gradient.

    pytorch#31258 collects writes through views after which gradients were wrong without a word.
    """
    v = ag.random(3)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    a = x * 1.0
    view = a[:2]
    view.mul_(5.0)
    a.backward(ag.tensor(v))

    expect(a).equals([5.0, 10.0, 3.0])
    expect(x.grad).is_close([5 * v[0], 5 * v[1], v[2]])


@clause("inp-024a", VALUE, unseen="views", sources=["chain rule"], builds_on=("inp-024",))
def a_write_through_a_view_can_be_differentiated_twice(ag: Autograd) -> None:
    """Second derivatives go through a write to a view, here of a = (p^2 q, q^2).

    The gradient under the weights w is (2 w0 p q, w0 p^2 + 2 w1 q); weighted with c and
    differentiated once more it gives the numbers below.  pytorch#15219 had them wrong.
    """
    w, c = ag.random(2), ag.random(2)
    x = ag.tensor([3.0, 5.0], requires_grad=True)
    a = x * x
    view = a[:1]
    view.mul_(x[1:])
    (first,) = ag.grad(a, [x], ag.tensor(w), create_graph=True)
    first.backward(ag.tensor(c))

    expect(first).is_close([30 * w[0], 9 * w[0] + 10 * w[1]])
    expect(x.grad).is_close([10 * w[0] * c[0] + 6 * w[0] * c[1], 6 * w[0] * c[0] + 2 * w[1] * c[1]])


@clause("inp-025", VALUE, unseen="views", sources=["observed (view tracking)"])
def a_write_to_the_base_is_a_write_to_its_views(ag: Autograd) -> None:
    """A write to the base changes every view made before, its values and its gradient."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    first, second = a[0], a[1]
    a.mul_(5.0)
    (first * 2.0 + second * 3.0).backward()

    expect(first).equals(5.0)
    expect(second).equals(10.0)
    expect(x.grad).equals([10.0, 15.0])


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
    ag.backward([right, windows], [ag.tensor(v), ag.tensor(w)])

    expect(right).equals([10.0, 3.0])
    expect(windows).equals([[5.0, 10.0], [10.0, 3.0]])
    expect(x.grad).is_close([5 * w[0, 0], 5 * (v[0] + w[0, 1] + w[1, 0]), v[1] + w[1, 1]])


@clause(
    "inp-027", VALUE, unseen="views", sources=["observed (view tracking)"], builds_on=("inp-024",)
)
def a_write_goes_through_a_chain_of_views(ag: Autograd) -> None:
    """A write through a view of a view rewrites the history of the base and of both views."""
    w, c, d = ag.random(2, 3), ag.random(3), ag.random(2)
    x = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    a = x * 1.0
    row = a[0]
    tail = row[1:]
    tail.mul_(5.0)
    ag.backward([a, row, tail], [ag.tensor(w), ag.tensor(c), ag.tensor(d)])

    expect(tail).equals([10.0, 15.0])
    expect(row).equals([1.0, 10.0, 15.0])
    expect(a).equals([[1.0, 10.0, 15.0], [4.0, 5.0, 6.0]])
    first_row = (w[0] + c + [0.0, *d]) * [1.0, 5.0, 5.0]
    expect(x.grad).is_close([first_row, w[1]])


@clause("inp-023", VALUE, unseen="views", sources=["observed (view tracking)"])
def a_plain_base_joins_the_graph_through_a_view(ag: Autograd) -> None:
    """A plain tensor requires grad as a whole once a value with history was written to a view.

    Only the region written has a gradient to pass on.
    """
    v = ag.random(3)
    x = ag.tensor(2.0, requires_grad=True)
    buffer = ag.tensor([1.0, 1.0, 1.0])
    element = buffer[1]
    element.add_(x * 3.0)

    expect(buffer.requires_grad).is_true()
    expect(buffer.is_leaf).is_false()
    buffer.backward(ag.tensor(v))
    expect(buffer).equals([1.0, 7.0, 1.0])
    expect(x.grad).is_close(3 * v[1])


@clause(
    "inp-023a", VALUE, unseen="views", sources=["observed (view tracking)"], builds_on=("inp-023",)
)
def an_old_view_joins_the_graph_with_its_base(ag: Autograd) -> None:
    """A view made while its base was plain joins the graph with the base, and can be written.

    The program asks for is_leaf before it writes: torch 2.13 renews the history of such a view
    only when somebody asks, and refuses a write before that as a write to a leaf.
    """
    v = ag.random(2)
    x = ag.tensor([3.0, 5.0], requires_grad=True)
    buffer = ag.tensor([1.0, 1.0])
    view = buffer[:1]
    buffer.copy_(x)

    expect(view.requires_grad).is_true()
    expect(view.is_leaf).is_false()
    view.mul_(2.0)
    buffer.backward(ag.tensor(v))
    expect(buffer).equals([6.0, 5.0])
    expect(x.grad).is_close([2 * v[0], v[1]])


@clause(
    "inp-044",
    VALUE,
    unseen="views",
    sources=["observed (against notes/autograd § In-place operations, reason 2)"],
)
def tracked_aliases_are_no_reason_to_refuse(ag: Autograd) -> None:
    """A tensor may be written while views of it exist, and then be used together with them."""
    w, c = ag.random(2), ag.random(1)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    view = a[:1]
    a.mul_(5.0)
    ag.backward([a, view], [ag.tensor(w), ag.tensor(c)])

    expect(view).equals([5.0])
    expect(x.grad).is_close([5 * (w[0] + c[0]), 5 * w[1]])


@clause("inp-016", SAFETY, unseen="views", sources=[CHECKS], builds_on=("inp-002",))
def a_write_to_a_part_is_a_write_to_the_whole(ag: Autograd) -> None:
    """A saved part of a tensor counts as written if any other part of that tensor is."""
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    a = x * 1.0
    first = a[0]
    y = first * first
    a[1] = 0.0

    expect(first).equals(2.0)
    with ag.refuses("stale-saved-tensor"):
        y.backward()
    expect(x.grad).is_none()


@clause("inp-016a", SAFETY, unseen="views", sources=[CHECKS], builds_on=("inp-002",))
def a_saved_base_is_stale_after_a_write_through_a_view(ag: Autograd) -> None:
    """A saved tensor counts as written once a view that was made of it afterwards is written."""
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    a = x * 1.0
    y = a * a
    view = a[:1]
    view.mul_(5.0)

    expect(y).equals([4.0, 9.0])
    with ag.refuses("stale-saved-tensor"):
        y[1].backward()
    expect(x.grad).is_none()


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
