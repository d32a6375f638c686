"""Writes in place where nothing is recorded: the values change, and the versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, MAY, SAFETY, VALUE, clause, expect
from gradspec.chapters.grad_modes.rows import CPP, UNRECORDED, UNRECORDED_BY_NAME

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.chapters.grad_modes.rows import Entered

NO_GRAD_MODE = "notes/autograd § No-grad Mode"
CHECKS = "notes/autograd § In-place correctness checks"


@clause(
    "mode-018", CONVENTION, sources=[NO_GRAD_MODE, "introyt autograd tutorial"], over=UNRECORDED
)
def a_leaf_is_written(ag: Autograd, mode: Entered) -> None:
    """In {name} a leaf that requires grad may be written in place.

    That is how optimisers update parameters; in grad mode it is refused, as inp-004 says.
    """
    w = ag.tensor(3.0, requires_grad=True)
    with mode(ag):
        w.sub_(1.0)

    expect(w).equals(2.0)


@clause("mode-207", VALUE, sources=[NO_GRAD_MODE], over=UNRECORDED)
def a_leaf_that_was_written_is_differentiated_where_it_is(ag: Autograd, mode: Entered) -> None:
    """After a write in {name} the gradient of a leaf is that at its new value."""
    w = ag.tensor(3.0, requires_grad=True)
    with mode(ag):
        w.sub_(1.0)
    (w * w).backward()

    expect(w.grad).equals(4.0)


@clause("mode-208", SAFETY, sources=[CHECKS], over=UNRECORDED_BY_NAME)
def a_stale_value_is_refused_or_right(ag: Autograd, mode: Entered) -> None:
    """If a value that a graph saved is written in {name}, the backward pass is refused, or its
    gradient is that at the old value.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with mode(ag):
        x.mul_(2.0)
    with ag.attempt() as backward:
        y.backward()
    with backward.granted():
        expect(x.grad).equals(6.0)


@clause("mode-019", CONVENTION, sources=[CHECKS], over=UNRECORDED_BY_NAME)
def a_write_counts(ag: Autograd, mode: Entered) -> None:
    """A write in {name} counts in the version: a backward pass over a graph that saved the old
    value is refused.

    Remedy: run the pass before the write, or save a clone().
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with mode(ag):
        x.mul_(2.0)

    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause(
    "mode-034",
    CONVENTION,
    unseen="constants",
    sources=[CPP],
    over=UNRECORDED_BY_NAME,
)
def an_ordinary_tensor_is_written_and_counts(ag: Autograd, mode: Entered) -> None:
    """A tensor made outside may be written in {name}, and its version goes up by one."""
    x = ag.tensor(1.0)
    with mode(ag):
        x.add_(2.0)

    expect(x).equals(3.0)
    expect(x.version).equals(1)


@clause("mode-020", CONVENTION, level=MAY, sources=[NO_GRAD_MODE], over=UNRECORDED)
def what_is_written_is_a_constant(ag: Autograd, mode: Entered) -> None:
    """A tensor into which a result is written in {name} does not require grad afterwards."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2.0
    buffer = ag.tensor(0.0)
    with mode(ag):
        buffer.copy_(y)

    expect(buffer).equals(6.0)
    expect(buffer.requires_grad).is_false()
