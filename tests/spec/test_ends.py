"""What the catalogue says of an end is where the slopes of the formula go, near it and nearer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradspec.catalogue.ends import FAR, of_each
from gradspec.catalogue.operator import Call, End, OrNan, replaced, variables
from gradspec.catalogue.operators import ENDS
from gradspec.catalogue.slopes import pulled_back

NEARER = ((1e-4, 60.0), (1e-8, 300.0))
"""How far from a number, and what for infinity and whatever is as good."""

OF_SERIES = dict.fromkeys(("erf", "erfc", "gelu", "lgamma"), ((1e-4, 3.0), (1e-8, 5.5)))
"""Operators whose formula is a series, which is not for what is far away."""

CLOSE = 0.05
"""1 / 300 and half its root are near zero, and nothing else that is said."""


def moved(point: Any, step: float, far: float) -> Any:
    """Go a step from each number; what is far is no nearer in a step, nor is what is farther."""
    farther = np.where(np.isinf(point), 1.0, np.clip(np.abs(point) / FAR, 1.0, 2.0))
    return np.where(np.abs(point) >= far, np.copysign(far * farther, point), point + step)


def value(call: Call, sample: Any) -> Any:
    with np.errstate(all="ignore"):
        found = call.value(sample)
        return np.asarray(found[0] if call.gives_several else found)


def approached(call: Call, end: End, which: int, near: float, far: float) -> Any:
    """Come near the end with one variable, or with all, from the side where the domain is."""
    sample = call.sample()
    points = list(variables(sample))
    part = 0 if call.gives_several else None
    found = np.full(points[which].shape, np.nan)
    for alone in (True, False):
        moving = [number == which or not alone for number in range(len(points))]

        def there(step: Any, moving: list[bool] = moving) -> Any:
            steps = [step if moves else 0.0 for moves in moving]
            beside = [moved(p, s, far) for p, s in zip(points, steps, strict=True)]
            return replaced(sample, beside, lambda constant: constant)

        above = value(call, there(near))
        inward = np.where(np.isfinite(above), near, -near) if above.ndim else near
        weights = np.broadcast_to(end.weights, above.shape)
        with np.errstate(all="ignore"):
            slopes = pulled_back(call, there(inward), weights, part).gradients[which]
        found = np.where(np.isnan(found), slopes, found)
    return found


def goes_to(found: list[Any], limit: Any) -> Any:
    """Say of each entry whether it comes near, or grows and grows."""
    before, after = found
    limit = np.broadcast_to(limit, after.shape)
    grows = (np.sign(after) == np.sign(limit)) & (np.abs(after) > 1.5 * np.abs(before))
    there = after == limit
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(limit), grows | there, np.abs(after - limit) < CLOSE)


CASES = [
    pytest.param(call, end, which, id=f"{name}-{which}")
    for name, (call, end) in ENDS.items()
    for which, limit in enumerate(of_each(end.limit, len(list(variables(call.sample())))))
    if limit is not None
]


@pytest.mark.parametrize(("call", "end", "which"), CASES)
def test_slopes_near_an_end_lead_to_its_limit(call: Call, end: End, which: int) -> None:
    limit = of_each(end.limit, which + 1)[which]
    distances = OF_SERIES.get(call.operator.name, NEARER)
    found = [approached(call, end, which, near, far) for near, far in distances]

    if isinstance(limit, OrNan):
        low, high = (goes_to(found, bound) for bound in (limit.low, limit.high))
        inside = (found[1] > limit.low) & (found[1] < limit.high)
        assert np.all(low | high | inside), found
    else:
        assert np.all(goes_to(found, limit)), found


@pytest.mark.parametrize(("call", "end"), ENDS.values(), ids=list(ENDS))
def test_an_end_says_something_of_each_variable(call: Call, end: End) -> None:
    count = len(list(variables(call.sample())))
    said = zip(of_each(end.limit, count), of_each(end.choice, count), strict=True)

    for limit, choice in said:
        assert (limit is None or isinstance(limit, OrNan)) == (choice is not None)


@pytest.mark.parametrize(("call", "end"), ENDS.values(), ids=list(ENDS))
def test_what_torch_chose_at_an_end_is_in_the_interval_or_nan(call: Call, end: End) -> None:
    count = len(list(variables(call.sample())))
    for limit, choice in zip(of_each(end.limit, count), of_each(end.choice, count), strict=True):
        if isinstance(limit, OrNan):
            inside = np.greater_equal(choice, limit.low) & np.less_equal(choice, limit.high)
            assert np.all(np.isnan(choice) | inside)
