"""The cotangent: which product is asked for, and what a cotangent may be."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, Tensor, clause, expect


@clause("vjp-201", VALUE, sources=["torch.Tensor.backward docstring"])
def a_cotangent_multiplies_the_derivative(ag: Autograd) -> None:
    """A cotangent that is given for a single number multiplies its derivative."""
    x = ag.tensor(3.0, requires_grad=True)
    (x * 2.0).backward(ag.tensor(-0.75))

    expect(x.grad).equals(-1.5)


@clause(
    "vjp-001",
    VALUE,
    sources=[
        "torch.Tensor.backward docstring",
        "tutorial: The Fundamentals of Autograd",
        "T2 §2.5",
    ],
)
def backward_multiplies_the_cotangent_by_the_jacobian(ag: Autograd) -> None:
    """Called on a result y with a cotangent v, backward(v) accumulates the vector-Jacobian product
    v^T J into every leaf.

    Each column of y is an entry of x times a column of constants, which is that entry's part of
    the Jacobian.
    """
    a = np.array([[1.0, -2.0, 0.5], [3.0, 4.0, -1.0]])
    v = np.array([[2.0, -0.5, 1.0], [-3.0, 0.25, 4.0]])
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (ag.tensor(a) * x).backward(ag.tensor(v))

    expect(x.grad).equals((v * a).sum(axis=0))


@clause("vjp-001a", VALUE, sources=["torch.Tensor.backward docstring", "T1 §2.1.3"])
def the_cotangent_of_a_matrix_is_a_matrix(ag: Autograd) -> None:
    """For a result of any shape the cotangent has that shape and weighs it entry by entry, and each
    leaf is given a product of its own shape.

    With Z = x y^T, a column times a row, and cotangent V the weighted sum is x^T V y, so x is given
    Vy and y V^T x.
    """
    a, b = np.array([[1.0], [-2.0]]), np.array([0.5, 3.0, 4.0])
    v = np.array([[1.0, 2.0, -0.5], [-3.0, 0.25, 1.5]])
    x = ag.tensor(a, requires_grad=True)
    y = ag.tensor(b, requires_grad=True)
    (x * y).backward(ag.tensor(v))

    expect(x.grad).equals([[v[0] @ b], [v[1] @ b]])
    expect(y.grad).equals(a[:, 0] @ v)


@clause("vjp-005", VALUE, sources=["torch.Tensor.backward docstring"])
def the_cotangent_of_a_scalar_scales_its_gradients(ag: Autograd) -> None:
    """A scalar result takes a scalar cotangent other than one, and all its gradients are scaled by
    it.

    A rule that forgets to multiply by what arrives from above, as the one in pytorch#4355, is right
    only while that is one.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-2.0, requires_grad=True)
    (x * y).backward(ag.tensor(0.5))

    expect(x.grad).equals(-1.0)
    expect(y.grad).equals(1.5)


