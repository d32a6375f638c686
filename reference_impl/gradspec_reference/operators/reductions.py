"""Reductions: fewer elements from many; start at `spread`, which all their rules use."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from gradspec_reference.operators.batching import (
    along as along_dims,
)
from gradspec_reference.operators.batching import (
    flattened,
    in_turn,
    is_of_batch,
    reduced,
)
from gradspec_reference.operators.forward import gradient, linear
from gradspec_reference.operators.layouts import in_rows
from gradspec_reference.operators.row import unary_operator

Dims = tuple[int, ...]

# the ufunc methods that np.sum and np.max reach by a longer way
ADD: Any = np.add.reduce
MAX: Any = np.maximum.reduce

DEEP = 3  # dimensions from which a result of NumPy's may lie as its operand does


def kept(shape: Dims, dims: Dims) -> Dims:
    """Return the shape of a reduction that keeps the reduced dimensions."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


def restore(xp: Any, value: Any, shape: Dims, dims: Dims, keepdim: bool) -> Any:
    """Put reduced dimensions back, with length one."""
    return value if keepdim else xp.reshape(value, kept(shape, dims))


def spread(xp: Any, g: Any, shape: Dims, dims: Dims, keepdim: bool) -> Any:
    """Repeat a reduction's gradient over what was reduced."""
    return xp.spread(restore(xp, g, shape, dims, keepdim), shape)


def count(shape: Dims, dims: Dims) -> int:
    """Return how many elements each result was made from."""
    return math.prod(shape[d] for d in dims)


def sum_kernel(x: Any, dims: Dims | None = None, keepdim: bool = False) -> Any:
    """Return the sum; integers are summed as int64."""
    total = ADD(x, dims, wide(x), None, keepdim)
    return total if x.ndim < DEEP else in_rows(total)


def wide(x: Any) -> Any:
    """Return the dtype in which integers and booleans are accumulated; None for floats."""
    return None if x.dtype.kind in "fc" else np.int64


