"""Operands that an operator refuses, and the words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.errors import (
    GradError,
    IndexRangeError,
    OperandCountError,
    OperandShapeError,
)

if TYPE_CHECKING:
    from gradspec_reference.operators import Operator

PLACING: Final = frozenset(
    {"masked_fill_tensor", "select_scatter", "slice_scatter", "diagonal_scatter"}
)
"""Operators that put one operand into a copy of the other, whose data type the result has."""


def refused(operator: Operator, values: Any, error: ValueError) -> RuntimeError:
    """Word the refusal of operands by a kernel: two shapes do not fit, or one is of no use."""
    if isinstance(error, np.linalg.LinAlgError):
        return RuntimeError(f"{operator.name} was given a matrix that has no result: {error}")
    shapes = [np.shape(v) for v in values if isinstance(v, np.ndarray)]
    if len(shapes) > 1:
        return shapes_do_not_fit(operator, values)
    shape = list(shapes[0]) if shapes else []
    return OperandShapeError(f"{operator.name} was given an operand of shape {shape}: {error}")


def index_refused(operator: Operator, error: IndexError) -> IndexError:
    """Word the refusal of indices by a kernel: their shapes do not fit, or one names no entry."""
    if isinstance(error, GradError):
        return error
    kind = OperandCountError if "broadcast" in str(error) else IndexRangeError
    return kind(f"{operator.name} was given indices that do not fit: {error}")


def number_does_not_fit(operator: Operator, error: OverflowError) -> RuntimeError:
    """Word the refusal of a number that the dtype of the operands cannot hold."""
    return RuntimeError(f"{operator.name} was given a number that no operand can hold: {error}")


def dtypes_do_not_fit(operator: Operator, values: Any) -> RuntimeError:
    """Word the refusal of operands of a dtype for which the operator does not exist."""
    found = ", ".join(repr(dtypes.of(np.asarray(v).dtype)) for v in values)
    each_by_itself = operator.pointwise or len(operator.operand_names) == 1
    error = NotImplementedError if each_by_itself else RuntimeError
    return error(f"{operator.name} was given {found}; convert with to() first")


def check_shapes(operator: Operator, values: Any) -> None:
    """Refuse shapes that do not fit: torch looks at them before it looks at dtypes."""
    try:
        np.broadcast_shapes(*map(np.shape, values))
    except ValueError as error:
        raise shapes_do_not_fit(operator, values) from error


def refuse_booleans(operator: Operator, values: list[Any]) -> None:
    """Refuse booleans, or all integers, where NumPy would compute something."""
    given = [np.asarray(value).dtype == np.bool_ for value in values]
    if operator.without == "integers":
        if dtypes.promoted_dtype(*values).category < dtypes.FLOAT:
            check_shapes(operator, values)
            raise NotImplementedError(f"{operator.name} was given integers; convert with float()")
        return
    if all(given) and operator.without == "bool":
        check_shapes(operator, values)
        raise NotImplementedError(f"{operator.name} was given booleans; convert with to() first")
    if any(given) and operator.without == "any bool":
        raise RuntimeError(f"{operator.name} was given booleans; convert with to(), or use ~ or ^")


def shapes_do_not_fit(operator: Operator, values: Any) -> OperandShapeError:
    """Word the refusal of operands whose shapes do not fit together."""
    shapes = ", ".join(str(list(np.shape(v))) for v in values if isinstance(v, np.ndarray))
    return OperandShapeError(
        f"{operator.name} was given operands of shapes {shapes}, which do not fit together; "
        "reshape or expand them first"
    )


def refuse_integers(
    operator: Operator, operands: tuple[Any, ...], requires: tuple[bool, ...]
) -> None:
    """Refuse to compute integers from integers that a write has made require grad; a cast cuts.

    Refuse also to put what requires grad among integers.
    """
    if operator.name in PLACING and any(requires):
        raise RuntimeError(
            f"{operator.name} was to put what requires grad among integers, which have no "
            "gradient; convert them with to() first"
        )
    for operand, wanted in zip(operands, requires, strict=True):
        if wanted and operator.name != "cast" and operand._array.dtype.kind not in "fVc":
            raise RuntimeError(
                f"{operator.name} was given a tensor of {operand.dtype} that requires grad, since "
                "a value with a history was written into it; integers have no gradient"
            )
