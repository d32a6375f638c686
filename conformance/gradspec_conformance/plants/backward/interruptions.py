"""Faults about interruptions: what engines get wrong when the caller's functions step in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import plant
from gradspec_reference.engine import accumulation, hooks
from gradspec_reference.engine.backward import BackwardPass

if TYPE_CHECKING:
    from gradspec_conformance.plants.plant import Swap


@plant(kills={"bwd-035": "missing gradient"}, modelled_on="engines with a mark `running`")
def running_mark_stays(swap: Swap) -> None:
    """A pass that fails leaves the engine marked as running, and further passes do nothing."""
    original = BackwardPass.run
    failed: list[BackwardPass] = []

    def run(self: Any) -> None:
        if failed:
            return
        try:
            original(self)
        except BaseException:
            failed.append(self)
            raise

    swap(BackwardPass, "run", run)


@plant(kills={"bwd-035": "value"}, modelled_on="engines with global gradient buffers")
def half_sums_stay(swap: Swap) -> None:
    """All passes sum what arrives at leaves in one place, where a failed one leaves its part."""
    deliver, accumulate_array = BackwardPass.deliver, accumulation.accumulate_array
    sums: dict[int, Any] = {}

    def summing(self: Any, edge: Any, part: Any, status: int) -> None:
        leaf = getattr(edge[0], "variable", None)
        if leaf is not None and part is not None:
            sums[id(leaf)] = sums.get(id(leaf), 0.0) + part
        deliver(self, edge, part, status)

    def accumulate(leaf: Any, _gradient: Any, _status: int) -> None:
        accumulate_array(leaf, sums.pop(id(leaf)), accumulation.SHARED)

    swap(BackwardPass, "deliver", summing)
    swap(accumulation, "accumulate_array", accumulate)


@plant(
    kills={"bwd-034": "missing gradient"},
    modelled_on="engines that store gradients when all of them are known",
)
def leaves_are_filled_at_the_end(swap: Swap) -> None:
    """Leaves are given their gradients after everything else has run."""

    def next_ready(self: Any) -> Any:
        inner = [entry for entry in self.ready if not hasattr(entry[1], "variable")]
        chosen = min(inner or self.ready, key=lambda entry: entry[0])
        self.ready.remove(chosen)
        self.ready.sort(key=lambda entry: entry[0])
        return chosen[1]

    swap(BackwardPass, "next_ready", next_ready)


@plant(kills={"bwd-036": "missing gradient"}, modelled_on="pytorch/pytorch#12106")
def inner_pass_clears_the_outer(swap: Swap) -> None:
    """A pass that starts inside another clears what is waiting in that one."""
    original = BackwardPass.run
    running: list[Any] = []

    def run(self: Any) -> None:
        for outer in running:
            outer.ready.clear()
        running.append(self)
        try:
            original(self)
        finally:
            running.pop()

    swap(BackwardPass, "run", run)


@plant(kills={"bwd-036": "order"}, modelled_on="pytorch/pytorch#31909")
def hooks_run_again_after_an_inner_pass(swap: Swap) -> None:
    """Hooks in which a pass was run are called a second time when that one is over."""
    original = BackwardPass.through_hooks
    passes = BackwardPass.run
    count = [0]

    def run(self: Any) -> None:
        count[0] += 1
        passes(self)

    def through_hooks(self: Any, functions: hooks.Hooks, value: Any, status: int) -> Any:
        before = count[0]
        gradient = original(self, functions, value, status)
        return gradient if count[0] == before else original(self, functions, value, status)

    swap(BackwardPass, "run", run)
    swap(BackwardPass, "through_hooks", through_hooks)


@plant(kills={"bwd-036": "missing gradient"}, modelled_on="engines with one global queue")
def inner_pass_waits_for_the_outer(swap: Swap) -> None:
    """A pass that starts inside another runs when that one is over."""
    original = BackwardPass.run
    waiting: list[Any] = []

    def run(self: Any) -> None:
        waiting.append(self)
        if len(waiting) > 1:
            return
        while waiting:
            original(waiting[0])
            waiting.pop(0)

    swap(BackwardPass, "run", run)
