"""HIPS autograd without its wrong rules: functions that are mended, or are not there."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import autograd
import autograd.numpy as anp
import numpy as np
from autograd import builtins
from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

if TYPE_CHECKING:
    from collections.abc import Callable

LEFT_OUT = """
complex cross cumsum det diag diff dot hypot irfft logaddexp logaddexp2 logsumexp matrix_norm norm
reciprocal long repeat_interleave rfft rfft2 rfftn sinc solve solve_triangular tile vector_norm
"""
"""What has a wrong rule, or does on purpose what the specification has otherwise.

`long` is astype, whose rule is the identity: what was cut off passes its gradient on (nd-008).
There are no complex numbers, beside which the gradient of a real operand is not real.
"""
BOOK = f"""\
[engine]
name = "mended_autograd"
inherits = "autograd"
setup = "import mended_autograd"
also = {[*(f"-op:{name}" for name in LEFT_OUT.split()), "-dtype:complex64", "-dtype:complex128"]}

[transforms]
vjp = "$result = mended_autograd.product($function)"

[operators]
pow = "mended_autograd.power($x, $exponent)"
masked_fill = "mended_autograd.where($mask, $value, $x)"
where = "mended_autograd.where($condition, $x, $other)"
prod = "mended_autograd.prod($x, $(axis=$dim), $(keepdims=$keepdim))"
std = "mended_autograd.std($x, $(axis=$dim), $(keepdims=$keepdim))"
"""


def product(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give value and product of a function: containers that it returns are no constants."""

    def at(*primals: Any) -> Any:
        pull, value = autograd.make_vjp(
            lambda *traced: boxed(function(*traced)), tuple(range(len(primals)))
        )(*primals)
        return value, lambda cotangent: tuple(pull(cotangent))

    return at


def boxed(value: Any) -> Any:
    """Make containers those of autograd, which it differentiates through."""
    if isinstance(value, dict):
        return builtins.dict({key: boxed(one) for key, one in value.items()})
    if type(value) in (list, tuple):
        return getattr(builtins, type(value).__name__)([boxed(one) for one in value])
    return value


def where(condition: Any, x: Any, other: Any) -> Any:
    """Choose, of operands that have the result's shape: the rule sums over no copies."""
    shape = np.broadcast_shapes(*(anp.shape(operand) for operand in (condition, x, other)))
    nothing = np.zeros(shape, bool)  # what is added to keeps its data type
    return anp.where(condition, x + nothing, other + nothing)


def prod(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Multiply entry by entry: the rule divides by entries, which may be zero."""
    axis = axis if anp.ndim(x) else None
    rows = anp.reshape(x, (-1,)) if axis is None else anp.moveaxis(x, axis, 0)
    of_one = np.prod(np.ones(1, rows.dtype))  # of the data type of products
    product = functools.reduce(operator.mul, list(rows), np.ones(rows.shape[1:], of_one.dtype))
    if not keepdims:
        return product
    ones = (1,) * anp.ndim(x)
    return anp.reshape(product, ones) if axis is None else anp.expand_dims(product, axis)


def std(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Take the root of the variance, and its slope at zero for zero."""
    variance = anp.var(x, axis=axis, keepdims=keepdims, ddof=1)
    is_zero = variance == 0
    return where(is_zero, 0.0, anp.sqrt(where(is_zero, 1.0, variance)))


power = primitive(np.power)
defvjp(
    power,
    lambda _, x, n: unbroadcast_f(x, lambda g: g * n * x ** anp.where(n, n - 1, 1.0)),
    lambda result, x, n: unbroadcast_f(
        n, lambda g: g * result * anp.log(where((x == 0) & (n >= 0), 1.0, x))
    ),
)
