"""Where the specification states that torch and the reference engine may differ."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from compared_calls import (
    NUMBERED,
    TOLERANCE,
    Refusal,
    close,
    compared,
    seen,
    tolerance_of,
    unlike,
)
from conditions_of_calls import (
    has_ties,
    is_endless,
    is_mixed,
    lacks_symmetry,
)
from faults_of_torch import is_listed

import gradspec_reference as engine
from gradspec.catalogue.operator import Smoothness
from gradspec.catalogue.types import promotes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compared_calls import Difference
    from drawn_calls import Drawn


def is_stated(different: Difference) -> bool:
    """Whether the specification states that the two may differ there."""
    return (
        is_listed(different)
        or is_open(different)
        or follows_from_the_first(different)
        or lacks_a_derivative(different)
        or has_no_plan(different)
        or has_no_value(different)
        or cancels(different)
        or spreads_what_is_not_finite(different)
        or has_two_faults(different)
        or torch_differs_from_itself(different)
    )


def is_open(different: Difference) -> bool:
    """Whether the row of the catalogue leaves it open.

    It does where entries are tied and no choice is stated, in factors of no finite matrix, given an
    option for symmetric matrices with another, and about operands of several data types, if it does
    not bring them to one.  At NaN any slope of a kink will do, as op-278 says.
    """
    operator = different.call.operator
    numbers = re.fullmatch("value|(second )?gradient", different.kind) is not None
    ties = [kink for kink in operator.kinks.values() if kink.tie and kink.choice is None]
    factors = operator.factors or operator.smoothness is Smoothness.SPECTRAL
    return (
        (numbers and bool(ties) and has_ties(different))
        or (numbers and lacks_symmetry(different))
        or (operator.smoothness is Smoothness.PIECEWISE and differs_at_a_nan(different))
        or (factors and is_endless(different))
        or (not numbers and not promotes(operator) and is_mixed(different))
    )


def differs_at_a_nan(different: Difference) -> bool:
    """Whether derivatives differ only where an operand is NaN, which is on no side of a kink."""
    if different.kind not in ("gradient", "second gradient"):
        return False
    wanted, given = (facts[different.what][3] for facts in (different.expected, different.found))
    arrays = [t.array for t in different.call.tensors.values() if t.array.shape == given.shape]
    missing = np.logical_or.reduce([np.isnan(a) for a in arrays], initial=False)
    kept = ~np.broadcast_to(missing, given.shape)
    return close(wanted[kept], given[kept], TOLERANCE["float32"], 100)


def follows_from_the_first(different: Difference) -> bool:
    """Whether a second derivative by the factor is what the first ones, as found, add up to.

    The gradients are linear in the factor.  Where torch's are others, that has been said of them;
    and where torch does not keep the law, as with sums over nothing, torch is wrong.
    """
    facts = different.found
    last = max((k for k in facts if k.startswith("second gradient")), default="")
    if different.kind != "second gradient" or different.what != last:
        return False
    return close(np.array(facts["law"]), facts[last][3], TOLERANCE["float32"], 1)


def lacks_a_derivative(different: Difference) -> bool:
    """Whether torch has no derivative: the row says so, or torch itself of what it called."""
    refusal = next((v for v in different.expected.values() if isinstance(v, Refusal)), None)
    if refusal is None or different.kind != "answers where torch refuses":
        return False
    stated = different.call.operator.smoothness is Smoothness.REFUSED
    return (stated and refusal.stage != "call") or LACKING.search(refusal.message) is not None


LACKING: Final = re.compile("derivative for .* is not implemented|is not differentiable")


def has_no_plan(different: Difference) -> bool:
    """Whether it is the library that torch transforms with that refuses: it has none of nothing."""
    refusal = different.expected.get("error in call")
    return isinstance(refusal, Refusal) and "MKL FFT error" in refusal.message


def has_no_value(different: Difference) -> bool:
    """Whether nothing of the value is a number.

    Then there is no second derivative either, and a refusal is as good an answer.
    """
    value = different.found.get("value 0")
    if value is None or value[3] is None or not value[3].size:
        return False
    shown = ("second gradient", "answers where torch refuses")
    return different.kind in shown and bool(np.isnan(value[3]).all())


def cancels(different: Difference) -> bool:
    """Whether infinities meet on the way in one of the two, and leave NaN.

    The value and the derivative may be so where the row says it, and second derivatives anywhere;
    those also at a kink, where there is none.
    """
    operator = different.call.operator
    if different.kind == "second gradient":
        may_be = is_endless(different) or operator.smoothness is Smoothness.PIECEWISE
    else:
        may_be = different.kind in NUMBERED and is_endless(different) and operator.cancels
    if not may_be:
        return False
    wanted, given = (facts[different.what][3] for facts in (different.expected, different.found))
    met = np.isnan(wanted) | np.isnan(given)
    return close(wanted[~met], given[~met], TOLERANCE["float32"], 100)


def spreads_what_is_not_finite(different: Difference) -> bool:
    """Whether torch has NaN where nothing depends on what is not finite, as op-278 asks.

    Then it has the number that was found there when anything else stands in its place.
    """
    if different.kind not in NUMBERED or not is_endless(different):
        return False
    wanted, given = (facts[different.what][3] for facts in (different.expected, different.found))
    spread = np.isnan(wanted) & np.isfinite(given)
    slack = TOLERANCE["float32"]
    if not close(wanted[~spread], given[~spread], slack, 1):
        return False
    for number in (0.5, 0.75):
        facts = seen(with_number(different.call, number), torch)
        if different.what not in facts or facts[different.what][3].shape != given.shape:
            return False
        if not close(facts[different.what][3][spread], given[spread], slack, 100):
            return False
    return True


def with_number(call: Drawn, number: float) -> Drawn:
    """Put a number in the place of all that is not finite."""
    tensors = {
        name: replace(t, array=np.where(np.isfinite(t.array), t.array, t.array.dtype.type(number)))
        for name, t in call.tensors.items()
    }
    return replace(call, tensors=tensors)


def has_two_faults(different: Difference) -> bool:
    """Whether a call is refused for an argument, and the same way without it.

    Of two faults either may be named; without the argument both name the one that is left.
    """
    if different.kind != "another error" or "error in call" not in different.expected:
        return False
    wanted = different.expected["error in call"]
    for call in with_less(different.call):
        left, found = (seen(call, library).get("error in call") for library in (torch, engine))
        same = left is not None and left.error is wanted.error
        if same and found is not None and found.is_like(wanted):
            return True
    return False


def with_less(call: Drawn) -> Iterator[Drawn]:
    """Give a call without each of its arguments that are given by name."""
    program = ast.parse(call.text)
    made = [node for node in ast.walk(program) if isinstance(node, ast.Call) and node.keywords]
    for node in made:
        whole = node.keywords
        for keyword in whole:
            node.keywords = [other for other in whole if other is not keyword]
            yield replace(call, text=ast.unparse(program))
        node.keywords = whole


def torch_differs_from_itself(different: Difference) -> bool:
    """Whether torch gives other numbers when it is asked again: drawn ones, or unwritten memory.

    Or it gives what was found, if only the same entries lie elsewhere in memory: a kernel for
    several entries at once has other answers than the one for the rest.
    """
    call = different.call
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = seen(call, torch)
        if different.kind in NUMBERED:
            what, facts = different.what, seen(call, torch, apart=True)
            slack = tolerance_of(call, facts)
            if what in facts and not [*unlike(what, facts[what], different.found[what], slack)]:
                return True
        for number in range(AGAIN):
            litter(float(number))
            if any(True for _ in compared(first, seen(call, torch), 1e-12)):
                return True
    return False


AGAIN: Final = 8


def litter(number: float) -> None:
    """Leave a number in memory that nobody has then, in pieces of many sizes."""
    del [torch.full((size,), number, dtype=torch.float64) for size in range(1, 40)][:]
