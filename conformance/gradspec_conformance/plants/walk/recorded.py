"""Faults in whether a pass is recorded."""

from __future__ import annotations

from gradspec_conformance.plants.places import ADD_CONTRIBUTION, NEW_PASS, step
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import modes


@plant(NEW_PASS, "root-without-grad: ho-004a; missing gradient: ho-003", "Oneflow-Inc/oneflow#8248")
def create_graph_ignored(sound, retain, create):
    """No pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, False)


@plant(NEW_PASS, "no error: ho-002; flag: ho-002a", "huggingface/candle#1243")
def every_pass_is_recorded(sound, retain, create):
    """Every pass is recorded, whatever create_graph says."""
    return sound(create if retain is None else retain, True)


@compound(
    "root-without-grad: ho-012/from_a_root_listed_twice",
    "common where the mode is entered when the walk begins",
)
def cotangents_are_added_up_in_the_mode_of_the_caller(swap):
    """The cotangents of a root that is listed twice are added up before the pass is recorded."""
    unrecorded = []

    @swap.into(step("start"))
    def _(sound, self, roots, cotangents):
        unrecorded.append(not modes.state.recording)
        sound(self, roots, cotangents)
        unrecorded.clear()

    @swap.into(ADD_CONTRIBUTION)
    def _(sound, held, status, part):
        total, status = sound(held, status, part)
        return (total.detach(), status) if any(unrecorded) else (total, status)
