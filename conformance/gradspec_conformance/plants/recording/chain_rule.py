"""Faults in the chain rule: factors and summands that are lost on the way."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import every
from gradspec_reference.engine import accumulation, backward, recording
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Node
from gradspec_reference.engine.operator import TABLE

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Edge


@plant(kills={"rec-026": "value", "rec-017": "value"}, modelled_on="pytorch/pytorch#4355")
def chain_rule_without_product(swap: Swap) -> None:
    """An operation hands on its own derivative, not the product with the gradient it received."""
    original = BackwardPass.differentiate

    def own(self: BackwardPass, made: Node, cotangent: Any, status: int) -> None:
        if isinstance(cotangent, np.ndarray | np.generic):
            cotangent, status = np.ones_like(cotangent), accumulation.SHARED
        original(self, made, cotangent, status)

    swap(BackwardPass, "differentiate", own)


@plant(kills={"rec-017": "value"}, modelled_on="common in teaching engines")
def dot_operands_swapped(swap: Swap) -> None:
    """The two factors of a dot product receive each other's gradients."""
    rules = TABLE["dot"].vjps

    def counted(rule: Any) -> Any:
        def run(*arguments: Any) -> Any:
            swap.took_effect()
            return rule(*arguments)

        return run

    swap(TABLE["dot"], "vjps", tuple(map(counted, reversed(rules))))


@plant(
    kills={
        **every("rec-014", "value"),
        "rec-015/doubled_twice": "value",
        "rec-007/2": "value",
        "rec-007/5": "value",
    },
    modelled_on="sony/nnabla#532",
)
def operand_counted_once(swap: Swap) -> None:
    """A tensor that is both operands of an operation gets one edge."""
    original = recording.collect_edges

    def unique(operands: tuple[Any, ...], requires: tuple[bool, ...]) -> tuple[Edge, ...]:
        names = [id(x) for x in operands]
        first = (names.index(name) == place for place, name in enumerate(names))
        return original(operands, tuple(a and b for a, b in zip(requires, first, strict=True)))

    swap(recording, "collect_edges", unique)


@plant(
    kills={
        "rec-013": "value",
        **every("rec-013a", "value"),
        "rec-013b": "value",
        "rec-015/doubled_twice": "value",
        "rec-015/a_diamond": "value",
        "rec-015a": "order",
        **every("rec-014", "value"),
        "rec-023": "value",
    },
    modelled_on="apache/mxnet#9172",
)
def first_use_wins(swap: Swap) -> None:
    """Of the contributions to a gradient the first to arrive is kept, and the others are lost."""
    swap(accumulation, "add_contribution", lambda held, status, _part: (held, status))


@plant(
    kills={**{f"rec-013a/{uses}_uses": "value" for uses in range(9, 17)}, "rec-023": "value"},
    modelled_on="apache/mxnet#17989",
)
def uses_counted_to_eight(swap: Swap) -> None:
    """Of the contributions to the gradient of a leaf the first eight count."""
    original = BackwardPass.deliver
    arrived: dict[tuple[BackwardPass, Node | None], int] = {}
    room = 8

    def limited(self: BackwardPass, edge: Edge, part: Any, status: int) -> None:
        key = (self, edge[0])
        arrived[key] = arrived.get(key, 0) + isinstance(edge[0], AccumulateGrad)
        original(self, edge, part if arrived[key] <= room else None, status)

    swap(BackwardPass, "deliver", limited)


@plant(
    kills={"rec-015/a_diamond": "value", "rec-015a": "order"}, modelled_on="TrenTorch/TrenTorch#182"
)
def later_branches_dropped(swap: Swap) -> None:
    """An intermediate hands on what the first branch sent it, and what comes later is lost."""
    original = BackwardPass.deliver
    place = itertools.count(-(1 << 63), -1)

    def at_once(self: BackwardPass, edge: Edge, part: Any, status: int) -> None:
        target: Any = edge[0]
        arrivals = self.waiting.get(target)
        if arrivals is not None:
            original(self, edge, part, status)
            if arrivals[backward.MISSING] > 0 and not isinstance(target, AccumulateGrad):
                arrivals[backward.MISSING] = 0
                heapq.heappush(self.ready, (next(place), target))

    swap(BackwardPass, "deliver", at_once)
