"""The plain case of a backward pass, in one loop: arrays, one output, nobody who looks on.

What is done at a node is what `BackwardPass.visit_watched` does there step by step, with
`differentiate` and `deliver`; that is the place to read first.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import accumulation
from gradspec_reference.engine.accumulation import OWNED, SHARED, VIEW, ownership
from gradspec_reference.engine.arrivals import FIRST, MISSING, NOTHING
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.saved import arrays_of
from gradspec_reference.operators import arrays

if TYPE_CHECKING:
    from gradspec_reference.engine.backward import BackwardPass
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor

PAIR = 2


def walk(self: BackwardPass) -> Node | None:  # noqa: C901, PLR0912, PLR0915 - one loop, for speed
    """Visit nodes as long as nobody looks on; return the first at which somebody may."""
    if self.create_graph or self.visited is not None:
        return self.next_ready()
    ready, waiting, frees = self.ready, self.waiting, not self.retain_graph
    node: Any
    while ready:
        node = heapq.heappop(ready)[1] if len(ready) > 1 else ready.pop()[1]
        rules = node.rules
        if rules is None or node.hooks is not None or node.retained is not None:
            if type(node) is not AccumulateGrad or is_watched(node.variable):
                return node  # type: ignore[no-any-return]
            cotangent, status = waiting.pop(node)[FIRST]
            if cotangent is not None:
                accumulation.accumulate_array(node.variable, cotangent, status)
                if status == VIEW:
                    self.count_with_cotangents(node.variable)
            cotangent = None
            continue
        cotangent, status = waiting.pop(node)[FIRST]
        arguments = arrays_of(node)
        few = len(arguments) == PAIR
        if few:
            first, second = arguments
        numbers, place = node.numbers, -1
        for target in node.targets:
            place += 1
            if target is None:
                continue
            arrivals = waiting[target]
            if cotangent is not None:
                try:
                    if few:
                        part = rules[place](arrays, cotangent, first, second)
                    else:
                        part = rules[place](arrays, cotangent, *arguments)
                except ValueError as error:
                    raise node.refusal(error) from error
                if part is not None:
                    is_array = type(part) is np.ndarray
                    if not is_array:
                        owner = SHARED
                    elif part.base is None and part is not cotangent:
                        owner = OWNED
                    else:
                        owner = ownership(part, cotangent, status, node)
                    shape, dtype, slot = target.shape, target.dtype, FIRST
                    if numbers is not None:
                        slot += numbers[place]
                    if shape is None:
                        shape, dtype = target.outputs[slot - FIRST]
                    if (
                        part.shape != shape or part.dtype is not dtype
                        if is_array or dtype is None
                        else shape or type(part) is not dtype.type
                    ):
                        part, owner = self.fit(part, owner, shape, dtype)
                    held = arrivals[slot]
                    if held is NOTHING:
                        arrivals[slot] = (part, owner)
                    elif not is_array:
                        arrivals[slot] = (held[0] + part, OWNED)
                    else:
                        arrivals[slot] = accumulation.add_contribution(held[0], held[1], part)
            missing = arrivals[MISSING] = arrivals[MISSING] - 1
            if not missing:
                if ready:
                    heapq.heappush(ready, (target.order, target))
                else:
                    ready.append((target.order, target))
        if frees and node.freeable:
            node.saved = None
        # no array outlives its node
        cotangent = arguments = first = second = part = held = None
    return None


def is_watched(leaf: Tensor) -> bool:
    """Tell whether more may happen at a leaf than a sum."""
    state = leaf._leaf
    return not leaf._requires_grad or bool(state and (state.hooks or state.post_hooks))
