"""Several views of one operation: outputs that cannot be written one by one.

split, chunk and unbind cut a tensor into all of its pieces in one operation, and that operation
is one node with several outputs.  A write into one piece would have to take that output out of
the node and leave the others; torch does not, and refuses, so that nobody gets the gradient of
half a rewritten node.  Slicing gives the same pieces without the ban.  Nothing of this concerns
tensors that have no history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, SAFETY, SHOULD, clause, expect
from gradspec.chapters.in_place.rows import Shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd
    from gradspec.program.objects import Tensor


OBSERVED = ["observed", "torch.unsafe_split docstring", "torch.unsafe_chunk docstring"]

PIECES = {
    "unbind": Shown(lambda ag, a: ag.unbind(a, 0)[0], lambda a: a[0], (6,)),
    "split": Shown(lambda ag, a: ag.split(a, 4)[0], lambda a: a[:4], (6,)),
    "chunk": Shown(lambda ag, a: ag.chunk(a, 2)[0], lambda a: a[:3], (6,)),
    "split_and_slice": Shown(lambda ag, a: ag.split(a, 4)[0][:1], lambda a: a[:1], (6,)),
}
"""The first of several views of one operation, or a view of it."""


@dataclass(frozen=True, slots=True)
class Use:
    """A pass that uses two views, and what arrives at the values that they show."""

    run: Callable[[Tensor, Tensor], Any]
    arrives: list[float]


USES = {
    "operand": Use(lambda first, second: (first * 2.0 + second * 3.0).backward(), [2.0, 3.0]),
    "root": Use(lambda first, _: first.backward(), [1.0, 0.0]),
}

UNSAFE = {
    "unsafe_chunk": lambda ag, x: ag.unsafe_chunk(x, 2),
    "unsafe_split": lambda ag, x: ag.unsafe_split(x, 2),
}


@clause("inp-226", SAFETY, unseen="views", sources=["chain rule"], over=PIECES)
def a_written_output_has_the_right_gradient(ag: Autograd, piece: Shown) -> None:
    """A write into a view that {name} made is refused, or the gradient of its base is right.

    pytorch#31258 shows the wrong gradients from before the ban.
    """
    v = ag.random(*piece.shape)
    x = ag.tensor(piece.values, requires_grad=True)
    a = x * 1.0
    with ag.attempt() as write:
        piece.of(ag, a).mul_(2.0)

    with write.granted():
        with ag.attempt() as backward:
            a.backward(ag.tensor(v))
        with backward.granted():
            expect(x.grad).is_close(v * np.where(piece.region, 2.0, 1.0))


@clause(
    "inp-029",
    CONVENTION,
    unseen="views",
    sources=OBSERVED,
    over=PIECES,
    stands_for={"inp-029a": "split", "inp-029b": "chunk", "inp-029c": "split_and_slice"},
)
def an_output_of_several_is_not_written(ag: Autograd, piece: Shown) -> None:
    """In grad mode, a view that {name} made of a tensor that requires grad is not written in place.

    In pytorch#36608 and pytorch#49824 a further view, as by a slice, was a way round the ban.

    Remedy: write to a clone() of the piece, or to a slice of the whole.
    """
    x = ag.tensor(piece.values, requires_grad=True)
    view = piece.of(ag, x * 1.0)

    with ag.refuses("multi-view-inplace"):
        view.mul_(2.0)


@clause(
    "inp-227",
    SAFETY,
    unseen="views",
    sources=["observed"],
    over=PIECES,
)
def a_refused_write_into_an_output_changes_nothing(ag: Autograd, piece: Shown) -> None:
    """If writing into a view that {name} made is refused, its base stays as it was."""
    x = ag.tensor(piece.values, requires_grad=True)
    a = x * 1.0
    view = piece.of(ag, a)

    with ag.attempt() as writing:
        view.mul_(2.0)
    with writing.denied():
        expect(a).equals(piece.values)


@clause("inp-029d", CONVENTION, unseen="views", sources=["observed"])
def without_grad_all_views_may_be_written(ag: Autograd) -> None:
    """Where nothing requires grad, one of several views may be written, and its base changes."""
    a = ag.tensor([1.0, 2.0])
    first, _ = a.unbind(0)
    first.mul_(5.0)

    expect(a).equals([5.0, 2.0])


@clause("inp-228", SAFETY, unseen="views", sources=["chain rule"], over=USES)
def such_views_are_not_wrong_once_their_base_is_written(ag: Autograd, use: Use) -> None:
    """After a write to its base, one of several views as a {name} is refused, or its gradient is
    right.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    first, second = a.unbind(0)
    with ag.attempt() as write:
        a.mul_(5.0)

    with write.granted(), ag.attempt() as backward:
        use.run(first, second)
        with backward.granted():
            expect(x.grad).equals(np.multiply(5.0, use.arrives))


@clause(
    "inp-030",
    CONVENTION,
    unseen="views",
    sources=["observed"],
    over=USES,
    stands_for={"inp-030a": "root"},
)
def such_views_are_unusable_once_their_base_is_written(ag: Autograd, use: Use) -> None:
    """After a write to its base, one of several views is refused as a {name}.

    Remedy: take the views anew after the write.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = x * 1.0
    first, second = a.unbind(0)
    a.mul_(5.0)

    with ag.refuses("multi-view-base-written"):
        use.run(first, second)


@clause("inp-229", SAFETY, sources=["chain rule"], over=UNSAFE)
def a_written_piece_has_the_right_gradient(ag: Autograd, cut: Callable[..., Any]) -> None:
    """A write into a piece that {name} gave is refused, or the gradients of all pieces are right.

    As long as what was cut is not used again.
    """
    v = ag.random(2)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, second = cut(ag, x * 1.0)
    with ag.attempt() as write:
        first.mul_(5.0)

    with write.granted():
        with ag.attempt() as backward:
            (first + second).backward(ag.tensor(v))
        with backward.granted():
            expect(x.grad).is_close([5 * v[0], 5 * v[1], v[0] + v[1]], scale=5.0)


@clause(
    "inp-031",
    CONVENTION,
    level=SHOULD,
    sources=["torch.unsafe_chunk docstring", "torch.unsafe_split docstring"],
    over=UNSAFE,
    stands_for={"inp-031a": "unsafe_split"},
)
def unsafe_cuts_lift_the_ban(ag: Autograd, cut: Callable[..., Any]) -> None:
    """The pieces that {name} gives may be written."""
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, second = cut(ag, x * 1.0)
    first.mul_(5.0)

    expect(first).equals([5.0, 10.0])
    expect(second).equals([3.0])
