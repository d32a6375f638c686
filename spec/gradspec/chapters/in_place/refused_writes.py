"""Refused writes: what does not fit is not written.

A write has to put its result where the target is: it cannot make the target larger, or turn it
into another data type, or write two values to one address.  Out of place, shape and data type
follow from the arguments; in place they are given.  The last clauses are about two other ways of
writing, out= and resizing, for which no derivative is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

OUT = "notes/out"


@clause("inp-032", SAFETY, sources=["notes/broadcasting § In-place semantics"])
def a_write_does_not_broadcast_its_target(ag: Autograd) -> None:
    """A write whose result would be larger than its target is refused."""
    x = ag.tensor([1.0, 2.0])

    with ag.refuses("inplace-shape"):
        x.add_(ag.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    expect(x).equals([1.0, 2.0])
    expect(x.version).equals(0)


@clause("inp-032a", VALUE, sources=["notes/broadcasting § In-place semantics"])
def a_write_broadcasts_its_operand(ag: Autograd) -> None:
    """The operand of a write is broadcast to the target, as long as the target keeps its shape."""
    x = ag.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    x.add_(ag.tensor([10.0, 20.0]))

    expect(x).equals([[11.0, 22.0], [13.0, 24.0], [15.0, 26.0]])


@clause("inp-033", SAFETY, sources=["torch.result_type docs", "observed"])
def a_write_does_not_change_the_kind_of_number(ag: Autograd) -> None:
    """In-place arithmetic whose result is of a higher kind, real for an integer target, is refused.

    Assigning and copying are another matter: in torch they convert what they are given.
    """
    x = ag.tensor(2)

    with ag.refuses("inplace-dtype"):
        x.add_(1.5)
    expect(x).equals(2)
    expect(x).has_dtype("int64")
    expect(x.version).equals(0)


@clause("inp-034", SAFETY, unseen="views", sources=["torch.Tensor.expand docstring"])
def one_address_under_several_indices_is_not_written(ag: Autograd) -> None:
    """In-place arithmetic on an expanded tensor, where several indices are one address, is refused.

    In pytorch#1424 each write hit the same cell again.  Whether fill_ and zero_ are refused too is
    left open: they write the same number each time, and torch lets them pass.
    """
    x = ag.tensor([1.0, 2.0])
    rows = x.expand(3, 2)

    with ag.refuses("overlapping-memory"):
        rows.add_(1.0)
    expect(x).equals([1.0, 2.0])
    expect(x.version).equals(0)


@clause("inp-035", SAFETY, sources=[OUT, "observed"])
def out_refuses_arguments_that_require_grad(ag: Autograd) -> None:
    """In grad mode, an operation with out= refuses arguments that require grad."""
    x = ag.tensor(3.0, requires_grad=True)
    result = ag.tensor(0.0)

    with ag.refuses("out-requires-grad"):
        ag.add(x, 1.0, out=result)
    expect(result).equals(0.0)
    expect(result.version).equals(0)


@clause("inp-035a", SAFETY, sources=[OUT, "observed"])
def out_refuses_a_target_that_requires_grad(ag: Autograd) -> None:
    """In grad mode, an operation refuses an out= tensor that requires grad, leaf or not."""
    x = ag.tensor(3.0, requires_grad=True)
    for target in (x * 1.0, x):
        with ag.refuses("out-requires-grad"):
            ag.add(ag.tensor(5.0), 1.0, out=target)
        expect(target).equals(3.0)
        expect(target.version).equals(0)


@clause("inp-035b", VALUE, sources=[OUT, "observed"])
def out_writes_in_no_grad(ag: Autograd) -> None:
    """In no_grad, out= takes the result and counts as a write, and nothing is recorded."""
    x = ag.tensor(3.0, requires_grad=True)
    result = ag.tensor(0.0)
    with ag.no_grad():
        ag.add(x, 1.0, out=result)

    expect(result).equals(4.0)
    expect(result.version).equals(1)
    expect(result.requires_grad).is_false()


@clause("inp-036", CONVENTION, level=SHOULD, sources=["observed"])
def what_requires_grad_is_not_resized(ag: Autograd) -> None:
    """Resizing in place a tensor that requires grad is refused."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1.0

    with ag.refuses("resize-requires-grad"):
        h.resize_(3)
    expect(h).equals([1.0, 2.0])


@clause("inp-034a", SAFETY, unseen="views", sources=["torch.no_grad docstring", "observed"])
def a_view_made_in_no_grad_is_not_written_in_grad_mode(ag: Autograd) -> None:
    """A view that was made in no_grad, of a tensor that requires grad, is not written in grad mode.

    It is unclear which was meant: a write that counts for the base, as its making in grad mode
    would say, or one that does not, as no_grad says (pytorch#32839).
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    base = x * 1.0
    with ag.no_grad():
        view = base[:1]

    with ag.refuses("no-grad-view-inplace"):
        view.mul_(2.0)
    expect(base).equals([1.0, 2.0])
    expect(base.version).equals(0)
