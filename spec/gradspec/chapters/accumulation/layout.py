"""Layout: in which order the entries of a gradient lie in memory.

The same matrix can be stored row by row or column by column; strides say which, as the number of
entries to step over for one step along each axis.  No value depends on it, but speed does: an
optimiser that walks over a parameter and its gradient together wants them laid out alike.  So a new
gradient takes the leaf's layout, where that is a layout in which each entry has one place.  A total
that is already there keeps its own, which leaves the user a way to choose.
"""

from __future__ import annotations

from gradspec import CONVENTION, SHOULD, Autograd, clause, expect

DEFAULTS = "docs autograd § Default gradient layouts"
POLICY = "torch.autograd.grad_mode.enforce_grad_layout_policy docstring"


@clause(
    "acc-013",
    CONVENTION,
    unseen="constants",
    level=SHOULD,
    sources=[DEFAULTS, POLICY],
    over={"a_pass": {}, "a_pass_with_create_graph": {"create_graph": True}},
)
def a_new_gradient_takes_the_layout_of_the_leaf(ag: Autograd, options: dict[str, bool]) -> None:
    """The grad that {name} gives a leaf without one has the leaf's strides, if the leaf is dense
    and its entries do not overlap.

    The leaf is stored by columns; the gradient arrives by rows, as the weights are.
    """
    weights = ag.random(3, 2)
    x = ag.tensor(ag.random(2, 3)).t().requires_grad_()
    (x * ag.tensor(weights)).sum().backward(**options)

    expect(x.grad.strides).has_structure((1, 3))


@clause("acc-014", CONVENTION, unseen="constants", level=SHOULD, sources=[DEFAULTS])
def the_gradient_of_an_overlapping_leaf_lies_by_rows(ag: Autograd) -> None:
    """A new grad lies row by row, without gaps, if the leaf's entries overlap in memory.

    The leaf repeats one column, with a stride of zero; the gradient arrives by columns.
    """
    weights = ag.random(3, 2)
    x = ag.tensor([[1.0], [2.0]]).expand(2, 3).requires_grad_()
    (x.t() * ag.tensor(weights)).sum().backward()

    expect(x.strides).has_structure((1, 0))
    expect(x.grad.strides).has_structure((3, 1))


@clause(
    "acc-015",
    CONVENTION,
    level=SHOULD,
    sources=["docs autograd § Manual gradient layouts"],
    builds_on=("acc-001",),
)
def a_gradient_that_the_user_assigned_keeps_its_layout(ag: Autograd) -> None:
    """A grad that the user assigned keeps its strides through passes without create_graph."""
    start, weights = ag.random(3, 2), ag.random(2, 3)
    x = ag.tensor(ag.random(2, 3), requires_grad=True)
    x.grad = ag.tensor(start).t()
    (x * ag.tensor(weights)).sum().backward()

    expect(x.grad.strides).has_structure((1, 2))


@clause(
    "acc-016",
    CONVENTION,
    unseen="constants",
    level=SHOULD,
    sources=[POLICY],
    builds_on=("acc-013",),
)
def the_layout_policy_can_be_switched_off(ag: Autograd) -> None:
    """With the layout policy off, a new grad keeps the layout that it arrived in.

    What arrives belongs to nobody else here.  What has to be copied is laid out like the leaf even
    then.
    """
    weights = ag.random(3, 2)
    x = ag.tensor(ag.random(2, 3)).t().requires_grad_()
    with ag.enforce_grad_layout_policy(False):
        (x * ag.tensor(weights)).sum().backward()

    expect(x.grad.strides).has_structure((2, 1))


@clause(
    "acc-202",
    CONVENTION,
    unseen="constants",
    level=SHOULD,
    sources=[POLICY],
    builds_on=("acc-016",),
)
def the_layout_policy_is_on_again_after_the_block(ag: Autograd) -> None:
    """After the block that switched the layout policy off, a new grad has the leaf's strides."""
    weights = ag.random(3, 2)
    x = ag.tensor(ag.random(2, 3)).t().requires_grad_()
    with ag.enforce_grad_layout_policy(False):
        pass
    (x * ag.tensor(weights)).sum().backward()

    expect(x.grad.strides).has_structure((1, 3))