@clause("vjp-003", VALUE, sources=["T2 §2.5"])
def the_cotangent_weighs_the_results(ag: Autograd) -> None:
    """Each entry of the cotangent is the weight of one entry of the result: for [p, q] the
    cotangent [1, 0.5] differentiates p + 0.5 q.

    With p = 3x + y and q = 4x + 5y that is 5 by x, and 3.5 by y.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(3.0, requires_grad=True)
    result = x * ag.tensor([3.0, 4.0]) + y * ag.tensor([1.0, 5.0])
    result.backward(ag.tensor([1.0, 0.5]))

    expect(x.grad).equals(5.0)
    expect(y.grad).equals(3.5)


@clause("vjp-011", VALUE, sources=["notes/gradcheck § Default real input analytical evaluation"])
def unit_cotangents_give_the_rows_of_the_jacobian(ag: Autograd) -> None:
    """A cotangent that is one in a single place and zero elsewhere gives that row of the Jacobian,
    so as many passes as there are results give all of it.
    """
    jacobian = np.array([[3.0, 2.0], [4.0, 0.0], [0.0, 4.0]])
    of_x, of_y = jacobian.T

    def f(x: Tensor, y: Tensor) -> Any:
        return x * ag.tensor(of_x) + y * ag.tensor(of_y)

    for row, unit in zip(jacobian, np.eye(3), strict=True):
        _, (by_x, by_y) = ag.vjp(f, [2.0, 3.0], unit)

        expect(by_x).equals(row[0])
        expect(by_y).equals(row[1])


ONES_OR_A_SUM: dict[str, Any] = {
    "ones": lambda ag, z: z.backward(ag.tensor(np.ones(3))),
    "sum": lambda _ag, z: z.sum().backward(),
}


@clause(
    "vjp-002",
    VALUE,
    over=ONES_OR_A_SUM,
    sources=["tutorial: Automatic Differentiation with torch.autograd", "T1 §2.1.3", "T3 §2"],
)
def ones_differentiate_the_sum(ag: Autograd, differentiate: Any) -> None:
    """A cotangent of ones has the same effect as adding up the result and calling backward() on the
    sum ({name}).
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = ag.tensor([5.0, 6.0, 7.0], requires_grad=True)
    differentiate(ag, x * y)

    expect(x.grad).equals([5.0, 6.0, 7.0])
    expect(y.grad).equals([1.0, 2.0, 3.0])


@clause("vjp-014", VALUE, sources=["T3 §2"])
def summing_first_gives_each_entry_its_own_derivative(ag: Autograd) -> None:
    """Where each entry of the result depends on one entry of the leaf, summing first gives every
    entry its own derivative: 2x for the sum of x * x.

    The Jacobian is diagonal, and the sum of its rows is its diagonal.
    """
    x = ag.tensor([0.0, 1.0, -2.0, 3.0], requires_grad=True)
    (x * x).sum().backward()

    expect(x.grad).equals([0.0, 2.0, -4.0, 6.0])


@clause("vjp-013", VALUE, sources=["tutorial: The Fundamentals of Autograd", "T3 §6.5"])
def ones_differentiate_an_elementwise_function_everywhere(ag: Autograd) -> None:
    """For an elementwise function a cotangent of ones gives its derivative in every place: x^3 over
    a grid gives 3x^2 over that grid.
    """
    grid = np.linspace(-3.0, 3.0, 25)
    value, (gradient,) = ag.vjp(lambda x: x * x * x, [grid], np.ones(25))

    expect(value).is_close(grid**3)
    expect(gradient).is_close(3.0 * grid**2)


@clause("vjp-012", VALUE, sources=["notes/gradcheck"])
def a_cotangent_of_zero_gives_zeros(ag: Autograd) -> None:
    """Where the local derivatives are finite, a cotangent of zeros gives a gradient of zeros, and
    not None, to every leaf that the result depends on.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-2.0, requires_grad=True)
    (x * y).backward(ag.tensor(0.0))

    expect(x.grad).equals(0.0)
    expect(y.grad).equals(0.0)


@clause("vjp-019", CONVENTION, sources=["T2 §2.5"], builds_on=("bwd-005/two_elements",))
def a_result_that_repeats_a_scalar_is_no_scalar(ag: Autograd) -> None:
    """A result of two entries needs a cotangent even if both are the same scalar, and without one
    the call is an error that touches no leaf.

    Remedy: sum the result, or give a cotangent with one weight for each entry.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * ag.tensor([1.0, 1.0])
    with ag.refuses("nonscalar-root"):
        y.backward()

    expect(x.grad).is_none_or_zero()


OF_ANOTHER_SIZE = {"longer": (3,), "matrix": (2, 2)}
BROADCAST = {"one_entry": (1,), "number": (), "row": (1, 2)}
"""Shapes that are not that of two entries, and those that NumPy would make it, or take for it."""


