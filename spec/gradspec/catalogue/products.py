"""Products of vectors, matrices and stacks of matrices; each is linear in each operand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import of, on
from gradspec.catalogue.parts import conjugated_product
from gradspec.catalogue.shapes import linear

if TYPE_CHECKING:
    from collections.abc import Callable


def crossed(x: Any, other: Any, dim: int = -1) -> Any:
    """Give the vector that stands on two of three entries each."""
    (a, b, c), (u, v, w) = np.moveaxis(x, dim, 0), np.moveaxis(other, dim, 0)
    return np.moveaxis(np.array([b * w - c * v, c * u - a * w, a * v - b * u]), 0, dim)


def added(product: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Give the formula of beta x + alpha times a product, which for beta = 0 is alone."""

    def formula(x: Any, first: Any, second: Any, beta: Any = 1, alpha: Any = 1) -> Any:
        return alpha * product(first, second) + (beta * x if beta else 0.0)

    return formula


def rows_with_rows(x: Any, other: Any) -> Any:
    """Give the products of vectors along the last dimension, of all pairs."""
    return np.tensordot(x, other, (-1, -1)) if np.ndim(x) and np.ndim(other) else x * other


TWO_PAIRS: Final = on(2, 3, 4, other=of(4, 3, 2), dims=([1, 2], [1, 0]))
WEIGHED: Final[dict[str, Any]] = {"beta": 2.0, "alpha": -2.0}
ALONE: Final[dict[str, Any]] = {"beta": 0, "alpha": 2}
CHAIN: Final = [of(2, 3), of(3, 4), of(4, 2)]
BETA_ALPHA: Final = "*, beta=1, alpha=1"

PLAIN: Final = (
    linear(
        "matmul(x, other)",
        np.matmul,
        on(2, 3, other=of(3, 4)),
        vectors=on(3, other=of(3)),
        matrix_vector=on(2, 3, other=of(3)),
        vector_matrix=on(2, other=of(2, 3)),
        stacks=on(2, 1, 3, other=of(2, 3, 2)),
        broadcast=on(2, 1, 1, 2, other=of(3, 2, 1)),
        stack_vector=on(2, 2, 3, other=of(3)),
        vector_stack=on(3, other=of(2, 3, 2)),
        stack_matrix=on(2, 1, 3, other=of(3, 2)),
        matrix_stack=on(2, 3, other=of(2, 3, 1)),
        sign="$x @ $other",
        keeps="?",
        holomorphic=True,
    ),
    linear("dot(x, tensor)", np.dot, on(3, tensor=of(3)), holomorphic=True),
    linear("vdot(x, other)", np.dot, on(4, other=of(4)), of_parts=conjugated_product),
    linear("mv(x, vec)", np.matmul, on(2, 3, vec=of(3)), holomorphic=True),
    linear(
        "mm(x, mat2)",
        np.matmul,
        on(2, 3, mat2=of(3, 4)),
        square=on(3, 3, mat2=of(3, 3)),
        holomorphic=True,
    ),
    linear(
        *("bmm(x, mat2)", np.matmul, on(2, 1, 3, mat2=of(2, 3, 4))),
        square=on(2, 2, 2, mat2=of(2, 2, 2)),
        holomorphic=True,
    ),
    linear("outer(x, vec2)", np.outer, on(3, vec2=of(2)), promotes=True, holomorphic=True),
    linear(
        "inner(x, other)",
        rows_with_rows,
        on(2, 3, other=of(4, 3)),
        vectors=on(3, other=of(3)),
        stacks=on(2, 1, 3, other=of(3)),
        number=on(2, 3, other=of()),
        holomorphic=True,
    ),
    linear(
        "kron(x, other)",
        np.kron,
        on(2, 3, other=of(3, 2)),
        vectors=on(2, other=of(3)),
        of_ranks=on(2, 2, 1, other=of(2, 3)),
        keeps="?",
        promotes=True,
        holomorphic=True,
    ),
    linear(
        "tensordot(x, other, dims=2)",
        np.tensordot,
        on(2, 3, 1, other=of(3, 1, 4)),
        one=on(2, 3, other=of(3, 2), dims=1),
        none=on(2, other=of(3), dims=0),
        named=TWO_PAIRS,
        negative=on(2, 3, other=of(4, 2), dims=([-2], [-1])),
        keeps="?",
        lenient=True,
        holomorphic=True,
    ),
    linear(
        "einsum(equation, operands)",
        lambda equation, operands: np.einsum(equation, *operands),
        {"equation": "ij,kj->ik", "operands": [of(2, 3), of(4, 3)]},
        diagonal={"equation": "iij->ji", "operands": [of(2, 2, 3)]},
        trace={"equation": "ii", "operands": [of(3, 3)]},
        three={"equation": "bi,bij,bj->b", "operands": [of(2, 3), of(2, 3, 2), of(2, 2)]},
        sums={"equation": "ij,k->j", "operands": [of(2, 3), of(2)]},
        dots={"equation": "...ij,...j->...i", "operands": [of(2, 1, 3), of(3)]},
        all_pairs={"equation": "i,j", "operands": [of(2), of(3)]},
        cancels=True,
        holomorphic=True,
    ),
    linear(
        "cross(x, other, dim=-1)",
        crossed,
        on(2, 3, other=of(2, 3)),
        first=on(3, 2, other=of(3, 2), dim=0),
        stretched=on(2, 3, other=of(1, 3)),
        torch="torch.linalg.cross($x, $other, $(dim=$dim))",
        holomorphic=True,
    ),
    linear(
        "vecdot(x, other, *, dim=-1)",
        lambda x, other, dim=-1: (x * other).sum(dim),
        on(2, 3, other=of(2, 3)),
        first=on(3, 2, other=of(3, 2), dim=0),
        stretched=on(2, 1, 3, other=of(2, 3)),
        torch="torch.linalg.vecdot($x, $other, $(dim=$dim))",
        of_parts=conjugated_product,
    ),
    linear(
        "multi_dot(tensors)",
        np.linalg.multi_dot,
        {"tensors": CHAIN},
        vectors={"tensors": [of(2), of(2, 3), of(3)]},
        four={"tensors": [*CHAIN, of(2, 1)]},
        torch="torch.linalg.multi_dot($tensors)",
        holomorphic=True,
    ),
)

