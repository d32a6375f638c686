"""Which results the pass can start from.

A scalar result needs no further word: its derivative by itself is one.  Any other result is many
functions at once, and the caller has to say how to weigh them (the chapter on vector-Jacobian
products tells what with).  Several results can be the roots of one pass; where their histories
meet, what flows down from them is added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

BACKWARD: Final = "torch.autograd.backward docstring"
UNDERSTANDING: Final = (
    "tutorial: Understanding requires_grad, retain_grad, Leaf, and Non-leaf Tensors"
)


@clause(
    "bwd-204",
    SAFETY,
    sources=[BACKWARD],
    over={
        "two_elements": (2,),
        "no_elements": (0,),
        "one_element": (1,),
        "one_element_in_two_dimensions": (1, 1),
    },
)
def a_root_that_is_no_scalar_is_never_weighed_in_secret(
    ag: Autograd, shape: tuple[int, ...]
) -> None:
    """Calling backward() on a tensor of {name} is refused, or differentiates the sum.

    Whoever starts from ones without being asked may say so in a document; anything else is wrong.
    """
    x = ag.tensor(np.full(shape, 2.0), requires_grad=True)

    with ag.attempt() as attempt:
        (x * 3).backward()
    with attempt.granted():
        expect(x.grad).equals(np.full(shape, 3.0))


@clause(
    "bwd-004",
    CONVENTION,
    sources=[BACKWARD],
    over={"one_dimension": (1,), "two_dimensions": (1, 1)},
)
def one_element_counts_as_a_scalar(ag: Autograd, shape: tuple[int, ...]) -> None:
    """A tensor with exactly one element and {name} counts as a scalar: the pass starts from one."""
    x = ag.tensor(np.full(shape, 2.0), requires_grad=True)
    (x * 3).backward()

    expect(x.grad).equals(np.full(shape, 3.0))


@clause(
    "bwd-005",
    CONVENTION,
    sources=[BACKWARD, "T1 §2.1.3", "T2 §2.5", "T3 §2"],
    over={"two_elements": (2,), "no_elements": (0,)},
    stands_for={"bwd-005a": "no_elements"},
)
def a_result_without_one_element_is_no_root_by_itself(ag: Autograd, shape: tuple[int, ...]) -> None:
    """Calling backward() without a gradient on a tensor of {name} is an error that touches no leaf.

    An engine that silently starts from ones differentiates the sum, which nobody asked for.

    Remedy: sum or average the tensor first, or give a cotangent of its shape.
    """
    x = ag.tensor(np.full(shape, 2.0), requires_grad=True)
    y = x * 2
    with ag.refuses("nonscalar-root"):
        y.backward()

    expect(x.grad).is_none_or_zero()


@clause("bwd-006", CONVENTION, unseen="constants", sources=[UNDERSTANDING])
def a_root_requires_grad(ag: Autograd) -> None:
    """Calling backward() on a tensor that does not require grad is an error.

    There is nothing to walk, so the call is a mistake: most often a flag was forgotten, or the
    graph was cut.  candle-org/candle#411 accepted it.

    Remedy: let a leaf require grad before the function is computed, and look for detach(), item()
    or no_grad on the way.
    """
    x = ag.tensor(3.0)
    y = x * 2
    with ag.refuses("root-without-grad"):
        y.backward()


@clause(
    "bwd-205",
    SAFETY,
    unseen="constants",
    sources=[UNDERSTANDING, "observed"],
    over={
        "root": lambda ag, constant, x: ag.backward([constant, x * 2]),
        "input": lambda ag, constant, x: ag.backward(x * 2, inputs=[constant, x]),
    },
)
def a_constant_among_others_spoils_none(ag: Autograd, run: Callable[..., None]) -> None:
    """One {name} that does not require grad makes the whole call an error, or the others count."""
    constant, x = ag.tensor(1.0), ag.tensor(3.0, requires_grad=True)

    with ag.attempt() as attempt:
        run(ag, constant, x)
    with attempt.granted():
        expect(x.grad).equals(2.0)


@clause("bwd-006a", CONVENTION, unseen="constants", sources=[UNDERSTANDING], builds_on=("bwd-006",))
def every_root_of_a_sequence_requires_grad(ag: Autograd) -> None:
    """One root that does not require grad makes the whole call an error: nothing is accumulated for
    the others.

    Remedy: leave such roots out of the list.
    """
    x = ag.tensor(3.0, requires_grad=True)
    constant = ag.tensor(1.0)
    y = x * 2
    with ag.refuses("root-without-grad"):
        ag.backward([y, constant])

    expect(x.grad).is_none_or_zero()


@clause(
    "bwd-007",
    CONVENTION,
    level=MAY,
    unseen="constants",
    sources=["observed"],
    builds_on=("bwd-006",),
)
def a_root_without_grad_is_reported_before_its_shape(ag: Autograd) -> None:
    """Where a root neither requires grad nor is a scalar, the error is that it does not require
    grad.

    Remedy: let a leaf require grad first; then sum the root, or give a cotangent.
    """
    x = ag.tensor([1.0, 2.0, 3.0])
    with ag.refuses("root-without-grad"):
        x.backward()


@clause(
    "bwd-030",
    VALUE,
    sources=["torch.Tensor.backward docstring"],
    over={
        "the_method": lambda _, root, v, x: root.backward(v, inputs=[x]),
        "the_function": lambda ag, root, v, x: ag.backward([root], [v], inputs=[x]),
    },
)
def the_method_is_the_function_with_one_root(ag: Autograd, backward: Callable[..., Any]) -> None:
    """Given a starting gradient and inputs, {name} backward adds their gradient to these alone.

    The method y.backward(v, ...) means the function backward([y], [v], ...).
    """
    a, b, v = ag.random(3), ag.random(3), ag.random(3)
    x, y = ag.tensor(a, requires_grad=True), ag.tensor(b, requires_grad=True)
    backward(ag, x * y, ag.tensor(v), x)

    expect(x.grad).is_close(v * b)
    expect(y.grad).is_none_or_zero()


@clause("bwd-013", VALUE, sources=[BACKWARD])
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


def _two_roots(ag: Autograd, x: Tensor, passed: Any) -> None:
    square = x * x
    square.register_hook(lambda gradient: passed.note(gradient * 1.0))
    ag.backward([square * 4, square * 5], [ag.tensor(0.5), ag.tensor(-1.0)])


def _a_root_below_another(ag: Autograd, x: Tensor, passed: Any) -> None:
    y = x * x
    y.register_hook(lambda gradient: passed.note(gradient * 1.0))
    ag.backward([y, y * 3], [ag.tensor(3.0), ag.tensor(-2.0)])


def _several_leaves(ag: Autograd, x: Tensor, passed: Any) -> None:
    product = x * ag.tensor(5.0, requires_grad=True) * ag.tensor(-1.0, requires_grad=True)
    product.register_hook(lambda gradient: passed.note(gradient * 1.0))
    (product * -3.0).backward()


@clause(
    "bwd-013a",
    SAFETY,
    sources=[BACKWARD, "T1 §2.1.5.3", "T3 § 答疑"],
    over={
        "lies_below_two_roots": _two_roots,
        "is_a_root_below_another": _a_root_below_another,
        "lies_above_several_leaves": _several_leaves,
    },
    stands_for={"bwd-016a": "is_a_root_below_another", "bwd-044a": "lies_above_several_leaves"},
)
def a_value_is_passed_once(ag: Autograd, run: Callable[..., None]) -> None:
    """A value that {name} is passed once, when its derivative is complete.

    An engine that starts at a lower root at once passes it twice, and so everything below it; one
    that starts anew for every leaf has the right numbers, late.  That a pass serves all leaves is
    what makes the gradient by a million parameters affordable.
    """
    passed = ag.notes()
    run(ag, ag.tensor(3.0, requires_grad=True), passed)

    expect(passed).happened_in_order([-3.0])


@clause("bwd-015", VALUE, sources=[BACKWARD])
def a_root_listed_twice_counts_twice(ag: Autograd) -> None:
    """A root that is listed twice contributes twice."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    ag.backward([y, y])

    expect(x.grad).equals(8.0)


@clause(
    "bwd-016",
    VALUE,
    sources=[BACKWARD],
    over={"first": lambda y: [y, y * 3], "last": lambda y: [y * 3, y]},
)
def a_root_may_lie_below_another(ag: Autograd, roots: Callable[[Tensor], list[Tensor]]) -> None:
    """A root, named {name}, may lie on the way from another root to the leaves: what arrives there
    from above and what starts there are added.

    The order of the roots does not matter: it does not say which lies below.
    """
    x = ag.tensor(2.0, requires_grad=True)
    ag.backward(roots(x * x))

    expect(x.grad).equals(16.0)


@clause("bwd-018", CONVENTION, level=MAY, sources=["observed"])
def no_roots_are_no_work(ag: Autograd) -> None:
    """An empty sequence of roots is accepted, and the call does nothing."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * x).backward()

    expect(ag.backward([])).is_none()
    expect(x.grad).equals(4.0)


@clause("bwd-042", VALUE, sources=[BACKWARD])
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
