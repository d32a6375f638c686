"""Numbers narrower than float32: what computes with them does so in float32; start at `run`.

A result is rounded once, and so is what a node passes on.  What only shows the numbers, or is told
a data type, is left to itself.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.errors import NoKernelError
from gradspec_reference.operators import arrays

if TYPE_CHECKING:
    from gradspec_reference.operators import Operator

ARRAYS: Final = (np.ndarray, np.generic)
WIDE: Final = np.dtype(np.float32)
MOVING: Final = frozenset(
    {
        *("cast", "clone", "copy", "fill", "zero", "where", "eq", "ne", "cat", "stack", "roll"),
        *("fill_tensor", "repeat", "index_select", "index", "masked_select", "embedding"),
    }
)
"""Operators that torch has for numbers of 8 bits, besides those that show their memory."""
SIGNED: Final = tuple(dtype for dtype in dtypes.OF_8_BITS if dtype.is_signed)
COMPUTING: Final = {
    "mul": dtypes.OF_8_BITS,
    "abs": SIGNED,
    "index_put": SIGNED,
    "isnan": dtypes.OF_8_BITS,
    "isfinite": (dtypes.float8_e5m2, dtypes.float8_e8m0fnu),
    "isinf": (dtypes.float8_e5m2,),
}
"""Operators that compute with numbers of 8 bits as torch's do -> with which."""
JOINING: Final = frozenset({"cat", "stack", "where"})
"""Operators that bring their operands to one type themselves."""
KEEPING: Final = frozenset({"log_softmax"})
"""Operators that keep something between their steps in the narrow type, which they are told."""
OF_ENDS: Final = frozenset({"nan_to_num"})
"""Operators that ask for the least and largest number of a type, and so are left to themselves."""


def is_narrow(value: Any) -> bool:
    """Tell whether a value is an array or a number of a narrow type."""
    return isinstance(value, ARRAYS) and dtypes.is_narrow(value.dtype)


def among(values: Any) -> bool:
    """Tell whether there is such a value."""
    return any(map(is_narrow, values))


def run(operator: Operator, values: list[Any], params: tuple[Any, ...]) -> Any:
    """Run a kernel on values in float32 and round what comes out.

    NoKernelError for numbers of 8 bits, with which little is computed.
    """
    if any(isinstance(param, np.dtype) for param in params):
        return operator.kernel(*values, *params)
    wide = [widened(value) for value in values]
    kept = (common(operator, values),) if operator.name in KEEPING else ()
    result = operator.kernel(*wide, *params, *kept)
    if shows(result, wide):
        return operator.kernel(*values, *params)
    dtype = common(operator, values)
    check_has_kernel(operator, dtypes.of(dtype), values)
    if operator.name in OF_ENDS:
        return operator.kernel(*values, *params)
    return rounded(result, dtype)


def common(operator: Operator, values: list[Any]) -> Any:
    """Return the type of a result: the narrow one, but where operands of several are joined."""
    floating = [v for v in values if isinstance(v, ARRAYS) and v.dtype.kind in dtypes.FLOATING]
    if operator.name in JOINING and len({value.dtype for value in floating}) > 1:
        return dtypes.promoted_dtype(*floating).numpy
    return next(value.dtype for value in floating if is_narrow(value))


def check_has_kernel(operator: Operator, dtype: dtypes.DType, values: list[Any]) -> None:
    """Refuse to compute with numbers of 8 bits, but for what torch does.

    It has products, though not with one number as the second factor, for which it has a kernel of
    its own in wider types.
    """
    if operator.name in MOVING or dtype not in dtypes.OF_8_BITS:
        return
    by_one = operator.name == "mul" and np.size(values[1]) == 1
    if by_one or dtype not in COMPUTING.get(operator.name, ()):
        raise no_kernel(operator.name, dtype)


def check_is_wider(name: str, dtype: dtypes.DType | None) -> None:
    """Refuse numbers of 8 bits for what is computed without an operator."""
    if dtype in dtypes.OF_8_BITS:
        raise no_kernel(name, dtype)


def no_kernel(name: str, dtype: dtypes.DType) -> NoKernelError:
    """Word the refusal to compute with numbers of 8 bits."""
    return NoKernelError(f"{name} does not compute with {dtype}; convert it with to() first")


def shows(result: Any, wide: list[Any]) -> bool:
    """Tell whether a result is memory of an operand's."""
    results = result if isinstance(result, list | tuple) else [result]
    pairs = ((one, x) for one in results for x in wide if isinstance(x, np.ndarray))
    return any(
        isinstance(one, np.ndarray) and (not one.size or np.may_share_memory(one, x))
        for one, x in pairs
    )


def widened(value: Any) -> Any:
    """Return a value, or those in a list, with narrow numbers in float32."""
    if isinstance(value, list):
        return list(map(widened, value))
    return value.astype(WIDE) if is_narrow(value) else value


def rounded(result: Any, dtype: Any) -> Any:
    """Return a result, or each of several, with numbers of float32 in a narrow type."""
    if isinstance(result, list | tuple):
        return [rounded(each, dtype) for each in result]
    return dtypes.within_ends(result, dtype).astype(dtype) if result.dtype == WIDE else result


def row(operator: Operator) -> Operator:
    """Return the row under which an operation with a narrow result is recorded."""
    made: Operator | None = operator.derived.get("narrow")
    if made is None:
        rules = {operand: in_float32(rule) for operand, rule in operator.vjp.items()}
        made = operator.derived["narrow"] = dataclasses.replace(operator, vjp=rules)
    return made


def in_float32(rule: Any) -> Any:
    """Return a rule that computes with arrays in float32; who receives its share rounds that."""

    def widening(*arguments: Any) -> Any:
        if not any(argument is arrays for argument in arguments[:2]):
            return rule(*arguments)
        return rule(*map(widened, arguments))

    return widening
