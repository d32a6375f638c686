"""Passes add up: the gradient of a sum, gathered term by term.

Whether the terms come from one graph that was kept, from two graphs over the same leaf, or from the
parts of a batch makes no difference: what a leaf holds is the sum over all passes since it was
last cleared.
"""

from __future__ import annotations

from typing import Any

from gradspec import CONVENTION, VALUE, Autograd, Tensor, clause, expect
from gradspec.drawing.batches import batches
from gradspec.drawing.expressions import SCALARS, Expression, expressions


@clause(
    "acc-001", CONVENTION, sources=["torch.Tensor.grad docstring", "T2 §2.3", "T3 §1", "T4 §7.5"]
)
def a_second_pass_adds_to_the_gradient_of_the_leaf(ag: Autograd) -> None:
    """A backward pass adds to the gradient that a leaf already has; it does not replace it."""
    x = ag.tensor(2.0, requires_grad=True)

    (x * x).backward()
    expect(x.grad).equals(4.0)
    (x * x).backward()
    expect(x.grad).equals(8.0)


@clause("acc-025", CONVENTION, sources=["torch.Tensor.grad docstring"], builds_on=("acc-001",))
def a_leaf_of_two_graphs_gathers_from_both(ag: Autograd) -> None:
    """A leaf that two graphs share gathers the gradients of both, other leaves those of theirs."""
    shared = ag.tensor(2.0, requires_grad=True)
    own = ag.tensor(5.0, requires_grad=True)
    first = shared * own
    second = shared * shared

    first.backward()
    second.backward()

    expect(shared.grad).equals(9.0)
    expect(own.grad).equals(2.0)


@clause("acc-026", CONVENTION, sources=["torch.autograd.backward docstring"])
def an_intermediate_gathers_from_the_passes_that_name_it(ag: Autograd) -> None:
    """The grad of an intermediate gathers the gradients of the passes that name it in inputs.

    These passes end there, and add nothing to the leaves beyond.  pytorch#79708 lost it where the
    intermediate had been written in place.
    """
    x = ag.tensor(2.0, requires_grad=True)
    h = x + 7.0

    (h * 3.0).backward(inputs=[h])
    expect(h.grad).equals(3.0)
    (h * 5.0).backward(inputs=[h])
    expect(h.grad).equals(8.0)
    expect(x.grad).is_none_or_zero()


@clause("acc-004", CONVENTION, sources=["T2 §2.3"], builds_on=("acc-001", "life-002"))
def each_pass_over_a_kept_graph_adds_the_same_again(ag: Autograd) -> None:
    """Repeated passes over one retained graph add the same gradient each time.

    In (x + w) * 2 the sum is an intermediate.  If its gradient is not dropped between the passes
    (micrograd#102), the second pass adds 4 and not 2.
    """
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(1.0, requires_grad=True)
    y = (x + w) * 2.0

    for total in (2.0, 4.0, 6.0):
        y.backward(retain_graph=True)
        expect(x.grad).equals(total)
        expect(w.grad).equals(total)


@clause(
    "acc-006",
    CONVENTION,
    sources=["T2 §2.3", "torch.autograd.backward docstring"],
    builds_on=("life-001",),
)
def a_graph_that_was_not_kept_cannot_add_again(ag: Autograd) -> None:
    """A second pass is refused where it needs values not retained, and adds nothing beyond there.

    The product needs them, and comes first here.  What a pass has delivered before it is refused
    stays delivered.  tinygrad#5701 went on in silence and left a wrong gradient.

    Remedy: give the earlier pass retain_graph=True, or compute the function again and clear grad,
    which holds what was delivered.
    """
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(1.0, requires_grad=True)
    y = (x + w) * x
    y.backward()

    with ag.refuses("graph-freed"):
        y.backward()

    expect(x.grad).equals(7.0)
    expect(w.grad).equals(3.0)


