"""Emptying: a backward pass lets go of the saved values of the nodes that it visits."""

from __future__ import annotations

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, Autograd, clause, expect


@clause("life-202", SAFETY, sources=["torch.autograd.backward docstring", "T1 §2.1.6"])
def second_pass_is_refused_or_right(ag: Autograd) -> None:
    """A second backward pass through a graph that was not kept is refused, or it is right: it
    delivers the same gradient again.

    In tinygrad#5701 the second pass returned without an error and the gradients were wrong.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()
    x.grad = None
    with ag.attempt() as second:
        y.backward()
    with second.granted():
        expect(x.grad).equals(6.0)


@clause(
    "life-001", CONVENTION, sources=["torch.autograd.backward docstring", "T1 §2.1.6", "T3 §6.2"]
)
def second_pass_is_refused(ag: Autograd) -> None:
    """A second backward pass through a node whose saved values it needs is refused.

    torch does not keep what could answer it.  The first pass's gradient stands.

    Remedy: give the first pass retain_graph=True, or compute the function again; where two losses
    share a trunk, add them and make one pass.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()

    with ag.refuses("graph-freed"):
        y.backward()

    expect(x.grad).equals(6.0)


@clause(
    "life-206",
    SAFETY,
    sources=["torch.autograd.backward docstring", "observed"],
    builds_on=("life-202",),
)
def nodes_that_saved_nothing_are_refused_or_right(ag: Autograd) -> None:
    """A second backward pass through nodes that saved nothing is refused, or it is right.

    An engine that finds the first pass's gradients still in its intermediates (micrograd#102)
    delivers the wrong amount.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    z = -(x - y) + x + x
    z.backward()
    x.grad = None
    with ag.attempt() as second:
        z.backward()
    with second.granted():
        expect(x.grad).equals(1.0)


@clause(
    "life-006",
    CONVENTION,
    sources=["torch.autograd.backward docstring", "observed"],
    builds_on=("life-206",),
)
def nodes_that_saved_nothing_serve_again(ag: Autograd) -> None:
    """A second backward pass through nodes that saved nothing succeeds: it is right once more.

    What a pass lets go of are saved values; the nodes stay.  Tutorials say that the graph is
    destroyed, and an engine built on that sentence refuses here.  A sum, a difference and a
    sign have constant derivatives, so nothing is missing.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    z = -(x - y) + x + x
    z.backward()
    x.grad = None
    z.backward()

    expect(x.grad).equals(1.0)


@clause("life-023", CONVENTION, level=MAY, sources=["observed"], builds_on=("life-001",))
def freed_nodes_are_noticed_when_they_are_reached(ag: Autograd) -> None:
    """A pass that comes to a freed node is refused when it comes there, and not when it starts: the
    nodes before it have run by then.

    Remedy: give retain_graph=True to the pass before.
    """
    x = ag.tensor(3.0, requires_grad=True)
    arrived = ag.notes()
    square = x * x
    square.backward()
    y = square * 2.0
    square.register_hook(arrived.note)

    with ag.refuses("graph-freed"):
        y.backward()
    expect(arrived).equals([2.0])


