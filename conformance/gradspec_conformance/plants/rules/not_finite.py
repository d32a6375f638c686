"""Faults about NaN and infinities: numbers in their place, and NaN where it does not belong."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.facets.not_finite import INSTEAD, TELLING, is_of_numbers, spoilt
from gradspec.catalogue.operator import PIECEWISE
from gradspec.chapters.operators.not_finite import (
    CHOOSING,
    PASSING,
    SMOOTH,
    TAKING,
    UNFACTORED,
)
from gradspec_conformance.plants.places import kernel
from gradspec_conformance.plants.plant import TEACHING, enter, general
from gradspec_conformance.plants.rules.calls import TRACED, calls_of_its_own, calls_through
from gradspec_conformance.plants.rules.sweeps import Spot, Sweep, off, public, rules_of
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.catalogue.facets.asking import Asked
    from gradspec_conformance.plants.swap import Fault


def numbers_for(nan: float, posinf: float, neginf: float) -> Fault:
    """Take other numbers for what is no number, or no finite one."""

    def read(given: Any) -> Any:
        if isinstance(given, np.ndarray | np.floating) and given.dtype.kind == "f":
            return np.nan_to_num(given, nan=nan, posinf=posinf, neginf=neginf)
        return list(map(read, given)) if isinstance(given, list) else given

    def fault(sound: Any, *given: Any) -> Any:
        return sound(*map(read, given))

    return fault


NO_NAN: Final = numbers_for(nan=INSTEAD["nan"], posinf=np.inf, neginf=-np.inf)
NO_INFINITY: Final = numbers_for(nan=np.nan, posinf=INSTEAD["inf"], neginf=INSTEAD["-inf"])


CHECKED: Final = ("binary_cross_entropy",)
"""Operators whose kernel is not given what is no probability: that is refused before."""


def nan_clause(name: str) -> str:
    """Name the row that a call fails where NaN is taken for zero, if that shows."""
    checked = TELLING[name].operator.name in CHECKED or "equal_nan" in TELLING[name].given
    if checked or not tells(name, "nan"):
        return ""
    return f"op-{275 if name in PASSING else 276}/{name}"


def infinity_clause(name: str) -> str:
    """Name the row that a call fails where infinities are taken for very large numbers."""
    row = TELLING[name].operator
    asked = name in UNFACTORED and row.name not in CHECKED and not row.cancels
    return f"op-277/{name}" if asked and tells(name, "inf", "-inf") else ""


def kind_of(name: str, clause: str) -> str:
    """Say how a call fails a row where it is given a number instead: it may have fewer results."""
    numbers = ("inf", "-inf") if clause.startswith("op-277/") else ("nan",)
    pairs = (
        (one.asked.value() or [], one.at(INSTEAD[number]).value() or [])
        for number in numbers
        for one in spoilt(name, number)
        if one.tells
    )
    alike = all(np.shape(a) == np.shape(b) for pair in pairs for a, b in zip(*pair, strict=False))
    return "value" if alike else "shape"


def tells(name: str, *numbers: str) -> bool:
    """Say whether a call shows that numbers were taken for others."""
    return any(one.tells for number in numbers for one in spoilt(name, number))


def told(row: str) -> list[str]:
    """Name the calls through a row that are asked: where there are, those through no other.

    Where places are told, or NaN is to equal NaN, they are found before the kernel runs.
    """
    own, every = calls_of_its_own(row), calls_through(row)
    seen = (c for c in own or every if c.name in TELLING and c.operator.name not in CHECKED)
    return [c.name for c in seen if not (c.tells_places or "equal_nan" in c.given)]


def kernels(fault: Fault, clause_of: Callable[[str], str]) -> Iterator[Spot]:
    """Put a fault into the kernel of every row of the engine's table."""
    for row in OPERATORS:
        failed = {clause: name for name in told(row) if (clause := clause_of(name))}
        if kills := {clause: kind_of(name, clause) for clause, name in failed.items()}:
            yield Spot(row, (kernel(row),), fault, kills)


def functions(fault: Fault, clause_of: Callable[[str], str]) -> Iterator[Spot]:
    """Put it into every operator of which no kernel alone decides what becomes of it."""
    seen = {clause for spot in kernels(fault, clause_of) for clause in spot.kills}
    named: dict[str, dict[str, str]] = {}
    for name, call in TELLING.items():
        if (clause := clause_of(name)) and clause not in seen:
            named.setdefault(call.operator.name, {})[clause] = kind_of(name, clause)
    for operator, kills in named.items():
        yield Spot(operator, (public(operator),), in_tensors(fault), kills)


def wrong_of_no_numbers() -> Iterator[Spot]:
    """Make wrong what comes of them, where no other fault of the kind would show."""
    for name, call in TELLING.items():
        kills = {
            f"op-{clause}/{name}": kind
            for clause, asked, seen, kind in (
                ("275", PASSING, nan_clause(name), "value"),
                ("276", TAKING, nan_clause(name), "value"),
                ("277", UNFACTORED, infinity_clause(name), "value"),
                ("278", SMOOTH, call.operator.name not in CHECKED, "missing gradient"),
            )
            if name in asked and not seen
        }
        if kills and name != "pow":  # which programs do not call by its name
            yield Spot(name, (public(call.operator.name),), wrong_beside_no_number, kills)


