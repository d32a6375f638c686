"""Faults in selections: gradients that go back to other places, or not beside other uses."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import every
from gradspec_reference.engine import accumulation
from gradspec_reference.engine.operator import TABLE
from gradspec_reference.names.functions import reductions

if TYPE_CHECKING:
    from collections.abc import Callable

SELECTIONS = ("sort_values", "topk_values", "max_dim", "min_dim", "median_dim")


@plant(kills=every("rec-203", "value"), modelled_on="places that are counted from one")
def selections_send_gradients_one_place_on(swap: Swap) -> None:
    """The gradient of a selected value goes to the place after its own."""

    def shifted(rule: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            swap.took_effect()
            return np.roll(rule(*arguments), 1)

        return run

    for name in SELECTIONS:
        swap(TABLE[name], "vjps", tuple(shifted(rule) for rule in TABLE[name].vjps))


@plant(
    kills={f"rec-021/{name}": "flag" for name in ("topk", "max", "min", "median")},
    modelled_on="ml-explore/mlx#4114",
)
def places_share_the_history_of_values(swap: Swap) -> None:
    """The places that a selection tells have the history of the values."""
    for name in ("topk", "_extreme"):
        sound = getattr(reductions, name)

        def select(*arguments: Any, sound: Callable[..., Any] = sound, **named: Any) -> Any:
            found = sound(*arguments, **named)
            found.indices._grad_fn = found.values._grad_fn
            return found

        swap(reductions, name, select)


@plant(kills=every("rec-206", "value"), modelled_on="engines with a sparse kind of gradient")
def sparse_gradients_do_not_add(swap: Swap) -> None:
    """Where a gradient with zeros in it meets another one, it is left out."""
    sound = accumulation.add_contribution

    def add(held: Any, status: int, part: Any) -> Any:
        return (held, status) if (part == 0).any() else sound(held, status, part)

    swap(accumulation, "add_contribution", add)
