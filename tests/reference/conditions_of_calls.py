"""Conditions: of which calls it is stated that torch and the reference engine differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from compared_calls import NUMBERED, TOLERANCE, close

from gradspec.catalogue.domain import Symmetric

if TYPE_CHECKING:
    from collections.abc import Callable

    from compared_calls import Difference


def always(_different: Difference) -> bool:
    return True


def says(*words: str) -> Callable[[Difference], bool]:
    """Give the condition that a call gives arguments, or, after a minus, does not."""

    def said(different: Difference) -> bool:
        given = re.sub(r"\w+=None", "", different.call.text)
        return all((word.lstrip("-") in given) != word.startswith("-") for word in words)

    return said


def has(pattern: str) -> Callable[[Difference], bool]:
    """Give the condition that the text of a call has a pattern."""
    return lambda different: re.search(pattern, different.call.text) is not None


def first_array(different: Difference) -> list[Any]:
    """Give the numbers of the first tensor, if there is one."""
    return [tensor.array for tensor in different.call.tensors.values()][:1]


def is_of(kinds: str) -> Callable[[Difference], bool]:
    """Give the condition that the first operand is of such a data type."""
    return lambda different: any(a.dtype.kind in kinds for a in first_array(different))


def crosses(different: Difference) -> bool:
    """Whether some operands are of real numbers, and others of complex ones."""
    return {"f", "c"} <= {t.array.dtype.kind for t in different.call.tensors.values()}


def is_empty(different: Difference) -> bool:
    """Whether an operand has no entry, or what was found has none."""
    made = [v[1] for k, v in different.found.items() if k.startswith("value") and v[1:]]
    shapes = [tensor.array.shape for tensor in different.call.tensors.values()]
    return any(0 in shape for shape in [*shapes, *made])


def is_mixed(different: Difference) -> bool:
    """Whether what is drawn as floating numbers is of several data types."""
    tensors = different.call.tensors.values()
    return len({tensor.array.dtype for tensor in tensors if tensor.varies}) > 1


def has_several_shapes(different: Difference) -> bool:
    return len({tensor.array.shape for tensor in different.call.tensors.values()}) > 1


def has_ties(different: Difference) -> bool:
    """Whether two entries of the first tensor are equal."""
    return any(np.unique(a).size < a.size for a in first_array(different))


def lacks_symmetry(different: Difference) -> bool:
    """Whether an option that the row has for symmetric matrices alone is given with another."""
    calls = [
        {name: isinstance(getattr(v, "domain", None), Symmetric) for name, v in given.items()}
        for given in different.call.operator.calls.values()
    ]
    alone = {name for call in calls if any(call.values()) for name in call}
    options = alone - {name for call in calls if not any(call.values()) for name in call}
    named = any(f"{name}=True" in different.call.text for name in options)
    return named and any(
        not np.array_equal(a, a.swapaxes(-1, -2), equal_nan=True) for a in first_array(different)
    )


def is_singular(different: Difference) -> bool:
    """Whether a matrix has no inverse."""
    arrays = [tensor.array for tensor in different.call.tensors.values()]
    square = [a for a in arrays if a.ndim > 1 and a.shape[-1] == a.shape[-2]]
    return any((np.abs(np.linalg.det(a)) < TOLERANCE["float32"]).any() for a in square)


def has_a_zero(different: Difference) -> bool:
    arrays = [tensor.array for tensor in different.call.tensors.values()]
    return any(a.dtype.kind == "f" and not a.all() for a in arrays)


def has_a_nan(different: Difference) -> bool:
    """Whether an argument is NaN."""
    arrays = [tensor.array for tensor in different.call.tensors.values()]
    return any(np.isnan(a).any() for a in arrays) or "nan" in different.call.text


def is_endless(different: Difference) -> bool:
    """Whether an argument is, or has, an infinity or NaN."""
    arrays = [tensor.array for tensor in different.call.tensors.values()]
    has = any(a.dtype.kind == "f" and not np.isfinite(a).all() for a in arrays)
    return has or re.search(r"\b(nan|inf)\b", different.call.text) is not None


def is_nearly_equal(different: Difference) -> bool:
    """Whether seven digits are the same; of two poles there are none."""
    if different.kind not in NUMBERED:
        return False
    wanted, given = (facts[different.what][3] for facts in (different.expected, different.found))
    poles = (np.clip(each, -1e15, 1e15) for each in (wanted, given))
    return close(*poles, 1e-6, 1)
