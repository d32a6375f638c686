"""Sweeps: one kind of fault, in every operator that can have it; start at `SWEEPS`.

A plant of a sweep is named after the row of the engine's table, or the function, that it breaks;
what it kills follows from which calls of the catalogue come through there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import gradspec_reference
from gradspec.catalogue.operator import CONSTANT, DIFFERENTIABLE, UNDETERMINED, Call
from gradspec.catalogue.operators import CALLS, KINKS, OPERATORS
from gradspec_conformance.plants.plant import Plant, Swap
from gradspec_conformance.plants.reach import (
    FLAT,
    HAS_AXIS,
    IDENTITIES,
    MADE_BY_FUNCTIONS,
    calls_through,
    kinks_through,
)
from gradspec_reference import autograd
from gradspec_reference.engine import shapes
from gradspec_reference.engine.operator import TABLE, Repeated
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHAPTER: Final = "operators"


@dataclass(frozen=True, slots=True)
class Spot:
    """What one plant of a sweep breaks, what it thereby kills, and how."""

    name: str
    fault: Callable[[Swap], None]
    kills: dict[str, str]


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
            yield Plant(
                name=f"{spot.name}_{self.kind}",
                chapter=CHAPTER,
                change=self.change.format(name=spot.name),
                modelled_on=self.modelled_on,
                kills=spot.kills,
                fault=spot.fault,
            )


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


def wrong_kernels() -> Iterator[Spot]:
    """Break the kernel of every row that some call comes through."""
    for name, row in TABLE.items():
        calls = [c for c in calls_through(name) if c.operator.smoothness is not UNDETERMINED]
        if calls and name not in MADE_BY_FUNCTIONS:
            yield Spot(name, kernel_fault(row, off), {value_of(c): "value" for c in calls})


def kernel_fault(row: Any, wrong: Callable[[Any], Any]) -> Callable[[Swap], None]:
    """Put a wrong result, or wrong results, in the place of a kernel's."""
    sound = row.kernel

    def kernel(*arguments: Any) -> Any:
        result = sound(*arguments)
        return list(map(wrong, result)) if isinstance(result, list) else wrong(result)

    return lambda swap: swap(row, "kernel", kernel)


def wrong_functions() -> Iterator[Spot]:
    """Break the result of every function that has no row of the table."""
    for name in MADE_BY_FUNCTIONS:
        calls = [c for c in CALLS.values() if c.operator.name == name]
        yield Spot(
            name, function_fault(name, set_array(off)), {value_of(c): "value" for c in calls}
        )


def wrong_shapes() -> Iterator[Spot]:
    """Turn round the shape of what is made with any numbers in it."""
    for call in CALLS.values():
        if call.operator.smoothness is UNDETERMINED:
            fault = function_fault(call.name, set_array(np.transpose))
            yield Spot(call.name, fault, {f"op-202/{call.name}": "shape"})


