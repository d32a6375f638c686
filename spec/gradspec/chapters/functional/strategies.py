"""By which way a matrix is had: row by row, or all rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, VALUE, clause, expect
from gradspec.chapters.functional.six import DOCSTRING, SIX, SOURCE, TERMS

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.chapters.functional.six import Derivative

JACOBIAN: Final = DOCSTRING.format("jacobian")
HESSIAN: Final = DOCSTRING.format("hessian")

MATRICES: Final = {name: SIX[name] for name in ("jacobian", "hessian")}

STRATEGY: Final = {"jacobian": "strategy", "hessian": "outer_jacobian_strategy"}
"""Under which name each takes its strategy."""


@clause("fapi-020", VALUE, sources=[JACOBIAN], unseen="tuples")
def all_rows_at_once_are_the_rows(ag: Autograd) -> None:
    """With vectorize a Jacobian is the same, block by block."""
    x, y = ag.random(3), ag.random(3)
    jacobian = ag.func.functional.jacobian(
        lambda x, y: (x * x * y, ag.exp((x * y).sum()), ag.sin(y)), vectorize=True
    )
    found = jacobian((ag.tensor(x), ag.tensor(y)))
    product = np.exp(x @ y)

    expect(found).is_close(
        (
            (np.diag(2.0 * x * y), np.diag(x * x)),
            (product * y, product * x),
            (np.zeros((3, 3)), np.diag(np.cos(y))),
        )
    )


@clause("fapi-029", VALUE, sources=[HESSIAN])
def all_rows_of_a_hessian_at_once_are_the_rows(ag: Autograd) -> None:
    """With vectorize a Hessian is the same."""
    m, at = ag.random(3, 3), ag.random(3)
    row = SIX["hessian"]
    run = row.by(ag, lambda x: row.function(ag, ag.tensor(m), x), vectorize=True)

    expect(run(ag.tensor(at), None)).is_close(row.found(m, at, at), scale=TERMS)


@clause(
    "fapi-021",
    VALUE,
    sources=[JACOBIAN, HESSIAN],
    over=MATRICES,
    stands_for={"fapi-029b": "hessian"},
)
def columns_are_the_matrix(ag: Autograd, row: Derivative) -> None:
    """The {name} is the same with the strategy "forward-mode"."""
    m, at = ag.random(3, 3), ag.random(3)
    options = {STRATEGY[row.name]: "forward-mode", "vectorize": True}
    run = row.by(ag, lambda x: row.function(ag, ag.tensor(m), x), **options)

    expect(run(ag.tensor(at), None)).is_close(row.found(m, at, at), scale=TERMS)


@clause("fapi-021b", VALUE, sources=[JACOBIAN], unseen="tuples")
def columns_of_several_are_blocks(ag: Autograd) -> None:
    """With the strategy "forward-mode" the Jacobian of several outputs by several inputs has a
    block for each of both, zeros where one does not depend on the other.
    """
    x, y = ag.random(3), ag.random(2)
    jacobian = ag.func.functional.jacobian(
        lambda x, y: (x * x, y * x.sum()), strategy="forward-mode", vectorize=True
    )
    (squares_by_x, squares_by_y), (scaled_by_x, scaled_by_y) = jacobian(
        (ag.tensor(x), ag.tensor(y))
    )

    expect(squares_by_x).is_close(np.diag(2.0 * x))
    expect(squares_by_y).equals(np.zeros((3, 2)))
    expect(scaled_by_x).is_close(np.outer(y, np.ones(3)))
    expect(scaled_by_y).is_close(x.sum() * np.eye(2))


@clause("fapi-030", CONVENTION, level=MAY, sources=["observed"])
def a_hessian_by_columns_has_a_history(ag: Autograd) -> None:
    """With the outer strategy "forward-mode" the Hessian that is returned requires grad, although
    no graph was asked for.
    """
    found = ag.func.functional.hessian(
        lambda x: (x * x * x).sum(), outer_jacobian_strategy="forward-mode", vectorize=True
    )(ag.tensor(ag.random(3)))

    expect(found.requires_grad).is_true()


@clause(
    "fapi-021a",
    CONVENTION,
    sources=[JACOBIAN, HESSIAN],
    over=MATRICES,
    stands_for={"fapi-029a": "hessian"},
)
def forward_mode_goes_with_vectorize(ag: Autograd, row: Derivative) -> None:
    """{name} refuses the strategy "forward-mode" without vectorize.

    Remedy: give vectorize=True, or leave the strategy out.
    """
    x = ag.tensor(ag.random(3))
    options = {STRATEGY[row.name]: "forward-mode"}
    with ag.refuses("conflicting-arguments"):
        row.by(ag, lambda x: row.number(ag, x * x), **options)(x, None)


APART: Final[dict[str, tuple[Derivative, dict[str, Any]]]] = {
    f"{row.name}_{what}": (row, {STRATEGY[row.name]: way, **options})
    for row in MATRICES.values()
    for what, way, options in (
        ("forward_with_a_graph", "forward-mode", {"vectorize": True, "create_graph": True}),
        ("forward_and_strict", "forward-mode", {"vectorize": True, "strict": True}),
        ("vectorized_and_strict", "reverse-mode", {"vectorize": True, "strict": True}),
    )
}


@clause("fapi-022", CONVENTION, sources=[JACOBIAN, HESSIAN], over=APART)
def options_that_do_not_go_together(ag: Autograd, row: tuple[Derivative, dict[str, Any]]) -> None:
    """The strategy "forward-mode" is refused together with create_graph or strict, and vectorize
    together with strict ({name}).

    Remedy: leave one of the two out.
    """
    derivative, options = row
    x = ag.tensor(ag.random(3))
    run = derivative.by(ag, lambda x: derivative.number(ag, x * x * x), **options)
    with ag.refuses("conflicting-arguments"):
        run(x, None)


@clause("fapi-023", CONVENTION, sources=[SOURCE], over=MATRICES)
def another_strategy_is_refused(ag: Autograd, row: Derivative) -> None:
    """{name} refuses a strategy that is neither "forward-mode" nor "reverse-mode".

    Remedy: give one of the two, or none.
    """
    x = ag.tensor(ag.random(3))
    options = {STRATEGY[row.name]: "sideways"}
    with ag.refuses("strategy"):
        row.by(ag, lambda x: row.number(ag, x * x), **options)(x, None)
