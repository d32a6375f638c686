"""Saved values: an overwritten value is missed only when it is needed.

The derivative of a product needs the factors, that of exp its result, that of a sum nothing.
What an operation needs it keeps when it runs, together with the version at that moment.  When
the backward pass arrives and the version has moved on, the kept value is no longer the value
that the operation saw, and the pass is refused.  Nothing is said at the write: until the pass
arrives nobody knows whether the value will be asked for.

Which values an operation keeps is its own affair.  Therefore some programs run on one engine and
are refused by another; but none of them may give a wrong gradient.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, clause, expect, informative
from gradspec.chapters.in_place.rows import WRITES, Write

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd, Tensor

    Kept = tuple[Callable[[Autograd, Tensor], tuple[Tensor, Tensor]], float]

CHECKS = "notes/autograd § In-place correctness checks"
WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"
SAVED = "notes/autograd § Saved tensors"
INCREMENT = "torch.autograd.graph.increment_version docstring"


def _squared(_: Autograd, x: Tensor) -> tuple[Tensor, Tensor]:
    h = x * 3.0
    return h, h * h


def _exponential(ag: Autograd, x: Tensor) -> tuple[Tensor, Tensor]:
    y = ag.exp(x)
    return y, y * 2.0


SAVED_KINDS: Final[dict[str, Kept]] = {
    "argument": (_squared, 18.0),
    "result": (_exponential, 2.0 * math.e),
}
"""What a derivative keeps -> what is kept and the root, recorded; and the slope at 1."""

KEEPS_ITS_RESULT = {n: WRITES[n] for n in ("exp", "sqrt", "sigmoid", "tanh", "relu")}
"""Functions whose slope is most cheaply told from the result, by their forms in place."""


@clause("inp-210", SAFETY, sources=[CHECKS, "chain rule"], over=WRITES)
def an_overwritten_argument_is_not_taken_for_the_old_one(ag: Autograd, write: Write) -> None:
    """If a write by {name} overwrites an argument that a derivative needs, the write or the pass is
    refused, or the gradient is right.

    An engine that does not look gives the slope of the square at the new value.
    """
    v = ag.random(*np.shape(write.point))
    x = ag.tensor(write.point, requires_grad=True)
    h = x * 1.0
    y = h * h
    with ag.attempt() as backward:
        write.into(ag, h)
        y.backward(ag.tensor(v))

    with backward.granted():
        expect(x.grad).is_close(2 * v * write.point)


@clause(
    "inp-010",
    CONVENTION,
    sources=[CHECKS, "docs autograd § In-place correctness checks", "T1 §2.1.6"],
)
def a_saved_argument_that_was_written_is_an_error(ag: Autograd) -> None:
    """If an argument saved for backward was written since, the pass through it is refused, and no
    gradient arrives.

    Remedy: write to a clone(), use the operation out of place, as h = h + 1 does, or write after
    the pass.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    y = h * h
    h.add_(1.0)

    with ag.refuses("stale-saved-tensor"):
        y.backward()
    expect(x.grad).is_none_or_zero()


@clause("inp-211", SAFETY, sources=[SAVED, "chain rule"], over=KEEPS_ITS_RESULT)
def an_overwritten_result_is_not_taken_for_the_old_one(ag: Autograd, form: Write) -> None:
    """If the result of {name} is overwritten, the write or the pass is refused, or the gradient is
    right.

    Its slope is most cheaply told from its result.
    """
    v = ag.random(*np.shape(form.point))
    x = ag.tensor(form.point, requires_grad=True)
    y = getattr(ag, form.call.operator.form_of)(x)
    with ag.attempt() as backward:
        y.add_(1.0)
        y.backward(ag.tensor(v))

    with backward.granted():
        expect(x.grad).is_close(form.pulled_back(v))


@clause("inp-011", CONVENTION, sources=[SAVED])
def a_saved_result_that_was_written_is_an_error(ag: Autograd) -> None:
    """If a result saved for backward was written since, the pass through it is refused.

    Remedy: use the operation out of place, as y = y + 1 does, or write after the pass.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.exp(x)
    y.add_(1.0)

    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("inp-212", SAFETY, sources=[f"{WITH_AUTOGRAD} (reason 1)"])
def squaring_in_place_has_the_slope_of_the_square(ag: Autograd) -> None:
    """Multiplying a tensor in place by itself is refused, at the write or in the pass, or the
    gradient is right.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    with ag.attempt() as backward:
        h.mul_(h)
        h.backward()

    with backward.granted():
        expect(x.grad).equals(6.0)


