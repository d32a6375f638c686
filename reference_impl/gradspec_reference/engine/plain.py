"""The plain case of a backward pass, in one loop: arrays, one output, nobody who looks on.

What is done at a node is what `BackwardPass.visit_watched` does there step by step, with
`differentiate` and `deliver`; that is the place to read first.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import accumulation
from gradspec_reference.engine.accumulation import SHARED, VIEW, ownership
from gradspec_reference.engine.arrivals import FIRST, MISSING, NOTHING
from gradspec_reference.engine.saved import arrays_of
from gradspec_reference.operators import arrays

if TYPE_CHECKING:
    from gradspec_reference.engine.backward import BackwardPass
    from gradspec_reference.engine.node import Node


def walk(self: BackwardPass) -> Node | None:
    """Visit nodes, up to one that is not plain, which is returned."""
    ready, waiting, frees = self.ready, self.waiting, not self.retain_graph
    while ready:
        node = heapq.heappop(ready)[1] if len(ready) > 1 else ready.pop()[1]
        if not node.operator_is_plain:
            if self.is_watched(node):
                return node
            cotangent, status = waiting.pop(node)[FIRST]
            if cotangent is not None:
                accumulation.accumulate_array(node.variable, cotangent, status)
                if status == VIEW:
                    self.count_with_cotangents(node.variable)
            continue
        if node.hooks is not None or node.retained is not None:
            return node
        cotangent, status = waiting.pop(node)[FIRST]
        if cotangent is None:
            self.pass_nothing(node)
        else:
            try:
                differentiate(self, node, cotangent, status)
            except ValueError as error:
                raise node.refusal(error) from error
        if frees and node.freeable:
            node.saved = None
    return None


def differentiate(self: BackwardPass, node: Node, cotangent: Any, status: int) -> None:
    """Send each operand's share of a node's cotangent to where it goes."""
    waiting, numbers = self.waiting, node.numbers
    arguments = arrays_of(node)
    for place, target in enumerate(node.targets):
        if target is None:
            continue
        part: Any = node.rules[place](arrays, cotangent, *arguments)
        arrivals = waiting[target]
        if part is not None:
            is_array = type(part) is np.ndarray
            owner = ownership(part, cotangent, status, node) if is_array else SHARED
            slot = 0 if numbers is None else numbers[place]
            if target.operator_is_single:
                shape, dtype = target.shape, target.dtype
            else:
                shape, dtype = target.outputs[slot]
            if part.shape != shape or part.dtype is not dtype:
                part, owner = self.fit(part, owner, shape, dtype)
            held = arrivals[slot + FIRST]
            if held is NOTHING:
                arrivals[slot + FIRST] = (part, owner)
            else:
                arrivals[slot + FIRST] = accumulation.add_contribution(held[0], held[1], part)
        missing = arrivals[MISSING] = arrivals[MISSING] - 1
        if not missing:
            if self.ready:
                heapq.heappush(self.ready, (target.order, target))
            else:
                self.ready.append((target.order, target))
