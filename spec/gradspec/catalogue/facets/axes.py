"""Operators along an axis: the calls along each, from either end, along several, with it kept.

An operator works along an axis if the dimension can be moved elsewhere and named there, and the
result is what it was, or that with a dimension moved.  A dimension is added in front to operands
that have two, so that one is in the middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import Operand
from gradspec.catalogue.facets.asking import Asked, calls_of, out_of_place, same
from gradspec.catalogue.operator import (
    DIFFERENTIABLE,
    Call,
    Given,
    Operator,
    holds_tensors,
    map_arrays,
)
from gradspec.catalogue.signature import AXIS, PAIRS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEEP: Final = 3
LENGTHS: Final = (2, 3)


def _parameter(operator: Operator) -> str | None:
    return next((name for name in AXIS if name in operator.signature.names), None)


def _axis(call: Call) -> int | None:
    """Give the one axis that a call names, or that it is along if it names none."""
    name = _parameter(call.operator)
    given = call.given.get(name, call.operator.signature.defaults.get(name)) if name else None
    if isinstance(given, tuple) and len(given) == 1:
        (given,) = given
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def _first(given: Given) -> Any:
    """Give the operand whose dimensions are counted."""
    value = given.get("x", given.get("tensors"))
    return value[0] if holds_tensors(value) else value


def _rank(value: Any) -> int:
    return len(value.shape)


def _deepened(call: Call, axis: int) -> Call:
    """Give every operand that has as many dimensions as the first one more, in front."""
    first = _first(call.given)
    if _rank(first) >= DEEP:
        return call
    short, longer = LENGTHS  # the axis is to be alone in its length
    length = longer if first.shape[axis % _rank(first)] == short else short

    def deeper(value: Any) -> Any:
        if holds_tensors(value):
            return [deeper(v) for v in value]
        if isinstance(value, Operand) and _rank(value) == _rank(first):
            return Operand((length, *value.shape), value.domain)
        if isinstance(value, np.ndarray) and _rank(value) == _rank(first):
            return np.stack([value] * length)
        return value

    given = {name: deeper(value) for name, value in call.given.items()}
    return _naming(Call(call.operator, call.name, given), axis + 1 if axis >= 0 else axis)


def _naming(call: Call, axis: Any, **more: Any) -> Call:
    name = _parameter(call.operator)
    if name is None:
        raise TypeError(f"{call.operator.name} names no axis")
    many = call.operator.signature.variadic == name and isinstance(axis, int)
    given = {**call.given, name: (axis,) if many else axis, **more}
    return Call(call.operator, call.name, given)


def _along(asked: Asked, axis: int) -> Iterator[Asked]:
    """Name each other axis, where the dimension is then, or where the result has one more."""
    rank = _rank(_first(asked.sample))
    found = asked.value()
    start = axis % rank if axis < rank else axis
    for other in range(rank + 1):
        named = _naming(asked.call, other)
        name = _parameter(asked.call.operator) or ""

        def elsewhere(array: Any, to: int = other) -> Any:
            return np.moveaxis(array, start, to).copy() if array.ndim == rank else array

        if start < rank and other < rank:
            moved = Asked(named, map_arrays(asked.sample, elsewhere) | {name: named.given[name]})
            value = moved.value()
            if same(found, value) or same(_each_moved(found, start, other), value):
                yield moved
                continue
        kept = Asked(named, {**asked.sample, name: named.given[name]})
        if found and found[0].ndim > rank and same(_each_moved(found, start, other), kept.value()):
            yield kept


def _each_moved(values: list[Any] | None, start: int, end: int) -> list[Any] | None:
    try:
        return values and [np.moveaxis(value, start, end) for value in values]
    except ValueError:
        return None


def _base(operator: Operator) -> Iterator[Asked]:
    """Give the calls that are along one axis, and each deeper first."""
    for call in calls_of(operator):
        axis = _axis(call)
        if axis is not None and hasattr(_first(call.given), "shape"):
            for one in (_deepened(call, axis), call):
                try:
                    yield Asked(one, one.sample())
                except ValueError:
                    continue


def each_axis(operator: Operator) -> list[Asked]:
    """Give the calls along each axis; none, if the operator is not along one."""
    for asked in _base(operator):
        axis = _axis(asked.call)
        if axis is not None and asked.value() is not None:
            found = list(_along(asked, axis))
            if len(found) > 1:
                return found
    return []


def from_the_end(asked: Asked) -> Asked:
    """Count every axis that a call names from the end; raises ValueError where it names none."""
    rank = _rank(_first(asked.sample))
    named = _axes_of(asked.call)
    for count in (rank, rank + 1):
        turned = {name: _turned(value, count) for name, value in named.items()}
        given = {**asked.call.given, **turned}
        call = Call(asked.call.operator, asked.call.name, given)
        other = Asked(call, {**asked.sample, **turned})
        if same(asked.value(), other.value()):
            return other
    raise ValueError(f"{asked.call.name} names no axis that could be counted from the end")


def naming_axes(operator: Operator) -> list[Asked]:
    """Give the calls along each axis, or else those that name several axes that belong together."""
    if operator.name in ALONG:
        return ALONG[operator.name]
    calls = (call for call in calls_of(operator) if _is_counted(_axes_of(call)))
    return [asked for call in calls if _has_ends(asked := Asked(call, call.sample()))]


def _has_ends(asked: Asked) -> bool:
    """Say whether what looks like axes may be counted from the end, as numbers of repeats cannot.

    What lists axes of two operands cannot either, where these have unlike ranks.
    """
    try:
        from_the_end(asked)
    except ValueError:
        return False
    return True


def _axes_of(call: Call) -> dict[str, Any]:
    return {n: v for n, v in call.given.items() if _are_axes(call.operator, n, v)}


def _is_counted(axes: dict[str, Any]) -> bool:
    """Say whether some axis is counted from the front."""
    return any(_turned(value, 1) != value for value in axes.values())


def _are_axes(operator: Operator, name: str, value: Any) -> bool:
    """Say whether a parameter is given axes, and no count of them and no tensor."""
    if name in PAIRS or name == "dim" or operator.name in ALONG:
        return name in (*AXIS, *PAIRS) and isinstance(value, int | tuple)
    return name in AXIS and isinstance(value, tuple)


def _turned(value: Any, count: int) -> Any:
    if isinstance(value, tuple):
        return tuple(_turned(v, count) for v in value)
    return value - count if isinstance(value, int) and value >= 0 else value


def several_axes(operator: Operator) -> list[Asked]:
    """Give the calls along several axes, where there is one such call; along all, too."""
    for call in calls_of(operator) if operator.name in ALONG else ():
        value = call.given.get(_parameter(operator) or "")
        many = operator.signature.variadic == _parameter(operator)
        if many or (isinstance(value, tuple) and len(value) > 1):
            deep = _deepened(call, 0)
            sample = deep.sample()
            name = _parameter(operator) or ""
            named = (_naming(deep, dims) for dims in ((2, 0), (1, 2), (0, 1, 2)))
            asked = [Asked(one, {**sample, name: one.given[name]}) for one in named]
            return [one for one in asked if one.value() is not None]
    return []


def naming_none(operator: Operator) -> list[Asked]:
    """Give the call that names no axis, and what it means: that along all, of what reduces."""
    name = _parameter(operator) or ""
    reduces = {"keepdim", name} <= {*operator.signature.defaults}
    if not reduces or operator.smoothness not in DIFFERENTIABLE:
        return []
    return [
        Asked(
            Call(one.call.operator, one.call.name, {**one.call.given, name: ()}),
            {**one.sample, name: ()},
        )
        for one in SEVERAL.get(operator.name, ())[-1:]
        if len(one.call.given[name]) == _rank(_first(one.sample))
    ]


def keeping(operator: Operator) -> list[Asked]:
    """Give the same calls with the dimensions kept."""
    if "keepdim" not in operator.signature.names:
        return []
    asked = [*ALONG.get(operator.name, ()), *SEVERAL.get(operator.name, ())[:1]]
    kept = {"keepdim": True}
    return [
        Asked(
            Call(one.call.operator, one.call.name, {**one.call.given, **kept}),
            {**one.sample, **kept},
        )
        for one in asked
    ]


def _table(question: Callable[[Operator], list[Any]]) -> dict[str, list[Any]]:
    asked = {operator.name: question(operator) for operator in out_of_place()}
    return {name: found for name, found in asked.items() if found}


ALONG: Final = _table(each_axis)
NAMED: Final = _table(naming_axes)
SEVERAL: Final = _table(several_axes)
KEPT: Final = _table(keeping)
NONE_NAMED: Final = _table(naming_none)
