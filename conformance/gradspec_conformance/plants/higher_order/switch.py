"""Faults in the switch: create_graph is not heard, heard too often, or mixed with the mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import hooks, modes, requests
from gradspec_reference.engine.backward import BackwardPass

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor

    Arrived = list[tuple[Any, int]]


def handing_out(swap: Swap, change: Any) -> None:
    """Change the recorded gradients that a query hands out: `change(node, gradient)`."""
    original = BackwardPass.capture

    def capture(self: BackwardPass, node: Node, arrived: Arrived) -> None:
        if self.create_graph:
            arrived = [(g if g is None else change(node, g), status) for g, status in arrived]
        original(self, node, arrived)

    swap(BackwardPass, "capture", capture)


@plant(
    kills={
        "ho-001": "root-without-grad",
        "ho-003": "missing gradient",
        "ho-004": "root-without-grad",
        "ho-004a": "root-without-grad",
        "ho-012": "root-without-grad",
        "ho-014": "root-without-grad",
        "ho-017": "root-without-grad",
        "ho-019": "root-without-grad",
        "ho-001a": "flag",
        "ho-010": "value",
        "ho-010a": "value",
        "ho-011": "order",
        "ho-011a": "order",
    },
    modelled_on="Oneflow-Inc/oneflow#8248",
)
def create_graph_ignored(swap: Swap) -> None:
    """No pass is recorded, whatever create_graph says."""
    original = requests.new_pass

    def new_pass(retain: bool | None, create: bool) -> BackwardPass:
        return original(create if retain is None else retain, False)

    swap(requests, "new_pass", new_pass)


@plant(
    kills={"ho-002": "no error", "ho-002a": "flag", "ho-011": "order", "ho-011a": "order"},
    modelled_on="huggingface/candle#1243",
)
def every_pass_is_recorded(swap: Swap) -> None:
    """Every pass is recorded, whatever create_graph says."""
    original = requests.new_pass

    def new_pass(retain: bool | None, create: bool) -> BackwardPass:
        return original(create if retain is None else retain, True)

    swap(requests, "new_pass", new_pass)


@plant(
    kills={
        "ho-001a": "flag",
        "ho-001": "unused-input",
        "ho-017": "unused-input",
        "ho-010": "value",
    },
    modelled_on="common in functional wrappers over tapes",
)
def recorded_gradient_is_a_leaf(swap: Swap) -> None:
    """A query with create_graph=True hands out fresh leaves that require grad."""
    handing_out(swap, lambda _node, gradient: gradient.detach().requires_grad_())


@plant(kills={"ho-005": "flag"}, modelled_on="pytorch/pytorch#168059")
def constants_require_grad(swap: Swap) -> None:
    """A gradient that depends on nothing requires grad all the same under create_graph."""
    handing_out(swap, lambda _node, gradient: gradient.requires_grad_())


@plant(
    kills={"ho-011": "order", "ho-012": "root-without-grad"},
    modelled_on="common where nobody sets the mode for a pass",
)
def pass_leaves_the_mode_alone(swap: Swap) -> None:
    """A pass runs in the caller's grad mode, whatever create_graph says."""
    enter, original = modes.enter, BackwardPass.run

    def run(self: BackwardPass) -> None:
        caller = modes.state.recording

        def enter_callers(recording: bool) -> bool:  # noqa: ARG001 - the seam
            modes.enter = enter
            return enter(caller)

        modes.enter = enter_callers
        original(self)

    swap(BackwardPass, "run", run)


@plant(kills={"ho-011": "flag", "ho-012": "flag"}, modelled_on="pytorch/pytorch#31715")
def pass_does_not_restore_the_mode(swap: Swap) -> None:
    """After a pass the grad mode is that of the pass."""
    original = BackwardPass.run

    def run(self: BackwardPass) -> None:
        original(self)
        modes.enter(self.create_graph)

    swap(modes.state, "recording", modes.state.recording)  # put back when the plant goes
    swap(BackwardPass, "run", run)


@plant(kills={"ho-011a": "order"}, modelled_on="common where a hook is given raw data")
def hooks_see_constants(swap: Swap) -> None:
    """A hook is given the gradient without its history."""
    original = hooks.fire

    def fire(functions: hooks.Hooks, gradient: Tensor | None) -> Tensor | None:
        shown = None if gradient is None else gradient.detach()
        returned = original(functions, shown)
        return gradient if returned is shown else returned

    swap(hooks, "fire", fire)


@plant(kills={"ho-012": "root-without-grad"}, modelled_on="common where the mode has the last word")
def mode_overrules_the_switch(swap: Swap) -> None:
    """A pass inside no_grad is not recorded, even with create_graph=True."""
    original = requests.new_pass

    def new_pass(retain: bool | None, create: bool) -> BackwardPass:
        retain = create if retain is None else retain
        return original(retain, create and modes.state.recording)

    swap(requests, "new_pass", new_pass)