@clause("inp-019", CONVENTION, sources=[f"{WITH_AUTOGRAD} (reason 1)"])
def squaring_in_place_overwrites_what_it_saved(ag: Autograd) -> None:
    """Multiplying a tensor in place by itself is refused at backward: the factor is gone.

    Remedy: write h = h * h, which makes a new tensor.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    h.mul_(h)

    expect(h).equals(9.0)
    with ag.refuses("stale-saved-tensor"):
        h.backward()


@clause("inp-213", SAFETY, sources=[CHECKS, "chain rule"], over=SAVED_KINDS)
def a_later_pass_is_not_wrong_either(ag: Autograd, row: Kept) -> None:
    """If a saved {name} is overwritten after a first pass, the write or a second pass is refused,
    or the gradient is right.
    """
    record, slope = row
    x = ag.tensor(1.0, requires_grad=True)
    saved, y = record(ag, x)
    y.backward(retain_graph=True)
    x.grad = None
    with ag.attempt() as backward:
        saved.add_(1.0)
        y.backward()

    with backward.granted():
        expect(x.grad).is_close(slope)


@clause("inp-214", CONVENTION, sources=[CHECKS], over=SAVED_KINDS)
def each_pass_compares_versions(ag: Autograd, row: Kept) -> None:
    """If a saved {name} was written after a first pass, a second one is refused.

    Remedy: write after the last pass, or compute the function again before the next.
    """
    record, _ = row
    x = ag.tensor(1.0, requires_grad=True)
    saved, y = record(ag, x)
    y.backward(retain_graph=True)
    saved.add_(1.0)

    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("inp-038", CONVENTION, sources=[INCREMENT])
def a_version_raised_by_hand_counts_as_a_write(ag: Autograd) -> None:
    """Raising the version of a saved tensor by hand makes backward fail as a write would.

    Remedy: raise the version only of memory that was written, and compute the function again before
    the pass.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    ag.increment_version(x)

    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("inp-012", CONVENTION, sources=[CHECKS], builds_on=("inp-010",))
def the_error_comes_when_backward_gets_there(ag: Autograd) -> None:
    """A saved value may be written, and only a pass that reaches the node that saved it fails.

    Remedy: write to a clone(), or write after the pass that needs the value.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    y = h * h
    h.add_(1.0)
    (h * 5.0).backward()

    expect(y).equals(9.0)
    expect(x.grad).equals(5.0)
    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("inp-217", SAFETY, sources=[WITH_AUTOGRAD, "chain rule"])
def a_write_does_not_change_what_was_computed_before(ag: Autograd) -> None:
    """What used a tensor before a write to it has the gradient of the old value, unless the write
    or the pass is refused.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    y = h * 3.0
    with ag.attempt() as backward:
        h.zero_()
        (y + x).backward()

    with backward.granted():
        expect(x.grad).equals(4.0)


@clause("inp-013", CONVENTION, sources=[WITH_AUTOGRAD, "T1 §2.1.6"])
def a_value_that_nobody_saved_may_be_written(ag: Autograd) -> None:
    """Writing a tensor that no operation saved is harmless, however often it was used."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    y = h * 3.0
    z = h + 1.0
    h.zero_()
    (y + z).backward()

    expect(x.grad).equals(4.0)


@clause("inp-249", SAFETY, sources=["chain rule"])
def data_of_another_shape_does_not_reach_the_graph_that_exists(ag: Autograd) -> None:
    """If a leaf is given data of another shape after it was used, the pass is refused, or the
    gradient is that of the tensor that was used.
    """
    v = ag.random(2)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0
    x.data = ag.tensor([5.0])
    with ag.attempt() as backward:
        y.backward(ag.tensor(v))

    with backward.granted():
        expect(x.grad).is_close(3.0 * v)


@clause("inp-014", VALUE, sources=[CHECKS])
def writes_before_saving_do_not_matter(ag: Autograd) -> None:
    """A tensor that was written before its value was saved is as good as any other."""
    x = ag.tensor(2.0, requires_grad=True)
    h = x * 1.0
    h.mul_(3.0)
    y = h * h
    y.backward()

    expect(y).equals(36.0)
    expect(x.grad).equals(36.0)


@clause("inp-015", CONVENTION, level=MAY, sources=[SAVED])
def an_argument_may_go_if_the_result_suffices(ag: Autograd) -> None:
    """Sqrt keeps its result and not its argument, which may be written afterwards."""
    x = ag.tensor(4.0, requires_grad=True)
    h = x * 1.0
    y = ag.sqrt(h)
    h.zero_()
    y.backward()

    expect(x.grad).equals(0.25)


@clause("inp-015a", CONVENTION, level=MAY, sources=[SAVED])
def a_factor_is_kept_only_for_the_other_ones_gradient(ag: Autograd) -> None:
    """A product keeps a factor only if the other one requires grad; else it may be written.

    pytorch#15115 was a false alarm of this kind.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    y = h * ag.tensor(5.0)
    h.zero_()
    y.backward()

    expect(x.grad).equals(5.0)


informative(
    "inp-056",
    "In-place operations rarely save memory in a recorded computation, because what they "
    "overwrite may have to be kept for the backward pass.",
    level=SHOULD,
    sources=[WITH_AUTOGRAD],
    reason="a statement about memory in general: how much an engine keeps is its own affair",
)
