"""The vector of a product, and what inputs and outputs may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, clause, expect
from gradspec.chapters.functional.six import (
    DOCSTRING,
    FROM_INPUTS,
    SECOND,
    SIX,
    SOURCE,
    WITH_VECTOR,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd
    from gradspec.chapters.functional.six import Derivative

VJP: Final = DOCSTRING.format("vjp")


@clause("fapi-002", CONVENTION, sources=[VJP], unseen="implied_vector")
def the_vector_of_a_number_may_be_left_out(ag: Autograd) -> None:
    """vjp takes one for the vector, if it is left out and the function returns a single number."""
    at = ag.random(3)
    _, found = ag.func.functional.vjp(lambda x: (x * x).sum())(ag.tensor(at))

    expect(found).is_close(2.0 * at)


@clause("fapi-002a", CONVENTION, sources=[VJP], unseen="implied_vector")
def the_vector_of_several_numbers_is_given(ag: Autograd) -> None:
    """vjp refuses to go without a vector if the function returns more than one number.

    Remedy: give a vector of the output's shape.
    """
    product = ag.func.functional.vjp(lambda x: x * x)
    with ag.refuses("vector-missing"):
        product(ag.tensor(ag.random(3)))


@clause(
    "fapi-015",
    CONVENTION,
    sources=[DOCSTRING.format(name) for name in FROM_INPUTS],
    over=FROM_INPUTS,
    stands_for={"fapi-032": "vhp hvp"},
    unseen="implied_vector",
)
def the_vector_for_a_number_may_be_left_out(ag: Autograd, row: Derivative) -> None:
    """{name} takes one for the vector, if it is left out and the input is a single number."""
    _, found = getattr(ag.func.functional, row.name)(lambda x: x * x * x)(ag.tensor(3.0))

    expect(found).equals(27.0 if row.name == "jvp" else 18.0)


@clause(
    "fapi-015a",
    CONVENTION,
    sources=[DOCSTRING.format(name) for name in FROM_INPUTS],
    over=FROM_INPUTS,
    stands_for={"fapi-032a": "vhp hvp"},
    unseen="implied_vector",
)
def the_vector_for_several_numbers_is_given(ag: Autograd, row: Derivative) -> None:
    """{name} refuses to go without a vector if the input has more than one number.

    Remedy: give a vector of the input's shape.
    """
    product = getattr(ag.func.functional, row.name)(lambda x: (x * x).sum())
    with ag.refuses("vector-missing"):
        product(ag.tensor(ag.random(3)))


@clause("fapi-003", CONVENTION, sources=[VJP], over=WITH_VECTOR)
def a_vector_of_another_shape_is_refused(ag: Autograd, row: Derivative) -> None:
    """{name} refuses a vector that has not the shape of its counterpart.

    The counterpart is the output for vjp, and the input for the others.

    Remedy: give a vector of that shape.
    """
    product = row.by(ag, lambda x: row.number(ag, x * x))
    with ag.refuses("vector-shape"):
        product(ag.tensor(ag.random(3)), ag.tensor(ag.random(1)))


@clause("fapi-003a", CONVENTION, sources=[VJP], over=WITH_VECTOR, unseen="tuples")
def too_many_vectors_are_refused(ag: Autograd, row: Derivative) -> None:
    """{name} refuses a tuple of several vectors where there is a single counterpart.

    Remedy: give one vector for each.
    """
    v = ag.tensor(ag.random(3))
    product = row.by(ag, lambda x: row.number(ag, x * x))
    with ag.refuses("vector-shape"):
        product(ag.tensor(ag.random(3)), (v, v))


NO_TENSORS: Final[dict[str, tuple[Derivative, Callable[[Any], Any]]]] = {
    f"{name}_by_{what}": (row, made)
    for name, row in SIX.items()
    for what, made in {
        "a_list": lambda x: [x],
        "a_text": lambda _: "two",
        "a_text_among_tensors": lambda x: (x, "two"),
    }.items()
}


@clause("fapi-004", CONVENTION, sources=[SOURCE], over=NO_TENSORS, unseen="tuples")
def inputs_are_tensors(ag: Autograd, row: tuple[Derivative, Callable[[Any], Any]]) -> None:
    """Inputs that are neither a tensor nor a tuple of tensors are refused ({name}).

    Remedy: give tensors, and close over what else the function needs.
    """
    derivative, made = row
    x = ag.tensor(2.0)
    run = derivative.by(ag, lambda *given: derivative.number(ag, given[0]))
    with ag.refuses("functional-type"):
        run(made(x), x)


@clause("fapi-005", CONVENTION, sources=[SOURCE], over=SIX)
def outputs_are_tensors(ag: Autograd, row: Derivative) -> None:
    """{name} refuses a function that returns neither a tensor nor a tuple of tensors.

    Remedy: return tensors; what is no tensor has no derivative.
    """
    x = ag.tensor(2.0)
    run = row.by(ag, lambda _: "two")
    with ag.refuses("functional-type"):
        run(x, x)


@clause(
    "fapi-027",
    CONVENTION,
    sources=[DOCSTRING.format(name) for name in SECOND],
    over=SECOND,
)
def second_derivatives_are_of_a_number(ag: Autograd, row: Derivative) -> None:
    """{name} refuses a function that returns more than one number.

    Remedy: return one of them, or use jacobian twice.
    """
    x = ag.tensor(np.array([1.0, 2.0]))
    run = row.by(ag, lambda x: x * x)
    with ag.refuses("scalar-function"):
        run(x, x)


@clause(
    "fapi-027a",
    CONVENTION,
    sources=[DOCSTRING.format(name) for name in SECOND],
    over=SECOND,
    unseen="tuples",
)
def second_derivatives_are_of_no_tuple(ag: Autograd, row: Derivative) -> None:
    """{name} refuses a function that returns a tuple, also of a single number.

    Remedy: return the tensor itself.
    """
    x = ag.tensor(np.array([1.0, 2.0]))
    run = row.by(ag, lambda x: ((x * x).sum(),))
    with ag.refuses("scalar-function"):
        run(x, x)
