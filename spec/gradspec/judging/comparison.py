"""Whether what was found is what was expected: the kit's side of every assertion.

Comparison is exact, or within a number of units in the last place of the data type found.
Shapes always count.  NaN equals NaN; the sign of zero is ignored.

NumPy's functions are held by name: an engine that replaces one of them is not asked about itself.
What decides is NumPy's compiled code: that of a function in Python can be replaced where it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from numpy import (
    abs as absolute,
)
from numpy import (
    asarray,
    broadcast_shapes,
    complex64,
    complex128,
    dtype,
    errstate,
    finfo,
    float16,
    float32,
    float64,
    isfinite,
    isnan,
    logical_and,
    longdouble,
    maximum,
    ndarray,
    shape,
    stack,
    zeros,
)

from gradspec.exceptions import Failure, FailureKind

DEFAULT_ULPS: Final = 16
"""A dozen operations, each rounded once or twice, stay within this many units."""

INEXACT: Final = (float16, float32, float64, longdouble, complex64, complex128)

OPTIONS: Final = ("ulps", "scale", "or_nan")
"""What a demand may say beside what is expected."""

EPSILONS: Final = {dtype(kind): float(finfo(kind).eps) for kind in INEXACT}
"""The unit in the last place of one, read before an engine can write in what NumPy keeps of it."""

every: Final = partial(logical_and.reduce, axis=None)
largest_of: Final = partial(maximum.reduce, axis=None, initial=0.0)

PLAIN: Final = (type(None), bool, int, float, complex, str)
"""Types whose own comparison can be trusted; an engine's subclass may say what it likes."""

NUMBERS: Final = "biufc"
"""Kinds of data types, by NumPy's letters, that hold numbers or flags."""

DICTS: Final = (dict, MappingProxyType)

Comparison = Callable[..., Failure | None]


def equals(found: Any, expected: Any) -> Failure | None:
    """The same value exactly; arrays entry by entry, dictionaries name by name."""
    if _are_dicts(found, expected):
        return _by_name(equals, found, expected)
    if _is_array(found) or (found is None and _is_arraylike(expected)):
        return _arrays(found, expected, ulps=0, scale=None)
    if _same(found, expected):
        return None
    return Failure(_plain_kind(found, expected), "another value", found, expected)


def is_close(
    found: Any, expected: Any, *, ulps: float = DEFAULT_ULPS, scale: float | None = None
) -> Failure | None:
    """Equal within `ulps` units in the last place of `scale` (default: the largest entry)."""
    alike = partial(is_close, ulps=ulps, scale=scale)
    if _are_dicts(found, expected):
        return _by_name(alike, found, expected)
    if _are_lists(found, expected) and not (_is_regular(found) and _is_regular(expected)):
        return _by_name(alike, dict(enumerate(found)), dict(enumerate(expected)))
    return _arrays(found, expected, ulps=ulps, scale=scale)


def lies_between(found: Any, expected: tuple[Any, Any], *, or_nan: bool = False) -> Failure | None:
    """Every entry within its bounds, which have room for rounding, or NaN where that is allowed.

    Where the lower bound is NaN nothing is demanded.
    """
    low, high = (asarray(bound, float64) for bound in expected)
    wrong = is_present(found) or has_shape(found, broadcast_shapes(low.shape, high.shape))
    if wrong is not None:
        return wrong
    room = _tolerance(asarray(found).dtype, stack([low, high]), DEFAULT_ULPS, None)
    inside = (found >= low - room) & (found <= high + room)
    if every(inside | (isnan(found) & or_nan) | isnan(low)):
        return None
    return Failure(FailureKind.VALUE, "a value out of bounds", found, expected)


def is_none(found: Any, _expected: None = None) -> Failure | None:
    """No tensor at all, which is not the same as zeros."""
    if found is None:
        return None
    return Failure(FailureKind.UNEXPECTED_GRADIENT, "expected None", found, None)


