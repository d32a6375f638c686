"""What differs: exactly first, numbers up to rounding after that, and refusals by their kinds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import numpy as np

from gradspec.rank import Nature
from gradspec_conformance.fuzz.sides import Refusal

LARGE: Final = 1e6
"""Beyond this a program is left: what is rounded there would come back as a difference."""

CLOSE: Final = {"float64": 1e-8, "complex128": 1e-8, "float32": 2e-4, "complex64": 2e-4}
COARSE: Final = 2e-2


class Likeness(Enum):
    """How alike two things are."""

    SAME = "same"
    ROUNDED = "rounded"
    OTHER = "other"


OF_OPERANDS: Final = frozenset(
    {
        "operand-shape",
        "dimension",
        "inplace-shape",
        "operand-dtype",
        "inplace-dtype",
        "index-range",
        "batch-axes",
    }
)
"""Kinds beside which a call may have another fault: no clause says which of two is named."""

OF_VIEWS: Final = frozenset(
    {"no-grad-view-inplace", "multi-view-inplace", "leaf-view-inplace", "leaf-inplace"}
)
"""Kinds of one write: a view may be in the way for more than one reason."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What two engines said of one thing in one step, and of which kind that is.

    `observable` names the thing; `number` is the tensor that shows it, if one does.
    """

    act: str
    observable: str
    expected: Any
    found: Any
    number: int | None = None

    @property
    def words(self) -> tuple[str, str]:
        """Say briefly what the oracle and what the subject said."""
        return brief(self.expected), brief(self.found)


NUMBERS: Final = ("value", "grad", "hooks")
"""What differs by the rule of an operator, so that each operator is a cause of its own."""


def nature_of(difference: Difference) -> Nature:
    """Say of what nature a difference is: numbers, what was not refused, and what is chosen."""
    expected, found = difference.expected, difference.found
    if isinstance(expected, Refusal) and not isinstance(found, Refusal):
        # what operands an operator takes each school chooses, as NumPy takes numbers for truth
        wider = difference.act.startswith("op:") and expected.kind in {None, *OF_OPERANDS}
        return Nature.CONVENTION if wider else Nature.SAFETY
    if isinstance(found, Refusal):
        return Nature.CONVENTION
    if expected is None:  # who keeps more gradients than torch is not wrong
        return Nature.CONVENTION
    numbers = isinstance(expected, np.ndarray) or difference.observable in NUMBERS
    return Nature.VALUE if numbers else Nature.CONVENTION


def brief(value: Any) -> str:
    """Say what was seen in a few words that do not depend on the numbers."""
    match value:
        case Refusal():
            return value.word
        case np.ndarray():
            return "a value"
        case list():
            return "a log"
        case None:
            return "nothing"
    return str(value)


def likeness(expected: Any, found: Any, *, coarse: bool = False) -> Likeness:
    """Compare what two engines said; `coarse` as numbers of 32 bits, whatever they are of."""
    if type(expected) is np.ndarray and type(found) is np.ndarray:  # as most things are
        return _of_arrays(expected, found, coarse=coarse)
    if isinstance(expected, Refusal) or isinstance(found, Refusal):
        return _of_refusals(expected, found)
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return Likeness.OTHER
        pairs = zip(expected, found, strict=True)
        every = {likeness(one, other, coarse=coarse) for one, other in pairs}
        return next(
            (each for each in (Likeness.OTHER, Likeness.ROUNDED) if each in every), Likeness.SAME
        )
    if isinstance(expected, float) and isinstance(found, float):
        return _of_arrays(np.array(expected), np.array(found), coarse=coarse)
    alike = type(expected) is type(found) or isinstance(expected, int | float | tuple)
    return Likeness.SAME if alike and expected == found else Likeness.OTHER


def _of_refusals(expected: Any, found: Any) -> Likeness:
    """Both refuse, in one way as far as it is known which."""
    if not (isinstance(expected, Refusal) and isinstance(found, Refusal)):
        return Likeness.OTHER
    kinds = {expected.kind, found.kind}
    alike = len(kinds) == 1 or None in kinds or not kinds.isdisjoint(OF_OPERANDS)
    return Likeness.SAME if alike or kinds <= OF_VIEWS else Likeness.OTHER


def _of_arrays(
    expected: np.ndarray[Any, Any], found: np.ndarray[Any, Any], *, coarse: bool
) -> Likeness:
    if expected.shape != found.shape or expected.dtype != found.dtype:
        return Likeness.OTHER
    if expected.tobytes() == found.tobytes():
        return Likeness.SAME
    if expected.dtype.kind not in "fc":
        return Likeness.SAME if bool((expected == found).all()) else Likeness.OTHER
    with np.errstate(all="ignore"):
        finite = np.abs(expected[np.isfinite(expected)])
        scale = max(1.0, float(finite.max(initial=0.0)))
        near = max(CLOSE.get(expected.dtype.name, COARSE), coarse * CLOSE["float32"]) * scale
        apart = np.abs(expected - found)
        same = (expected == found) | (np.isnan(expected) & np.isnan(found))
        if bool(same.all()):
            return Likeness.SAME
        return Likeness.ROUNDED if bool((same | (apart <= near)).all()) else Likeness.OTHER


def is_coarse(value: Any) -> bool:
    """Say whether something seen has numbers of fewer than 64 bits."""
    if isinstance(value, list):
        return any(map(is_coarse, value))
    return isinstance(value, np.ndarray) and value.dtype.name not in ("float64", "complex128")


FEW: Final = 16
INFINITE: Final = float("inf")


def is_large(value: Any) -> bool:
    """Say whether an array has entries that are too large to go on with."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc" or not value.size:
        return False
    if value.size <= FEW and value.dtype.kind == "f":  # what is small costs less without arrays
        return any(LARGE < abs(entry) < INFINITE for entry in value.ravel().tolist())
    return bool((np.abs(value[np.isfinite(value)]) > LARGE).any())
