"""Operators whose operands are broadcast against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec.catalogue.facets.asking import Asked, calls_of, operands_of, same, with_shapes
from gradspec.catalogue.operator import DIFFERENTIABLE, Call, map_arrays
from gradspec.catalogue.operators import OPERATORS
from gradspec.exceptions import TooFewNumbers

if TYPE_CHECKING:
    from collections.abc import Iterator

MIDDLE: Final[tuple[int, ...]] = (2, 1, 2)
LAST: Final[tuple[int, ...]] = (3, 1)
"""They meet in (2, 3, 2): one is repeated in the middle, one at the end and in front."""

ARRAY: Final[tuple[int, ...]] = (2, 3)
WHOLE: Final[tuple[int, ...]] = (2, 3, 2)


def broadcast(call: Call) -> list[Asked]:
    """Draw operands of which each is repeated, in front, in the middle, at the end, everywhere."""
    operands = [n for n in operands_of(call) if not _is_number(call, n)]
    forms: list[dict[str, tuple[int, ...]]]
    if call.operator.inplace:
        operands.remove("x")
        forms = [dict.fromkeys(operands, shape) | {"x": WHOLE} for shape in (LAST, MIDDLE, ())]
    else:
        forms = [dict.fromkeys(operands, LAST) | {one: MIDDLE} for one in operands]
        forms += [dict.fromkeys(operands, ARRAY) | {one: ()} for one in operands]
    return [with_shapes(call, shapes) for shapes in forms]


def _is_number(call: Call, operand: str) -> bool:
    """Say whether an operand has no dimensions where others have some."""
    shapes = {name: call.given[name].shape for name in operands_of(call)}
    return shapes[operand] == () and any(shapes.values())


def _repeats(asked: Asked) -> bool:
    """Say whether the formula takes operands for what they are, repeated."""
    shapes = [np.shape(v) for v in asked.sample.values() if isinstance(v, np.ndarray)]
    whole = np.broadcast_shapes(*shapes)
    repeated = map_arrays(asked.sample, lambda a: np.broadcast_to(a, whole).copy())
    found = asked.value()
    once = Asked(asked.call, map_arrays(repeated, lambda a: a[(-1,) * len(whole)])).value()
    if found is None or once is None or found[0].shape != whole:
        return False
    return same(found, Asked(asked.call, repeated).value()) and same([found[0].ravel()[-1]], once)


def _admits(call: Call) -> bool:
    if len(operands_of(call)) <= 1 or any(isinstance(v, np.ndarray) for v in call.given.values()):
        return False
    if call.operator.inplace and "x" not in operands_of(call):
        return False
    try:
        return _repeats(broadcast(call)[0])
    except TooFewNumbers:
        return False


def _most_telling() -> Iterator[tuple[str, Call]]:
    for name, operator in OPERATORS.items():
        if operator.smoothness in DIFFERENTIABLE and operator.formula:
            telling = sorted(
                calls_of(operator),
                key=lambda call: (len(operands_of(call)), "broadcast" in call.name),
            )
            named = next(filter(_admits, reversed(telling)), None)
            if named is not None:
                yield name, named


BROADCAST: Final = dict(_most_telling())
"""Operator -> its call with most operands that are broadcast."""
