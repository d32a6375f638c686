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

from typing import TYPE_CHECKING

from gradspec import CONVENTION, MAY, SAFETY, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

CHECKS = "notes/autograd § In-place correctness checks"
WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"
SAVED = "notes/autograd § Saved tensors"
INCREMENT = "torch.autograd.graph.increment_version docstring"


@clause(
    "inp-010", SAFETY, sources=[CHECKS, "docs autograd § In-place correctness checks", "T1 §2.1.6"]
)
def a_saved_argument_that_was_written_is_an_error(ag: Autograd) -> None:
    """If an argument saved for backward was written since, the pass through it is refused.

    An engine that does not check gives 2 (x + 1) = 8 here instead of 2 x = 6.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    y = h * h
    h.add_(1.0)

    with ag.refuses("stale-saved-tensor"):
        y.backward()
    expect(x.grad).is_none()


@clause("inp-011", SAFETY, sources=[SAVED])
def a_saved_result_that_was_written_is_an_error(ag: Autograd) -> None:
    """If a result saved for backward was written since, the pass through it is refused."""
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.exp(x)
    y.add_(1.0)

    with ag.refuses("stale-saved-tensor"):
        y.backward()
    expect(x.grad).is_none()


@clause("inp-019", SAFETY, sources=[f"{WITH_AUTOGRAD} (reason 1)"])
def squaring_in_place_overwrites_what_it_saved(ag: Autograd) -> None:
    """Multiplying a tensor in place by itself is refused at backward: the factor is gone."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    h.mul_(h)

    expect(h).equals(9.0)
    with ag.refuses("stale-saved-tensor"):
        h.backward()
    expect(x.grad).is_none()


@clause("inp-038", SAFETY, sources=[INCREMENT], builds_on=("inp-037",))
def a_version_raised_by_hand_counts_as_a_write(ag: Autograd) -> None:
    """Raising the version of a saved tensor by hand makes backward fail as a write would."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    ag.increment_version(x)

    with ag.refuses("stale-saved-tensor"):
        y.backward()
    expect(x.grad).is_none()


@clause("inp-012", SAFETY, sources=[CHECKS], builds_on=("inp-010",))
def the_error_comes_when_backward_gets_there(ag: Autograd) -> None:
    """A saved value may be written, and only a pass that reaches the node that saved it fails."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    y = h * h
    h.add_(1.0)
    (h * 5.0).backward()

    expect(y).equals(9.0)
    expect(x.grad).equals(5.0)
    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("inp-013", VALUE, sources=[WITH_AUTOGRAD, "T1 §2.1.6"])
def a_value_that_nobody_saved_may_be_written(ag: Autograd) -> None:
    """Writing a tensor that no operation saved is harmless, however often it was used."""
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    y = h * 3.0
    z = h + 1.0
    h.zero_()
    (y + z).backward()

    expect(x.grad).equals(4.0)


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