def is_none_or_zero(found: Any, _expected: None = None) -> Failure | None:
    """Nothing that arrived: no tensor, or zeros and nothing else."""
    if found is None or equals(found, zeros(asarray(found).shape)) is None:
        return None
    return Failure(FailureKind.UNEXPECTED_GRADIENT, "expected None or zeros", found, None)


def is_present(found: Any, _expected: None = None) -> Failure | None:
    """A tensor, whatever its values."""
    if found is not None:
        return None
    return Failure(FailureKind.MISSING_GRADIENT, "expected a tensor", None, "a tensor")


def has_shape(found: Any, expected: tuple[int, ...]) -> Failure | None:
    """A tensor of exactly this shape."""
    if found is None:
        return is_present(found)
    if shape(found) == tuple(expected):
        return None
    return Failure(FailureKind.SHAPE, "another shape", shape(found), tuple(expected))


def has_dtype(found: Any, expected: str) -> Failure | None:
    """A tensor of exactly this data type, by NumPy's name."""
    if found is None:
        return is_present(found)
    if found.dtype == dtype(expected):
        return None
    return Failure(FailureKind.DTYPE, "another data type", found.dtype.name, expected)


def _of_kind(kind: FailureKind) -> Comparison:
    def compare(found: Any, expected: Any) -> Failure | None:
        if _same(found, expected):
            return None
        return Failure(kind, str(kind), found, expected)

    return compare


def contains(found: str, expected: str) -> Failure | None:
    """A text with the expected one in it."""
    if expected in found:
        return None
    return Failure(FailureKind.TEXT, "the text lacks what it should show", found, expected)


def lacks(found: str, expected: str) -> Failure | None:
    """A text without the given one in it."""
    if expected not in found:
        return None
    return Failure(FailureKind.TEXT, "the text shows what it should not", found, expected)


def warned(
    found: list[str], expected: bool, shows: str | None = None, lacks: str | None = None
) -> Failure | None:
    """At least one warning if expected, none otherwise; of their text, what it shows and lacks."""
    text = "\n".join(found)
    if bool(found) == expected:
        shown = None if shows is None else contains(text, shows)
        return shown if shown is not None or lacks is None else _lacks(text, lacks)
    wanted = "a warning" if expected else "no warning"
    return Failure(FailureKind.WARNING, f"expected {wanted}", found or "no warning", wanted)


def exceeds(found: Any, expected: Any) -> Failure | None:
    """A number larger than the other."""
    numbers = isinstance(found, int | float) and isinstance(expected, int | float)
    if numbers and found > expected:
        return None
    return Failure(FailureKind.STRUCTURE, "not more", found, f"more than {expected}")


_lacks: Final = lacks

COMPARISONS: Final[dict[str, Comparison]] = {
    "equals": equals,
    "is_close": is_close,
    "lies_between": lies_between,
    "is_none": is_none,
    "is_none_or_zero": is_none_or_zero,
    "is_present": is_present,
    "has_shape": has_shape,
    "has_dtype": has_dtype,
    "is_flag": _of_kind(FailureKind.FLAG),
    "is_aliasing": _of_kind(FailureKind.ALIASING),
    "is_alive": _of_kind(FailureKind.LIFETIME),
    "exceeds": exceeds,
    "is_structure": _of_kind(FailureKind.STRUCTURE),
    "in_order": _of_kind(FailureKind.ORDER),
    "contains": contains,
    "lacks": lacks,
    "warned": warned,
}
"""Name, as a program stores it -> comparison."""


def _is_array(value: Any) -> bool:
    return isinstance(value, ndarray)


def _is_arraylike(value: Any) -> bool:
    return value is not None and not isinstance(value, bool | str)


def _are_dicts(found: Any, expected: Any) -> bool:
    return isinstance(found, DICTS) and isinstance(expected, DICTS)


def _are_lists(found: Any, expected: Any) -> bool:
    return isinstance(found, list | tuple) and isinstance(expected, list | tuple)


def _is_regular(value: Any) -> bool:
    """Say whether the members of a list make one array."""
    shapes = {_shape(member) for member in value}
    return None not in shapes and len(shapes) <= 1