def set_array(wrong: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Do something to the numbers of a tensor, behind the engine's back."""

    def change(result: Any) -> None:
        result._array = wrong(result._array)  # noqa: SLF001 - a plant reaches inside

    return change


def function_fault(name: str, change: Callable[[Any], None]) -> Callable[[Swap], None]:
    """Do something to what a public function or method gives, before it is handed out."""

    def fault(swap: Swap) -> None:
        owner, attribute = owner_of(name)
        sound = getattr(owner, attribute)

        def function(*arguments: Any, **keywords: Any) -> Any:
            result = sound(*arguments, **keywords)
            change(result)
            return result

        swap(owner, attribute, function)

    return fault


SIGNS: Final = {"gt": "__gt__", "ge": "__ge__", "lt": "__lt__", "le": "__le__"}


def owner_of(name: str) -> tuple[Any, str]:
    """Find where programs find an operator of the catalogue."""
    if name == "tensor_from":
        return gradspec_reference, "tensor"
    if name == "Variable":
        return type(autograd.Variable), "__call__"
    if name in SIGNS:
        return Tensor, SIGNS[name]
    return (Tensor if OPERATORS[name].method else gradspec_reference), name


def ignored_axes() -> Iterator[Spot]:
    """Take the first dimension, whichever was named."""
    for name, kind in HAS_AXIS.items():
        plain = "" if name in ("cumsum", "softmax", "log_softmax", "logsumexp") else "_dim"
        row, call = TABLE[name], f"{name.removesuffix('_dim')}{plain}"
        yield Spot(name, axis_fault(row), {f"op-201/{call}": kind})


def ignored_wishes() -> Iterator[Spot]:
    """Drop the dimension that was to be kept."""
    for name, row in TABLE.items():
        kills = {value_of(c): "shape" for c in calls_through(name) if c.given.get("keepdim")}
        if kills and row.param_names[-1:] == ("keepdim",):
            yield Spot(name, keepdim_fault(row), kills)


def keepdim_fault(row: Any) -> Callable[[Swap], None]:
    """Put False in the place of the last parameter of a kernel."""
    sound = row.kernel
    return lambda swap: swap(row, "kernel", lambda *given: sound(*given[:-1], False))


def swapped_operands() -> Iterator[Spot]:
    """Take the second operand for the first, and the first for the second."""
    for name in ("sub", "div", "pow", "remainder", "gt", "ge", "lt", "le"):
        calls = [c for c in calls_through(name) if c.name not in SIGNS]
        yield Spot(name, swapped_fault(TABLE[name]), {value_of(c): "value" for c in calls})


def swapped_fault(row: Any) -> Callable[[Swap], None]:
    """Swap the first two arguments of a kernel."""
    sound = row.kernel
    return lambda swap: swap(row, "kernel", lambda x, y, *rest: sound(y, x, *rest))


def axis_fault(row: Any) -> Callable[[Swap], None]:
    """Put dimension 0 in the place of the one that a kernel is given."""
    sound = row.kernel

    def kernel(x: Any, dims: Any, *rest: Any) -> Any:
        return sound(x, (0,) if isinstance(dims, tuple) else 0, *rest)

    return lambda swap: swap(row, "kernel", kernel)


# derivatives --------------------------------------------------------------------------
def slopes_through(row: str) -> dict[str, str]:
    """Name the rows about derivatives that a wrong rule turns red."""
    calls = [c for c in calls_through(row) if c.operator.smoothness in DIFFERENTIABLE]
    return {f"op-{'209' if c.operator.inplace else '001'}/{c.name}": "value" for c in calls}


def flat_slopes(row: str) -> dict[str, str]:
    """Name those of them where the slope is zero."""
    flat = FLAT.get(row, ())
    return {i: kind for i, kind in slopes_through(row).items() if i.partition("/")[2] in flat}


def rule_fault(row: Any, wrong: Callable[[Any, Any], Any]) -> Callable[[Swap], None]:
    """Put something else, made of g and of what is right, in the place of what rules give."""

    def fault(swap: Swap) -> None:
        def broken(rule: Any, skipped: int) -> Any:
            def wrongly(*arguments: Any) -> Any:
                swap.took_effect()
                return wrong(arguments[skipped + 1], rule(*arguments))

            return wrongly

        rules = row.vjps
        if isinstance(rules, Repeated):  # told first which operand it is for
            swap(row, "vjps", Repeated(broken(rules.rule, 1)))
        else:
            swap(row, "vjps", tuple(rule and broken(rule, 0) for rule in rules))

    return fault


def lost_signs() -> Iterator[Spot]:
    """Turn the sign of every rule."""
    for name, row in TABLE.items():
        slopes = slopes_through(name)
        kills = {i: kind for i, kind in slopes.items() if i not in flat_slopes(name)}
        if kills:
            yield Spot(name, rule_fault(row, lambda _, right: -right), kills)


def passed_on() -> Iterator[Spot]:
    """Hand on what arrives, where nothing should come through."""
    for name in FLAT:
        fault = rule_fault(TABLE[name], lambda g, _: g)
        yield Spot(name, fault, flat_slopes(name))
    step = TABLE["heaviside"]
    rules = tuple(lambda _xp, g, *_: g for _ in step.vjps)
    kills = {f"op-203/{c.name}": "value" for c in calls_through("heaviside")}
    yield Spot("heaviside", lambda swap: took_place(swap, step, rules), kills)


def took_place(swap: Swap, row: Any, rules: tuple[Any, ...]) -> None:
    """Give a row other rules; what refuses never comes to be asked, so they count themselves."""

    def counted(rule: Any) -> Any:
        def counting(*arguments: Any) -> Any:
            swap.took_effect()
            return rule(*arguments)

        return counting

    swap(row, "vjps", tuple(map(counted, rules)))


def nothing_at_kinks() -> Iterator[Spot]:
    """Divide zero by zero in every rule that has a kink."""
    for name, operator in TABLE.items():
        fault = rule_fault(operator, lambda _, right: right * np.nan)
        kills: dict[str, str] = {}
        for kink in kinks_through(name):
            _, row = KINKS[kink]
            kills |= {f"op-204/{kink}": "value"} if row.between is not None else {}
            kills |= {f"op-205/{kink}": "value"} if row.choice is not None else {}
        if kills:
            yield Spot(name, fault, kills)


def neighbours() -> Iterator[Spot]:
    """Send what is for one place to the next."""
    for name in ("max_dim", "min_dim", "median_dim"):
        fault = rule_fault(TABLE[name], lambda _, right: np.roll(right, 1))
        yield Spot(name, fault, {f"op-029/{name}": "value"})


def lost_histories() -> Iterator[Spot]:
    """Cut off what an operator that changes nothing hands back."""
    for name in IDENTITIES:
        fault = replaced_result(name, lambda result: result.detach())
        yield Spot(name, fault, {f"op-001/{name}": "missing gradient"})


def replaced_result(name: str, change: Callable[[Any], Any]) -> Callable[[Swap], None]:
    """Hand out another tensor than a public function or method gives."""

    def fault(swap: Swap) -> None:
        owner, attribute = owner_of(name)
        sound = getattr(owner, attribute)
        swap(owner, attribute, lambda *given, **named: change(sound(*given, **named)))

    return fault


# flags --------------------------------------------------------------------------------
def flag(result: Any) -> None:
    """Make a tensor require grad, whatever its data type."""
    result._requires_grad = True  # noqa: SLF001 - a plant reaches inside


def flagged_constants() -> Iterator[Spot]:
    """Let what has no derivative require grad."""
    named: dict[str, dict[str, str]] = {}
    for call in CALLS.values():
        if call.operator.smoothness is CONSTANT and call.operator.name != "resize_":
            named.setdefault(call.operator.name, {})[f"op-206/{call.name}"] = "flag"
    for name, kills in named.items():
        yield Spot(name, function_fault(name, flag), kills)


def flagged_places() -> Iterator[Spot]:
    """Let places require grad."""
    for name in ("max", "min", "median", "sort", "topk"):
        calls = [c.name for c in CALLS.values() if c.operator.name == name and c.gives_several]
        fault = function_fault(name, flag_places)
        yield Spot(name, fault, {f"op-207/{call}": "flag" for call in calls})


def flag_places(result: Any) -> None:
    """Flag the second of two results, where there are two."""
    if isinstance(result, tuple):
        flag(result[1])


def broadcasting() -> Iterator[Spot]:
    """Leave every gradient in the shape of the result."""
    broadcast = [c for c in CALLS.values() if c.name.endswith("_broadcast")]
    smooth = [c for c in broadcast if c.operator.smoothness in DIFFERENTIABLE]
    kills = {f"op-001/{c.name}": "shape" for c in smooth}

    def fault(swap: Swap) -> None:
        swap(shapes, "unbroadcast", lambda _xp, gradient, _shape: gradient)

    yield Spot("everything", fault, kills)


TEACHING: Final = "common in teaching engines"

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
    Sweep("pays_the_neighbour", "{name} pays the next entry.", TEACHING, neighbours),
    Sweep("loses_history", "{name} hands back a constant.", TEACHING, lost_histories),
    Sweep("requires_grad", "What {name} gives requires grad.", "tinygrad#3037", flagged_constants),
    Sweep("has_places_with_grad", "The places of {name} require grad.", TEACHING, flagged_places),
    Sweep("is_not_unbroadcast", "Gradients keep the result's shape.", TEACHING, broadcasting),
)


def swept() -> dict[str, Plant]:
    """Make every plant of every sweep, by name."""
    return {plant.name: plant for sweep in SWEEPS for plant in sweep.plants()}
