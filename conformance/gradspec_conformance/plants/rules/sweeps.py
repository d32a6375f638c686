"""Sweeps: one kind of fault, in every operator that can have it; start at `SWEEPS`.

A plant of a sweep is named after the row of the engine's table, or the function, that it breaks;
what it kills follows from which calls of the catalogue come through there.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import gradspec_reference
from gradspec.catalogue import signs
from gradspec.catalogue.operator import (
    CONSTANT,
    DIFFERENTIABLE,
    PIECEWISE,
    UNDETERMINED,
    Call,
    variables,
)
from gradspec.catalogue.operators import CALLS, KINKS
from gradspec.catalogue.operators import OPERATORS as CATALOGUE
from gradspec.chapters.operators.data_types import OF_SEVERAL
from gradspec.chapters.operators.operands import ALONE
from gradspec.chapters.operators.second_order import BENDING
from gradspec.writing.clause import CASES
from gradspec_conformance.plants.history import number
from gradspec_conformance.plants.places import IN_SHAPE, UNBROADCAST, at, kernel, rule
from gradspec_conformance.plants.plant import Plant, enter
from gradspec_conformance.plants.rules.calls import (
    FLAT,
    IDENTITIES,
    MADE_BY_FUNCTIONS,
    axis_kills,
    calls_of_its_own,
    calls_through,
    kinks_through,
)
from gradspec_reference import autograd
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_conformance.plants.swap import Fault, Place, Swap


@dataclass(frozen=True, slots=True)
class Spot:
    """What one plant of a sweep breaks, where and how, and what it thereby kills."""

    name: str
    places: tuple[Place, ...]
    fault: Fault
    kills: dict[str, str]

    def put(self, swap: Swap) -> None:
        """Put the fault into its places."""
        for place in self.places:
            swap(place, self.fault)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One kind of fault: what it does to {name}, the bug that it is modelled on, where it goes."""

    kind: str
    change: str
    modelled_on: str
    spots: Callable[[], Iterator[Spot]]

    def plants(self) -> Iterator[Plant]:
        """Make the plants."""
        for spot in self.spots():
            name, change = f"{spot.name}_{self.kind}", self.change.format(name=spot.name)
            yield Plant(name, "rules", change, self.modelled_on, spot.kills, spot.put, sweep=True)


# values -------------------------------------------------------------------------------
def off(array: Any) -> Any:
    """Make an array wrong in every entry."""
    kind = np.asarray(array).dtype.kind
    if kind == "b":
        return ~array
    return array * 1.5 + 0.25 if kind == "f" else array + 1


def value_of(call: Call) -> str:
    """Name the row that says what a call gives."""
    return f"op-208/{call.name}" if call.operator.inplace else f"op-201/{call.name}"


def off_kernel(sound: Any, *arguments: Any) -> Any:
    """Give a wrong result, or wrong results."""
    result = sound(*arguments)
    return list(map(off, result)) if isinstance(result, list) else off(result)


def wrong_kernels() -> Iterator[Spot]:
    """Break the kernel of every row that some call comes through."""
    for name in OPERATORS:
        calls = [c for c in calls_through(name) if c.operator.smoothness is not UNDETERMINED]
        if calls:
            kills = {value_of(c): "value" for c in calls}
            yield Spot(name, (kernel(name),), off_kernel, kills)


def changing(change: Callable[[Any], None]) -> Fault:
    """Do something to what a public function gives, behind the engine's back."""

    def fault(sound: Any, *arguments: Any, **keywords: Any) -> Any:
        result = sound(*arguments, **keywords)
        change(result)
        return result

    return fault