@clause(
    "vjp-004",
    SAFETY,
    over=OF_ANOTHER_SIZE,
    sources=["torch.autograd.backward docstring", "T1 §2.1.3"],
)
def the_cotangent_has_the_shape_of_the_result(ag: Autograd, shape: tuple[int, ...]) -> None:
    """A cotangent that cannot weigh the entries of the result, here two, is an error that touches
    no leaf: one of shape {row} ({name}).

    Remedy: give a cotangent of the shape of the result, one weight for each entry.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    v = ag.tensor(ag.random(*shape))
    with ag.refuses("cotangent-shape"):
        y.backward(v)

    expect(x.grad).is_none_or_zero()


@clause(
    "vjp-208",
    SAFETY,
    over=BROADCAST,
    sources=["torch.autograd.backward docstring", "notes/broadcasting § General semantics"],
)
def a_cotangent_that_broadcasts_is_refused_or_weighs(ag: Autograd, shape: tuple[int, ...]) -> None:
    """Given a cotangent of shape {row} ({name}) for a result of two entries, the pass is refused,
    or weighs each entry by what is broadcast to it.
    """
    v = ag.random(*shape)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.attempt() as backward:
        (x * 2).backward(ag.tensor(v))
    with backward.granted():
        expect(x.grad).is_close(2 * np.broadcast_to(v.ravel(), (2,)))


@clause(
    "vjp-207",
    CONVENTION,
    over=BROADCAST,
    stands_for={f"vjp-004/{name}": name for name in BROADCAST},
    sources=["torch.autograd.backward docstring", "T1 §2.1.3"],
)
def a_cotangent_is_not_broadcast(ag: Autograd, shape: tuple[int, ...]) -> None:
    """The cotangent has exactly the shape of the result: one of shape {row} ({name}), which
    broadcasting would bring to two entries, is an error that touches no leaf.

    Remedy: reshape the cotangent, or expand it to the shape of the result.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    v = ag.tensor(ag.random(*shape))
    with ag.refuses("cotangent-shape"):
        y.backward(v)

    expect(x.grad).is_none_or_zero()


OF_ONE_ENTRY: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "number_for_a_vector": ((1,), ()),
    "vector_for_a_number": ((), (1,)),
    "vector_for_a_matrix": ((1, 1), (1,)),
}


