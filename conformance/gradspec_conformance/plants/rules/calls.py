"""Which calls of the catalogue come through which row: what a sweep of the rules can turn red.

Every call is made once on the sound engine, while each row notes that its kernel ran.  A call comes
through the row of its operator's name, if that ran, and else through the last that did and is no
mere view.  Of one that ran several times nothing is said: a fault that is met twice may cancel.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import Autograd
from gradspec.catalogue.facets.axes import ALONG
from gradspec.catalogue.operator import ANALYTIC, DIFFERENTIABLE, LINEAR, PIECEWISE
from gradspec.catalogue.operators import CALLS, ENDS, KINKS
from gradspec.catalogue.operators import OPERATORS as CATALOGUE
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import on_constants
from gradspec.program.recorder import Recorder
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.plants.places import kernel
from gradspec_conformance.plants.swap import Swap
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradspec.catalogue.operator import Call


@dataclass(slots=True)
class Ran:
    """How often the kernel of a row ran in a call, when last, and whether it made a mere view."""

    times: int = 0
    last: int = 0
    is_view: bool = True


def traced(calls: Mapping[str, Call]) -> dict[str, dict[str, Ran]]:
    """Give for each call the rows whose kernels run."""
    clock = itertools.count()
    found: dict[str, dict[str, Ran]] = {}
    ran: dict[str, Ran] = {}

    def noting(row: str) -> Callable[..., Any]:
        def running(sound: Callable[..., Any], *arguments: Any) -> Any:
            result = sound(*arguments)
            noted = ran.setdefault(row, Ran())
            noted.times, noted.last = noted.times + 1, next(clock)
            noted.is_view &= isinstance(result, np.ndarray) and result.base is not None
            return result

        return running

    with Swap() as swap, Recorder(ReferenceEngine()) as recorder, np.errstate(all="ignore"):
        for row in OPERATORS:
            kernel(row).fill(swap, noting(row))
        for name, call in calls.items():
            sample = call.sample()
            ran.clear()
            on_constants(Autograd(recorder), call, sample)
            found[name] = dict(ran)
    return found


TRACED: Final = traced(CALLS)
AT_KINKS: Final = traced({name: call for name, (call, _) in KINKS.items()})
AT_ENDS: Final = traced({name: call for name, (call, _) in ENDS.items()})


def _chosen(call: Call, ran: Mapping[str, Ran]) -> str | None:
    plain = (call.operator.form_of or call.operator.name).removesuffix("_")
    if plain in ran or not ran:
        return plain if ran else None
    last = max(ran, key=lambda row: (not ran[row].is_view, ran[row].last))
    overwritten = ran.get("copy", ran[last]).last > ran[last].last
    return None if ran[last].times > 1 or overwritten else last


def row_of(call: Call) -> str | None:
    """Name the row that a call comes through, if there is one that alone makes its result."""
    return _chosen(call, TRACED[call.name])


@functools.cache
def calls_through(row: str) -> list[Call]:
    """Give the calls of the catalogue that come through a row of the table."""
    return [call for call in CALLS.values() if row_of(call) == row]


def calls_of_its_own(row: str) -> list[Call]:
    """Give those that come through no other."""
    return [call for call in calls_through(row) if len(TRACED[call.name]) == 1]


def kinks_through(row: str) -> list[str]:
    """Name the kinks of the catalogue that are met in the rule of a row of the table."""
    return [n for n, (call, _) in KINKS.items() if _chosen(call, AT_KINKS[n]) == row]


def ends_through(row: str) -> list[str]:
    """Name the ends of the catalogue that are met in the rule of a row of the table."""
    return [n for n, (call, _) in ENDS.items() if _chosen(call, AT_ENDS[n]) == row]


def axis_kills(row: str) -> dict[str, str]:
    """Say how a call along one axis fails, if the row takes the first for whichever is named."""
    names = OPERATORS[row].param_names
    takes = names[:1] in (("dim",), ("dims",)) and (len(names) == 1 or names[-1] == "keepdim")
    takes = takes and len(OPERATORS[row].operand_names) == 1
    for call in calls_of_its_own(row) if takes else ():
        dim = call.given.get("dim")
        x = call.given.get("x")
        plain = not (call.operator.inplace or call.gives_several)
        if call.operator.name in ALONG and plain and x and isinstance(dim, int):
            shape = np.shape(call.value(call.sample()))
            if dim % len(x.shape) and len(shape) <= len(x.shape):
                kind = "value" if shape == x.shape else "shape"
                return {f"op-201/{call.name}": kind}
    return {}


def _through_none() -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for name, call in CALLS.items():
        if not TRACED[name]:
            found.setdefault(call.operator.name, []).append(call)
    return found


MADE_BY_FUNCTIONS: Final = _through_none()
"""Operators with calls that come through no row of the table, and these calls."""

IDENTITIES: Final = tuple(
    name
    for name, calls in MADE_BY_FUNCTIONS.items()
    if CATALOGUE[name].smoothness in DIFFERENTIABLE and len(calls) == len(CATALOGUE[name].calls)
)
"""Those that hand back what they were given, whatever the call."""


def is_flat(call: Call) -> bool:
    """Say whether every slope of a call is zero, so that no sign can be lost.

    Where a part of the operand is written through a view, it is about this part.
    """
    sample = call.sample()
    value = call.value(sample)
    weight = np.ones_like(value)
    other = (ran for row, ran in TRACED[call.name].items() if row != row_of(call))
    if call.operator.inplace and any(ran.is_view for ran in other):
        weight = weight * (value != sample["x"])
    return not any(map(np.any, pulled_back(call, sample, weight).gradients))


def _flat() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in OPERATORS:
        for call in (c for c in calls_through(row) if not c.gives_several):
            smoothness = call.operator.smoothness
            may_be = smoothness in (ANALYTIC, PIECEWISE) or (
                smoothness is LINEAR
                and (call.operator.inplace or not np.any(call.value(call.sample())))
            )
            if may_be and is_flat(call):
                found[row] = (*found.get(row, ()), call.name)
    return found


FLAT: Final = _flat()
"""Row of the engine's table -> calls whose every slope is zero."""
