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

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, SAFETY, VALUE, clause, expect
from gradspec.chapters.in_place.rows import WRITABLE, Shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd
    from gradspec.program.objects import Tensor

CHECKS = "notes/autograd § In-place correctness checks"
TRACKING = "torch.autograd.grad_mode._force_original_view_tracking docstring"


def _assign(x: Tensor) -> None:
    x[0] = 9.0


PARTS: dict[str, Callable[[Tensor], Any]] = {"view": lambda x: x[:2].mul_(2.0), "part": _assign}
"""A write through a view of a leaf, by its name or by an index."""


def _base_then_view(a: Tensor, view: Tensor) -> Any:
    y = a * a
    view.mul_(5.0)
    return y


def _view_then_base(a: Tensor, view: Tensor) -> Any:
    y = view * view
    a.mul_(5.0)
    return y


def _view_then_other_view(a: Tensor, view: Tensor) -> Any:
    y = view * view
    a[0].mul_(5.0)
    return y


SAVED_AND_WRITTEN: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "view": _base_then_view,
    "base": _view_then_base,
    "other_view": _view_then_other_view,
}
"""What is written, after a tensor that shares its memory was squared."""


@clause("inp-002", CONVENTION, unseen="views", sources=[CHECKS])
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


@clause("inp-218", SAFETY, unseen="views", sources=["introyt autograd tutorial"], over=PARTS)
def a_graph_does_not_see_a_later_write_to_a_part_of_its_leaf(
    ag: Autograd, write: Callable[[Tensor], Any]
) -> None:
    """A pass through a graph that used a leaf before a {name} of it was written is refused, or
    gives the gradient at the old value.
    """
    v = ag.random(3)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * x
    with ag.attempt():
        write(x)
    with ag.attempt() as backward:
        y.backward(ag.tensor(v))

    with backward.granted():
        expect(x.grad).is_close(2 * v * [1.0, 2.0, 3.0])


