"""Faults in whether a pass is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import accumulation, modes, requests
from gradspec_reference.engine.backward import BackwardPass

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    at(requests, "new_pass"),
    {"ho-004a": "root-without-grad", "ho-003": "missing gradient"},
    "Oneflow-Inc/oneflow#8248",
)
def create_graph_ignored(sound: Any, retain: bool | None, create: bool) -> Any:
    """No pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, False)


@plant(
    at(requests, "new_pass"), {"ho-002": "no error", "ho-002a": "flag"}, "huggingface/candle#1243"
)
def every_pass_is_recorded(sound: Any, retain: bool | None, create: bool) -> Any:
    """Every pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, True)


@compound(
    {"ho-012/from_a_root_listed_twice": "root-without-grad"},
    "common where the mode is entered when the walk begins",
)
def cotangents_are_added_up_in_the_mode_of_the_caller(swap: Swap) -> None:
    """The cotangents of a root that is listed twice are added up before the pass is recorded."""
    unrecorded: list[bool] = []

    def start(sound: Any, self: BackwardPass, roots: Any, cotangents: Any) -> None:
        unrecorded.append(not modes.state.recording)
        sound(self, roots, cotangents)
        unrecorded.clear()

    def add(sound: Any, held: Any, status: int, part: Any) -> Any:
        total, status = sound(held, status, part)
        return (total.detach(), status) if any(unrecorded) else (total, status)

    swap(at(BackwardPass, "start"), start)
    swap(at(accumulation, "add_contribution"), add)
