"""Refused writes: what does not fit is not written.

A write has to put its result where the target is: it cannot make the target larger, or turn it
into another data type, or write two values to one address.  Out of place, shape and data type
follow from the arguments; in place they are given.  The last clauses are about two other ways of
writing, out= and resizing, for which no derivative is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd
    from gradspec.program.objects import Tensor

OUT = "notes/out"


@dataclass(frozen=True, slots=True)
class Misfit:
    """An addition in place that its target cannot take, and what it ought to come to."""

    kind: str
    target: Any
    operand: Any
    sum: Any


MISFITS = {
    "shape": Misfit(
        "inplace-shape",
        [1.0, 2.0],
        [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        [[2.0, 4.0], [4.0, 6.0], [6.0, 8.0]],
    ),
    "dtype": Misfit("inplace-dtype", 2, 1.5, 3.5),
}
"""What the target lacks: the shape, or the kind of number."""


@dataclass(frozen=True, slots=True)
class Out:
    """An addition of one to what is `given`, into a `target` that holds 3."""

    given: Callable[[Autograd], Tensor]
    target: Callable[[Autograd], Tensor]


OUT_CASES = {
    "argument": Out(
        lambda ag: ag.tensor(5.0, requires_grad=True),
        lambda ag: ag.tensor(3.0),
    ),
    "target": Out(
        lambda ag: ag.tensor(5.0),
        lambda ag: ag.tensor(3.0, requires_grad=True) * 1.0,
    ),
    "leaf": Out(lambda ag: ag.tensor(5.0), lambda ag: ag.tensor(3.0, requires_grad=True)),
}
"""What requires grad: what is added to, the tensor given as out=, or a leaf given as out=."""


@clause("inp-230", SAFETY, sources=["observed"], over=MISFITS)
def a_sum_in_place_loses_nothing(ag: Autograd, misfit: Misfit) -> None:
    """Addition in place whose target lacks the {name} for the sum is refused, or gives the sum."""
    x = ag.tensor(misfit.target)
    operand = ag.tensor(misfit.operand)
    with ag.attempt() as write:
        x.add_(operand)

    with write.granted():
        expect(x).equals(misfit.sum)


@clause(
    "inp-032",
    CONVENTION,
    sources=[
        "notes/broadcasting § In-place semantics",
        "torch.result_type docs",
        "observed",
    ],
    over=MISFITS,
    stands_for={"inp-033": "dtype"},
)
def a_sum_that_does_not_fit_is_not_written(ag: Autograd, misfit: Misfit) -> None:
    """Addition in place is refused if its target lacks the {name} for the sum.

    A write neither broadcasts its target nor turns integers into real numbers.  Assigning and
    copying are another matter: in torch they convert what they are given.

    Remedy: use the operation out of place, which makes a tensor that has the shape and data type of
    the sum.
    """
    x = ag.tensor(misfit.target)
    operand = ag.tensor(misfit.operand)

    with ag.refuses(misfit.kind):
        x.add_(operand)


@clause("inp-259", SAFETY, sources=["torch.result_type docs", "observed"])
def a_power_in_place_loses_nothing(ag: Autograd) -> None:
    """A power of integers in place with a real exponent is refused, or gives that power."""
    x = ag.tensor([2, 3])
    with ag.attempt() as write:
        x.pow_(1.5)

    with write.granted():
        expect(x).is_close([2.0**1.5, 3.0**1.5])


@clause("inp-231", SAFETY, sources=["observed"], over=MISFITS)
def a_sum_that_does_not_fit_changes_nothing(ag: Autograd, misfit: Misfit) -> None:
    """If a target lacks the {name} for the sum and the write is refused, it stays as it was."""
    x = ag.tensor(misfit.target)
    operand = ag.tensor(misfit.operand)

    with ag.attempt() as writing:
        x.add_(operand)
    with writing.denied():
        expect(x).equals(misfit.target)


@clause("inp-237", SAFETY, unseen="views", sources=["observed"])
def one_address_is_written_once(ag: Autograd) -> None:
    """In-place arithmetic on an expanded tensor is refused, or adds to each element once.

    Several indices are one address there; in pytorch#1424 each write hit the same cell again.
    """
    rows = ag.tensor([1.0, 2.0]).expand(3, 2)
    with ag.attempt() as write:
        rows.add_(1.0)

    with write.granted():
        expect(rows).equals([[2.0, 3.0]] * 3)


@clause("inp-034", CONVENTION, unseen="views", sources=["torch.Tensor.expand docstring"])
def one_address_under_several_indices_is_not_written(ag: Autograd) -> None:
    """In-place arithmetic on an expanded tensor, where several indices are one address, is refused.

    Whether fill_ and zero_ are refused too is left open: they write the same number each time, and
    torch lets them pass.

    Remedy: write to a clone() of the expanded tensor, or to its base.
    """
    rows = ag.tensor([1.0, 2.0]).expand(3, 2)

    with ag.refuses("overlapping-memory"):
        rows.add_(1.0)


@clause("inp-238", SAFETY, unseen="views", sources=["observed"])
def a_refused_write_to_an_expanded_tensor_changes_nothing(ag: Autograd) -> None:
    """If in-place arithmetic on an expanded tensor is refused, its base stays as it was."""
    x = ag.tensor([1.0, 2.0])

    with ag.attempt() as writing:
        x.expand(3, 2).add_(1.0)
    with writing.denied():
        expect(x).equals([1.0, 2.0])


@clause("inp-247", SAFETY, sources=["observed"])
def an_assignment_from_within_reads_before_it_writes(ag: Autograd) -> None:
    """Assigning a tensor to its own elements, in another order, is refused, or it takes the old
    values.
    """
    x = ag.tensor([1.0, 2.0, 3.0])

    with ag.attempt() as writing:
        x[[1, 2, 0]] = x
    with writing.granted():
        expect(x).equals([3.0, 1.0, 2.0])
    with writing.denied():
        expect(x).equals([1.0, 2.0, 3.0])


@clause("inp-248", CONVENTION, sources=["observed"])
def an_assignment_from_within_is_refused(ag: Autograd) -> None:
    """Assigning a tensor to its own elements, which an index names, is refused.

    Remedy: assign a clone() of what is read.
    """
    x = ag.tensor([1.0, 2.0, 3.0])

    with ag.refuses("overlapping-memory"):
        x[[1, 2, 0]] = x


@clause("inp-032a", VALUE, sources=["notes/broadcasting § In-place semantics"])
def a_write_broadcasts_its_operand(ag: Autograd) -> None:
    """The operand of a write is broadcast to the target, as long as the target keeps its shape."""
    x = ag.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    x.add_(ag.tensor([10.0, 20.0]))

    expect(x).equals([[11.0, 22.0], [13.0, 24.0], [15.0, 26.0]])


@clause("inp-232", SAFETY, sources=["chain rule"])
def out_loses_no_gradient(ag: Autograd) -> None:
    """An operation on what requires grad, with out=, is refused, or its gradient is right."""
    x = ag.tensor(3.0, requires_grad=True)
    result = ag.tensor(0.0)
    with ag.attempt() as write:
        ag.add(x, 1.0, out=result)

    with write.granted():
        with ag.attempt() as backward:
            (result * x).backward()
        with backward.granted():
            expect(x.grad).equals(7.0)


@clause("inp-233", SAFETY, sources=["chain rule"])
def out_ends_the_old_history(ag: Autograd) -> None:
    """An operation on constants whose out= tensor requires grad is refused, or ends the gradient of
    the value that it overwrites.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    with ag.attempt() as write:
        ag.add(ag.tensor(5.0), 1.0, out=h)

    with write.granted():
        with ag.attempt() as backward:
            (h * x).backward()
        with backward.granted():
            expect(x.grad).equals(6.0)