@clause("vjp-004a", CONVENTION, over=OF_ONE_ENTRY, sources=["torch.autograd.backward docstring"])
def one_element_is_not_excused_from_its_shape(
    ag: Autograd, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    """A result of one element is no exception: its cotangent has as many dimensions as it has, so
    that a {name} is refused.

    Remedy: reshape the cotangent to the result's shape, with a dimension of size one for each that
    it has.
    """
    of_result, of_cotangent = shapes
    x = ag.tensor(np.full(of_result, 3.0), requires_grad=True)
    y = x * 2
    v = ag.tensor(np.full(of_cotangent, 0.5))
    with ag.refuses("cotangent-shape"):
        y.backward(v)

    expect(x.grad).is_none_or_zero()


OTHER_DTYPES = {"wider": "float64", "integer": "int64"}


@clause("vjp-006", CONVENTION, level=MAY, over=OTHER_DTYPES, sources=["observed"])
def the_cotangent_is_converted_to_the_dtype_of_the_result(ag: Autograd, dtype: str) -> None:
    """A real cotangent of another data type than the result ({name}: {row}) is converted to the
    result's.
    """
    x = ag.tensor([1.0, 2.0], dtype="float32", requires_grad=True)
    (x * x).backward(ag.tensor([2, -3], dtype=dtype))

    expect(x.grad).has_dtype("float32")
    expect(x.grad).equals([4.0, -12.0])


OF_THE_OTHER_KIND = {
    "complex_for_a_real_result": (1.5, 2.0 + 1.0j),
    "real_for_a_complex_result": (1.5 - 0.5j, 2.0),
}


@clause(
    "vjp-007",
    CONVENTION,
    over=OF_THE_OTHER_KIND,
    sources=["torch.autograd source (_make_grads)"],
)
def the_cotangent_is_complex_where_the_result_is(
    ag: Autograd, row: tuple[complex, complex]
) -> None:
    """A cotangent that is {name} is refused, and touches no leaf.

    Remedy: convert the cotangent to the data type of the result.
    """
    at, weight = row
    x = ag.tensor([at], requires_grad=True)
    y = x * 2.0
    v = ag.tensor([weight])
    with ag.refuses("cotangent-dtype"):
        y.backward(v)

    expect(x.grad).is_none_or_zero()


@clause("vjp-008", CONVENTION, sources=["torch.autograd.backward docstring"])
def the_cotangent_is_data(ag: Autograd) -> None:
    """Without create_graph, a cotangent that requires grad is treated as data like any other:
    nothing is accumulated into it.
    """
    x = ag.tensor([3.0, -1.0], requires_grad=True)
    v = ag.tensor([0.5, 4.0], requires_grad=True)
    (x * x).backward(v)

    expect(x.grad).equals([3.0, -8.0])
    expect(v.grad).is_none_or_zero()


@clause(
    "vjp-008a", CONVENTION, sources=["torch.autograd.backward docstring"], builds_on=("acc-012",)
)
def the_history_of_the_cotangent_does_not_reach_the_gradient(ag: Autograd) -> None:
    """Without create_graph, the grad that a pass from a cotangent that requires grad gives a leaf
    is a constant for what is computed from it.

    A gradient with a history keeps the graph of every step alive; huggingface/candle#1243 did.
    """
    x = ag.tensor(3.0, requires_grad=True)
    v = ag.tensor(0.5, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    (x * x).backward(v)
    (w * x.grad).backward()

    expect(v.grad).is_none_or_zero()


@clause("vjp-008b", VALUE, sources=["torch.autograd.backward docstring"])
def with_create_graph_the_cotangent_is_a_variable(ag: Autograd) -> None:
    """With create_graph the gradient is recorded as a function of the cotangent too: for y = x * x
    it is 2xv, whose derivative by v is 2x.
    """
    x = ag.tensor(3.0, requires_grad=True)
    v = ag.tensor(0.5, requires_grad=True)
    (x * x).backward(v, create_graph=True)

    expect(x.grad).equals(3.0)

    (by_v,) = ag.grad(x.grad, [v])

    expect(by_v).equals(6.0)


@clause("vjp-009", SAFETY, sources=["torch.Tensor.register_hook docstring", "observed"])
def the_cotangent_is_not_written_to(ag: Autograd) -> None:
    """The pass does not modify the tensor that was given as cotangent.

    An addition hands its cotangent on as it is, to both sides, so that the buffer in which x
    collects its contributions may be the caller's; adding the second one in place shows there.
    oneflow#8248 shared such a buffer between the two operands.
    """
    v = ag.tensor([2.0, -0.5])
    x = ag.tensor([1.0, 3.0], requires_grad=True)
    (x + x * x).backward(v)

    expect(x.grad).equals([6.0, -3.5])
    expect(v).equals([2.0, -0.5])


WHOLE_OR_PART: dict[str, Any] = {
    "a_tensor": lambda ag: ag.tensor([2.0, -0.5]),
    "a_part_of_a_tensor": lambda ag: ag.tensor([2.0, -0.5, 7.0])[0:2],
}


@clause(
    "vjp-009a",
    SAFETY,
    over=WHOLE_OR_PART,
    sources=["torch.Tensor.register_hook docstring", "observed"],
)
def the_cotangent_is_not_written_to_by_later_passes(ag: Autograd, make: Any) -> None:
    """Later passes do not modify {name} that was the cotangent: a leaf that was given it unchanged
    as its gradient has a copy of it, or adds elsewhere.

    pytorch#34082 tells how an engine that keeps what it is handed comes to share it.
    """
    v = make(ag)
    x = ag.tensor([1.0, 3.0], requires_grad=True)
    (x + 1).backward(v)
    (x + 1).backward(v)

    expect(v).equals([2.0, -0.5])
