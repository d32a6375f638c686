"""Which results the pass can start from.

A scalar result needs no further word: its derivative by itself is one.  Any other result is many
functions at once, and the caller has to say how to weigh them (the chapter on vector-Jacobian
products tells what with).  Several results can be the roots of one pass; where their histories
meet, what flows down from them is added.
"""

from __future__ import annotations

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, Tensor, clause, expect


@clause("bwd-004", VALUE, sources=["torch.autograd.backward docstring"])
def one_element_counts_as_a_scalar(ag: Autograd) -> None:
    """A tensor with exactly one element counts as a scalar, whatever its number of dimensions: the
    pass starts at it with a one of its shape.
    """
    for shape in ((), (1,), (1, 1)):
        x = ag.tensor(np.full(shape, 2.0), requires_grad=True)
        (x * 3).backward()

        expect(x.grad).equals(np.full(shape, 3.0))


@clause(
    "bwd-005",
    SAFETY,
    sources=["torch.autograd.backward docstring", "T1 §2.1.3", "T2 §2.5", "T3 §2"],
)
def a_result_of_several_elements_is_no_root_by_itself(ag: Autograd) -> None:
    """Calling backward() without a gradient on a tensor of more than one element is an error, and
    no leaf is touched.

    An engine that silently starts from ones differentiates the sum, which nobody asked for.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    with ag.refuses("nonscalar-root"):
        y.backward()

    expect(x.grad).is_none()


@clause("bwd-005a", SAFETY, sources=["torch.autograd.backward docstring"])
def a_result_of_no_elements_is_no_root_by_itself(ag: Autograd) -> None:
    """Calling backward() without a gradient on a tensor of no elements is an error too."""
    x = ag.tensor(np.zeros((0,)), requires_grad=True)
    y = x * 2
    with ag.refuses("nonscalar-root"):
        y.backward()

    expect(x.grad).is_none()


@clause(
    "bwd-006",
    SAFETY,
    sources=["tutorial: Understanding requires_grad, retain_grad, Leaf, and Non-leaf Tensors"],
)
def a_root_requires_grad(ag: Autograd) -> None:
    """Calling backward() on a tensor that does not require grad is an error.

    There is nothing to walk, so the call is a mistake: most often a flag was forgotten, or the
    graph was cut.  candle-org/candle#411 accepted it.
    """
    x = ag.tensor(3.0)
    y = x * 2
    with ag.refuses("root-without-grad"):
        y.backward()


@clause(
    "bwd-006a",
    SAFETY,
    sources=["tutorial: Understanding requires_grad, retain_grad, Leaf, and Non-leaf Tensors"],
)
def every_root_of_a_sequence_requires_grad(ag: Autograd) -> None:
    """One root that does not require grad makes the whole call an error: nothing is accumulated for
    the others.
    """
    x = ag.tensor(3.0, requires_grad=True)
    constant = ag.tensor(1.0)
    y = x * 2
    with ag.refuses("root-without-grad"):
        ag.backward([y, constant])

    expect(x.grad).is_none()


@clause("bwd-007", CONVENTION, level=MAY, sources=["observed"])
def a_root_without_grad_is_reported_before_its_shape(ag: Autograd) -> None:
    """Where a root neither requires grad nor is a scalar, the error is that it does not require
    grad.
    """
    x = ag.tensor([1.0, 2.0, 3.0])
    with ag.refuses("root-without-grad"):
        x.backward()


@clause("bwd-030", VALUE, sources=["torch.Tensor.backward docstring"])
def the_method_is_the_function_with_one_root(ag: Autograd) -> None:
    """The method y.backward(v, ...) means the function backward([y], [v], ...): the same arguments
    have the same effect.
    """
    a, b = np.array([1.0, -2.0, 3.0]), np.array([0.5, 4.0, -1.0])
    v = np.array([2.0, -0.5, 1.5])

    def leaves_and_product() -> tuple[Tensor, Tensor, Tensor]:
        x, y = ag.tensor(a, requires_grad=True), ag.tensor(b, requires_grad=True)
        return x, y, x * y

    x, y, product = leaves_and_product()
    product.backward(ag.tensor(v), inputs=[x])

    expect(x.grad).equals(v * b)
    expect(y.grad).is_none()

    x, y, product = leaves_and_product()
    ag.backward([product], [ag.tensor(v)], inputs=[x])

    expect(x.grad).equals(v * b)
    expect(y.grad).is_none()


@clause("bwd-013", VALUE, sources=["torch.autograd.backward docstring"])
def several_roots_add_up(ag: Autograd) -> None:
    """Given a sequence of roots with a sequence of starting gradients, the pass computes the sum of
    what each root with its gradient contributes.

    It is one pass and not one for each root: the history that the roots share is walked once, so it
    need not be kept for a second walk.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-4.0, requires_grad=True)
    square = x * x
    ag.backward([square * y, square * 2], [ag.tensor(0.5), ag.tensor(-1.5)])

    expect(x.grad).equals(0.5 * -24.0 - 1.5 * 12.0)
    expect(y.grad).equals(0.5 * 9.0)


