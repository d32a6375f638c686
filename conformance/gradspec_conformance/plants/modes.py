"""Faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import modes
from gradspec_reference.engine.backward import BackwardPass

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@compound({"ho-011": "flag", "ho-012": "flag"}, "pytorch/pytorch#31715")
def pass_does_not_restore_the_mode(swap: Swap) -> None:
    """After a pass the grad mode is that of the pass."""

    def run(sound: Any, self: BackwardPass) -> None:
        sound(self)
        modes.enter(self.create_graph)

    swap.data(modes.state, "recording", modes.state.recording)  # put back when the plant goes
    swap(at(BackwardPass, "run"), run)


@plant(at(modes.no_grad, "__enter__"), {"rec-001a": "flag"}, "tinygrad/tinygrad#3832")
def nograd_ignored(_sound: Any, self: Any) -> Any:
    """Operations are recorded in no_grad too."""
    return self._before.append(modes.state.recording)
