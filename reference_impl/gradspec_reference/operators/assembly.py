"""Operators that put tensors together, or store one in another."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from gradspec_reference.dtypes import of, promote, within_ends
from gradspec_reference.operators.batching import copied, in_turn, shifted, stacks
from gradspec_reference.operators.forward import linear, symmetric
from gradspec_reference.operators.layouts import in_rows
from gradspec_reference.operators.row import Operator, as_is, no_slope, unary_operator


def cat_kernel(*arguments: Any) -> Any:
    """Tensors one after the other along a dimension."""
    *pieces, dim, _starts = arguments
    return in_rows(np.concatenate(pieces, dim, dtype=common_dtype(pieces)))


def common_dtype(pieces: list[Any]) -> Any:
    """Return the dtype of tensors put together: the one that all can be promoted to."""
    return functools.reduce(promote, (of(piece.dtype) for piece in pieces)).numpy


def cat_rule(position: int, xp: Any, g: Any, dim: int, starts: tuple[int, ...]) -> Any:
    """Return the stretch that the operand filled."""
    return xp.slice(g, dim, starts[position], starts[position + 1], 1)


def stack_kernel(*arguments: Any) -> Any:
    """Tensors as the slices of a new dimension."""
    *pieces, dim = arguments
    return in_rows(np.stack(pieces, dim, dtype=common_dtype(pieces)))


def stack_rule(position: int, xp: Any, g: Any, dim: int) -> Any:
    """Return the slice that the operand filled."""
    return xp.select(g, dim, position)


def first_of_two(x: Any, _other: Any) -> Any:
    return x


def moved_alone(xp: Any, call: Any) -> Any:
    """Return the tangent of the first operand: the other moves nothing."""
    tangent = call.tangents[0]
    return xp.zeros_like(call.result) if tangent is None else tangent


def block_keys(shapes: list[tuple[int, ...]]) -> list[tuple[slice, ...]]:
    """Return where matrices of these shapes lie on the diagonal of one matrix."""
    keys: list[tuple[slice, ...]] = []
    row, column = 0, 0
    for rows, columns in shapes:
        keys.append((slice(row, row + rows), slice(column, column + columns)))
        row, column = row + rows, column + columns
    return keys


def block_diag_kernel(*arguments: Any) -> Any:
    """Matrices on the diagonal of one, zero elsewhere."""
    *pieces, keys = arguments
    size = [key.stop for key in keys[-1]]
    whole = np.zeros(size, common_dtype(pieces))
    for piece, key in zip(pieces, keys, strict=True):
        whole[key] = piece
    return whole


def block_rule(position: int, xp: Any, g: Any, keys: list[tuple[slice, ...]]) -> Any:
    """Return the block that the operand filled."""
    return xp.pick(g, keys[position])


def copy_kernel(x: Any, source: Any) -> Any:
    """Return the source in the shape and dtype of what it is stored in."""
    return np.broadcast_to(within_ends(np.asanyarray(source), x.dtype).astype(x.dtype), x.shape)


def fill_kernel(x: Any, value: Any) -> Any:
    """Return one value in the shape and dtype of what it is stored in."""
    return np.broadcast_to(within_ends(np.asanyarray(value), x.dtype).astype(x.dtype), x.shape)


several = functools.partial(Operator, operands="tensors", variadic=True)

ON_COMPLEX = "as written"


def tied(name: str, vjp: Any) -> Operator:
    """Make the row of what is its first operand, and a function of the second by name alone."""
    return Operator(
        name,
        inner=True,
        kernel=first_of_two,
        operands="self other",
        saves={"other": "other"},
        vjp={"self": as_is, "other": vjp},
        batch=stacks,
        jvp=moved_alone,
    )


JVP = linear
BATCH = shifted
ROWS = (
    several("cat", kernel=cat_kernel, params="dim starts", vjp={"tensors": cat_rule}),
    several(
        "block_diag",
        kernel=block_diag_kernel,
        params="keys",
        vjp={"tensors": block_rule},
        batch=in_turn,
    ),
    several("stack", kernel=stack_kernel, params="dim", vjp={"tensors": stack_rule}),
    Operator(
        "copy",
        inner=True,
        node="torch::autograd::CopyBackwards",
        kernel=copy_kernel,
        operands="self src",
        vjp={"self": no_slope, "src": as_is},
        batch=copied,
        jvp=symmetric,
    ),
    unary_operator(
        "fill",
        node="FillBackward2",
        kernel=fill_kernel,
        params="value",
        vjp=no_slope,
        jvp=symmetric,
    ),
    Operator(
        "fill_tensor",
        inner=True,
        node="FillBackward3",
        kernel=copy_kernel,
        operands="self value",
        vjp={"self": no_slope, "value": as_is},
        batch=copied,
        jvp=symmetric,
    ),
    tied("flat", lambda xp, _g, other: xp.zeros_like(other)),
    tied("joint", lambda _xp, _g, _other: None),
    unary_operator("zero", inner=True, kernel=np.zeros_like, vjp=no_slope, jvp=symmetric),
    unary_operator("zeros_like", kernel=np.zeros_like),
)