def set_array(wrong: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Do something to the numbers of a tensor."""

    def change(result: Any) -> None:
        result._array = wrong(result._array)

    return change


def wrong_functions() -> Iterator[Spot]:
    """Break the result of every function that has no row of the table."""
    for name, calls in MADE_BY_FUNCTIONS.items():
        kills = {value_of(c): "value" for c in calls}
        if CATALOGUE[name].smoothness is not UNDETERMINED:
            yield Spot(name, (public(name),), changing(set_array(off)), kills)


def wrong_shapes() -> Iterator[Spot]:
    """Turn round the shape of what is made with any numbers in it."""
    turned = changing(set_array(np.transpose))
    for call in CALLS.values():
        if call.operator.smoothness is UNDETERMINED:
            place = (public(call.operator.name),)
            yield Spot(call.name, place, turned, {f"op-202/{call.name}": "shape"})


SIGNS: Final = {
    name: signs.method(name)
    for name, operator in CATALOGUE.items()
    if operator.sign and operator.smoothness is CONSTANT
}
"""Comparison -> the method of its sign."""


def public(name: str) -> at:
    """Find where programs find an operator of the catalogue."""
    if name == "tensor_from":
        return at(gradspec_reference, "tensor")
    if name == "Variable":
        return at(type(autograd.Variable), "__call__")
    if name in SIGNS:
        return at(Tensor, SIGNS[name])
    operator = CATALOGUE[name]
    if operator.torch is None:
        return at(Tensor, signs.method(name))
    _, *home, own = (operator.torch or ".").partition("(")[0].split(".")
    if home:
        return at(functools.reduce(getattr, home, gradspec_reference), own)
    return at(Tensor if operator.method else gradspec_reference, own or name)


def along_the_first(sound: Any, x: Any, dims: Any, *rest: Any) -> Any:
    """Put dimension 0 in the place of the one that a kernel is given."""
    return sound(x, (0,) if isinstance(dims, tuple) else 0, *rest)


def ignored_axes() -> Iterator[Spot]:
    """Take the first dimension, whichever was named."""
    for name in OPERATORS:
        if kills := axis_kills(name):
            yield Spot(name, (kernel(name),), along_the_first, kills)


def ignored_wishes() -> Iterator[Spot]:
    """Drop the dimension that was to be kept."""
    for name, row in OPERATORS.items():
        kills = {value_of(c): "shape" for c in calls_of_its_own(name) if c.given.get("keepdim")}
        if kills and row.param_names[-1:] == ("keepdim",):
            drop: Fault = lambda sound, *given: sound(*given[:-1], False)  # noqa: E731 - a fault
            yield Spot(name, (kernel(name),), drop, kills)


def swapped_operands() -> Iterator[Spot]:
    """Take the second operand for the first, and the first for the second."""
    for name in ("sub", "div", "pow", "remainder", "gt", "ge", "lt", "le"):
        calls = [c for c in calls_of_its_own(name) if not c.name.endswith("_equal")]
        kills = {value_of(c): "value" for c in calls}
        turn: Fault = lambda sound, x, y, *rest: sound(y, x, *rest)  # noqa: E731 - a fault
        yield Spot(name, (kernel(name),), turn, kills)


# derivatives --------------------------------------------------------------------------
def slopes_through(row: str) -> dict[str, str]:
    """Name the rows about derivatives that a wrong rule turns red."""
    calls = [c for c in calls_through(row) if c.operator.smoothness in DIFFERENTIABLE]
    return {f"op-{'209' if c.operator.inplace else '001'}/{c.name}": "value" for c in calls}


def flat_slopes(row: str) -> dict[str, str]:
    """Name those of them where the slope is zero."""
    flat = FLAT.get(row, ())
    return {i: kind for i, kind in slopes_through(row).items() if i.partition("/")[2] in flat}


def has_a_zero(call: Call) -> bool:
    """Say whether a step is asked where it jumps."""
    return bool(np.any(call.sample()["x"] == 0))


def rules_of(name: str) -> tuple[Place, ...]:
    """Name the rules of all operands of a row."""
    return tuple(rule(name, operand) for operand in OPERATORS[name].vjp)


def opposite(found: Any) -> Any:
    """Give what a rule gave with the other sign; there may be nothing."""
    return None if found is None else -found


def lost_signs() -> Iterator[Spot]:
    """Turn the sign of every rule."""
    for name in OPERATORS:
        flat = flat_slopes(name)
        kills = {i: kind for i, kind in slopes_through(name).items() if i not in flat}
        if kills:
            turned: Fault = lambda sound, *given: opposite(sound(*given))  # noqa: E731 - a fault
            yield Spot(name, rules_of(name), turned, kills)
    kills = {f"op-203/{c.name}": "value" for c in calls_through("heaviside") if has_a_zero(c)}
    # the sound one refuses, whatever arrives, and is asked first whether it will
    opposed: Fault = lambda _sound, _xp, g, *_: opposite(g)  # noqa: E731 - a fault
    yield Spot("heaviside", rules_of("heaviside"), opposed, kills)


def keeps_shape(call: Call) -> bool:
    """Say whether what arrives fits an operand."""
    sample = call.sample()
    shapes = {np.shape(point) for point in variables(sample)}
    return call.gives_several or np.shape(call.value(sample)) in shapes


def passed_on() -> Iterator[Spot]:
    """Hand on what arrives, where nothing should come through."""
    hand_on: Fault = lambda _sound, _xp, g, *_: g  # noqa: E731 - a fault
    for name in FLAT:
        calls = [c for c in calls_of_its_own(name) if keeps_shape(c)]
        own = {f"op-{clause}/{c.name}" for c in calls for clause in ("001", "209")}
        kills = {i: kind for i, kind in flat_slopes(name).items() if i in own}
        several = [c for c in calls if c.name in OF_SEVERAL and c.name in FLAT[name]]
        if kills := kills | {f"op-100/{c.name}": "unexpected gradient" for c in several if kills}:
            yield Spot(name, rules_of(name), hand_on, kills)
    flat = [c for c in calls_through("heaviside") if not np.all(c.sample()["x"] == 0)]
    kills = {f"op-203/{c.name}": "value" for c in flat}
    yield Spot("heaviside", rules_of("heaviside"), hand_on, kills)


def nothing_at_kinks() -> Iterator[Spot]:
    """Divide zero by zero in every rule that has a kink, of which it knows by what is saved."""
    nothing: Fault = lambda sound, *given: sound(*given) * np.nan  # noqa: E731 - a fault
    for name, row in OPERATORS.items():
        kills: dict[str, str] = {}
        for kink in kinks_through(name) if row.saves != OPERATORS["sum"].saves else ():
            if kink in FLAT.get(name, ()) and not keeps_shape(KINKS[kink][0]):
                continue  # there is no rule at all
            _, found = KINKS[kink]
            kills |= {f"op-204/{kink}": "value"} if found.between is not None else {}
            kills |= {f"op-205/{kink}": "value"} if found.choice is not None else {}
        if kills:
            yield Spot(name, rules_of(name), nothing, kills)


def doubled_ties() -> Iterator[Spot]:
    """Give twice what is due where entries are tied."""
    for name in OPERATORS:
        kills = {f"op-210/{k}": "value" for k in kinks_through(name) if f"op-210/{k}" in CASES}
        if kills:
            twice: Fault = lambda sound, *given: 2 * sound(*given)  # noqa: E731 - a fault
            yield Spot(name, rules_of(name), twice, kills)


NO_SIGN: Final = ("interpolate", "col2im", "dropout", "matrix_power")
"""Operators that come through two rules, whose signs cancel, or through none."""


def slopes_off_by_one() -> Iterator[Spot]:
    """Let a function depend once more on what it was given."""

    def depend(sound: Any, x: Any, *arguments: Any, **keywords: Any) -> Any:
        total = x.sum()
        return sound(x, *arguments, **keywords) + (total - total.detach())

    for name in NO_SIGN:
        calls = [c for c in CALLS.values() if c.operator.name == name]
        kills = {f"op-001/{c.name}": "value" for c in calls}
        yield Spot(name, (public(name),), depend, kills)


def neighbours() -> Iterator[Spot]:
    """Send what is for one place to the next."""
    next_one: Fault = lambda sound, *given: np.roll(sound(*given), 1)  # noqa: E731 - a fault
    told = [n for n, (c, kink) in KINKS.items() if c.tells_places and kink.between is not None]
    for name in OPERATORS:
        kills = {f"op-029/{kink}": "value" for kink in kinks_through(name) if kink in told}
        if kills:
            yield Spot(name, rules_of(name), next_one, kills)


def lost_histories() -> Iterator[Spot]:
    """Cut off what an operator that changes nothing hands back."""

    def cut(sound: Any, *arguments: Any, **keywords: Any) -> Any:
        return sound(*arguments, **keywords).detach()

    for name in IDENTITIES:
        yield Spot(name, (public(name),), cut, {f"op-001/{name}": "missing gradient"})


def broadcasting() -> Iterator[Spot]:
    """Leave every gradient in the shape of the result."""
    broadcast = [c for c in CALLS.values() if c.name.endswith("_broadcast")]
    smooth = [c for c in broadcast if c.operator.smoothness in DIFFERENTIABLE]
    kills = {f"op-001/{c.name}": "shape" for c in smooth}
    leave: Fault = lambda _sound, *given: given[-2]  # noqa: E731 - a fault
    yield Spot("everything", (UNBROADCAST, IN_SHAPE), leave, kills)


def cut_short() -> Iterator[Spot]:
    """Take what every rule gives for a mere number."""
    cut: Fault = lambda sound, *given: number(sound(*given))  # noqa: E731 - a fault
    for name in OPERATORS:
        calls = [c for c in calls_through(name) if c.name in BENDING]
        kills = {f"op-220/{c.name}": "value" for c in calls if c.name not in FLAT.get(name, ())}
        if kills:
            yield Spot(name, rules_of(name), cut, kills)


def lost_alone() -> Iterator[Spot]:
    """Give zero where another operand's rule would have saved something and did not."""
    for name, row in OPERATORS.items():
        needs = {frozenset(row.needs_of(operand)) for operand in row.receivers}
        calls = [c for c in calls_of_its_own(name) if c.name in ALONE]
        if calls and len(needs - {frozenset()}) > 1:
            kills = {f"op-221/{c.name}": "value" for c in calls}
            yield Spot(name, rules_of(name), zero_if_alone, kills)


def zero_if_alone(sound: Any, xp: Any, g: Any, *given: Any) -> Any:
    """Give zero where something was not saved."""
    found = sound(xp, g, *given)
    return found * 0.0 if any(value is None for value in given) else found


# flags --------------------------------------------------------------------------------
def flag(result: Any) -> None:
    """Make a tensor require grad, whatever its data type."""
    result._requires_grad = True


def flagged_constants() -> Iterator[Spot]:
    """Let what has no derivative require grad."""
    named: dict[str, dict[str, str]] = {}
    for call in CALLS.values():
        if f"op-206/{call.name}" in CASES:
            named.setdefault(call.operator.name, {})[f"op-206/{call.name}"] = "flag"
    for name, kills in named.items():
        yield Spot(name, (public(name),), changing(flag), kills)


def flagged_places() -> Iterator[Spot]:
    """Let places require grad."""
    named: dict[str, dict[str, str]] = {}
    for call in CALLS.values():
        if call.operator.smoothness is PIECEWISE and call.tells_places:
            named.setdefault(call.operator.name, {})[f"op-207/{call.name}"] = "flag"
    for name, kills in named.items():
        yield Spot(name, (public(name),), changing(flag_places), kills)


def flag_places(result: Any) -> None:
    """Flag the second of two results, where there are two."""
    if isinstance(result, tuple):
        flag(result[1])


TEACHING: Final = "teaching engines"
AGAIN: Final = "pytorch/pytorch#104040"

SWEEPS: Final = (
    Sweep("is_wrong", "The kernel of {name} is off.", TEACHING, wrong_kernels),
    Sweep("gives_another_value", "What {name} gives is off.", TEACHING, wrong_functions),
    Sweep("turns_its_shape", "{name} turns the shape round.", TEACHING, wrong_shapes),
    Sweep("ignores_its_axis", "{name} takes the first dimension.", TEACHING, ignored_axes),
    Sweep("ignores_keepdim", "{name} drops the dimension.", TEACHING, ignored_wishes),
    Sweep("swaps_its_operands", "{name} swaps its operands.", TEACHING, swapped_operands),
    Sweep("loses_its_sign", "The rule of {name} has the wrong sign.", TEACHING, lost_signs),
    Sweep("passes_on", "The rule of {name} hands on what arrives.", TEACHING, passed_on),
    Sweep("has_nan_at_its_kink", "The rule of {name} is 0 / 0.", "HIPS/autograd", nothing_at_kinks),
    Sweep("doubles_ties", "{name} gives tied entries twice their due.", TEACHING, doubled_ties),
    Sweep("depends_once_more", "The slope of {name} is 1 too much.", TEACHING, slopes_off_by_one),
    Sweep("pays_the_neighbour", "{name} pays the next entry.", TEACHING, neighbours),
    Sweep("loses_history", "{name} hands back a constant.", TEACHING, lost_histories),
    Sweep("requires_grad", "What {name} gives requires grad.", "tinygrad#3037", flagged_constants),
    Sweep("has_places_with_grad", "The places of {name} require grad.", TEACHING, flagged_places),
    Sweep("is_cut_short", "What the rule of {name} gives is a number.", AGAIN, cut_short),
    Sweep("is_lost_alone", "The rule of {name} needs what others saved.", TEACHING, lost_alone),
    Sweep("is_not_unbroadcast", "Gradients keep the result's shape.", TEACHING, broadcasting),
)

for one_kind in SWEEPS:
    for made in one_kind.plants():
        enter(made)
