"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.engine.operator import Operator


def transposed(xp: Any, matrices: Any) -> Any:
    """Swap the last two dimensions."""
    rank = len(matrices.shape)
    return xp.transpose(matrices, rank - 2, rank - 1)


def column(xp: Any, vector: Any) -> Any:
    """Return a vector as a matrix of one column."""
    return xp.reshape(vector, (vector.shape[0], 1))


def row_of(xp: Any, vector: Any) -> Any:
    """Return a vector as a matrix of one row."""
    return xp.reshape(vector, (1, vector.shape[0]))


def matmul_kernel(a: Any, b: Any) -> Any:
    """Return the matrix product; BLAS needs operands that have memory for each element."""
    if 0 in a.strides:
        a = np.ascontiguousarray(a)
    if 0 in b.strides:
        b = np.ascontiguousarray(b)
    return np.matmul(a, b)


def matrix_product(name: str, node: str) -> Operator:
    """Return a row that multiplies matrices, or stacks of them."""
    return Operator(
        name,
        node,
        matmul_kernel,
        ("self", "mat2"),
        {
            "self": ("mat2", lambda xp, g, b, _a: xp.matmul(g, transposed(xp, b))),
            "mat2": ("self", lambda xp, g, _b, a: xp.matmul(transposed(xp, a), g)),
        },
    )


def addmm_kernel(bias: Any, a: Any, b: Any) -> Any:
    """bias + a @ b, added in place."""
    product = matmul_kernel(a, b)
    product += bias
    return product


ROWS = (
    Operator(
        "dot",
        "DotBackward0",
        np.dot,
        ("self", "tensor"),
        {
            "self": ("tensor", lambda _xp, g, v, _u: g * v),
            "tensor": ("self", lambda _xp, g, _v, u: g * u),
        },
    ),
    Operator(
        "mv",
        "MvBackward0",
        matmul_kernel,
        ("self", "vec"),
        {
            "self": ("vec", lambda xp, g, v, _m: column(xp, g) * row_of(xp, v)),
            "vec": ("self", lambda xp, g, _v, m: xp.mv(xp.t(m), g)),
        },
    ),
    matrix_product("mm", "MmBackward0"),
    matrix_product("matmul", "BmmBackward0"),
    Operator(
        "addmm",
        "AddmmBackward0",
        addmm_kernel,
        ("self", "mat1", "mat2"),
        {
            "self": ("", lambda _xp, g, _b, _a: g),
            "mat1": ("mat2", lambda xp, g, b, _a: xp.mm(g, transposed(xp, b))),
            "mat2": ("mat1", lambda xp, g, _b, a: xp.mm(transposed(xp, a), g)),
        },
    ),
)
