"""Which hooks a pass calls: those on its way."""

from __future__ import annotations

from typing import Any

from gradspec import CONVENTION, MAY, Autograd, clause, expect
from gradspec.chapters.hooks.kinds import IN_ONE_PLACE
from gradspec.chapters.hooks.tensors import TENSORS

NOTE = "notes/autograd § Whether a particular hook will be fired"
ON_A_NODE = {name: IN_ONE_PLACE[name] for name in ("before_a_node", "after_a_node")}


@clause("hook-015", CONVENTION, sources=[NOTE, "pytorch#35802"], over=TENSORS)
def hooks_on_what_is_asked_for_run(ag: Autograd, row: Any) -> None:
    """A hook on {name} that a query asks for is called, and what it returns is the answer."""
    made_of, factor = row
    h = made_of(ag.tensor(2.0, requires_grad=True))
    h.register_hook(lambda gradient: gradient * 10.0)
    (found,) = ag.grad(h * h, [h])

    expect(found).equals(10.0 * 2.0 * factor * 2.0)


ASKING: dict[str, Any] = {
    "grad": lambda ag, root, w: ag.grad(root, [w]),
    "backward": lambda _ag, root, w: root.backward(inputs=[w]),
}


@clause("hook-016", CONVENTION, sources=[NOTE, "pytorch#51940"], over=ASKING)
def hooks_beside_the_way_do_not_run(ag: Autograd, ask: Any) -> None:
    """A hook on a tensor of which {name} needs no gradient, for the inputs that it was given, is
    not called.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * 3.0
    calls = ag.notes()
    y.register_hook(lambda _: calls.note("intermediate"))
    x.register_hook(lambda _: calls.note("leaf"))
    ask(ag, y * w, w)

    expect(calls).happened_in_order([])


@clause("hook-037", CONVENTION, sources=[NOTE], over=ON_A_NODE)
def nodes_of_what_is_asked_for_do_not_run(ag: Autograd, register: Any) -> None:
    """A hook {name} that made what a query asks for is not called: the query ends before it."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    calls = ag.notes()
    register(ag, x, y, lambda: calls.note("called"))
    ag.grad(y * 5.0, [y])

    expect(calls).happened_in_order([])


@clause(
    "hook-038",
    CONVENTION,
    level=MAY,
    sources=["torch.autograd.backward docstring", NOTE],
    over=ON_A_NODE,
)
def nodes_of_what_is_accumulated_run(ag: Autograd, register: Any) -> None:
    """A hook {name} that made an intermediate is called by a pass that accumulates in this
    intermediate, although nothing behind it is asked for.

    torch says that nobody should depend on it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    calls = ag.notes()
    register(ag, x, y, lambda: calls.note("called"))
    (y * 5.0).backward(inputs=[y])

    expect(calls).happened_in_order(["called"])
    expect(x.grad).is_none_or_zero()


@clause("hook-025", CONVENTION, level=MAY, sources=["observed", "pytorch#11751"])
def a_hook_where_nothing_arrives_is_given_nothing(ag: Autograd) -> None:
    """A hook on one result of an operation with several is called with None where only others
    contribute to the root.
    """
    first, second = ag.tensor([2.0, 5.0], requires_grad=True).unbind()
    seen = ag.notes()
    first.register_hook(seen.note)
    (second * 3.0).backward()

    expect(seen).happened_in_order([None])


@clause("hook-214", CONVENTION, level=MAY, sources=["observed", "pytorch#60796"])
def a_hook_on_a_leaf_may_be_given_nothing(ag: Autograd) -> None:
    """A hook on a leaf is called with None where the pass comes to the leaf with nothing."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    y.grad_fn.register_hook(lambda _made, _given: (None,))
    seen = ag.notes()
    x.register_hook(seen.note)
    y.backward()

    expect(seen).happened_in_order([None])
    expect(x.grad).is_none_or_zero()
