"""Faults in the modes that switch recording off and on."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import inplace, modes, requests
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


@plant(
    at(modes.no_grad, "__enter__"),
    {"rec-001a": "flag", "rec-202": "value"},
    "tinygrad/tinygrad#3832",
)
def nograd_ignored(_sound: Any, self: Any) -> Any:
    """Operations are recorded in no_grad too."""
    return self._before.append(modes.state.recording)


@plant(
    at(requests, "new_pass"),
    {"ho-012": "root-without-grad"},
    "common where the mode has the last word",
)
def mode_overrules_the_switch(sound: Any, retain: bool | None, create: bool) -> Any:
    """A pass inside no_grad is not recorded, even with create_graph=True."""
    retain = create if retain is None else retain
    return sound(retain, create and modes.state.recording)


@compound(
    {"ho-011": "order", "ho-012": "root-without-grad"},
    "common where nobody sets the mode for a pass",
)
def pass_leaves_the_mode_alone(swap: Swap) -> None:
    """A pass runs in the caller's grad mode, whatever create_graph says."""
    enter = modes.enter

    def run(sound: Any, self: BackwardPass) -> None:
        caller = modes.state.recording

        def enter_callers(recording: bool) -> bool:  # noqa: ARG001 - the seam
            modes.enter = enter
            return enter(caller)

        modes.enter = enter_callers
        sound(self)

    swap(at(BackwardPass, "run"), run)


@plant(
    at(inplace, "apply_inplace"),
    {"acc-201": "flag"},
    "common where a leaf is written through its data",
)
def step_clears_the_flag(sound: Any, operator: Any, operands: Any, *rest: Any) -> Any:
    """A leaf that is written while recording is off does not require grad afterwards."""
    written = sound(operator, operands, *rest)
    if not modes.state.recording and operands[0].is_leaf:
        operands[0]._requires_grad = False
    return written


@plant(
    at(inplace, "apply_inplace"),
    {"acc-201": "missing gradient"},
    "common where an update makes a new parameter",
)
def step_drops_the_gradient(sound: Any, operator: Any, operands: Any, *rest: Any) -> Any:
    """A leaf that is written while recording is off loses its gradient."""
    written = sound(operator, operands, *rest)
    if not modes.state.recording and operands[0].is_leaf:
        operands[0]._grad = None
    return written