@clause(
    "inp-005",
    CONVENTION,
    unseen="views",
    sources=["introyt autograd tutorial", "observed"],
    over=PARTS,
    stands_for={"inp-005a": "part"},
)
def a_part_of_a_leaf_is_not_written(ag: Autograd, write: Callable[[Tensor], Any]) -> None:
    """In grad mode, writing into a {name} of a leaf that requires grad is refused, at the write.

    In pytorch#46204 the error came late, in the backward pass, after the leaf had changed;
    pytorch#39150 asked for an error at the assignment.

    Remedy: write inside no_grad, or to a part of a clone() of the leaf.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)

    with ag.refuses("leaf-view-inplace"):
        write(x)


@clause(
    "inp-219",
    SAFETY,
    unseen="views",
    sources=["observed"],
    over=PARTS,
)
def a_refused_write_to_a_part_changes_nothing(ag: Autograd, write: Callable[[Tensor], Any]) -> None:
    """If writing into a {name} of a leaf is refused, the leaf stays as it was."""
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)

    with ag.attempt() as writing:
        write(x)
    with writing.denied():
        expect(x).equals([1.0, 2.0, 3.0])


@clause(
    "inp-024",
    VALUE,
    unseen="views",
    sources=["observed (view tracking)", TRACKING],
    over=WRITABLE,
)
def a_write_through_a_view_is_a_write_to_its_base(ag: Autograd, view: Shown) -> None:
    """A write through a view that {name} made changes what it shows of the base, its values and its
    gradient.

    pytorch#31258 collects writes through views after which gradients were wrong without a word.
    """
    factor = np.where(view.region, 5.0, 1.0)
    v = ag.random(*view.shape)
    x = ag.tensor(view.values, requires_grad=True)
    a = x * 1.0
    view.of(ag, a).mul_(5.0)
    a.backward(ag.tensor(v))

    expect(a).equals(view.values * factor)
    expect(x.grad).is_close(v * factor)


@clause("inp-024a", VALUE, unseen="views", sources=["chain rule"], builds_on=("inp-024/slice",))
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


@clause("inp-220", VALUE, unseen="views", sources=["chain rule"])
def a_write_goes_to_its_region_however_the_base_lies(ag: Autograd) -> None:
    """A write through a view changes that region of the base, also if the base lies column by
    column in memory.
    """
    values, v = np.arange(6.0).reshape(2, 3), ag.random(3, 2)
    x = ag.tensor(values, requires_grad=True)
    a = x.t() * 1.0
    a[0].mul_(5.0)
    a.backward(ag.tensor(v))

    expect(x.grad).is_close(v.T * [5.0, 1.0, 1.0])


@clause("inp-241", VALUE, unseen="views", sources=["chain rule"])
def a_write_to_a_part_without_a_name_can_be_differentiated_twice(ag: Autograd) -> None:
    """A write to a part of a result has second derivatives, also if no view of the part is left."""
    v = ag.random(2)
    x = ag.tensor([0.5, 2.0], requires_grad=True)
    h = x * x
    h[:1].exp_()
    (first,) = ag.grad(h, [x], ag.tensor(v), create_graph=True)
    first.backward(ag.tensor([1.0, 1.0]))

    expect(first).is_close(v * [np.exp(0.25), 4.0])
    expect(x.grad).is_close(v * [3.0 * np.exp(0.25), 2.0])


@clause("inp-242", VALUE, unseen="views", sources=["chain rule"], builds_on=("op-001/as_strided",))
def a_strided_part_of_an_expanded_tensor_has_the_gradient_of_what_it_shows(ag: Autograd) -> None:
    """What as_strided shows of an expanded tensor sends its gradient to that element once."""
    v = ag.random(2)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x.unsqueeze(1).expand(2, 3).as_strided((2,), (1,))
    y.backward(ag.tensor(v))

    expect(y).equals([1.0, 2.0])
    expect(x.grad).is_close(v)


@clause(
    "inp-027",
    VALUE,
    unseen="views",
    sources=["observed (view tracking)"],
)
def a_write_goes_through_a_chain_of_views(ag: Autograd) -> None:
    """A write through a view of a view rewrites the history of the base and of both views."""
    w, c, d = ag.random(2, 3), ag.random(3), ag.random(2)
    x = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    a = x * 1.0
    row = a[0]
    tail = row[1:]
    tail.mul_(5.0)
    weighted = ((a, w), (row, c), (tail, d))
    sum((shown * ag.tensor(weights)).sum() for shown, weights in weighted).backward()

    expect(tail).equals([10.0, 15.0])
    expect(row).equals([1.0, 10.0, 15.0])
    expect(a).equals([[1.0, 10.0, 15.0], [4.0, 5.0, 6.0]])
    first_row = (w[0] + c + [0.0, *d]) * [1.0, 5.0, 5.0]
    expect(x.grad).is_close([first_row, w[1]])


@clause(
    "inp-223",
    SAFETY,
    unseen="views",
    sources=[CHECKS, "chain rule"],
    over=SAVED_AND_WRITTEN,
)
def a_value_overwritten_elsewhere_is_not_taken_for_the_old_one(
    ag: Autograd, written: Callable[[Tensor, Tensor], Any]
) -> None:
    """If a saved value is overwritten through its {name}, the write or the pass is refused, or the
    gradient is right.

    In pytorch#197887 a saved view counted for itself, and a write to its base went unnoticed.
    """
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    a = x * 1.0
    view = a[:1]
    with ag.attempt() as backward:
        written(a, view)[0].backward()

    with backward.granted():
        expect(x.grad).equals([4.0, 0.0])


@clause("inp-016", CONVENTION, unseen="views", sources=[CHECKS])
def a_write_to_a_part_is_a_write_to_the_whole(ag: Autograd) -> None:
    """A saved part of a tensor counts as written if any other part of that tensor is.

    Remedy: clone() the part that is used or the one that is written, or write after the pass.
    """
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    a = x * 1.0
    first = a[0]
    y = first * first
    a[1] = 0.0

    expect(first).equals(2.0)
    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("inp-016a", CONVENTION, unseen="views", sources=[CHECKS])
def a_saved_base_is_stale_after_a_write_through_a_view(ag: Autograd) -> None:
    """A saved tensor counts as written once a view that was made of it afterwards is written.

    Remedy: write to a clone() of the view, or write after the pass.
    """
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    a = x * 1.0
    y = a * a
    view = a[:1]
    view.mul_(5.0)

    expect(y).equals([4.0, 9.0])
    with ag.refuses("stale-saved-tensor"):
        y[1].backward()


@clause(
    "inp-224", SAFETY, unseen="views", sources=["notes/autograd § How autograd encodes the history"]
)
def a_write_through_a_view_ties_no_knot(ag: Autograd) -> None:
    """A tensor that was written through a view of it is released once nobody names either."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    view = a[:1]
    written = view.mul_(5.0)
    watcher = ag.watch(a)
    ag.forget(a, view, written)

    expect(watcher).is_gone()