SUMS: Final = (
    linear(
        f"addmm(x, mat1, mat2, {BETA_ALPHA})",
        added(np.matmul),
        on(2, 4, mat1=of(2, 3), mat2=of(3, 4)),
        weighed=on(2, 3, mat1=of(2, 1), mat2=of(1, 3), **WEIGHED),
        alone=on(2, 3, mat1=of(2, 1), mat2=of(1, 3), **ALONE),
        stretched=on(3, mat1=of(2, 4), mat2=of(4, 3)),
        has_inplace=True,
        holomorphic=True,
    ),
    linear(
        f"addmv(x, mat, vec, {BETA_ALPHA})",
        added(np.matmul),
        on(2, mat=of(2, 3), vec=of(3)),
        weighed=on(3, mat=of(3, 2), vec=of(2), **WEIGHED),
        alone=on(3, mat=of(3, 2), vec=of(2), **ALONE),
        stretched=on(1, mat=of(2, 3), vec=of(3)),
        has_inplace=True,
        particular=True,
        holomorphic=True,
    ),
    linear(
        f"addr(x, vec1, vec2, {BETA_ALPHA})",
        added(np.outer),
        on(2, 3, vec1=of(2), vec2=of(3)),
        weighed=on(3, 2, vec1=of(3), vec2=of(2), **WEIGHED),
        alone=on(3, 2, vec1=of(3), vec2=of(2), **ALONE),
        stretched=on(3, vec1=of(2), vec2=of(3)),
        has_inplace=True,
        holomorphic=True,
    ),
    linear(
        f"baddbmm(x, batch1, batch2, {BETA_ALPHA})",
        added(np.matmul),
        on(2, 1, 4, batch1=of(2, 1, 3), batch2=of(2, 3, 4)),
        weighed=on(2, 3, 1, batch1=of(2, 3, 2), batch2=of(2, 2, 1), **WEIGHED),
        alone=on(2, 3, 1, batch1=of(2, 3, 2), batch2=of(2, 2, 1), **ALONE),
        stretched=on(2, 1, batch1=of(3, 2, 1), batch2=of(3, 1, 2)),
        has_inplace=True,
        particular=True,
        holomorphic=True,
    ),
    linear(
        f"addbmm(x, batch1, batch2, {BETA_ALPHA})",
        added(lambda batch1, batch2: (batch1 @ batch2).sum(0)),
        on(2, 4, batch1=of(2, 2, 3), batch2=of(2, 3, 4)),
        weighed=on(3, 1, batch1=of(2, 3, 2), batch2=of(2, 2, 1), **WEIGHED),
        alone=on(3, 1, batch1=of(2, 3, 2), batch2=of(2, 2, 1), **ALONE),
        stretched=on(4, batch1=of(3, 2, 1), batch2=of(3, 1, 4)),
        has_inplace=True,
        particular=True,
        holomorphic=True,
    ),
)

ROWS: Final = (*PLAIN, *SUMS)