@clause(
    "acc-008",
    CONVENTION,
    sources=["torch.autograd.backward docstring", "T1 §2.1.3"],
    builds_on=("acc-001",),
)
def passes_over_several_losses_give_the_gradient_of_their_sum(ag: Autograd) -> None:
    """One pass for each of several losses leaves the same gradient as one pass over their sum."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * x * x).backward()
    (5.0 / x).backward()
    expect(x.grad).equals(10.75)

    x = ag.tensor(2.0, requires_grad=True)
    (x * x * x + 5.0 / x).backward()
    expect(x.grad).equals(10.75)


@clause(
    "acc-008a",
    CONVENTION,
    sources=["sum rule", "torch.autograd.backward docstring"],
    builds_on=("acc-001",),
    given={
        "f": expressions(shapes=SCALARS, unary=("neg", "sin")),
        "g": expressions(shapes=SCALARS, unary=("neg", "sin")),
    },
)
def passes_add_up_whatever_the_losses_are(ag: Autograd, f: Expression, g: Expression) -> None:
    """For any two functions f and g, a pass over each leaves the sum of their gradients."""

    def of(case: Expression, t: Tensor) -> Any:
        return case.evaluate(ag, [t * float(leaf) for leaf in case.leaves])

    total = sum(
        float(leaf * gradient)
        for case in (f, g)
        for leaf, gradient in zip(case.leaves, case.gradients(1.0), strict=True)
    )

    apart = ag.tensor(1.0, requires_grad=True)
    of(f, apart).backward()
    of(g, apart).backward()
    together = ag.tensor(1.0, requires_grad=True)
    (of(f, together) + of(g, together)).backward()

    scale = 6.0 * (f.scale + g.scale)
    expect(apart.grad).is_close(total, scale=scale)
    expect(together.grad).is_close(total, scale=scale)


@clause(
    "acc-023",
    CONVENTION,
    sources=["T2 learning objectives", "notes/faq"],
    builds_on=("acc-001",),
    given={"batches": batches()},
)
def parts_of_a_batch_add_up_to_the_whole(ag: Autograd, batches: list[list[float]]) -> None:
    """The gradient of a summed loss is the same whether a batch is processed whole or in parts.

    The loss of a sample s is (w·s - 1)², and w is 1/2.  All numbers are multiples of powers of two,
    so that the sums are exact in either order.  pytorch#181723 lost parts by reusing a buffer.
    """

    def loss(w: Tensor, samples: list[float]) -> Any:
        return sum((w * s - 1.0) * (w * s - 1.0) for s in samples)

    samples = [s for batch in batches for s in batch]
    expected = sum(2.0 * s * (0.5 * s - 1.0) for s in samples)

    in_parts = ag.tensor(0.5, requires_grad=True)
    for batch in batches:
        loss(in_parts, batch).backward()
    expect(in_parts.grad).equals(expected)

    whole = ag.tensor(0.5, requires_grad=True)
    loss(whole, samples).backward()
    expect(whole.grad).equals(expected)


@clause("acc-017", VALUE, sources=["notes/autograd § Backward Hooks execution", "T1 §2.1.2"])
def within_a_pass_all_uses_are_summed_first(ag: Autograd) -> None:
    """A leaf's gradients from all its uses in one pass are summed before they are added to grad.

    A hook on the leaf sees the sum of this pass: neither the parts of it, nor what earlier passes
    have left.
    """
    x = ag.tensor(1.0, requires_grad=True)
    seen = ag.notes()
    x.register_hook(lambda gradient: seen.note(gradient * 1.0))
    for _ in range(2):
        y = x * 2.0
        (y * 3.0 + x * 5.0 + y).backward()

    expect(seen).happened_in_order([13.0, 13.0])


@clause("acc-017a", VALUE, sources=["torch.Tensor.register_post_accumulate_grad_hook docstring"])
def grad_is_written_once_in_a_pass(ag: Autograd) -> None:
    """A leaf's grad is brought up to date once in a pass, by the sum of all its uses.

    pytorch#105293: a pass that delivered to the leaf after the first of its uses, not the last.
    """
    x = ag.tensor(1.0, requires_grad=True)
    seen = ag.notes()
    x.register_post_accumulate_grad_hook(lambda leaf: seen.note(leaf.grad * 1.0))
    y = x * 2.0
    (y * 3.0 + x * 5.0 + y).backward()

    expect(seen).happened_in_order([13.0])