def prod_kernel(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the product; integers are multiplied as int64."""
    return in_rows(np.prod(x, axis=dim if x.ndim else None, dtype=wide(x), keepdims=keepdim))


def mean_kernel(x: Any, dims: Dims | None = None, keepdim: bool = False) -> Any:
    n = x.size if dims is None else count(x.shape, dims)
    total = ADD(x, dims, None, None, keepdim)
    if x.ndim >= DEEP:
        total = in_rows(total)
    return total / n if n else total * np.nan


def all_but_one(xp: Any, rows: Any) -> Any:
    """Product along the last dimension of all elements but one, for each element.

    Written without a division, so it holds, to all orders, where elements are zero.
    """
    n = rows.shape[-1]
    square = xp.expand(xp.reshape(rows, (*rows.shape[:-1], 1, n)), (*rows.shape[:-1], n, n))
    return xp.prod_dim(xp.where(np.eye(n, dtype=bool), 1.0, square), len(rows.shape), False)


def has_zero(x: Any) -> bool:
    """Tell whether an element is zero, or may be, in some example of a batch."""
    return is_of_batch(x) or bool((x == 0).any())


def prod_rule(xp: Any, g: Any, x: Any, result: Any) -> Any:
    """Each element receives the product of the others."""
    if not x.shape:
        return g
    if not has_zero(x):
        return g * result / x
    if math.prod(x.shape) == 1:
        return xp.reshape(g, tuple(x.shape))
    if isinstance(x, np.ndarray) and x.size - np.count_nonzero(x) > 1:
        return np.zeros_like(x)  # under create_graph it varies with x
    others = all_but_one(xp, xp.reshape(x, (math.prod(x.shape),)))
    return g * xp.reshape(others, tuple(x.shape))


def prod_dim_rule(xp: Any, g: Any, x: Any, result: Any, dim: int, keepdim: bool) -> Any:
    """Each element receives the product of the others along the dimension."""
    shape = tuple(x.shape)
    if not shape:
        return g
    g = restore(xp, g, shape, (dim,), keepdim)
    if not has_zero(x):
        return g * restore(xp, result, shape, (dim,), keepdim) / x
    if shape[dim] == 1:
        return g
    last = len(shape) - 1
    others = all_but_one(xp, xp.transpose(x, dim, last))
    return g * xp.transpose(others, dim, last)


def squared(x: Any) -> Any:
    """Return the squares, of complex numbers those of their sizes."""
    return x * x if x.dtype.kind != "c" else x.real * x.real + x.imag * x.imag


def var_kernel(x: Any, dims: Dims, correction: float, keepdim: bool) -> Any:
    """Return the mean square deviation, with n - correction in the denominator."""
    deviation = x - mean_kernel(x, dims, True)
    free = max(count(x.shape, dims) - correction, 0)
    square = squared(deviation)
    return sum_kernel(square, dims, keepdim) / square.dtype.type(free)


def var_rule(xp: Any, g: Any, x: Any, dims: Dims, correction: float, keepdim: bool) -> Any:
    """d var / dx = 2 (x - mean) / (n - correction)."""
    shape = tuple(x.shape)
    free = count(shape, dims) - correction
    slope = 2 / free if free else math.inf
    return restore(xp, g, shape, dims, keepdim) * ((x - xp.mean_dim(x, dims, True)) * slope)


def std_rule(
    xp: Any, g: Any, x: Any, result: Any, dims: Dims, correction: float, keepdim: bool
) -> Any:
    """Return the variance's derivative over 2 std; 0 where all elements are equal."""
    slope = xp.where(result == 0, 0.0, g / (result * 2))
    return var_rule(xp, slope, x, dims, correction, keepdim)


def var_mean_kernel(x: Any, dims: Dims, correction: float, keepdim: bool) -> list[Any]:
    """Return the variance and the mean."""
    return [var_kernel(x, dims, correction, keepdim), mean_kernel(x, dims, keepdim)]


def var_mean_rule(
    xp: Any, g: list[Any], x: Any, dims: Dims, correction: float, keepdim: bool
) -> Any:
    """Return what arrives from the variance, the mean or both."""
    of_var, of_mean = g
    if of_mean is None:
        return var_rule(xp, of_var, x, dims, correction, keepdim)
    share = mean_dim_rule(xp, of_mean, tuple(x.shape), dims, keepdim)
    if of_var is None:
        return share
    return var_rule(xp, of_var, x, dims, correction, keepdim) + share


def extreme_rule(xp: Any, g: Any, x: Any, result: Any, dims: Dims, keepdim: bool) -> Any:
    """Elements that tie for the extreme value share the gradient equally."""
    shape = tuple(x.shape)
    winners = x == restore(xp, result, shape, dims, keepdim)
    return restore(xp, g, shape, dims, keepdim) * winners / xp.sum_dim(winners, dims, True)


def shared_out(xp: Any, g: Any, chosen: Any) -> Any:
    """Share a number between the elements that were chosen; the others receive zero, of inf too."""
    return xp.where(chosen, xp.reshape(g / xp.sum(chosen), (1,) * len(chosen.shape)), 0.0)


def median_kernel(x: Any) -> Any:
    """Return the middle element, the lower one of two; NaN if there is one, or no element."""
    ordered = np.sort(x, axis=None)
    if x.dtype.kind == "f" and not (x.size and ordered[-1] == ordered[-1]):
        return x.dtype.type(np.nan)
    if not x.size:
        return x.dtype.type(np.iinfo(x.dtype).min)
    return ordered[(x.size - 1) // 2]


def chosen_rule(xp: Any, g: Any, x: Any, result: Any) -> Any:
    """Elements equal to the chosen one share the gradient; NaNs are equal here."""
    if is_of_batch(result):
        return shared_out(xp, g, (xp.isnan(x) & xp.isnan(result)) | (x == result))
    return shared_out(xp, g, xp.isnan(x) if bool(xp.isnan(result)) else x == result)


def logsumexp_kernel(x: Any, dims: Dims, keepdim: bool) -> Any:
    """Log of the sum of exp, shifted by the maximum."""
    top = np.max(x.real, axis=dims, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, top.dtype.type(0))
    result = np.log(np.sum(np.exp(x - top), axis=dims, keepdims=True)) + top
    result = result if keepdim else np.squeeze(result, dims)[()]
    return in_rows(result)


def logsumexp_rule(xp: Any, g: Any, x: Any, result: Any, dims: Dims, keepdim: bool) -> Any:
    """Return the softmax."""
    shape = tuple(x.shape)
    weights = xp.exp(x - restore(xp, result, shape, dims, keepdim))
    return restore(xp, g, shape, dims, keepdim) * weights


def norm_kernel(x: Any, order: float, dims: Dims, keepdim: bool) -> Any:
    """Return the vector norm of an order."""
    if order == 2:  # noqa: PLR2004 - the Euclidean norm
        return np.sqrt(ADD(squared(x), dims, None, None, keepdim))
    if order == 0:
        return ADD(x != 0, dims, x.real.dtype, None, keepdim)
    size = np.abs(x)
    if size.size and all(x.shape[d] == 1 for d in dims):  # no power to round, or to be too large
        return size if keepdim else np.squeeze(size, dims)
    if math.isinf(order):
        extreme = np.max if order > 0 else np.min
        return extreme(size, axis=dims, keepdims=keepdim)
    if order == 1:
        return np.sum(size, axis=dims, keepdims=keepdim)
    total = np.sum(size**order, axis=dims, keepdims=keepdim)
    return total ** (1 / order) if size.size else total  # of nothing 0, of whatever order


def norm_rule(xp: Any, g: Any, x: Any, result: Any, order: float, dims: Dims, keepdim: bool) -> Any:
    """Return the subgradient of least norm, 0 where the norm is 0; none for the number of nonzeros.

    What is infinite or NaN spreads as in torch: so the order of the products matters.
    """
    if order == 0:
        return None
    shape = tuple(x.shape)
    g, result = (restore(xp, v, shape, dims, keepdim) for v in (g, result))
    if order == 1:
        return g * xp.sgn(x)
    if math.isinf(order):
        largest = (xp.abs(x) == result) | (xp.isnan(x) & xp.isnan(result))
        return xp.sgn(x) * largest * (g / xp.sum_dim(largest, dims, True))
    is_zero = result == 0
    divisor = xp.where(is_zero, 1.0, result)  # so that no derivative of 0 / 0 is asked for
    if order == 2:  # noqa: PLR2004 - the Euclidean norm
        return g * xp.where(is_zero, 0.0, x / divisor)
    power = xp.sgn(x) * xp.where(x == 0, 0.0, xp.pow_scalar(xp.abs(x), order - 1))
    if order < 1:
        return power * g * xp.pow_scalar(result, 1 - order)
    return power * xp.where(is_zero, 0.0, g / xp.pow_scalar(divisor, order - 1))


def aminmax_kernel(x: Any, dims: Dims, keepdim: bool) -> list[Any]:
    """Return the smallest and the largest element."""
    return [amin_kernel(x, dims, keepdim), amax_kernel(x, dims, keepdim)]


def aminmax_rule(xp: Any, g: list[Any], x: Any, dims: Dims, keepdim: bool) -> Any:
    """Return what arrives from either extreme, or both."""
    kernels = zip(g, (xp.amin, xp.amax), strict=True)
    parts = [(each, extreme(x, dims, keepdim)) for each, extreme in kernels if each is not None]
    shares = [extreme_rule(xp, each, x, result, dims, keepdim) for each, result in parts]
    return shares[0] if len(shares) == 1 else shares[0] + shares[1]


def nansum_kernel(x: Any, dims: Dims, keepdim: bool) -> Any:
    """Return the sum of what is a number."""
    return sum_kernel(np.where(np.isnan(x), 0, x) if x.dtype.kind == "f" else x, dims, keepdim)


def nansum_rule(xp: Any, g: Any, x: Any, dims: Dims, keepdim: bool) -> Any:
    """Return the gradient at every element that is a number."""
    g = restore(xp, g, tuple(x.shape), dims, keepdim)
    return g * ~xp.isnan(x)


def sum_rule(xp: Any, g: Any, shape: Dims) -> Any:
    """Return the gradient at every element."""
    return xp.everywhere(g, shape)


def mean_rule(xp: Any, g: Any, shape: Dims) -> Any:
    """Return an equal share for every element."""
    n = math.prod(shape)
    return xp.everywhere(g / n if n else g, shape)


def mean_dim_rule(xp: Any, g: Any, shape: Dims, dims: Dims, keepdim: bool) -> Any:
    """Return an equal share for every element of a slice."""
    n = count(shape, dims)
    return spread(xp, g / n if n else g, shape, dims, keepdim)


def std_kernel(x: Any, *how: Any) -> Any:
    return np.sqrt(var_kernel(x, *how))


def amax_kernel(x: Any, dims: Dims, keepdim: bool) -> Any:
    return in_rows(np.max(x, axis=dims, keepdims=keepdim))


def amin_kernel(x: Any, dims: Dims, keepdim: bool) -> Any:
    return in_rows(np.min(x, axis=dims, keepdims=keepdim))


def cumsum_kernel(x: Any, dim: int) -> Any:
    return in_rows(np.cumsum(x, axis=dim, dtype=wide(x)).reshape(x.shape))


def cumsum_rule(xp: Any, g: Any, dim: int) -> Any:
    """Return the running sum from the other end."""
    if not g.ndim:
        return g
    return xp.flip(xp.cumsum(xp.flip(g, (dim,)), dim), (dim,))


of_shape = functools.partial(unary_operator, saves="self_shape", jvp=linear)
linear_in = functools.partial(of_shape, on_complex="as written")
of_result = functools.partial(unary_operator, saves="self result")
along = {"params": "dim keepdim"}
moment = {"params": "dim correction keepdim"}

JVP = gradient
BATCH = along_dims
ROWS = (
    linear_in("sum", kernel=sum_kernel, vjp=sum_rule, batch=reduced("sum_dim")),
    linear_in("sum_dim", node="SumBackward1", kernel=sum_kernel, vjp=spread, **along),
    linear_in("mean", kernel=mean_kernel, vjp=mean_rule, batch=reduced("mean_dim")),
    linear_in("mean_dim", node="MeanBackward1", kernel=mean_kernel, vjp=mean_dim_rule, **along),
    of_result(
        "prod",
        on_complex="holomorphic",
        kernel=prod_kernel,
        vjp=prod_rule,
        batch=flattened("prod_dim"),
    ),
    of_result(
        "prod_dim",
        on_complex="holomorphic",
        node="ProdBackward1",
        kernel=prod_kernel,
        vjp=prod_dim_rule,
        **along,
    ),
    unary_operator(
        "var", on_complex="as written", kernel=var_kernel, saves="self", vjp=var_rule, **moment
    ),
    unary_operator(
        "var_mean",
        on_complex="as written",
        kernel=var_mean_kernel,
        saves="self",
        vjp=var_mean_rule,
        several=True,
        **moment,
    ),
    of_result("std", on_complex="as written", kernel=std_kernel, vjp=std_rule, **moment),
    of_result("amax", kernel=amax_kernel, vjp=extreme_rule, **along),
    of_result("amin", kernel=amin_kernel, vjp=extreme_rule, **along),
    unary_operator(
        "aminmax",
        kernel=aminmax_kernel,
        saves="self",
        vjp=aminmax_rule,
        several=True,
        **along,
    ),
    unary_operator(
        "nansum",
        on_complex="undefined",
        kernel=nansum_kernel,
        saves="self",
        vjp=nansum_rule,
        **along,
    ),
    of_result("max", node="MaxBackward1", kernel=np.max, vjp=chosen_rule, batch=reduced("amax")),
    of_result("min", node="MinBackward1", kernel=np.min, vjp=chosen_rule, batch=reduced("amin")),
    of_result("median", kernel=median_kernel, vjp=chosen_rule, without="bool", batch=in_turn),
    of_result(
        "logsumexp", on_complex="holomorphic", kernel=logsumexp_kernel, vjp=logsumexp_rule, **along
    ),
    of_result(
        "vector_norm",
        on_complex="as written",
        node="LinalgVectorNormBackward0",
        kernel=norm_kernel,
        params="ord dim keepdim",
        vjp=norm_rule,
    ),
    unary_operator(
        "cumsum",
        on_complex="as written",
        kernel=cumsum_kernel,
        params="dim",
        vjp=cumsum_rule,
        jvp=linear,
    ),
)
