"""Constants: what is computed where nothing is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE, clause, expect
from gradspec.chapters.grad_modes.rows import DOCSTRING, INFERENCE, NO_GRAD, UNRECORDED

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.chapters.grad_modes.rows import Entered

NO_GRAD_MODE = "notes/autograd § No-grad Mode"


@clause(
    "mode-002",
    CONVENTION,
    sources=[DOCSTRING, INFERENCE, "T1 §2.4.1", "T3 §7.6"],
    over=UNRECORDED,
    stands_for={"mode-025": "inference_mode"},
)
def a_result_has_no_history(ag: Autograd, mode: Entered) -> None:
    """The result of a computation in {name} does not require grad and has no grad_fn, even if its
    operands require grad.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with mode(ag):
        y = x * 2.0

    expect(y.requires_grad).is_false()
    expect(y.grad_fn).is_none()


@clause("mode-045", VALUE, sources=["notes/autograd § Default Mode (Grad Mode)"], over=UNRECORDED)
def operations_behave_as_if_no_operand_required_grad(ag: Autograd, mode: Entered) -> None:
    """In {name} operations behave as if no operand required grad: no gradient passes through them.

    The derivative of x² + x is 1, if the square is a constant.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with mode(ag):
        constant = x * x
    (x + constant).backward()

    expect(x.grad).equals(1.0)


@clause("mode-006", VALUE, sources=[NO_GRAD_MODE], over=NO_GRAD)
def a_result_is_used_in_grad_mode_later(ag: Autograd, mode: Entered) -> None:
    """What was computed in {name} can be used in grad mode later, where it is a constant.

    It is a factor here, whose value the derivative needs.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with mode(ag):
        constant = x * 2.0
    (constant * x).backward()

    expect(x.grad).equals(6.0)


@clause("mode-004", CONVENTION, sources=[NO_GRAD_MODE, "blitz autograd tutorial"], over=UNRECORDED)
def flags_of_tensors_stay_as_they_are(ag: Autograd, mode: Entered) -> None:
    """In {name} a tensor made outside, leaf or result, requires grad if it did so before."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2.0
    with mode(ag):
        expect(x.requires_grad).is_true()
        expect(y.requires_grad).is_true()


@clause("mode-206", VALUE, sources=[NO_GRAD_MODE], over=UNRECORDED)
def a_graph_of_before_is_whole_afterwards(ag: Autograd, mode: Entered) -> None:
    """A result of before a block of {name} has its history after the block."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with mode(ag):
        y * 2.0
    y.backward()

    expect(x.grad).equals(6.0)


@clause("mode-041", CONVENTION, sources=[NO_GRAD_MODE], over=UNRECORDED)
def a_result_is_no_root(ag: Autograd, mode: Entered) -> None:
    """Calling backward() on what was computed in {name} is refused: it does not require grad.

    Remedy: compute it where operations are recorded.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with mode(ag):
        y = x * x

    with ag.refuses("root-without-grad"):
        y.backward()


@clause("mode-047", CONVENTION, sources=["T3 §7.6", "basics autograd tutorial"])
def a_result_is_like_a_detached_one(ag: Autograd) -> None:
    """What is computed in no_grad is like the detached result: the same values, and no history."""
    x = ag.tensor(3.0, requires_grad=True)
    detached = (x * 2.0).detach()
    with ag.no_grad():
        computed = x * 2.0

    expect(computed).equals(6.0)
    expect(detached).equals(6.0)
    expect(computed.grad_fn).is_none()
    expect(detached.grad_fn).is_none()


@clause(
    "mode-044",
    SAFETY,
    level=SHOULD,
    sources=[DOCSTRING, "T1 §2.4", "T3 §7 summary"],
    over=UNRECORDED,
)
def intermediates_are_not_kept(ag: Autograd, mode: Entered) -> None:
    """What a computation in {name} came through is released with its last name, although the result
    is there.

    In grad mode the square would be kept, for the derivative of its own square.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with mode(ag):
        square = x * x
        result = square * square
    watcher = ag.watch(square)
    ag.forget(square)

    expect(watcher).is_gone()
    expect(result).equals(81.0)
