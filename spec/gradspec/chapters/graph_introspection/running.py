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
