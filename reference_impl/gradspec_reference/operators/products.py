"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.operators.arithmetic import mul_other, mul_self
from gradspec_reference.operators.batching import conjugate_product, product
from gradspec_reference.operators.conjugation import conj
from gradspec_reference.operators.forward import multilinear
from gradspec_reference.operators.row import Operator, Rule, both


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
    if a.base is not None and 0 in a.strides:
        a = np.ascontiguousarray(a)
    if b.base is not None and 0 in b.strides:
        b = np.ascontiguousarray(b)
    return np.matmul(a, b)


def mv_matrix(xp: Any, g: Any, vec: Any, _self: Any) -> Any:
    """Return the products of all pairs."""
    return column(xp, g) * row_of(xp, vec)


def mv_vector(xp: Any, g: Any, _vec: Any, self: Any) -> Any:
    """Return the transposed matrix times g."""
    return xp.mv(xp.t(self), g)


def mm_left(xp: Any, g: Any, right: Any, _left: Any) -> Any:
    """Return g times the other matrix, transposed."""
    return xp.matmul(g, right.T if type(right) is np.ndarray else xp.transpose(right, 0, 1))


def mm_right(xp: Any, g: Any, _right: Any, left: Any) -> Any:
    """Return the other matrix, transposed, times g."""
    return xp.matmul(left.T if type(left) is np.ndarray else xp.transpose(left, 0, 1), g)


def left(product: str) -> Rule:
    """Make the rule of a left factor: g times the other, transposed."""
    return lambda xp, g, right, _left: getattr(xp, product)(g, transposed(xp, right))


def right(product: str) -> Rule:
    """Make the rule of a right factor: the other, transposed, times g."""
    return lambda xp, g, _right, left: getattr(xp, product)(transposed(xp, left), g)


CROSSED = {"self": "mat2", "mat2": "self"}
ON_COMPLEX = "holomorphic"
JVP = multilinear
BATCH = product
ROWS = (
    Operator(
        "dot",
        kernel=np.dot,
        operands="self tensor",
        saves={"self": "tensor", "tensor": "self"},
        vjp={"self": mul_self, "tensor": mul_other},
    ),
    Operator(
        "mv",
        kernel=matmul_kernel,
        operands="self vec",
        saves={"self": "vec", "vec": "self"},
        vjp={"self": mv_matrix, "vec": mv_vector},
    ),
    Operator(
        "mm",
        kernel=matmul_kernel,
        operands="self mat2",
        saves=CROSSED,
        vjp={"self": mm_left, "mat2": mm_right},
    ),
    Operator(
        "bmm",
        kernel=matmul_kernel,
        operands="self mat2",
        saves=CROSSED,
        vjp={"self": left("bmm"), "mat2": right("bmm")},
    ),
    # torch makes stacks of a kind, a product and a view of these; here that is one node
    Operator(
        "matmul",
        node="UnsafeViewBackward0",
        kernel=matmul_kernel,
        operands="self mat2",
        saves=CROSSED,
        vjp={"self": left("matmul"), "mat2": right("matmul")},
    ),
    Operator(
        "vdot",
        on_complex="as written",
        kernel=np.vdot,
        operands="self other",
        saves={"self": "other", "other": "self"},
        vjp=both(lambda xp, g, other, _self: conj(xp, g) * other, mul_other),
        batch=conjugate_product,
    ),
)