@clause("life-011", CONVENTION, sources=["torch.autograd.grad docstring"], builds_on=("life-001",))
def query_empties_like_backward(ag: Autograd) -> None:
    """A query by grad() lets go of saved values exactly as backward() does.

    After either, the other is refused as well.

    Remedy: give every query and pass but the last retain_graph=True.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    ag.grad(y, [x])

    with ag.refuses("graph-freed"):
        ag.grad(y, [x])
    with ag.refuses("graph-freed"):
        y.backward()

    z = x * x
    z.backward()

    with ag.refuses("graph-freed"):
        ag.grad(z, [x])


@clause("life-012", CONVENTION, level=SHOULD, sources=["observed"], builds_on=("life-011",))
def nodes_not_visited_stay_full(ag: Autograd) -> None:
    """A pass empties only the nodes that it runs: those off the path to its inputs stay usable.

    Remedy: give the query retain_graph=True, or compute what it visited again.
    """
    a = ag.tensor(2.0, requires_grad=True)
    b = ag.tensor(3.0, requires_grad=True)
    visited, spared = a * a, b * b
    ag.grad(visited + spared, [a])

    (found,) = ag.grad(spared, [b])

    expect(found).equals(6.0)
    with ag.refuses("graph-freed"):
        ag.grad(visited, [a])


@clause(
    "life-013",
    CONVENTION,
    sources=["torch.autograd.backward docstring"],
    builds_on=("life-001",),
)
def emptied_node_has_nothing_to_show(ag: Autograd) -> None:
    """Reading a saved value that was let go is the same error as a second backward pass.

    Remedy: read the value before the pass, or give the pass retain_graph=True.
    """
    x = ag.tensor(0.0, requires_grad=True)
    y = ag.exp(x)
    node = y.grad_fn

    expect(node.saved("result")).equals(1.0)

    y.backward()

    with ag.refuses("graph-freed"):
        node.saved("result")


@clause(
    "life-014a",
    SAFETY,
    unseen="frees_graph",
    sources=[
        "torch.autograd.backward docstring",
        "T1 §2.1.6",
        "T2 §2.6",
        "saved tensors hooks tutorial",
    ],
    stands_for=("life-014",),
)
def emptying_releases_memory(ag: Autograd) -> None:
    """A backward pass releases an intermediate that the graph alone still needed.

    This is the point of it all: the root still stands for the graph, yet what the graph saved is
    gone.  An engine that merely marks its nodes as used passes life-001 and runs out of memory.
    """
    x = ag.tensor(2.0, requires_grad=True)
    inner = x * x
    root = inner * inner
    watcher = ag.watch(inner)
    ag.forget(inner)
    root.backward(retain_graph=False)

    expect(watcher).is_gone()


@clause(
    "life-015a",
    SAFETY,
    sources=["notes/autograd § How autograd encodes the history"],
    stands_for=("life-015",),
)
def graph_without_a_name_is_released(ag: Autograd) -> None:
    """A graph that no name refers to is released without any backward pass.

    It goes at once, with its last name.  A tensor that refers to its node and a node that refers
    back to its tensor would keep each other alive until a collector comes by.
    """
    x = ag.tensor(2.0, requires_grad=True)
    inner = x * x
    root = inner * inner
    watchers = [ag.watch(inner), ag.watch(root)]
    ag.forget(inner, root)

    expect(watchers[1]).is_gone()
    expect(watchers[0]).is_gone()


@clause(
    "life-015b",
    SAFETY,
    over={"unused": 0, "after_a_pass": 1},
    sources=["notes/autograd § How autograd encodes the history", "pytorch#82528"],
    builds_on=("life-015a",),
)
def graph_with_a_hook_is_released(ag: Autograd, passes: int) -> None:
    """A graph with a hook on it ({name}) is released with its last name, as one without.

    The graph owns the hook; an engine whose hook owns the tensor in turn, or what it was given,
    leaks the graph.
    """
    x = ag.tensor(2.0, requires_grad=True)
    inner = x * x
    inner.register_hook(lambda g: g * 3)
    root = inner * inner
    for _ in range(passes):
        root.backward()
    watchers = [ag.watch(inner), ag.watch(root)]
    ag.forget(inner, root)

    expect(watchers[1]).is_gone()
    expect(watchers[0]).is_gone()


@clause("life-015d", SAFETY, sources=["notes/autograd § Saved tensors"], builds_on=("life-015a",))
def graph_that_saved_its_results_is_released(ag: Autograd) -> None:
    """A graph whose operations saved their own results is released with its last name, too.

    The derivative of exp is its result.  A node that simply saves the tensor which it computed
    has made the cycle that the rest of the engine avoids.
    """
    x = ag.tensor(2.0, requires_grad=True)
    inner = ag.exp(x)
    root = ag.exp(inner)
    watchers = [ag.watch(inner), ag.watch(root)]
    ag.forget(inner, root)

    expect(watchers[1]).is_gone()
    expect(watchers[0]).is_gone()


DEEP = 2_000


@clause("life-015c", SAFETY, sources=["pytorch#5534", "pytorch#155322"], builds_on=("life-015a",))
def deep_graph_is_released(ag: Autograd) -> None:
    """A deep graph that no name refers to is released down to its first operation.

    An engine that goes down by recursion gets as deep as its stack, and there it leaks or dies.
    """
    x = ag.tensor(2.0, requires_grad=True)
    first = x * x
    watcher = ag.watch(first)
    root = first * first
    ag.forget(first)
    for _ in range(DEEP):
        above = root + 1
        ag.forget(root)
        root = above

    ag.forget(root)

    expect(watcher).is_gone()
