"""Gradient edges: a tensor's place in the graph, without the tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, SAFETY, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

GET: Final = "torch.autograd.graph.get_gradient_edge docstring"
EDGE: Final = "torch.autograd.graph.GradientEdge docstring"


@clause("gi-019", CONVENTION, sources=[GET])
def an_edge_names_a_node_and_an_output(ag: Autograd) -> None:
    """The gradient edge of a result has its grad_fn and its output number; that of a leaf has the
    node of the leaf.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    _, second = x.unbind()
    edge, edge_of_leaf = ag.gradient_edge(second), ag.gradient_edge(x)

    expect(edge.node).is_same_object_as(second.grad_fn)
    expect(edge.output_nr).equals(1)
    expect(edge_of_leaf.node.variable).is_same_object_as(x)
    expect(edge_of_leaf.output_nr).equals(0)


@clause(
    "gi-020",
    CONVENTION,
    unseen="constants",
    sources=["torch.autograd.graph.get_gradient_edge source"],
)
def a_constant_has_no_edge(ag: Autograd) -> None:
    """Asking for the gradient edge of a tensor that does not require grad is an error.

    Remedy: call requires_grad_() first.
    """
    c = ag.tensor(2.0)

    with ag.refuses("input-without-grad"):
        ag.gradient_edge(c)


@clause("gi-021", SAFETY, sources=[EDGE])
def an_edge_outlives_its_tensor(ag: Autograd) -> None:
    """After a tensor is gone its edge still names its place in the graph, as an input and as a
    root.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2.0
    z = y * 5.0
    edge = ag.gradient_edge(y)
    ag.forget(y)
    (gradient,) = ag.grad(z, [edge])
    ag.backward(edge)

    expect(gradient).equals(5.0)
    expect(x.grad).equals(2.0)


@clause("gi-022", SAFETY, sources=[EDGE, "torch.autograd.graph.get_gradient_edge source"])
def an_edge_owns_the_graph_of_a_custom_function(ag: Autograd) -> None:
    """The edge of a result that a custom function made keeps its graph alive after the result is
    gone.

    In torch such a node is owned by its tensors, so the edge carries a token that owns the graph.
    """

    class Double(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x * 2.0

    x = ag.tensor(3.0, requires_grad=True)
    y = Double.apply(x)
    edge = ag.gradient_edge(y)
    ag.forget(y)
    ag.backward(edge)

    expect(x.grad).equals(6.0)


@clause(
    "gi-023",
    CONVENTION,
    sources=["torch.autograd source, _make_grads"],
    over={
        "no_gradient": ("nonscalar-root", lambda ag, edge: ag.backward(edge)),
        "a_gradient_of_three_entries": (
            "cotangent-shape",
            lambda ag, edge: ag.backward(edge, ag.tensor([1.0, 2.0, 3.0])),
        ),
    },
)
def an_edge_is_a_root_like_a_tensor(
    ag: Autograd, row: tuple[str, Callable[[Autograd, Any], None]]
) -> None:
    """A root of two entries that is named by its edge needs a gradient of its shape, as the tensor
    itself would: {name} is an error, and no leaf is touched.

    Remedy: give a gradient of the shape that the root has.
    """
    kind, run = row
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    edge = ag.gradient_edge(x * 2.0)

    with ag.refuses(kind):
        run(ag, edge)
    expect(x.grad).is_none_or_zero()
