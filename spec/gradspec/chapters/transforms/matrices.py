"""`jacrev`, `jacfwd` and `hessian`: matrices of derivatives, as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

JACREV: Final = "torch.func.jacrev docstring"
JACFWD: Final = "torch.func.jacfwd docstring"
HESSIAN: Final = "torch.func.hessian docstring"

JACOBIANS: Final = {name: name for name in ("jacrev", "jacfwd")}


@clause("func-023", VALUE, sources=[JACREV, JACFWD], over=JACOBIANS)
def a_jacobian_is_a_function(ag: Autograd, name: str) -> None:
    """{name} of a function gives its Jacobian: the shape of the output, then that of the argument.

    Going backward or forward, it is the same matrix.
    """
    m, at = ag.random(2, 3), ag.random(3, 4)
    jacobian = getattr(ag.func, name)(lambda x: ag.tensor(m) @ (x * x))
    found = np.einsum("ij,jk,kl->ikjl", m, 2.0 * at, np.eye(4))

    expect(jacobian(ag.tensor(at))).is_close(found)


@clause("func-024", VALUE, sources=[JACREV, JACFWD], over=JACOBIANS)
def a_pointwise_function_has_a_diagonal(ag: Autograd, name: str) -> None:
    """The Jacobian of a pointwise function, by {name}, is diagonal."""
    at = ag.random(4)

    expect(getattr(ag.func, name)(ag.sin)(ag.tensor(at))).is_close(np.diag(np.cos(at)))


@clause("func-025", VALUE, sources=[JACREV, JACFWD], over=JACOBIANS)
def argnums_select_blocks_of_a_jacobian(ag: Autograd, name: str) -> None:
    """{name} differentiates by the argument that argnums name, and for a tuple of them gives a
    tuple of Jacobians in the order of the numbers.
    """
    x, y = ag.random(3), ag.random(3)
    by = getattr(ag.func, name)
    one = by(lambda x, y: x * y * y, argnums=1)(ag.tensor(x), ag.tensor(y))
    by_y, by_x = by(lambda x, y: x * y * y, argnums=(1, 0))(ag.tensor(x), ag.tensor(y))

    expect(one).is_close(np.diag(2.0 * x * y))
    expect(by_y).is_close(np.diag(2.0 * x * y))
    expect(by_x).is_close(np.diag(y * y))


@clause("func-025a", VALUE, sources=[JACREV, JACFWD], over=JACOBIANS)
def a_jacobian_with_auxiliary_values(ag: Autograd, name: str) -> None:
    """Under has_aux {name} gives a pair: the Jacobian, and the auxiliary values."""
    at = ag.random(3)
    jacobian = getattr(ag.func, name)(lambda x: (ag.sin(x), {"more": x + 1.0}), has_aux=True)
    found, aux = jacobian(ag.tensor(at))

    expect(found).is_close(np.diag(np.cos(at)))
    expect(aux["more"]).is_close(at + 1.0)


@clause("func-211", VALUE, sources=[JACREV, JACFWD], over=JACOBIANS)
def a_jacobian_has_structures(ag: Autograd, name: str) -> None:
    """Where the output or the argument is a structure, {name} gives a block for each pair, in the
    structure of the output first, and then in that of the argument.
    """
    w, b = ag.random(3), ag.random()
    jacobian = getattr(ag.func, name)(lambda p: {"product": p["w"] * p["b"][0], "b": p["b"][0]})
    found = jacobian({"w": ag.tensor(w), "b": [ag.tensor(b)]})

    expect(found["product"]["w"]).is_close(np.eye(3) * b)
    expect(found["product"]["b"][0]).is_close(w)
    expect(found["b"]["w"]).equals(np.zeros(3))
    expect(found["b"]["b"][0]).equals(1.0)


CHUNKS: Final[dict[str, int]] = {"one_row": 1, "two_rows": 2, "more_rows_than_there_are": 7}


@clause("func-026", VALUE, sources=[JACREV], over=CHUNKS)
def a_jacobian_in_chunks_is_the_same(ag: Autograd, rows: int) -> None:
    """jacrev gives the same Jacobian in chunks of {name}."""
    m, at = ag.random(3, 4), ag.random(4)
    jacobian = ag.func.jacrev(lambda x: ag.tensor(m) @ (x * x), chunk_size=rows)

    expect(jacobian(ag.tensor(at))).is_close(2.0 * m * at)


@clause("func-026a", CONVENTION, sources=[JACREV])
def a_chunk_has_a_row(ag: Autograd) -> None:
    """jacrev refuses chunks of no rows.

    Remedy: give at least one, or leave chunk_size out for all rows at once.
    """
    with ag.refuses("chunk-size"):
        ag.func.jacrev(ag.sin, chunk_size=0)


NESTINGS: Final[dict[str, tuple[str, ...]]] = {
    "hessian": ("hessian",),
    "jacfwd_of_jacrev": ("jacfwd", "jacrev"),
    "jacrev_of_jacrev": ("jacrev", "jacrev"),
    "jacrev_of_jacfwd": ("jacrev", "jacfwd"),
    "jacfwd_of_jacfwd": ("jacfwd", "jacfwd"),
}


@clause("func-027", VALUE, sources=[HESSIAN], over=NESTINGS)
def second_derivatives_by_either_way_twice(ag: Autograd, names: tuple[str, ...]) -> None:
    """The matrix of second derivatives is given by {name}."""
    m, at = ag.random(3, 3), ag.random(3)

    def derivative(x: Any) -> Any:
        return ag.sin(ag.tensor(m) @ x).sum()

    for name in reversed(names):
        derivative = getattr(ag.func, name)(derivative)

    expect(derivative(ag.tensor(at))).is_close(-m.T @ np.diag(np.sin(m @ at)) @ m, scale=10.0)


@clause(
    "func-028",
    CONVENTION,
    sources=["torch._functorch.eager_transforms source"],
    over=JACOBIANS,
)
def a_jacobian_is_by_real_numbers(ag: Autograd, name: str) -> None:
    """{name} by complex numbers is refused.

    Remedy: take the Jacobian by their parts, with view_as_real.
    """
    jacobian = getattr(ag.func, name)(lambda z: z * z)

    with ag.refuses("transform-input"):
        jacobian(ag.tensor([1.0 + 2.0j, -0.5j]))


@clause("func-212", VALUE, sources=[HESSIAN])
def a_hessian_by_several_arguments_has_blocks(ag: Autograd) -> None:
    """hessian by a tuple of argnums gives a tuple of tuples of blocks, with the mixed derivatives
    off the diagonal.
    """
    x, y = ag.random(2), ag.random(2)
    hessian = ag.func.hessian(lambda x, y: (x * x * y).sum(), argnums=(0, 1))
    (xx, xy), (yx, yy) = hessian(ag.tensor(x), ag.tensor(y))

    expect(xx).is_close(np.diag(2.0 * y))
    expect(xy).is_close(np.diag(2.0 * x))
    expect(yx).is_close(np.diag(2.0 * x))
    expect(yy).equals(np.zeros((2, 2)))


LINEAR: Final = "torch.func.linearize docstring"


@clause("func-033", VALUE, sources=[LINEAR])
def a_linear_function_is_called_again(ag: Autograd) -> None:
    """linearize gives the value, and a function that maps tangents to the Jacobian times them, one
    after another.
    """
    m, at, v, w = ag.random(2, 3), ag.random(3), ag.random(3), ag.random(3)
    value, linear = ag.func.linearize(lambda x: ag.sin(ag.tensor(m) @ x))(ag.tensor(at))

    expect(value).is_close(np.sin(m @ at))
    expect(linear(ag.tensor(v))).is_close(np.cos(m @ at) * (m @ v), scale=10.0)
    expect(linear(ag.tensor(w))).is_close(np.cos(m @ at) * (m @ w), scale=10.0)


UNLIKE: Final[dict[str, tuple[str, Any]]] = {
    "another_shape": ("tangent-shape", lambda ag, v: (ag.tensor(v[:1]),)),
    "another_data_type": ("dual-dtype", lambda ag, v: (ag.tensor(v, dtype="float32"),)),
    "another_structure": ("structure", lambda ag, v: (ag.tensor(v), ag.tensor(v))),
}


@clause("func-034", CONVENTION, sources=[LINEAR], over=UNLIKE)
def tangents_of_a_linear_function_are_like_its_arguments(
    ag: Autograd, row: tuple[str, Any]
) -> None:
    """The function that linearize gives refuses tangents of {name}.

    Remedy: give tangents of the shapes, data types and structure of the arguments.
    """
    kind, tangents = row
    _, linear = ag.func.linearize(ag.sin)(ag.tensor(ag.random(3), dtype="float64"))
    with ag.refuses(kind):
        linear(*tangents(ag, ag.random(3)))
