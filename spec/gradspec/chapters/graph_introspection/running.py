"""Running: a node by itself, and the node that a pass is at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, MAY, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable


@clause("gi-018", VALUE, level=MAY, sources=["observed"])
def a_node_can_be_called(ag: Autograd) -> None:
    """A node that is called with the gradient of its operation's result returns those of its
    arguments.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    w = ag.tensor([3.0, 4.0], requires_grad=True)
    v = ag.random(2)
    for_x, for_w = (x * w).grad_fn(ag.tensor(v))

    expect(for_x).is_close(v * [3.0, 4.0])
    expect(for_w).is_close(v * [1.0, 2.0])


@clause("gi-207", CONVENTION, level=MAY, sources=["observed"])
def a_called_node_goes_no_further(ag: Autograd) -> None:
    """Calling a node goes no further than its arguments: no leaf is touched, and the graph is not
    used up.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x * 3.0
    y.grad_fn(ag.tensor(1.0))

    expect(x.grad).is_none_or_zero()
    y.backward()
    expect(x.grad).equals(12.0)


def _intermediate(x: Any) -> tuple[Any, Any]:
    y = x * x
    return y, y


def _leaf(x: Any) -> tuple[Any, Any]:
    return x, x * x


@clause(
    "gi-028",
    CONVENTION,
    sources=["torch.autograd.graph source, _register_logging_hooks_on_whole_graph"],
    over={"an_intermediate": _intermediate, "a_leaf": _leaf},
)
def a_hook_can_ask_where_the_pass_is(ag: Autograd, of: Callable[[Any], tuple[Any, Any]]) -> None:
    """Inside a hook of {name} the node that the pass is at is the one to which the tensor's
    gradient flows; outside a pass there is none.
    """
    watched, root = of(ag.tensor(2.0, requires_grad=True))
    place = ag.gradient_edge(watched).node
    seen = ag.notes()

    def hook(_: Any) -> None:
        seen.note(ag.same_object(ag.current_node(), place))

    watched.register_hook(hook)
    root.backward()

    expect(seen.read()).happened_in_order([True])
    expect(ag.current_node()).has_structure(None)


@clause("gi-291", CONVENTION, level=MAY, sources=["observed"])
def the_node_of_a_leaf_can_be_called(ag: Autograd) -> None:
    """The node of a leaf that is called with a gradient adds it to that of the leaf, and runs the
    hooks that are told of it.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    seen = ag.notes()

    def hook(leaf: Any) -> None:
        seen.note(leaf.grad)

    x.register_post_accumulate_grad_hook(hook)
    node = ag.gradient_edge(x).node
    node(ag.tensor([3.0, 5.0]))
    node(ag.tensor([10.0, 20.0]))

    expect(x.grad).equals([13.0, 25.0])
    expect(seen).happened_in_order([[3.0, 5.0], [13.0, 25.0]])


def _parts(ag: Autograd) -> Any:
    return ag.tensor([1.0, 2.0], requires_grad=True).unbind()[0]


@clause("gi-292", CONVENTION, level=MAY, sources=["observed"])
def a_called_node_is_given_a_gradient_for_each_result(ag: Autograd) -> None:
    """A node of an operation with several results is called with a gradient for each of them, None
    counting as zeros, and returns one gradient, by itself, for an operation on one tensor.
    """
    node = _parts(ag).grad_fn

    expect(node(ag.tensor(3.0), ag.tensor(5.0))).equals([3.0, 5.0])
    expect(node(ag.tensor(3.0), None)).equals([3.0, 0.0])


@clause("gi-293", CONVENTION, level=MAY, sources=["observed"])
def a_node_that_is_given_nothing_returns_nothing(ag: Autograd) -> None:
    """A node of an operation on two tensors that is called with None returns None for each."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    w = ag.tensor([3.0, 4.0], requires_grad=True)
    seen = ag.notes()
    for answer in (x * w).grad_fn(None):
        seen.note(answer)

    expect(seen).happened_in_order([None, None])
