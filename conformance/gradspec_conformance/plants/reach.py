"""Which clauses run through which places of the engine: only those can notice a fault there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec.writing.clause import CASES
from gradspec_conformance.plants.places import SHORT_CUTS
from gradspec_conformance.plants.proof import run_alone
from gradspec_conformance.plants.swap import Place, Swap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gradspec_conformance.plants.plant import Plant


def reached(plants: Iterable[Plant]) -> dict[str, list[str]]:
    """Give for each plant the clauses whose programs run through what it replaces.

    A sweep is measured against the tables that it names: the other clauses of an operator are the
    concern of plants of their own.
    """
    plants = tuple(plants)
    swapped = {plant.name: _what_it_swaps(plant) for plant in plants}
    through = _traced({place for swap in swapped.values() for place in swap.places})
    found = {}
    for plant in plants:
        swap, tables = swapped[plant.name], {name.partition("/")[0] for name in plant.kills}
        found[plant.name] = [
            i
            for i in CASES
            if (swap.unseen or through[i].intersection(swap.places))
            and (not plant.sweep or i.partition("/")[0] in tables)
        ]
    return found


def _what_it_swaps(plant: Plant) -> Swap:
    with plant.planted() as swap:
        return swap


def _traced(places: Iterable[Place]) -> Mapping[str, set[Place]]:
    """Run every clause on the sound engine while each place notes that it was passed."""
    passed: set[Place] = set()
    found = {}
    with Swap() as swap:
        # last, so that a detour of another place does not take the note out again
        for place in sorted(places, key=SHORT_CUTS.__contains__):
            place.fill(swap, _noting(place, passed))
        for identifier in CASES:
            passed.clear()
            run_alone(identifier)
            found[identifier] = set(passed)
    return found


def _noting(place: Place, passed: set[Place]) -> Callable[..., Any]:
    def noted(sound: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        passed.add(place)
        return sound(*arguments, **keywords)

    return noted
