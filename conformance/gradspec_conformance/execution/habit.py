"""`habit(failure, program)`: how a result is wrong, told the same way wherever it is wrong so.

It is a sentence that names neither the clause nor its numbers: "a gradient has the opposite sign".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec.exceptions import FailureKind
from gradspec.judging.wrongness import ANOTHER, is_shape, unsummed, wrong_shape, wrongness
from gradspec.program.steps import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec.exceptions import Failure
    from gradspec.program.steps import Program, Step

GRADIENTS: Final = ("get:grad", "grad", "vjp", "jvp", "call")
"""Acts whose results are gradients, nearly always."""

GENERAL: Final = ("a value", "a gradient")
"""What so many demands are made of that another value of it is no habit."""

NO_GRADIENT: Final = "a gradient is None where there should be one"

UNSUMMED: Final = "a gradient is not summed over the axes that its tensor was broadcast along"

SAID: Final = {
    (FailureKind.ALIASING, True): "what should be the same tensor, or memory, is another",
    (FailureKind.ALIASING, False): "what should be a tensor, or memory, of its own is shared",
    (FailureKind.LIFETIME, True): "a tensor is gone that is still needed",
    (FailureKind.LIFETIME, False): "a tensor is kept alive that nothing needs",
    (FailureKind.WARNING, "a warning"): "there is no warning where there should be one",
    (FailureKind.WARNING, "no warning"): "there is a warning where there should be none",
}
"""Kind of failure and what was expected -> the habit."""


def habit(failure: Failure, program: Program) -> str | None:
    """Say how what was found is wrong; None where only the clause says what is demanded."""
    found, expected = failure.found, failure.expected
    demand, steps = _last(program.steps)
    what = _looked_at(demand, steps)
    match failure.kind:
        case FailureKind.VALUE if demand is not None and demand.given["check"] == "lies_between":
            return f"{what} is out of its bounds"
        case FailureKind.VALUE | FailureKind.SHAPE if what == GENERAL[1] and unsummed(
            found, expected
        ):
            return UNSUMMED
        case FailureKind.VALUE | FailureKind.FLAG if found is not None and expected is not None:
            how = wrongness(found, expected)
            return None if how == ANOTHER and what in GENERAL else f"{what} {how}"
        case FailureKind.SHAPE:
            return f"{what} {_shape(found, expected)}"
        case FailureKind.DTYPE if isinstance(expected, str):
            return f"{what} is of {found} and should be of {expected}"
        case FailureKind.MISSING_GRADIENT:
            return NO_GRADIENT
        case FailureKind.UNEXPECTED_GRADIENT:
            return f"{what} is there and should be None"
        case FailureKind.NO_ERROR:
            return f"what should be refused ({expected}) is done"
        case FailureKind.WRONG_ERROR:
            return f"what should be refused as {expected} is refused as {found}"
        case FailureKind.ALIASING | FailureKind.LIFETIME | FailureKind.WARNING:
            return SAID.get((failure.kind, expected))
    return None


def _shape(found: Any, expected: Any) -> str:
    if is_shape(found) and is_shape(expected):
        return wrong_shape(found, expected)
    return wrongness(found, expected)


def _looked_at(demand: Step | None, steps: list[Step]) -> str:
    """Name what a demand was made of, by the act that gave it."""
    looked = set(numbers(demand.given.get("found"))) if demand is not None else set()
    act = next((s.act for s in reversed(steps) if looked & set(numbers(s.makes))), "")
    family, _, name = act.partition(":")
    if act in GRADIENTS or family == "transform":
        return "a gradient"
    return name if family == "get" else "a value"


def _last(steps: Iterable[Step]) -> tuple[Step | None, list[Step]]:
    """Find the last demand, in blocks too, and list all steps."""
    flat: list[Step] = []
    waiting = [*steps][::-1]
    while waiting:
        step = waiting.pop()
        flat.append(step)
        waiting += [*(step.steps or ())][::-1]
    return next((step for step in reversed(flat) if step.act == "expect"), None), flat
