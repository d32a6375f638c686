"""The Jacobian and the Hessian, entry by entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.chapters.functional.six import DOCSTRING

if TYPE_CHECKING:
    from gradspec import Autograd

JACOBIAN: Final = DOCSTRING.format("jacobian")
HESSIAN: Final = DOCSTRING.format("hessian")
TUTORIAL: Final = "introyt autograd tutorial § Advanced Topic: Autograd High-Level API"


@clause("fapi-017", VALUE, sources=[JACOBIAN])
def a_jacobian_has_the_shapes_of_output_and_input(ag: Autograd) -> None:
    """The Jacobian by one input of a function with one output has the output's shape followed by
    the input's.
    """
    at = ag.random(2, 3)
    found = ag.func.functional.jacobian(lambda x: ag.exp(x).sum(1))(ag.tensor(at))

    expect(found).is_close(np.eye(2)[:, :, None] * np.exp(at))


FORMS: Final[dict[str, tuple[bool, bool]]] = {
    "inputs": (True, False),
    "outputs": (False, True),
    "inputs_and_outputs": (True, True),
}
"""What is a tuple: the inputs, the outputs."""


@clause("fapi-018", VALUE, sources=[JACOBIAN], over=FORMS, unseen="tuples")
def a_jacobian_of_tuples_is_one(ag: Autograd, row: tuple[bool, bool]) -> None:
    """For a tuple of {name} the Jacobian is a tuple of blocks, by outputs first, then by inputs."""
    several_inputs, several_outputs = row
    m, x, y = ag.random(2, 3), ag.random(3), ag.random(2)

    def function(x: Any, y: Any = None) -> Any:
        products = ag.tensor(m) @ (x * x)
        first = products if y is None else products * y
        return (first, (x * x * x).sum()) if several_outputs else first

    jacobian = ag.func.functional.jacobian(function)
    at = (ag.tensor(x), ag.tensor(y)) if several_inputs else ag.tensor(x)
    rows = jacobian(at) if several_outputs else (jacobian(at),)
    blocks: Any = rows if several_inputs else [(block,) for block in rows]

    expect(blocks[0][0]).is_close((y[:, None] if several_inputs else 1.0) * m * 2.0 * x)
    if several_inputs:
        expect(blocks[0][1]).is_close(np.diag(m @ (x * x)))
    if several_outputs:
        expect(blocks[1][0]).is_close(3.0 * x * x)
    if several_inputs and several_outputs:
        expect(blocks[1][1]).equals(np.zeros(2))


@clause("fapi-019", VALUE, sources=[JACOBIAN])
def the_jacobian_of_a_number_is_its_gradient(ag: Autograd) -> None:
    """The Jacobian of a function that returns a single number is its gradient, in the shape of the
    input.
    """
    at = ag.random(2, 3)
    found = ag.func.functional.jacobian(lambda x: ag.sin(x).sum())(ag.tensor(at))

    expect(found).is_close(np.cos(at))


@clause("fapi-035", VALUE, sources=[JACOBIAN, TUTORIAL], unseen="tuples")
def an_example_of_two_arguments(ag: Autograd) -> None:
    """2 exp(x) + 3y has the Jacobian diag(2 exp(x)) by x, and 3 times the unit matrix by y."""
    x, y = ag.random(3), ag.random(3)
    jacobian = ag.func.functional.jacobian(lambda x, y: ag.exp(x) * 2.0 + y * 3.0)
    by_x, by_y = jacobian((ag.tensor(x), ag.tensor(y)))

    expect(by_x).is_close(np.diag(2.0 * np.exp(x)))
    expect(by_y).equals(3.0 * np.eye(3))


@clause("fapi-034", VALUE, sources=["docs autograd § Functional higher level API"])
def what_is_not_differentiated_is_closed_over(ag: Autograd) -> None:
    """What a function closes over is used as it is, a tensor or none, and is no input."""
    at, c = ag.random(3), ag.random(3)

    def scaled(x: Any, by: Any, squared: bool) -> Any:
        return x * x * by if squared else x * by

    found = ag.func.functional.jacobian(lambda x: scaled(x, ag.tensor(c), squared=True))(
        ag.tensor(at)
    )

    expect(found).is_close(np.diag(2.0 * at) * c)


@clause("fapi-037", CONVENTION, sources=[JACOBIAN])
def a_jacobian_by_rows_has_the_data_type_of_the_input(ag: Autograd) -> None:
    """The Jacobian of a float64 output by a float32 input is of float32, if had row by row."""
    x = ag.tensor([1.0, 2.0], dtype="float32")
    found = ag.func.functional.jacobian(lambda x: x.to("float64") * 3.0)(x)

    expect(found).has_dtype("float32")
    expect(found).equals(3.0 * np.eye(2))


@clause("fapi-037a", CONVENTION, sources=[JACOBIAN])
def a_jacobian_by_columns_has_the_data_type_of_the_output(ag: Autograd) -> None:
    """The Jacobian of a float64 output by a float32 input is of float64, if had by columns."""
    x = ag.tensor([1.0, 2.0], dtype="float32")
    found = ag.func.functional.jacobian(
        lambda x: x.to("float64") * 3.0, strategy="forward-mode", vectorize=True
    )(x)

    expect(found).has_dtype("float64")
    expect(found).equals(3.0 * np.eye(2))


@clause("fapi-025", VALUE, sources=[HESSIAN])
def a_hessian_has_the_shape_of_the_input_twice(ag: Autograd) -> None:
    """The Hessian by one input has the input's shape twice."""
    at = ag.random(2, 2)
    found = ag.func.functional.hessian(lambda x: (x * x * x).sum())(ag.tensor(at))

    expect(found).is_close(6.0 * np.einsum("ij,ik,jl->ijkl", at, np.eye(2), np.eye(2)))


@clause("fapi-025a", VALUE, sources=[HESSIAN], unseen="tuples")
def a_hessian_by_several_inputs_has_blocks(ag: Autograd) -> None:
    """The Hessian by a tuple of inputs is a tuple of tuples of blocks, with the mixed derivatives
    off the diagonal.
    """
    x, y = ag.random(2), ag.random(2)
    hessian = ag.func.functional.hessian(lambda x, y: (x * x * y).sum())
    (xx, xy), (yx, yy) = hessian((ag.tensor(x), ag.tensor(y)))

    expect(xx).is_close(np.diag(2.0 * y))
    expect(xy).is_close(np.diag(2.0 * x))
    expect(yx).is_close(np.diag(2.0 * x))
    expect(yy).equals(np.zeros((2, 2)))


@clause("fapi-026", VALUE, sources=[DOCSTRING.format("hvp")])
def a_hessian_is_symmetric(ag: Autograd) -> None:
    """The Hessian of a smooth function is symmetric: that of (Ax)'Bx is A'B + B'A."""
    a, b, at = ag.random(2, 3), ag.random(2, 3), ag.random(3)
    hessian = ag.func.functional.hessian(lambda x: ((ag.tensor(a) @ x) * (ag.tensor(b) @ x)).sum())

    expect(hessian(ag.tensor(at))).is_close(a.T @ b + b.T @ a, scale=10.0)