@clause("bwd-013a", VALUE, sources=["torch.autograd.backward docstring"])
def a_value_under_several_roots_is_passed_once(ag: Autograd) -> None:
    """A value that several roots of one call depend on is passed once, when its derivative is
    complete.
    """
    x = ag.tensor(3.0, requires_grad=True)
    square = x * x
    passed = ag.notes()
    square.register_hook(lambda gradient: passed.note(gradient * 1.0))
    ag.backward([square * 4, square * 5], [ag.tensor(0.5), ag.tensor(-1.0)])

    expect(passed).happened_in_order([-3.0])
    expect(x.grad).equals(-18.0)


@clause("bwd-015", VALUE, sources=["torch.autograd.backward docstring"], builds_on=("bwd-013",))
def a_root_listed_twice_counts_twice(ag: Autograd) -> None:
    """A root that is listed twice contributes twice."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    ag.backward([y, y])

    expect(x.grad).equals(8.0)


@clause("bwd-016", VALUE, sources=["torch.autograd.backward docstring"], builds_on=("bwd-013",))
def a_root_may_lie_below_another(ag: Autograd) -> None:
    """A root may lie on the way from another root to the leaves: what arrives there from above and
    what starts there are added.

    The order of the roots does not matter: it does not say which lies below.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    ag.backward([y, y * 3])

    expect(x.grad).equals(16.0)

    w = ag.tensor(2.0, requires_grad=True)
    z = w * w
    ag.backward([z * 3, z])

    expect(w.grad).equals(16.0)


@clause("bwd-016a", VALUE, sources=["torch.autograd.backward docstring"], builds_on=("bwd-016",))
def a_root_below_another_is_passed_once(ag: Autograd) -> None:
    """A root that lies below another is passed once, with the sum of what arrives and what starts
    there.

    An engine that starts at the lower root at once, without waiting for the upper one, passes it
    twice, and so everything below it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    passed = ag.notes()
    y.register_hook(lambda gradient: passed.note(gradient * 1.0))
    ag.backward([y, y * 3], [ag.tensor(0.5), ag.tensor(-2.0)])

    expect(passed).happened_in_order([-5.5])
    expect(x.grad).equals(-22.0)


@clause("bwd-018", CONVENTION, level=MAY, sources=["observed"])
def no_roots_are_no_work(ag: Autograd) -> None:
    """An empty sequence of roots is accepted, and the call does nothing."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * x).backward()

    expect(ag.backward([])).is_none()
    expect(x.grad).equals(4.0)


@clause("bwd-042", VALUE, sources=["torch.autograd.backward docstring"])
def an_edge_of_the_graph_can_be_the_root(ag: Autograd) -> None:
    """A root may be named by the edge that its gradient flows along; the tensor itself is not
    needed any more.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    edge = ag.gradient_edge(y)
    ag.forget(y)
    ag.backward(edge)

    expect(x.grad).equals(6.0)
