"""Faults where a domain or the numbers end: made-up gradients, and zeros for what is no number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.ends import is_bounded, is_determined
from gradspec.catalogue.operators import ENDS
from gradspec.chapters.operators.constants import FLAT
from gradspec_conformance.plants.places import rule
from gradspec_conformance.plants.plant import TEACHING, enter, plant
from gradspec_conformance.plants.rules.calls import ends_through
from gradspec_conformance.plants.rules.sweeps import Spot, Sweep, changing, public, rules_of
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE_UP: Final = 7.0
"""No slope at any end."""


def made_up(sound: Any, *given: Any) -> Any:
    """Give a number in the shape of the gradient."""
    found = sound(*given)
    return np.full_like(found, MADE_UP) if isinstance(found, np.ndarray) else found * 0 + MADE_UP


def guesses() -> Iterator[Spot]:
    """Make up the gradient in every rule of what has an end."""
    for name in OPERATORS:
        kills: dict[str, str] = {}
        for end in ends_through(name):
            _, said = ENDS[end]
            kills |= {f"op-250/{end}": "value"} if is_determined(said) else {}
            kills |= {f"op-251/{end}": "value"} if is_bounded(said) else {}
            kills |= {f"op-252/{end}": "value"} if said.choice is not None else {}
        if kills:
            yield Spot(name, rules_of(name), made_up, kills)


def cut_off(result: Any) -> None:
    """Make a constant of a result."""
    result._requires_grad, result._grad_fn = False, None


def constants() -> Iterator[Spot]:
    """Cut off what has a slope of zero."""
    for name in FLAT:
        kills = {f"op-020/{name}": "flag", f"op-248/{name}": "root-without-grad"}
        yield Spot(name, (public(name),), changing(cut_off), kills)


for one_kind in (
    Sweep("guesses_at_its_ends", "The rule of {name} makes up a number.", TEACHING, guesses),
    Sweep("is_a_constant", "What {name} gives is cut off.", TEACHING, constants),
):
    for made in one_kind.plants():
        enter(made)


def without_zeros(sound: Any, xp: Any, g: Any, *rest: Any) -> Any:
    """Give zero wherever zero arrives, whatever the slope."""
    return xp.where(g == 0, 0.0, sound(xp, g, *rest))


@plant(rule("div", "self"), "value: op-007", "rules that skip zeros")
def div_skips_zeros(sound, *given):
    """Where a quotient receives zero its operand does, also of a division by zero."""
    return without_zeros(sound, *given)


@plant(rule("sqrt", "self"), "value: op-044", "rules that skip zeros")
def sqrt_skips_zeros(sound, *given):
    """Where a root receives zero its operand does, also where its slope is infinite."""
    return without_zeros(sound, *given)


@plant(rule("log", "self"), "value: op-045", "rules that skip zeros")
def log_skips_zeros(sound, *given):
    """Where a logarithm receives zero its operand does, also where its slope is infinite."""
    return without_zeros(sound, *given)


@plant(rule("slice", "self"), "value: op-253", "memory that nobody cleared")
def slice_leaves_memory_as_it_is(sound, *given):
    """The gradient of what was not selected is whatever was in memory."""
    found = sound(*given)
    return np.where(found == 0, np.nan, found)


@plant(rule("mul", "self"), "value: op-049", "engines that clip gradients")
def mul_drops_nan(sound, xp, g, *rest):
    """A product takes NaN in what arrives for zero."""
    return sound(xp, xp.where(xp.isnan(g), 0.0, g), *rest)
