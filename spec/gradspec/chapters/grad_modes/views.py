"""Views that are taken where nothing is recorded: they show the memory, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, MAY, clause, expect
from gradspec.chapters.grad_modes.rows import UNRECORDED_BY_NAME

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.chapters.grad_modes.rows import Entered

AGAINST = "observed (against torch.no_grad docstring)"


@clause("mode-021", CONVENTION, level=MAY, sources=[AGAINST], over=UNRECORDED_BY_NAME)
def a_view_reports_the_flag_of_its_base(ag: Autograd, mode: Entered) -> None:
    """A view, taken in {name}, of a tensor that requires grad reports that it requires grad too,
    although it has no grad_fn.

    The general sentence, that nothing which is computed there requires grad, is not true of it.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with mode(ag):
        view = x[:1]

    expect(view.requires_grad).is_true()
    expect(view.grad_fn).is_none()


@clause("mode-022", CONVENTION, level=MAY, sources=["observed"], over=UNRECORDED_BY_NAME)
def no_gradient_goes_from_a_view_to_its_base(ag: Autograd, mode: Entered) -> None:
    """No gradient goes from a view that was taken in {name} back to its base."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with mode(ag):
        view = x[:1]
    (view * 3.0 + x[1:] * 5.0).sum().backward()

    expect(x.grad).equals([0.0, 5.0])


@clause(
    "mode-023",
    CONVENTION,
    unseen="views",
    sources=["torch/csrc/autograd (view + inplace rules)", "observed"],
    over=UNRECORDED_BY_NAME,
)
def a_view_is_not_written_in_grad_mode(ag: Autograd, mode: Entered) -> None:
    """Writing in place, in grad mode, into a view that was taken in {name} of a result is refused.

    Remedy: take the view in grad mode if the write is to be differentiated; else write in the mode
    in which the view was taken.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    base = x * 1.0
    with mode(ag):
        view = base[:1]

    with ag.refuses("no-grad-view-inplace"):
        view.mul_(2.0)


@clause("mode-210", CONVENTION, unseen="views", sources=["observed"], over=UNRECORDED_BY_NAME)
def a_view_is_written_in_its_own_mode(ag: Autograd, mode: Entered) -> None:
    """A view that was taken in {name} may be written there, and its base has the new values."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    base = x * 1.0
    with mode(ag):
        base[:1].mul_(3.0)

    expect(base).equals([3.0, 2.0])


@clause("mode-211", CONVENTION, unseen="views", sources=["observed"], over=UNRECORDED_BY_NAME)
def a_view_of_what_was_written_since_has_no_history(ag: Autograd, mode: Entered) -> None:
    """A view that was taken in {name} of a result cannot be used where operations are recorded
    once its memory was written: it is refused.

    What it shows has a history by then that it did not see.  Remedy: take the view after the write.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    base = x * 1.0
    with mode(ag):
        view = base[:1]
    base.mul_(2.0)

    with ag.refuses("multi-view-base-written"):
        view * 1.0
