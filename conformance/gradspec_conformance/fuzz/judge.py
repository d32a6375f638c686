"""`verdict(...)`: who is wrong about a gradient, decided by finite differences in float64.

That can be said of a program that computes, and then asks once for gradients: what cuts, writes
in place, hooks or switches has gradients that are no derivative of what was computed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operators import OPERATORS
from gradspec.program.steps import Ref
from gradspec_conformance.fuzz.lockstep import quietly
from gradspec_conformance.fuzz.sides import Refusal, Side

if TYPE_CHECKING:
    from gradspec.port.engine import Subject
    from gradspec.program.steps import Step
    from gradspec_conformance.fuzz.comparing import Difference

STEP: Final = 1e-6
NEAR: Final = 1e-4

CUTTING: Final = frozenset({"op:detach", "op:clone_detached", "op:detach_"})


def verdict(steps: list[Step], difference: Difference, oracle: Subject) -> str:
    """Say with whom finite differences agree; "" where they have nothing to say."""
    passed = steps[-1] if steps else None
    leaf = difference.number
    judged = difference.observable == "grad" and passed is not None and passed.act == "backward"
    if not judged or passed is None or leaf is None or not all(map(_computes, steps[:-1])):
        return ""
    with quietly():
        slope = _slope(steps[:-1], passed, leaf, oracle)
    if slope is None:
        return ""
    near = {
        name: isinstance(said, np.ndarray) and said.shape == slope.shape and _near(said, slope)
        for name, said in (("oracle", difference.expected), ("subject", difference.found))
    }
    agree = [name for name, is_near in near.items() if is_near]
    return f"finite differences agree with the {agree[0]}" if len(agree) == 1 else ""


def _near(said: Any, slope: Any) -> bool:
    return bool(np.allclose(said, slope, rtol=NEAR, atol=NEAR))


def _computes(step: Step) -> bool:
    if step.act in ("leaf", "tensor"):
        return True
    name = step.act.removeprefix("op:")
    return name in OPERATORS and not OPERATORS[name].inplace and step.act not in CUTTING


def _slope(steps: list[Step], passed: Step, leaf: int, oracle: Subject) -> Any:
    """Compute the vector-Jacobian product of the pass by central differences."""
    at = next((s for s in steps if s.makes == Ref(leaf) and s.act == "leaf"), None)
    if at is None:
        return None
    data = np.asarray(at.given["data"], float)
    slope = np.zeros(data.shape)
    for entry in np.ndindex(data.shape):
        ends = []
        for sign in (1, -1):
            moved = data.copy()
            moved[entry] += sign * STEP
            changed = [replace(s, given=s.given | {"data": moved}) if s is at else s for s in steps]
            ends.append(_weighed(changed, passed, oracle))
        if None in ends:
            return None
        slope[entry] = (ends[0] - ends[1]) / (2 * STEP)
    return slope


def _weighed(steps: list[Step], passed: Step, oracle: Subject) -> Any:
    """Compute the root, weighed with the cotangent."""
    side = Side(oracle)
    side.begin()
    if any(isinstance(side.do(step), Refusal) for step in steps):
        return None
    root, cotangent = passed.given["root"], passed.given.get("gradient")
    if not isinstance(root, Ref) or not isinstance(cotangent, Ref | None):
        return None
    value = np.array(side.ask("array", x=side.things[root.number]))
    weights = (
        1.0 if cotangent is None else np.array(side.ask("array", x=side.things[cotangent.number]))
    )
    return float(np.sum(value * weights))
