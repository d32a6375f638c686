"""Inference mode and the other modes, and backward passes within it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, MAY, VALUE, clause, expect
from gradspec.chapters.grad_modes.rows import CPP, INFERENCE

if TYPE_CHECKING:
    from gradspec import Autograd


@clause("mode-035", VALUE, sources=[INFERENCE, CPP])
def the_flag_switches_inference_mode_off(ag: Autograd) -> None:
    """Inside inference mode, what is computed in a block of inference_mode(False) is recorded."""
    x = ag.tensor(3.0, requires_grad=True)
    with ag.inference_mode(), ag.inference_mode(False):
        y = x * x
    y.backward()

    expect(x.grad).equals(6.0)


@clause("mode-035a", CONVENTION, sources=[INFERENCE, CPP])
def inference_mode_is_on_again_after_such_a_block(ag: Autograd) -> None:
    """Inference mode is off in a block of inference_mode(False), and after it as before."""
    with ag.inference_mode():
        found = [ag.is_inference_mode_enabled()]
        with ag.inference_mode(False):
            found += [ag.is_inference_mode_enabled()]
        found += [ag.is_inference_mode_enabled()]
    found += [ag.is_inference_mode_enabled()]

    expect(found).happened_in_order([True, False, True, False])


@clause("mode-036", CONVENTION, sources=[CPP, "observed"])
def grad_mode_does_not_record_in_inference_mode(ag: Autograd) -> None:
    """Inside inference mode nothing is recorded, also where grad mode is switched on."""
    x = ag.tensor(3.0, requires_grad=True)
    with ag.inference_mode(), ag.enable_grad():
        y = x * x

    expect(y.requires_grad).is_false()


@clause("mode-036a", CONVENTION, sources=[CPP, "observed"])
def inference_mode_sets_grad_mode(ag: Autograd) -> None:
    """Entering inference mode switches grad mode off, entering inference_mode(False) on, and
    leaving either restores it.
    """
    with ag.inference_mode():
        found = [ag.is_grad_enabled()]
    with ag.no_grad():
        with ag.inference_mode(False):
            found += [ag.is_grad_enabled()]
        found += [ag.is_grad_enabled()]
    found += [ag.is_grad_enabled()]

    expect(found).happened_in_order([False, True, False, True])


@clause("mode-038", CONVENTION, sources=[INFERENCE, CPP])
def no_tangent_is_followed_in_inference_mode(ag: Autograd) -> None:
    """What is computed from a dual tensor in inference mode has no tangent."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0]), ag.tensor([3.0]))
        with ag.inference_mode():
            y = x * x

        expect(ag.tangent(y)).is_none()


@clause("mode-291", VALUE, sources=[CPP])
def tangents_are_followed_again_after_inference_mode(ag: Autograd) -> None:
    """After a block of inference mode, a dual tensor that was used there is a dual tensor as
    before.
    """
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0]), ag.tensor([3.0]))
        with ag.inference_mode():
            x * x
        tangent = ag.tangent(x * x)

        expect(tangent).is_close([12.0])


@clause("mode-040", CONVENTION, level=MAY, sources=["observed"])
def a_leaf_that_is_made_inside_requires_grad(ag: Autograd) -> None:
    """A tensor made with requires_grad=True inside inference mode requires grad; what is computed
    from it there does not.
    """
    with ag.inference_mode():
        x = ag.tensor(3.0, requires_grad=True)
        y = x * x

    expect(x.requires_grad).is_true()
    expect(y.requires_grad).is_false()


@clause("mode-042", CONVENTION, level=MAY, sources=["observed"])
def a_gradient_that_is_stored_inside_is_an_inference_tensor(ag: Autograd) -> None:
    """The gradient that a backward pass inside inference mode stores is an inference tensor."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.inference_mode():
        y.backward()

    expect(x.grad.is_inference()).is_true()


@clause("mode-218", VALUE, sources=["observed"])
def a_pass_inside_finds_the_gradient(ag: Autograd) -> None:
    """A backward pass over a graph of before, called inside inference mode, finds its gradient."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.inference_mode():
        y.backward()

    expect(x.grad).equals(6.0)


@clause("mode-219", CONVENTION, level=MAY, sources=["observed"], builds_on=("acc-001",))
def a_gradient_of_inside_is_not_added_to_outside(ag: Autograd) -> None:
    """A backward pass outside inference mode that would add to a gradient which was stored inside
    is refused: that is an inference tensor.

    Remedy: set the gradient to None between the passes.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.inference_mode():
        y.backward(retain_graph=True)

    with ag.refuses("inference-inplace"):
        y.backward()
