"""Forward mode.

A backward pass starts from a result and asks what it depends on.  Forward mode starts from a
direction: a tensor is given a tangent, the two are a dual number, and every operation computes the
tangent of its result along with the value.  That tangent is the Jacobian times the direction, at
the cost of one evaluation, and nothing need be recorded.  Tangents live in a level, and end with
it.
"""

from gradspec.chapters.forward_mode import (
    dual_numbers,
    views_and_writes,
    both_modes,
    operators,
    custom_functions,
    refusals,
)

__all__ = [
    "both_modes",
    "custom_functions",
    "dual_numbers",
    "operators",
    "refusals",
    "views_and_writes",
]
