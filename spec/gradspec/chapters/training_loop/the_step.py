"""The step: what an optimizer does to parameters, and what it refuses."""

from __future__ import annotations

import numpy as np

from gradspec import CONVENTION, SAFETY, VALUE, Autograd, Tensor, clause, expect


@clause(
    "loop-001",
    CONVENTION,
    sources=["torch.optim docs", "introyt autograd tutorial § Autograd in Training"],
)
def a_step_changes_parameters_in_place(ag: Autograd) -> None:
    """A step changes parameters in place by a rule from their grad; they stay leaves, as they were.

    The rule of plain descent is p - lr grad.
    """
    p = ag.tensor(1.0, requires_grad=True)
    optimizer = ag.SGD([p], lr=0.25)
    (p * 2.0).backward()

    optimizer.step()

    expect(p).equals(0.5)
    expect(p.is_leaf).is_true()
    expect(p.requires_grad).is_true()


@clause("loop-002", SAFETY, sources=["introyt autograd tutorial § Autograd in Training"])
def a_pass_alone_changes_no_parameter(ag: Autograd) -> None:
    """A backward pass changes no parameter; a step does."""
    p = ag.tensor(1.0, requires_grad=True)
    ag.SGD([p], lr=0.25)

    (p * 2.0).backward()

    expect(p).equals(1.0)


@clause("loop-207", SAFETY, sources=["torch.optim.Optimizer.step docstring"])
def a_step_leaves_the_gradient_alone(ag: Autograd) -> None:
    """A step does not change the gradients that it reads, whatever it adds to them for itself."""
    p = ag.tensor([1.0, -2.0], requires_grad=True)
    p.grad = ag.tensor([3.0, 5.0])
    optimizer = ag.SGD([p], lr=0.25, momentum=0.5, weight_decay=0.5)

    optimizer.step()
    optimizer.step()

    expect(p.grad).equals([3.0, 5.0])


@clause(
    "loop-010",
    CONVENTION,
    sources=["notes/autograd § No-grad Mode"],
)
def an_update_by_hand_is_a_step(ag: Autograd) -> None:
    """An update p -= lr grad that is written by hand inside no_grad is a plain step."""
    by_hand, stepped = (ag.tensor(2.0, requires_grad=True) for _ in range(2))
    optimizer = ag.SGD([stepped], lr=0.25)
    for _ in range(2):
        (by_hand * by_hand * by_hand).backward()
        with ag.no_grad():
            by_hand.sub_(by_hand.grad * 0.25)
        by_hand.grad = None

        optimizer.zero_grad()
        (stepped * stepped * stepped).backward()
        optimizer.step()

    expect(by_hand).equals(-1.75)
    expect(stepped).equals(-1.75)


@clause("loop-011", CONVENTION, sources=["notes/autograd § No-grad Mode"])
def an_update_by_hand_is_not_recorded(ag: Autograd) -> None:
    """An update by hand outside no_grad is refused in place, and out of place makes a non-leaf.

    Remedy: update in no_grad.
    """
    p = ag.tensor(2.0, requires_grad=True)
    (p * p).backward()

    with ag.refuses("leaf-inplace"):
        p.sub_(p.grad * 0.25)
    expect(p).equals(2.0)

    expect((p - p.grad * 0.25).is_leaf).is_false()


@clause(
    "loop-012",
    CONVENTION,
    sources=["notes/autograd § In-place correctness checks"],
    builds_on=("loop-001", "life-002"),
)
def a_step_makes_a_kept_graph_stale(ag: Autograd) -> None:
    """A step between two passes over a kept graph makes the second fail if parameters were saved.

    The graph is that of the parameters before the step.  Remedy: compute the loss again.
    """
    p = ag.tensor(2.0, requires_grad=True)
    optimizer = ag.SGD([p], lr=0.25)
    loss = p * p
    loss.backward(retain_graph=True)
    optimizer.step()

    with ag.refuses("stale-saved-tensor"):
        loss.backward()

    expect(p.grad).equals(4.0)


@clause("loop-013", CONVENTION, sources=["torch.optim.Optimizer source"])
def parameters_are_leaves(ag: Autograd) -> None:
    """An optimizer refuses parameters that are not leaves, and an empty list of them.

    Remedy: give leaves that require grad.
    """
    p = ag.tensor(2.0, requires_grad=True)

    with ag.refuses("nonleaf-parameter"):
        ag.SGD([p * 2.0], lr=0.25)
    with ag.refuses("no-parameters"):
        ag.SGD([], lr=0.25)


@clause("loop-014", CONVENTION, sources=["torch.optim.Optimizer.step docstring"])
def a_closure_is_called_in_grad_mode(ag: Autograd) -> None:
    """A step with a closure calls it first, in grad mode, and returns the loss that it gives."""
    p = ag.tensor(3.0, requires_grad=True)
    optimizer = ag.SGD([p], lr=0.25)

    def closure() -> Tensor:
        loss: Tensor = p * p
        loss.backward()
        return loss

    with ag.no_grad():
        loss = optimizer.step(closure)

    expect(loss).equals(9.0)
    expect(p).equals(1.5)


@clause("loop-007", CONVENTION, sources=["torch.optim.Optimizer.zero_grad docstring"])
def none_is_left_alone_and_zero_is_not(ag: Autograd) -> None:
    """A step skips parameters whose grad is None, and makes those move whose grad is zero.

    By weight decay, that is, or by momentum.
    """
    without = ag.tensor(1.0, requires_grad=True)
    of_zero = ag.tensor(1.0, requires_grad=True)
    of_zero.grad = ag.tensor(0.0)

    ag.SGD([without, of_zero], lr=0.25, weight_decay=0.5).step()

    expect(without).equals(1.0)
    expect(of_zero).equals(0.875)


@clause("loop-204", CONVENTION, sources=["torch.optim docs § Per-parameter options"])
def groups_have_options_of_their_own(ag: Autograd) -> None:
    """Of groups of parameters each is changed by its own options, and by the common ones else."""
    p, q = (ag.tensor(1.0, requires_grad=True) for _ in range(2))
    optimizer = ag.SGD([{"params": [p], "lr": 0.5}, {"params": [q]}], lr=0.25)
    (p + q).backward()

    optimizer.step()

    expect(p).equals(0.5)
    expect(q).equals(0.75)


@clause("loop-025", VALUE, sources=["torch.autograd.detect_anomaly docstring"])
def a_gradient_that_is_no_number_spoils_the_parameter(ag: Autograd) -> None:
    """A gradient that is NaN makes the parameter NaN at the next step; clearing mends nothing."""
    p = ag.tensor(0.0, requires_grad=True)
    optimizer = ag.SGD([p], lr=0.25)
    (ag.sqrt(p) * 0.0).backward()

    optimizer.step()
    optimizer.zero_grad()

    expect(p).equals(np.nan)