@clause(
    "inp-035",
    CONVENTION,
    sources=[OUT, "observed"],
    over=OUT_CASES,
    stands_for={"inp-035a": "target leaf"},
)
def out_is_refused_where_something_requires_grad(ag: Autograd, case: Out) -> None:
    """In grad mode, an operation with out= is refused if the {name} requires grad.

    Remedy: call the operation without out= and use what it returns, or call it inside no_grad.
    """
    given, target = case.given(ag), case.target(ag)

    with ag.refuses("out-requires-grad"):
        ag.add(given, 1.0, out=target)


@clause("inp-234", SAFETY, sources=["observed"], over=OUT_CASES)
def a_refused_out_changes_nothing(ag: Autograd, case: Out) -> None:
    """If an operation is refused because the {name} requires grad, out= stays as it was."""
    given, target = case.given(ag), case.target(ag)

    with ag.attempt() as writing:
        ag.add(given, 1.0, out=target)
    with writing.denied():
        expect(target).equals(3.0)


@clause("inp-235", VALUE, unseen="constants", sources=[OUT, "observed"])
def out_takes_the_result(ag: Autograd) -> None:
    """In no_grad, out= takes the result, and nothing is recorded."""
    x = ag.tensor(3.0, requires_grad=True)
    result = ag.tensor(0.0)
    with ag.no_grad():
        ag.add(x, 1.0, out=result)

    expect(result).equals(4.0)
    expect(result.requires_grad).is_false()


@clause("inp-035b", CONVENTION, unseen="constants", sources=[OUT, "observed"])
def out_is_counted(ag: Autograd) -> None:
    """An operation with out= counts as one write to that tensor."""
    result = ag.tensor(0.0)
    ag.add(ag.tensor(3.0), 1.0, out=result)

    expect(result.version).equals(1)


@clause("inp-036", CONVENTION, level=SHOULD, sources=["observed"])
def what_requires_grad_is_not_resized(ag: Autograd) -> None:
    """Resizing in place a tensor that requires grad is refused.

    Remedy: make a new tensor of the other size, or resize what detach() gives.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1.0

    with ag.refuses("resize-requires-grad"):
        h.resize_(3)
    expect(h).equals([1.0, 2.0])


@clause("inp-034a", CONVENTION, unseen="views", sources=["torch.no_grad docstring", "observed"])
def a_view_made_in_no_grad_is_not_written_in_grad_mode(ag: Autograd) -> None:
    """A view that was made in no_grad, of a tensor that requires grad, is not written in grad mode.

    It is unclear which was meant: a write that counts for the base, as its making in grad mode
    would say, or one that does not, as no_grad says (pytorch#32839).

    Remedy: take the view in grad mode if the write is to count, or write inside no_grad too if it
    is not.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    base = x * 1.0
    with ag.no_grad():
        view = base[:1]

    with ag.refuses("no-grad-view-inplace"):
        view.mul_(2.0)


@clause("inp-236", SAFETY, unseen="views", sources=["observed"])
def a_refused_write_to_such_a_view_changes_nothing(ag: Autograd) -> None:
    """If writing into a view that was made in no_grad is refused, its base stays as it was."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    base = x * 1.0
    with ag.no_grad():
        view = base[:1]

    with ag.attempt() as writing:
        view.mul_(2.0)
    with writing.denied():
        expect(base).equals([1.0, 2.0])