def flat(given: Any) -> Iterator[Tensor]:
    """Give the tensors among arguments."""
    if isinstance(given, Tensor):
        yield given
    elif isinstance(given, tuple | list):
        for one in given:
            yield from flat(one)
    elif isinstance(given, dict):
        yield from flat(tuple(given.values()))


def tamed(given: Any) -> Any:
    """Give arguments with numbers between a quarter and three quarters."""
    if isinstance(given, Tensor):
        array = given._array
        return (
            Tensor(np.clip(np.nan_to_num(array), 0.25, 0.75)) if array.dtype.kind == "f" else given
        )
    if isinstance(given, tuple | list):
        return type(given)(map(tamed, given))
    return {n: tamed(v) for n, v in given.items()} if isinstance(given, dict) else given


def wrong_beside_no_number(sound: Any, *given: Any, **named: Any) -> Any:
    """Give what is wrong, and made of tame numbers, where an operand has one that is not finite."""
    if all(np.isfinite(v._array).all() for v in flat((given, named))):
        return sound(*given, **named)
    result = sound(*tamed(given), **tamed(named))
    for one in result if isinstance(result, tuple | list) else (result,):
        one._array = off(one._array)
    return result


def other_choices() -> Iterator[Spot]:
    """Choose among what is left when NaN is taken for zero."""
    for name, call in CHOOSING.items():
        places = [
            [(one.at(number).value() or [None])[-1] for one in spoilt(call.name, "nan")]
            for number in (np.nan, INSTEAD["nan"])
        ]
        if not all(map(np.array_equal, *places)):
            kills = {f"op-279/{name}": "value"}
            yield Spot(name, (public(name),), in_tensors(NO_NAN), kills)


def slopes_of_numbers() -> Iterator[Spot]:
    """Take NaN for zero in every rule, where the slope depends on it."""
    for row in OPERATORS:
        names = [n for n in told(row) if n in SMOOTH and bends(n) and len(TRACED[n]) == 1]
        if names:
            kills = {f"op-278/{name}": "value" for name in names}
            yield Spot(row, rules_of(row), NO_NAN, kills)


def bends(name: str) -> bool:
    """Say whether a slope depends on an operand."""
    call = SMOOTH[name]
    if call.operator.smoothness is PIECEWISE or call.operator.cancels or call.gives_several:
        return False
    weights = np.ones_like(call.value(call.sample()))
    return any(
        np.isnan(gradient).any() and np.isfinite(number).all() and is_of_numbers(zero.value())
        for one in spoilt(name, "nan")
        for zero in (one.at(INSTEAD["nan"]),)
        for gradient, number in zip(
            one.pulled_back(weights, None).gradients, slopes(zero, weights), strict=True
        )
    )


def slopes(asked: Asked, weights: Any) -> list[Any]:
    """Give gradients, which may be infinite."""
    with np.errstate(all="ignore"):
        return asked.pulled_back(weights).gradients


def in_tensors(fault: Fault) -> Fault:
    """Do it to the numbers of the tensors that a public function is given."""

    def read(given: Any) -> Any:
        if isinstance(given, Tensor):
            given._array = fault(lambda array: array, given._array)
        for one in given if isinstance(given, list | tuple) else ():
            read(one)
        return given

    def faulty(sound: Any, *given: Any, **named: Any) -> Any:
        return sound(*map(read, given), **{name: read(one) for name, one in named.items()})

    return faulty


NAN_IN_KERNELS: Final = functools.partial(kernels, NO_NAN, nan_clause)
NAN_IN_FUNCTIONS: Final = functools.partial(functions, NO_NAN, nan_clause)
INFINITY_IN_KERNELS: Final = functools.partial(kernels, NO_INFINITY, infinity_clause)
INFINITY_IN_FUNCTIONS: Final = functools.partial(functions, NO_INFINITY, infinity_clause)

for one_kind in (
    Sweep("takes_nan_for_zero", "The kernel of {name} takes NaN for 0.", TEACHING, NAN_IN_KERNELS),
    Sweep("is_given_zero_for_nan", "{name} takes NaN for 0.", TEACHING, NAN_IN_FUNCTIONS),
    Sweep("knows_no_infinity", "{name} ends at 1e308.", TEACHING, INFINITY_IN_KERNELS),
    Sweep("is_given_no_infinity", "{name} is given no infinity.", TEACHING, INFINITY_IN_FUNCTIONS),
    Sweep("is_wrong_of_no_number", "{name} of NaN is wrong.", TEACHING, wrong_of_no_numbers),
    Sweep("has_slopes_at_nan", "The rule of {name} takes NaN for 0.", TEACHING, slopes_of_numbers),
    Sweep("does_not_choose_nan", "{name} does not choose NaN.", TEACHING, other_choices),
):
    for made in one_kind.plants():
        enter(made)


@general(
    "value: op-275/exp_array op-275/add_broadcast op-278/exp_array", "a loss that is NaN as a whole"
)
def nan_spreads(swap):
    """Where one entry of an operand is NaN, the whole result is."""

    def spread(sound: Any, *given: Any) -> Any:
        result = sound(*given)
        spoilt_operand = any(isinstance(x, np.ndarray) and is_spoilt(x) for x in given)
        return result * np.nan if spoilt_operand and isinstance(result, np.ndarray) else result

    for row in OPERATORS:
        swap(kernel(row), spread)


def is_spoilt(array: Any) -> bool:
    """Say whether NaN is in an array."""
    return array.dtype.kind == "f" and bool(np.isnan(array).any())
