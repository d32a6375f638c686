"""Retaining: `retain_graph=True` leaves the graph as it was, so that it can be walked again."""

from __future__ import annotations

from gradspec import (
    CONVENTION,
    MAY,
    SAFETY,
    SHOULD,
    VALUE,
    Autograd,
    clause,
    expect,
)
from gradspec.drawing.expressions import SCALARS, Expression, expressions


@clause("life-201", VALUE, sources=["torch.autograd.backward docstring"])
def a_kept_graph_can_be_walked_again(ag: Autograd) -> None:
    """After a pass with retain_graph=True, a second one through the same product succeeds."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    x.grad = None
    y.backward()

    expect(x.grad).equals(6.0)


@clause("life-002", VALUE, sources=["torch.autograd.backward docstring", "T1 §2.1.6", "T3 §6.2"])
def retained_graph_serves_again(ag: Autograd) -> None:
    """A backward pass with retain_graph=True leaves a graph whose next pass delivers the same.

    The same each time, also where paths meet: the function is y^2 with y = x^2, and its derivative
    32.  In autobw.torch#7 only the first pass over such a graph was right; in
    tinygrad#6145 the flag was missing and intermediate gradients were counted again.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    z = y * y
    z.backward(retain_graph=True)
    expect(x.grad).equals(32.0)

    x.grad = None
    z.backward(retain_graph=True)
    expect(x.grad).equals(32.0)

    x.grad = None
    z.backward()
    expect(x.grad).equals(32.0)


@clause(
    "life-002a",
    VALUE,
    sources=["torch.autograd.backward docstring", "bshillingford/autobw.torch#7"],
    builds_on=("life-002",),
    given={"case": expressions(shapes=SCALARS, unary=("neg",))},
)
def every_retained_graph_serves_again(ag: Autograd, case: Expression) -> None:
    """For every function of scalars, each pass over its kept graph delivers its gradient."""
    leaves = [ag.tensor(leaf, requires_grad=True) for leaf in case.leaves]
    result = case.evaluate(ag, leaves)
    gradients = case.gradients(1.0)
    for _ in range(3):
        result.backward(retain_graph=True)

        for leaf, gradient in zip(leaves, gradients, strict=True):
            expect(leaf.grad).is_close(gradient, scale=case.scale)
            leaf.grad = None


@clause(
    "life-003",
    CONVENTION,
    sources=["torch.autograd.backward docstring"],
    builds_on=("life-001", "life-002"),
)
def latest_call_decides(ag: Autograd) -> None:
    """A pass without retain_graph empties the graph, however many passes before it kept it.

    The flag is no property of the graph: it says what this one call leaves behind.

    Remedy: give every pass but the last retain_graph=True.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()

    with ag.refuses("graph-freed"):
        y.backward()


@clause(
    "life-004",
    CONVENTION,
    sources=["torch.autograd.backward docstring", "torch.autograd.grad docstring"],
    builds_on=("life-001",),
)
def default_is_that_of_create_graph(ag: Autograd) -> None:
    """The flag retain_graph, when not given, has the value of create_graph.

    A gradient that is to be differentiated refers to the values that the first graph saved, so
    that letting go of them would make create_graph useless.

    Remedy: give retain_graph=True to any pass without create_graph that is not the last.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    (found,) = ag.grad(y, [x], create_graph=True)
    y.backward()

    expect(found).equals(4.0)
    expect(x.grad).equals(4.0)
    with ag.refuses("graph-freed"):
        y.backward()


@clause(
    "life-005", CONVENTION, sources=["torch.autograd.backward docstring"], builds_on=("life-004",)
)
def flag_that_is_given_beats_the_default(ag: Autograd) -> None:
    """An explicit retain_graph=False with create_graph=True empties the first graph only.

    The nodes that the pass itself recorded keep what they saved.  Here they lead from the gradient
    straight to x.

    Remedy: leave retain_graph=False away: create_graph=True keeps the graph by itself.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    (found,) = ag.grad(y, [x], create_graph=True, retain_graph=False)

    with ag.refuses("graph-freed"):
        y.backward()

    (second,) = ag.grad(found, [x])
    expect(second).equals(2.0)


@clause("life-005a", CONVENTION, level=MAY, sources=["observed"], builds_on=("life-005",))
def gradient_may_lead_back_into_the_emptied_graph(ag: Autograd) -> None:
    """A gradient that contains a value of the emptied graph is refused when that node is reached.

    The derivative of h^2 is 2h.  This h was computed by the first graph, as x^2, and how its own
    derivative is found was saved there.

    Remedy: leave retain_graph=False away, so that create_graph=True keeps the graph that the
    gradient leads into.
    """
    x = ag.tensor(2.0, requires_grad=True)
    h = x * x
    (found,) = ag.grad(h * h, [x], create_graph=True, retain_graph=False)

    expect(found).equals(32.0)
    with ag.refuses("graph-freed"):
        ag.grad(found, [x])


@clause(
    "life-010", VALUE, sources=["T1 §2.1.4", "notes/autograd § How autograd encodes the history"]
)
def computing_again_gives_a_new_graph(ag: Autograd) -> None:
    """Computing a function again makes a new graph, which owes nothing to the one walked before.

    This is what a training loop does, and the usual alternative to keeping a graph.
    """
    x = ag.tensor(2.0, requires_grad=True)
    first = x * x * x
    first.backward()
    x.grad = None
    second = x * x * x
    second.backward()

    expect(second).equals(8.0)
    expect(x.grad).equals(12.0)


@clause("life-016", CONVENTION, level=SHOULD, sources=["torch.autograd.backward docstring"])
def storing_a_gradient_with_history_warns(ag: Autograd) -> None:
    """backward(create_graph=True) warns that a leaf and its gradient now keep each other alive.

    The leaf refers to its grad, the grad to its history, and the history ends at the leaf: a
    cycle, which lasts until the grad is cleared (pytorch#7343).
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x

    with ag.warns():
        y.backward(create_graph=True)

    x.grad = None


@clause("life-016a", CONVENTION, level=SHOULD, sources=["torch.autograd.backward docstring"])
def query_with_history_is_silent(ag: Autograd) -> None:
    """grad(create_graph=True) does not warn, as it stores nothing on the leaf."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x

    with ag.silent():
        (found,) = ag.grad(y, [x], create_graph=True)

    expect(found).equals(4.0)


@clause(
    "life-016b",
    CONVENTION,
    level=SHOULD,
    sources=["torch.autograd.backward docstring", "pytorch#7343"],
)
def clearing_the_gradient_breaks_the_cycle(ag: Autograd) -> None:
    """When grad is cleared after backward(create_graph=True), the gradient is released at once."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x * x
    y.backward(create_graph=True)
    gradient = x.grad
    watcher = ag.watch(gradient)
    ag.forget(gradient, y)
    x.grad = None

    expect(watcher).is_gone()


@clause("life-204", SAFETY, sources=["observed"], builds_on=("life-201",))
def a_pass_that_failed_keeps_the_graph_too(ag: Autograd) -> None:
    """A pass with retain_graph=True that is refused half way leaves what can be walked again.

    The pass comes to the first square, which has let go of what it saved, after the second.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(3.0, requires_grad=True)
    emptied = x * x
    emptied.backward()
    kept = y * y
    with ag.attempt():
        (emptied + kept).backward(retain_graph=True)
    y.grad = None
    kept.backward()

    expect(y.grad).equals(6.0)