def _shape(value: Any) -> tuple[int, ...] | None:
    """Give the shape of numbers, or of lists of numbers that make one array; else None."""
    try:
        array = asarray(value)
    except ValueError:
        return None
    return array.shape if array.dtype.kind in NUMBERS else None


def _by_name(compare: Comparison, found: Any, expected: Any) -> Failure | None:
    """Compare what stands under each name; the first that differs says how."""
    if found.keys() != expected.keys():
        names = f"the names {list(found)}, expected {list(expected)}"
        return Failure(FailureKind.STRUCTURE, names, found, expected)
    for name in expected:
        both_none = found[name] is None and expected[name] is None
        failure = None if both_none else compare(found[name], expected[name])
        if failure is not None:
            message = f"under {name!r}: {failure}"
            return Failure(failure.kind, message, failure.found, failure.expected)
    return None


def _same(found: Any, expected: Any) -> bool:
    if _are_dicts(found, expected):
        return found.keys() == expected.keys() and all(
            _same(found[name], expected[name]) for name in expected
        )
    if _are_lists(found, expected):
        return len(found) == len(expected) and all(map(_same, found, expected))
    if _is_array(found) or _is_array(expected):
        regular = _shape(found) is not None and _shape(expected) is not None
        return regular and _arrays(found, expected, ulps=0, scale=None) is None
    both_nan = _is_nan(found) and _is_nan(expected)
    same_type = isinstance(found, bool) == isinstance(expected, bool)
    return both_nan or (same_type and type(found) in PLAIN and bool(found == expected))


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _plain_kind(found: Any, expected: Any) -> FailureKind:
    if isinstance(expected, bool):
        return FailureKind.FLAG
    if found is None:
        return FailureKind.MISSING_GRADIENT
    if isinstance(expected, str):
        return FailureKind.TEXT
    if isinstance(expected, DICTS):
        return FailureKind.STRUCTURE
    if isinstance(expected, list | tuple):
        return FailureKind.ORDER
    return FailureKind.VALUE


def _arrays(found: Any, expected: Any, *, ulps: float, scale: float | None) -> Failure | None:
    if found is None:
        return Failure(FailureKind.MISSING_GRADIENT, "expected a tensor", None, expected)
    actual, wanted = asarray(found), asarray(expected)
    if actual.shape != wanted.shape:
        return Failure(FailureKind.SHAPE, "another shape", found, expected)
    if actual.dtype.kind not in NUMBERS:
        return Failure(FailureKind.DTYPE, "not an array of numbers", actual.dtype.name, expected)
    if wanted.dtype.kind not in NUMBERS:
        return Failure(_plain_kind(found, expected), "another value", found, expected)
    if actual.dtype == wanted.dtype and every(actual == wanted):
        return None
    reached, aim = _widened(actual, wanted)
    with errstate(all="ignore"):  # whatever the engine made of them
        distance = absolute(reached - aim)
    if every(_alike(reached, aim) | (distance <= _tolerance(actual.dtype, aim, ulps, scale))):
        return None
    return Failure(FailureKind.VALUE, "another value", found, expected)


def _alike(reached: Any, aim: Any) -> Any:
    """Say of each entry whether it is the same, or NaN in both; of a complex one, in each part."""
    if reached.dtype.kind == "c":
        return _alike(reached.real, aim.real) & _alike(reached.imag, aim.imag)
    return (reached == aim) | (isnan(reached) & isnan(aim))


def _widened(actual: Any, wanted: Any) -> tuple[Any, Any]:
    """Give both in one wide type, complex if either is."""
    is_complex = "c" in (actual.dtype.kind, wanted.dtype.kind)
    wide = complex128 if is_complex else float64
    return actual.astype(wide), wanted.astype(wide)


def _tolerance(kind: dtype[Any], aim: Any, ulps: float, scale: float | None) -> float:
    if ulps == 0 or kind.kind not in "fc":
        return 0.0
    finite = absolute(aim[isfinite(aim)])
    largest = scale if scale is not None else float(largest_of(finite))
    return ulps * EPSILONS[kind] * largest
