"""A sweep of options that are taken and ignored, and faults of what some of them ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

import gradspec_reference
from gradspec.catalogue.facets.asking import REFUSALS, calls_of
from gradspec.catalogue.operator import UNDETERMINED
from gradspec.catalogue.operators import OPERATORS as CATALOGUE
from gradspec.writing.clause import CASES
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, enter, plant
from gradspec_conformance.plants.rules.sweeps import Spot, Sweep, public, value_of
from gradspec_reference.nn import attention, normalising

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.catalogue.operator import Call, Operator
    from gradspec_conformance.plants.swap import Fault

TABLES: Final = {
    "dtype": ("op-290 op-212", "dtype"),
    "out_int32": ("op-212", "dtype"),
    "unbiased": ("op-291", "value"),
    "size_average": ("op-291", "value"),
    "reduce": ("op-291", "shape"),
    "inplace": ("op-292", "value"),
    "momentum": ("op-293", "value"),
}
"""Option -> the tables that ask it of each operator, and how these fail where it is ignored."""


def told_by(call: Call, option: str) -> dict[str, str]:
    """Say how a call fails that is made without an option, if it then gives something else."""
    sample = call.sample()
    rest = {name: given for name, given in sample.items() if name != option}
    try:
        found, wanted = call.value(rest), call.value(sample)
    except REFUSALS:
        return {}
    if call.gives_several or np.array_equal(found, wanted, equal_nan=True):
        return {}
    return {value_of(call): "value" if np.shape(found) == np.shape(wanted) else "shape"}


def told_of(operator: Operator, option: str) -> dict[str, str]:
    """Name the rows that an ignored option turns red."""
    kills: dict[str, str] = {}
    if operator.smoothness is not UNDETERMINED:
        for call in calls_of(operator):
            kills |= told_by(call, option) if option in call.given else {}
    clauses, kind = TABLES.get(option, ("op-294", "value"))
    row = operator.name if option in TABLES else option
    cases = [f"{clause}/{row}" for clause in clauses.split()]
    return kills | {case: kind for case in cases if case in CASES}


def ignoring(option: str) -> Fault:
    """Take an option, and do as if it had not been given."""

    def fault(sound: Any, *arguments: Any, **keywords: Any) -> Any:
        keywords.pop(option, None)
        return sound(*arguments, **keywords)

    return fault


def ignored_options() -> Iterator[Spot]:
    """Ignore each option that an operator takes since a while, where that makes a difference."""
    for name, operator in CATALOGUE.items():
        for option in operator.apart.split():
            if kills := told_of(operator, option):
                yield Spot(f"{name}_{option}", (public(name),), ignoring(option), kills)


@plant(at(attention, "for_each_head"), "value: op-201/scaled_dot_product_attention_groups", "tile")
def heads_are_dealt_out_in_turn(_sound, query, of_heads):
    """Heads of keys are given to heads of queries in turn, and not to so many that follow."""
    times = query.shape[-3] // of_heads.shape[-3]
    return of_heads.repeat(*(1,) * (query.ndim - 3), times, 1, 1)


@plant(at(gradspec_reference, "argsort"), "value: op-201/argsort_stable", "quicksort")
def equal_entries_change_places(sound, input, dim=-1, descending=False, stable=False):
    """Of equal entries the last comes first, although a stable order was asked for."""
    order = sound(input, dim, descending)
    if not stable:
        return order
    backwards = sound(input.flip(dim), dim, descending)
    return input.shape[dim] - 1 - backwards


@plant(at(normalising, "note"), "value: op-293/instance_norm op-293/batch_norm", "momentum of TF")
def momentum_is_what_is_kept(sound, input, dims, mean, variance, momentum):
    """The momentum is the share of the past that is kept, and not of what is new."""
    return sound(input, dims, mean, variance, 1 - momentum)


SWEEP: Final = Sweep(
    "is_ignored", "An option is taken and ignored: {name}.", TEACHING, ignored_options
)

for made in SWEEP.plants():
    enter(made)
