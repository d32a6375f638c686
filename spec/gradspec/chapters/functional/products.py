"""Products with the Jacobian and with the Hessian, from either side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, VALUE, clause, expect
from gradspec.chapters.functional.six import DOCSTRING, OF_CUBES, SIX

if TYPE_CHECKING:
    from gradspec import Autograd, Tensor
    from gradspec.chapters.functional.six import Derivative

VJP: Final = DOCSTRING.format("vjp")
JVP: Final = DOCSTRING.format("jvp")
HESSIAN_PRODUCTS: Final = [DOCSTRING.format("hvp"), DOCSTRING.format("vhp")]
TUTORIAL: Final = "introyt autograd tutorial § Advanced Topic: Autograd High-Level API"


@clause("fapi-001", VALUE, sources=[VJP])
def a_product_from_the_left(ag: Autograd) -> None:
    """vjp gives the value of the function at the inputs, and with it the vector times the Jacobian
    there.
    """
    m, at, v = ag.random(2, 3), ag.random(3), ag.random(2)
    product = ag.func.functional.vjp(lambda x: ag.sin(ag.tensor(m) @ x))
    value, found = product(ag.tensor(at), ag.tensor(v))

    expect(value).is_close(np.sin(m @ at))
    expect(found).is_close((v * np.cos(m @ at)) @ m)


@clause("fapi-001a", VALUE, sources=[VJP], unseen="tuples")
def a_product_from_the_left_has_the_form_of_the_inputs(ag: Autograd) -> None:
    """For a tuple of inputs vjp gives a tuple of products, one for each."""
    x, y, v = ag.random(3), ag.random(3), ag.random(3)
    product = ag.func.functional.vjp(lambda x, y: x * y * y)
    _, (by_x, by_y) = product((ag.tensor(x), ag.tensor(y)), ag.tensor(v))

    expect(by_x).is_close(v * y * y)
    expect(by_y).is_close(v * 2.0 * x * y)


@clause("fapi-001b", VALUE, sources=[VJP], unseen="tuples")
def the_vector_has_the_form_of_the_outputs(ag: Autograd) -> None:
    """For a function that returns a tuple vjp takes a tuple of vectors, and the product is the sum
    of what comes from each.
    """
    at, v, w = ag.random(3), ag.random(3), ag.random()
    product = ag.func.functional.vjp(lambda x: (ag.sin(x), (x * x).sum()))
    (sines, squares), found = product(ag.tensor(at), (ag.tensor(v), ag.tensor(w)))

    expect(sines).is_close(np.sin(at))
    expect(squares).is_close((at * at).sum())
    expect(found).is_close(v * np.cos(at) + w * 2.0 * at)


@clause("fapi-014", VALUE, sources=[JVP])
def a_product_from_the_right(ag: Autograd) -> None:
    """jvp gives the value of the function at the inputs, and with it the Jacobian there times the
    vector.
    """
    m, at, v = ag.random(2, 3), ag.random(3), ag.random(3)
    product = ag.func.functional.jvp(lambda x: ag.sin(ag.tensor(m) @ x))
    value, found = product(ag.tensor(at), ag.tensor(v))

    expect(value).is_close(np.sin(m @ at))
    expect(found).is_close(np.cos(m @ at) * (m @ v))


@clause("fapi-014a", VALUE, sources=[JVP], unseen="tuples")
def a_product_from_the_right_has_the_form_of_the_outputs(ag: Autograd) -> None:
    """For a function that returns a tuple jvp gives a tuple of products, one for each."""
    at, v = ag.random(3), ag.random(3)
    product = ag.func.functional.jvp(lambda x: (ag.sin(x), (x * x).sum()))
    _, (of_sines, of_squares) = product(ag.tensor(at), ag.tensor(v))

    expect(of_sines).is_close(np.cos(at) * v)
    expect(of_squares).is_close((2.0 * at * v).sum())


@clause("fapi-014b", VALUE, sources=[JVP], unseen="tuples")
def the_vector_has_the_form_of_the_inputs(ag: Autograd) -> None:
    """For a tuple of inputs jvp takes a tuple of vectors, and the product is the sum of what comes
    from each.
    """
    x, y, v, w = ag.random(3), ag.random(3), ag.random(3), ag.random(3)
    product = ag.func.functional.jvp(lambda x, y: x * y * y)
    _, found = product((ag.tensor(x), ag.tensor(y)), (ag.tensor(v), ag.tensor(w)))

    expect(found).is_close(y * y * v + 2.0 * x * y * w)


@clause("fapi-016", CONVENTION, level=MAY, sources=[JVP])
def the_product_from_the_right_is_two_passes(ag: Autograd) -> None:
    """jvp differentiates by the backward rule of a function, as passes do."""
    seen = ag.notes()

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            seen.note("backward")
            return g * 2.0

    _, found = ag.func.functional.jvp(lambda x: Doubled.apply(x))(  # noqa: PLW0108
        ag.tensor(1.0), ag.tensor(3.0)
    )

    expect(found).equals(6.0)
    expect(seen).happened_in_order(["backward"])


SIDES: Final = {name: name for name in ("vhp", "hvp")}


@clause("fapi-031", VALUE, sources=HESSIAN_PRODUCTS, over=SIDES)
def a_product_with_the_hessian(ag: Autograd, side: str) -> None:
    """{name} gives the value of the function at the inputs, and with it the product of the Hessian
    there with the vector.

    The Hessian of a smooth function is symmetric: the product is one from either side.
    """
    m, at, v = ag.random(2, 3), ag.random(3), ag.random(3)
    product = getattr(ag.func.functional, side)(lambda x: ag.sin(ag.tensor(m) @ x).sum())
    value, found = product(ag.tensor(at), ag.tensor(v))

    expect(value).is_close(np.sin(m @ at).sum(), scale=10.0)
    expect(found).is_close(-m.T @ (np.sin(m @ at) * (m @ v)), scale=10.0)


@clause("fapi-031a", VALUE, sources=HESSIAN_PRODUCTS, over=SIDES, unseen="tuples")
def a_product_with_the_blocks_of_the_hessian(ag: Autograd, side: str) -> None:
    """For a tuple of inputs {name} takes a tuple of vectors and gives a tuple of products, each the
    sum over a row of blocks of the Hessian.
    """
    x, y, v, w = ag.random(3), ag.random(3), ag.random(3), ag.random(3)
    product = getattr(ag.func.functional, side)(lambda x, y: (x * x * y).sum())
    _, (by_x, by_y) = product((ag.tensor(x), ag.tensor(y)), (ag.tensor(v), ag.tensor(w)))

    expect(by_x).is_close(2.0 * y * v + 2.0 * x * w, scale=10.0)
    expect(by_y).is_close(2.0 * x * v)


LARGE: Final = 1000.0


@clause("fapi-036", VALUE, sources=[TUTORIAL], over={name: SIX[name] for name in OF_CUBES})
def control_flow_is_followed(ag: Autograd, row: Derivative) -> None:
    """{name} follows a loop of the host language as far as it goes for the values at hand.

    Of doubling a vector until it is longer than a thousand, the derivative is the power of two that
    it came to.
    """
    at, v = np.array([0.5, -1.0, 0.25]), ag.random(3)

    def doubled(x: Tensor) -> Any:
        y, known = x, at
        while np.sum(known * known) < LARGE**2:
            y, known = y * 2.0, known * 2.0
        return y

    found = row.by(ag, doubled)(ag.tensor(at), ag.tensor(v))

    expect(found).is_close(1024.0 * (v if row.takes_a_vector else np.eye(3)))
