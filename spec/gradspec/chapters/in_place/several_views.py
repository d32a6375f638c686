"""Several views of one operation: outputs that cannot be written one by one.

split, chunk and unbind cut a tensor into all of its pieces in one operation, and that operation
is one node with several outputs.  A write into one piece would have to take that output out of
the node and leave the others; torch does not, and refuses, so that nobody gets the gradient of
half a rewritten node.  Slicing gives the same pieces without the ban.  Nothing of this concerns
tensors that have no history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd


@clause("inp-029", SAFETY, unseen="views", sources=["observed", "torch.unsafe_split docstring"])
def an_output_of_unbind_is_not_written(ag: Autograd) -> None:
    """In grad mode, a view that unbind made of a tensor that requires grad is not written in place.

    pytorch#31258 shows the wrong gradients from before the ban.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    first, _ = a.unbind(0)

    with ag.refuses("multi-view-inplace"):
        first.mul_(2.0)
    expect(a).equals([1.0, 2.0])
    expect(a.version).equals(0)


@clause("inp-029a", SAFETY, unseen="views", sources=["observed", "torch.unsafe_split docstring"])
def an_output_of_split_is_not_written(ag: Autograd) -> None:
    """In grad mode, a view that split made of a tensor that requires grad is not written in
    place.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    a = x * 1.0
    first, _ = a.split(2)

    with ag.refuses("multi-view-inplace"):
        first.mul_(2.0)
    expect(a).equals([1.0, 2.0, 3.0])
    expect(a.version).equals(0)


@clause("inp-029b", SAFETY, unseen="views", sources=["observed", "torch.unsafe_chunk docstring"])
def an_output_of_chunk_is_not_written(ag: Autograd) -> None:
    """In grad mode, a view that chunk made of a tensor that requires grad is not written in
    place.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    a = x * 1.0
    first, _ = a.chunk(2)

    with ag.refuses("multi-view-inplace"):
        first.mul_(2.0)
    expect(a).equals([1.0, 2.0, 3.0])
    expect(a.version).equals(0)


@clause("inp-029c", SAFETY, unseen="views", sources=["observed"], builds_on=("inp-029a",))
def the_ban_is_inherited_by_views_of_views(ag: Autograd) -> None:
    """A view of one of several views of one operation is not written either.

    In pytorch#36608 and pytorch#49824 a further view was a way round the ban.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    a = x * 1.0
    first, _ = a.split(2)
    window = first[:1]

    with ag.refuses("multi-view-inplace"):
        window.mul_(2.0)
    expect(a).equals([1.0, 2.0, 3.0])


@clause("inp-029d", VALUE, unseen="views", sources=["observed"])
def without_grad_all_views_may_be_written(ag: Autograd) -> None:
    """Where nothing requires grad, one of several views may be written, and its base changes."""
    a = ag.tensor([1.0, 2.0])
    first, _ = a.unbind(0)
    first.mul_(5.0)

    expect(a).equals([5.0, 2.0])


@clause("inp-030", SAFETY, unseen="views", sources=["observed"])
def such_views_are_unusable_once_their_base_is_written(ag: Autograd) -> None:
    """After a write to its base, using one of several views in a recorded operation is refused."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    first, second = a.unbind(0)
    a.mul_(5.0)

    with ag.refuses("multi-view-base-written"):
        first + second


@clause("inp-030a", SAFETY, unseen="views", sources=["observed"])
def such_a_view_is_no_root_once_its_base_is_written(ag: Autograd) -> None:
    """After a write to its base, a backward pass from one of several views is refused."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    first, _ = a.unbind(0)
    a.mul_(5.0)

    with ag.refuses("multi-view-base-written"):
        first.backward()
    expect(x.grad).is_none()


@clause("inp-031", CONVENTION, level=SHOULD, sources=["torch.unsafe_chunk docstring"])
def unsafe_chunk_lifts_the_ban(ag: Autograd) -> None:
    """Outputs of unsafe_chunk may be written, with right gradients if its input is not used."""
    v, w = ag.random(2), ag.random(1)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, second = ag.unsafe_chunk(x * 1.0, 2)
    first.mul_(5.0)
    ag.backward([first, second], [ag.tensor(v), ag.tensor(w)])

    expect(first).equals([5.0, 10.0])
    expect(second).equals([3.0])
    expect(x.grad).is_close([5 * v[0], 5 * v[1], w[0]])


@clause("inp-031a", CONVENTION, level=SHOULD, sources=["torch.unsafe_split docstring"])
def unsafe_split_lifts_the_ban(ag: Autograd) -> None:
    """Outputs of unsafe_split may be written, with right gradients if its input is not used."""
    v, w = ag.random(2), ag.random(1)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, second = ag.unsafe_split(x * 1.0, 2)
    first.mul_(5.0)
    ag.backward([first, second], [ag.tensor(v), ag.tensor(w)])

    expect(first).equals([5.0, 10.0])
    expect(second).equals([3.0])
    expect(x.grad).is_close([5 * v[0], 5 * v[1], w[0]])
