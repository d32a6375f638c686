"""The plain case of a backward pass, in one loop: arrays, one output, nobody who looks on.

What is done at a node is what `BackwardPass.visit_watched` does there step by step, with
`differentiate` and `deliver`; that is the place to read first.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference.engine import accumulation
from gradspec_reference.engine.accumulation import OWNED, SHARED, VIEW, ownership
from gradspec_reference.engine.arrivals import FIRST, MISSING, NOTHING
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.saved import arrays_of
from gradspec_reference.operators import arrays

if TYPE_CHECKING:
    from gradspec_reference.engine.arrivals import Arrivals
    from gradspec_reference.engine.backward import BackwardPass
    from gradspec_reference.engine.node import Node

ndarray: Final = np.ndarray
PAIR: Final = 2


def walk(self: BackwardPass) -> Node | None:  # noqa: PLR0912, PLR0915 - one loop, for speed
    """Visit nodes as long as nobody looks on; return the first at which somebody may."""
    if self.create_graph or self.visited is not None:
        return self.next_ready()
    ready, waiting, frees = self.ready, self.waiting, not self.retain_graph
    node: Any
    while ready:
        node = heappop(ready)[1]
        rules = node.rules
        if rules is None or node.hooks is not None or node.retained is not None:
            if type(node) is AccumulateGrad and finish_leaf(self, node):
                continue
            return node  # type: ignore[no-any-return]
        cotangent, status = waiting.pop(node)[FIRST]
        if cotangent is None:
            self.pass_nothing(node)
        elif node.numbers is not None:
            self.differentiate(node, cotangent, status)
        else:
            arguments = arrays_of(node)
            few = len(arguments) == PAIR
            if few:
                first, second = arguments
            for target, rule in zip(node.targets, rules):  # noqa: B905 - some rules have no end
                if target is None:
                    continue
                try:
                    if few:
                        part = rule(arrays, cotangent, first, second)
                    else:
                        part = rule(arrays, cotangent, *arguments)
                except ValueError as error:
                    raise node.refusal(error) from error
                arrivals = waiting[target]
                if part is not None:
                    if type(part) is not ndarray:
                        owner = SHARED
                    elif part.base is None and part is not cotangent:
                        owner = OWNED
                    else:
                        owner = ownership(part, cotangent, status, node)
                    if part.dtype is not target.dtype or part.shape != target.shape:
                        part, owner = self.fit(part, owner, *target.outputs[0])
                    if arrivals[FIRST] is NOTHING:
                        arrivals[FIRST] = (part, owner)
                    elif type(part) is ndarray:
                        add_to(arrivals, part)
                    else:
                        arrivals[FIRST] = (arrivals[FIRST][0] + part, OWNED)
                missing = arrivals[MISSING]
                if missing == 1:
                    heappush(ready, (target.order, target))
                else:
                    arrivals[MISSING] = missing - 1
            arguments = first = second = part = None  # no array outlives its node
        if frees and node.freeable:
            node.saved = None
        cotangent = None
    return None


def add_to(arrivals: Arrivals, part: Any) -> None:
    """Add a further contribution to one that has arrived; in place, if nobody else sees it."""
    held, status = arrivals[FIRST]
    arrivals[FIRST] = accumulation.add_contribution(held, status, part)


def finish_leaf(self: BackwardPass, node: AccumulateGrad) -> bool:
    """Add what arrived at a leaf to its gradient, unless more may happen there than a sum."""
    leaf = node.variable
    state = leaf._leaf
    if not leaf._requires_grad or node.hooks is not None:
        return False
    if state and (state.hooks or state.post_hooks):
        return False
    cotangent, status = self.waiting.pop(node)[FIRST]
    if cotangent is not None:
        accumulation.accumulate_array(leaf, cotangent, status)
        if status == VIEW:
            self.count_with_cotangents(leaf)
    return True
