"""beta times something, plus alpha times a product; start at `added`, which makes the rows.

For beta = 0 the summand is not looked at, so it may be NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.operators.batching import summed_product, weighed_pairs, weighed_product
from gradspec_reference.operators.forward import Call, fitted
from gradspec_reference.operators.forward import added as total
from gradspec_reference.operators.products import column, matmul_kernel, row_of, transposed
from gradspec_reference.operators.row import Operator

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.operators.row import Kernel, Rule

ONE = 1


def weighed(product: Any, summand: Any, beta: Any, alpha: Any) -> Any:
    """beta summand + alpha product, in the memory of the product where it has room."""
    if alpha != ONE:
        product *= product.dtype.type(alpha)
    if not beta:
        return product
    return product + (summand if beta == ONE else summand * product.dtype.type(beta))


def adding(product: Kernel) -> Kernel:
    """Make the kernel that adds a product to the first operand."""

    def kernel(summand: Any, x: Any, y: Any, beta: Any, alpha: Any) -> Any:
        found = product(x, y)
        if not alpha and product is not np.outer:  # then BLAS looks at no product
            found = np.zeros_like(found)
        return weighed(found, summand, beta, alpha)

    return kernel


def summand_rule(_xp: Any, g: Any, _y: Any, _x: Any, beta: Any, _alpha: Any) -> Any:
    """Beta g."""
    return g if beta == ONE else g * beta


def factor(rule: Callable[..., Any]) -> Rule:
    """Make the rule of a factor: what it receives of the product, times alpha."""
    return lambda xp, g, y, x, _beta, alpha: rule(xp, g if alpha == ONE else g * alpha, y, x)


def repeated(xp: Any, g: Any, count: int) -> Any:
    """Repeat a matrix in a stack."""
    return xp.spread(g, (count, *g.shape))


def summed_products(x: Any, y: Any) -> Any:
    """Return the sum of the products of two stacks of matrices."""
    return np.tensordot(x, y, ((0, 2), (0, 1)))


def weighed_jvp(xp: Any, call: Call) -> Any:
    """Return what the summand adds, and the products in which one factor is a tangent."""
    summand, first, second = call.operands
    of_summand, of_first, of_second = call.tangents
    beta, alpha = call.params
    product = getattr(xp, call.operator.name)
    return total(
        (
            None if of_summand is None else fitted(xp, of_summand, call.result) * beta,
            None if of_first is None else product(summand, of_first, second, 0, alpha),
            None if of_second is None else product(summand, first, of_second, 0, alpha),
        )
    )


def added(name: str, operands: str, product: Kernel, left: Rule, right: Rule) -> Operator:
    """Make a row: the kernel of the product, and what its factors receive."""
    _, first, second = operands.split()
    return Operator(
        name,
        kernel=adding(product),
        operands=operands,
        params="beta alpha",
        saves={first: second, second: first},
        vjp={"self": summand_rule, first: factor(left), second: factor(right)},
        jvp=weighed_jvp,
        batch={summed_products: summed_product, np.outer: weighed_pairs}.get(
            product, weighed_product
        ),
    )


ON_COMPLEX = "holomorphic"
ROWS = (
    added(
        *("addmm", "self mat1 mat2", matmul_kernel),
        left=lambda xp, g, right, _left: xp.mm(g, transposed(xp, right)),
        right=lambda xp, g, _right, left: xp.mm(transposed(xp, left), g),
    ),
    added(
        *("addmv", "self mat vec", matmul_kernel),
        left=lambda xp, g, vec, _mat: column(xp, g) * row_of(xp, vec),
        right=lambda xp, g, _vec, mat: xp.mv(transposed(xp, mat), g),
    ),
    added(
        *("addr", "self vec1 vec2", np.outer),
        left=lambda xp, g, vec2, _vec1: xp.mv(g, vec2),
        right=lambda xp, g, _vec2, vec1: xp.mv(transposed(xp, g), vec1),
    ),
    added(
        *("baddbmm", "self batch1 batch2", matmul_kernel),
        left=lambda xp, g, right, _left: xp.bmm(g, transposed(xp, right)),
        right=lambda xp, g, _right, left: xp.bmm(transposed(xp, left), g),
    ),
    added(
        *("addbmm", "self batch1 batch2", summed_products),
        left=lambda xp, g, y, _x: xp.bmm(repeated(xp, g, y.shape[0]), transposed(xp, y)),
        right=lambda xp, g, _y, x: xp.bmm(transposed(xp, x), repeated(xp, g, x.shape[0])),
    ),
)
