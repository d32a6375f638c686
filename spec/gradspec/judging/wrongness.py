"""`wrongness(found, expected)`: how numbers are wrong, in words that fit other numbers as well.

Results that are wrong in the same way are often so for the same reason: a sign that was lost, a
contribution that was counted twice, a sum over what was broadcast that was forgotten.

NumPy's functions are held by name: an engine that replaces one of them is not asked about itself.
"""

from __future__ import annotations

from typing import Any, Final

from numpy import abs as absolute
from numpy import allclose, array_equal, asarray, errstate, isfinite, isnan, ndarray, sort

ANOTHER: Final = "has another value than it should"
"""What is said where nothing more particular is known."""

FACTORS: Final = {2.0: "twice", 3.0: "three times", 4.0: "four times", 0.5: "half of"}
"""Factor that has a cause more often than not -> how it is said."""

NUMBERS: Final = "biufc"


def wrongness(found: Any, expected: Any) -> str:
    """Complete the sentence that begins with what was looked at."""
    if isinstance(found, bool) and isinstance(expected, bool):
        return f"is {found} and should be {expected}"
    arrays = _numbers(found, expected)
    if arrays is None:
        return ANOTHER
    # booleans have neither a difference nor an opposite
    one, other = (a.astype(int) if a.dtype.kind == "b" else a for a in arrays)
    with errstate(all="ignore"):
        return _of_shapes(one, other) if one.shape != other.shape else _of_values(one, other)


def wrong_shape(found: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """Say how a shape is wrong."""
    if found == expected[::-1]:
        return "is transposed"
    if len(found) != len(expected):
        return f"has too {'many' if len(found) > len(expected) else 'few'} dimensions"
    return "has another shape than it should"


def unsummed(found: Any, expected: Any) -> bool:
    """Say whether it is what was expected, before the sum over what was broadcast.

    Of two shapes no more is known than that one can be broadcast to the other.
    """
    if is_shape(found) and is_shape(expected):
        return bool(found != expected) and _stretched(found, expected) is not None
    arrays = _numbers(found, expected)
    axes = arrays and _stretched(arrays[0].shape, arrays[1].shape)
    if not arrays or not axes:
        return False
    one, other = arrays
    with errstate(all="ignore"):
        return _alike(one.sum(axis=axes).reshape(other.shape), other)


def is_shape(value: Any) -> bool:
    """Say whether it is a shape, and no structure of tensors."""
    return isinstance(value, tuple) and all(isinstance(length, int) for length in value)


def _numbers(*values: Any) -> tuple[ndarray[Any, Any], ...] | None:
    try:
        arrays = tuple(map(asarray, values))
    except Exception:  # noqa: BLE001 - lists that are no arrays, in an engine's own way
        return None
    return arrays if all(array.dtype.kind in NUMBERS for array in arrays) else None


def _stretched(found: tuple[int, ...], expected: tuple[int, ...]) -> tuple[int, ...] | None:
    """Name the axes along which a shape has been broadcast to another, if it has been."""
    own = (1,) * (len(found) - len(expected)) + expected
    if len(own) != len(found) or any(b not in (1, a) for a, b in zip(found, own, strict=True)):
        return None
    added = len(found) - len(expected)
    return tuple(n for n, (a, b) in enumerate(zip(found, own, strict=True)) if n < added or a != b)


def _of_shapes(found: ndarray[Any, Any], expected: ndarray[Any, Any]) -> str:
    if found.shape and array_equal(found, expected.T):
        return "is transposed"
    return wrong_shape(found.shape, expected.shape)


def _of_values(found: ndarray[Any, Any], expected: ndarray[Any, Any]) -> str:
    if isnan(found[~isnan(expected)]).any():
        return "is NaN where it should be a number"
    if (~isfinite(found[isfinite(expected)])).any():
        return "is infinite where it should be finite"
    if not isfinite(expected).all():
        return "is finite where it should not be" if isfinite(found).all() else ANOTHER
    if not found.any():
        return "is zero and should not be"
    if not expected.any():
        return "is not zero and should be"
    if _alike(found, expected):
        return "is off by less than 1 in 100,000"
    if _alike(found, -expected):
        return "has the opposite sign"
    for factor, words in FACTORS.items():
        if _alike(found, factor * expected):
            return f"is {words} what it should be"
    return _of_entries(found, expected) if found.size > 1 else ANOTHER


def _of_entries(found: ndarray[Any, Any], expected: ndarray[Any, Any]) -> str:
    """Say how entries are wrong that are not all wrong in the same way.

    A complex number has no sign; what is conjugated, or taken by other parts, is just another.
    """
    if "c" in found.dtype.kind + expected.dtype.kind:
        return ANOTHER
    if _alike(absolute(found), absolute(expected)):
        return "has the opposite sign in some entries"
    if _alike(found, expected.T):
        return "is transposed"
    if _alike(sort(found, axis=None), sort(expected, axis=None)):
        return "has its entries in another order"
    wrong = absolute(found - expected) > 1e-6 * absolute(expected).max()
    if not found[wrong].any():
        return "is zero in some entries and should not be"
    return ANOTHER


def _alike(found: ndarray[Any, Any], expected: ndarray[Any, Any]) -> bool:
    """Compare roughly, in float32 too."""
    if found.shape != expected.shape:
        return False
    return bool(allclose(found, expected, rtol=1e-5, atol=1e-6 * absolute(expected).max()))
