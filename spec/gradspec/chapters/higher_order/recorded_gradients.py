"""Gradients with a history: what they depend on, how long they live, what they are made of."""

from __future__ import annotations

from gradspec import CONVENTION, MAY, SHOULD, VALUE, Autograd, Node, clause, expect


@clause("ho-004", VALUE, unseen="gradient_tensors", sources=["torch.autograd.backward docstring"])
def stored_gradient_has_a_history(ag: Autograd) -> None:
    """backward(create_graph=True) stores a grad whose history a later pass follows to the leaves.

    The gradient of x^3 is 3x^2, and the derivative of its square 36x^3.  The gradients stored on
    leaves had lost their history in Oneflow-Inc/oneflow#8248.
    """
    x = ag.tensor(3.0, requires_grad=True)
    (x * x * x).backward(create_graph=True)
    gradient = x.grad
    x.grad = None
    (gradient * gradient).backward()

    expect(gradient).equals(27.0)
    expect(x.grad).equals(972.0)


@clause(
    "ho-004a",
    VALUE,
    sources=["torch.autograd.backward docstring", "torch.Tensor.retain_grad docstring"],
)
def retained_gradient_has_a_history(ag: Autograd) -> None:
    """backward(create_graph=True) stores retained gradients with their history too.

    For y = x^2 and z = y^3 it is 3y^2 = 3x^4, whose derivative is 12x^3.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    y.retain_grad()
    (y * y * y).backward(create_graph=True)
    gradient = y.grad
    x.grad = None
    gradient.backward()

    expect(gradient).equals(48.0)
    expect(x.grad).equals(96.0)


@clause(
    "ho-019",
    CONVENTION,
    sources=["docs autograd § Default gradient layouts"],
    builds_on=("acc-001", "ho-004"),
)
def sum_of_gradients_has_both_histories(ag: Autograd) -> None:
    """A recorded gradient that is added to a recorded one gives a sum with both histories.

    The grad is 2x + 3x^2, and its derivative 2 + 6x.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (x * x).backward(create_graph=True)
    (x * x * x).backward(create_graph=True)
    gradient = x.grad
    x.grad = None
    gradient.backward()

    expect(gradient).equals(16.0)
    expect(x.grad).equals(14.0)


@clause("ho-017", VALUE, sources=["torch.autograd.grad docstring"])
def gradients_of_intermediates_go_on_to_the_leaves(ag: Autograd) -> None:
    """A gradient with respect to a non-leaf can be differentiated by what the non-leaf came from.

    With m = 3x it is 3m^2 = 27x^2, whose derivative is 54x.  It is a function of m and, through
    m, of x.
    """
    x = ag.tensor(2.0, requires_grad=True)
    m = x * 3
    (first,) = ag.grad(m * m * m, [m], create_graph=True)
    (second,) = ag.grad(first, [x])

    expect(first).equals(108.0)
    expect(second).equals(108.0)


@clause(
    "ho-006",
    VALUE,
    sources=[
        "torch.autograd.functional.jvp docstring (double backward trick)",
        "custom function double backward tutorial",
    ],
)
def gradient_depends_on_its_cotangent(ag: Autograd) -> None:
    """A recorded gradient is differentiable by the cotangent too, if the cotangent requires grad.

    It is v * 2x: by v its derivative is 2x, by x it is 2v.
    """
    x = ag.tensor(3.0, requires_grad=True)
    v = ag.tensor(5.0, requires_grad=True)
    (gradient,) = ag.grad(x * x, [x], v, create_graph=True)
    by_v, by_x = ag.grad(gradient, [v, x])

    expect(gradient).equals(30.0)
    expect(by_v).equals(6.0)
    expect(by_x).equals(10.0)


@clause("ho-007", VALUE, sources=["torch.autograd.functional.jvp docstring"], builds_on=("ho-006",))
def two_reverse_passes_go_forward(ag: Autograd) -> None:
    """The derivative of a vector-Jacobian product by its cotangent is a Jacobian-vector product.

    The product v'J is linear in v, with J as its matrix; the reverse of a linear map applies the
    transpose, and J'' = J.  The value of v does not matter.  For the matrix f(x) = W x x, whose
    columns are weighed by the entries of the row x, Ju is 2Wxu.
    """
    w, point, direction = ag.random(3, 2), ag.random(2), ag.random(2)
    x = ag.tensor(point, requires_grad=True)
    v = ag.tensor(ag.random(3, 2), requires_grad=True)
    (product,) = ag.grad(ag.tensor(w) * x * x, [x], v, create_graph=True)
    (forward,) = ag.grad(product, [v], ag.tensor(direction))

    expect(forward).is_close(2 * w * point * direction)


@clause("ho-014", CONVENTION, sources=["torch.autograd.grad docstring"], builds_on=("life-001",))
def recorded_gradient_is_a_root_like_any_other(ag: Autograd) -> None:
    """A recorded gradient is kept or emptied by the passes that start from it, as any graph is.

    The first query needs no retain_graph beside its create_graph.

    Remedy: give retain_graph=True to every pass but the last that starts from the gradient.
    """
    x = ag.tensor(3.0, requires_grad=True)
    (first,) = ag.grad(x * x, [x], create_graph=True)
    (kept,) = ag.grad(first, [x], retain_graph=True)
    (last,) = ag.grad(first, [x])

    expect(kept).equals(2.0)
    expect(last).equals(2.0)
    with ag.refuses("graph-freed"):
        ag.grad(first, [x])


@clause("ho-014a", CONVENTION, level=MAY, sources=["observed"])
def first_graph_is_another(ag: Autograd) -> None:
    """Emptying the graph of a gradient leaves that of the function usable, if no node is in both.

    The one node of x^2 is not in the graph of 2x, which holds the products that the backward pass
    recorded.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    (first,) = ag.grad(y, [x], create_graph=True)
    ag.grad(first, [x])
    y.backward()

    expect(x.grad).equals(6.0)


@clause("ho-015", CONVENTION, sources=["T1 §2.1.4"])
def gradients_are_made_by_ordinary_operations(ag: Autograd) -> None:
    """The grad_fn of a recorded gradient is the node of an ordinary operation.

    The derivative of xy by x is a product: of the cotangent and y.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(4.0, requires_grad=True)
    by_x, by_y = ag.grad(x * y, [x, y], create_graph=True)

    expect(by_x).equals(4.0)
    expect(by_x.grad_fn.name()).equals("MulBackward0")
    expect(by_y).equals(2.0)
    expect(by_y.grad_fn.name()).equals("MulBackward0")


def reachable(ag: Autograd, node: Node) -> list[Node]:
    """List the nodes of a graph, each once."""
    found: list[Node] = []
    waiting: list[Node] = [node]
    while waiting:
        node = waiting.pop()
        if not any(ag.same_object(node, other) for other in found):
            found.append(node)
            waiting += [after for after, _ in node.next_functions if isinstance(after, Node)]
    return found


@clause("ho-016", CONVENTION, level=SHOULD, sources=["T3 §6.1"])
def each_order_costs_more(ag: Autograd) -> None:
    """The graph of the recorded gradient of x^3 has more nodes than that of x^3 itself.

    The derivative of a product has a term for each factor, so a further order takes more than the
    one before it, until the terms run out.  In torch x^3 has two nodes, its power and the leaf's.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x**3
    (gradient,) = ag.grad(y, [x], create_graph=True)

    expect(gradient.grad_fn.graph_size()).exceeds(y.grad_fn.graph_size())
