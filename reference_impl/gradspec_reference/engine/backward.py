"""The backward pass; start at `BackwardPass.run`, which is the whole of it.

Cotangents travel from the roots along the edges.  A node runs once, when everything that depends
on it has contributed; among the nodes that are ready, the one recorded last goes first.  There is
no recursion, so a graph may be as deep as memory allows.

In a plain pass cotangents are arrays and the rules run on kernels.  Under create_graph they are
tensors, and the rules, being made of operators, record themselves.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import accumulation, hooks, modes
from gradspec_reference.engine.accumulation import OWNED, SHARED
from gradspec_reference.engine.arrivals import (
    FIRST,
    MISSING,
    NOTHING,
    count_dependencies,
    select_paths,
)
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.recording import tensors
from gradspec_reference.engine.shapes import unbroadcast
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gradspec_reference.engine.arrivals import Arrivals
    from gradspec_reference.engine.node import Edge, Node, Shape


class BackwardPass:
    """One walk over the graph: the cotangents under way and the nodes that are ready for them.

    `waiting` holds what arrived so far.  `captured` collects the gradients of requested edges;
    `visited` and `executed`, unless None, limit the walk to the nodes that lead to them.
    """

    __slots__ = (
        "captured",
        "create_graph",
        "executed",
        "quietly",
        "ready",
        "retain_graph",
        "visited",
        "waiting",
        "xp",
    )

    def __init__(self, *, retain_graph: bool, create_graph: bool) -> None:
        self.retain_graph = retain_graph
        self.create_graph = create_graph
        self.xp = tensors if create_graph else arrays
        self.quietly: Callable[..., Any] = modes.call if create_graph else modes.quietly
        self.waiting: dict[Node, Arrivals] = {}
        self.ready: list[tuple[int, Node]] = []
        self.captured: dict[Edge, Tensor | None] = {}
        self.visited: set[Node] | None = None
        self.executed: set[Node] | None = None

    # before the walk

    def start(self, roots: Sequence[Edge], cotangents: Sequence[Tensor]) -> None:
        """Count what each node waits for, and bring the cotangents to the roots."""
        nodes = {node for node, _ in roots if node is not None}
        self.waiting = count_dependencies(nodes)
        for node, _ in roots:
            # a root waits for its seed as for any contribution
            self.waiting[node][MISSING] += 1  # type: ignore[index]
        for edge, cotangent in zip(roots, cotangents, strict=True):
            seed = cotangent if self.create_graph else cotangent._array
            self.deliver(edge, seed, accumulation.LENT)

    def limit_to(self, edges: Iterable[Edge], nodes: Iterable[Node], *, run_targets: bool) -> None:
        """Walk only where it leads to these edges.

        `nodes` are all nodes that the roots depend on.  The targets themselves run if their
        gradients are to be stored, not if they are to be handed out.
        """
        targets = {node for node, _ in edges if node is not None}
        self.visited, self.executed = select_paths(targets, nodes)
        if run_targets:
            self.executed |= targets
        else:
            self.captured = dict.fromkeys(edges)

    # the walk

    def run(self) -> None:
        """Visit the nodes until none is ready; the grad mode is that of create_graph."""
        before = modes.enter(self.create_graph)
        try:
            while self.ready:
                watched = self.quietly(self.walk)
                if watched is not None:
                    self.visit_watched(watched)
        finally:
            modes.leave(before)

    def walk(self) -> Node | None:
        """Visit nodes, up to one that somebody looks at, which is returned."""
        ready, waiting, visited = self.ready, self.waiting, self.visited
        frees = not self.retain_graph
        while ready:
            node = self.next_ready()
            if node.operator_is_single:
                if node.hooks is not None or node.retained is not None or visited is not None:
                    return node
                cotangent, status = waiting.pop(node)[FIRST]
                if cotangent is None:
                    self.pass_nothing(node)
                else:
                    self.differentiate(node, cotangent, status)
                if frees:
                    node.release()
            elif self.is_watched(node):
                return node
            else:
                cotangent, status = waiting.pop(node)[FIRST]
                if cotangent is not None:
                    accumulation.accumulate_array(node.variable, cotangent, status)
        return None

    def is_watched(self, node: Node) -> bool:
        """Tell whether more may happen at a leaf, or another node with care, than a sum."""
        if type(node) is not AccumulateGrad or self.create_graph or self.visited is not None:
            return True
        leaf = node.variable
        state = leaf._leaf
        return not leaf._requires_grad or bool(state and (state.hooks or state.post_hooks))

    def next_ready(self) -> Node:
        """Choose among the ready nodes: the one that was recorded last."""
        return heapq.heappop(self.ready)[1]

    def visit_watched(self, node: Node) -> None:
        """Let a node's hooks see its gradient, hand that out or pass it on, and free the node."""
        arrived = self.take(node)
        if self.captured:
            self.capture(node, arrived)
        if self.executed is not None and node not in self.executed:
            return
        if type(node) is AccumulateGrad:
            self.finish_leaf(node, *arrived[0])
            return
        if node.operator_is_single:
            cotangent, status = arrived[0]
            present = cotangent is not None
        else:
            cotangent, status = [value for value, _ in arrived], SHARED
            present = any(value is not None for value in cotangent)
        if present:
            self.quietly(self.differentiate, node, cotangent, status)
        else:
            self.pass_nothing(node)
        if not self.retain_graph:
            node.release()

    def take(self, node: Node) -> list[tuple[Any, int]]:
        """Return what arrived at each output of a node, after the hooks there have seen it."""
        arrived = []
        for slot, sums in enumerate(self.waiting.pop(node)[FIRST:]):
            functions = hooks_on(node, slot)
            pair = self.through_hooks(functions, *sums) if functions else sums
            if node.retained is not None:
                hooks.store_retained(node, slot, self.as_tensor(pair[0]))
            arrived.append(pair)
        return arrived

    def through_hooks(self, functions: hooks.Hooks, value: Any, status: int) -> tuple[Any, int]:
        """Show a gradient to hooks; what they might write to is nobody else's."""
        value = self.unshared(value, status)
        gradient = hooks.fire(functions, self.as_tensor(value))
        if gradient is None or self.create_graph:
            return gradient, SHARED
        return gradient._array, SHARED

    def unshared(self, value: Any, status: int) -> Any:
        """Return a gradient in memory that nobody else sees, for those who may write to it."""
        if value is None or self.create_graph or (status == OWNED and value.flags.writeable):
            return value
        return value.copy()

    def as_tensor(self, value: Any) -> Tensor | None:
        """Return a gradient as the caller sees it."""
        return value if value is None or self.create_graph else Tensor(value)

    def differentiate(self, node: Node, cotangent: Any, status: int) -> None:
        """Send each operand's share of a node's cotangent along its edge."""
        arguments = node.unpack(self.create_graph)
        if node.params:
            arguments.extend(node.params)
        rules, xp, visited = node.operator.rules, self.xp, self.visited
        edges = node.next_functions
        for position, edge in enumerate(edges):
            target = edge[0]
            if target is not None and (visited is None or target in visited):
                try:
                    part = rules[position](xp, cotangent, *arguments)
                except ValueError as error:
                    raise node.refusal(error) from None
                if type(part) is np.ndarray:
                    owner = self.ownership(part, cotangent, status, len(edges) == 1)
                    self.deliver(edge, part, owner)
                else:
                    self.deliver(edge, part, SHARED)

    def ownership(self, part: Any, cotangent: Any, status: int, alone: bool) -> int:
        """Tell whether a share may be written to: it may if nobody else sees its memory."""
        if part is cotangent or part.base is not None:
            return status if alone else SHARED
        return OWNED

    def pass_nothing(self, node: Node) -> None:
        """Tell the nodes below that nothing comes from here."""
        for edge in node.next_functions:
            target = edge[0]
            if target is not None and (self.visited is None or target in self.visited):
                self.deliver(edge, None, SHARED)

    def deliver(self, edge: Edge, part: Any, status: int) -> None:
        """Add a contribution to what has arrived at the end of an edge; None adds nothing."""
        node: Any = edge[0]
        arrivals = self.waiting[node]
        if part is not None:
            slot = edge[1]
            shape, dtype = node.outputs[slot]
            array = part._array if self.create_graph else part
            if array.shape != shape or array.dtype is not dtype:
                part, status = self.fit(part, status, shape, dtype)
            held = arrivals[slot + FIRST]
            if held is NOTHING:
                arrivals[slot + FIRST] = (part, status)
            else:
                arrivals[slot + FIRST] = accumulation.add_contribution(held[0], held[1], part)
        missing = arrivals[MISSING] = arrivals[MISSING] - 1
        if not missing:
            heapq.heappush(self.ready, (node.order, node))

    def fit(self, part: Any, status: int, shape: Shape, dtype: Any) -> tuple[Any, int]:
        """Bring a contribution to its receiver's shape and dtype."""
        array = part._array if self.create_graph else part
        if array.shape != shape:
            part, status = unbroadcast(self.xp, part, shape), OWNED
        if dtype is not None and array.dtype != dtype:
            part, status = self.xp.cast(part, dtype, array.dtype), OWNED
        return part, status

    # the ends

    def capture(self, node: Node, arrived: list[tuple[Any, int]]) -> None:
        """Keep the gradients that were asked for; nobody else sees their memory."""
        for slot, (value, status) in enumerate(arrived):
            edge = (node, slot)
            if edge in self.captured:
                self.captured[edge] = self.as_tensor(self.unshared(value, status))

    def finish_leaf(self, node: AccumulateGrad, value: Any, status: int) -> None:
        """Add what arrived to the gradient of a leaf, then call its post-accumulate hooks."""
        leaf = node.variable
        if value is None or not leaf.requires_grad:
            return
        if self.create_graph:
            accumulation.accumulate_tensor(leaf, value)
        else:
            self.quietly(accumulation.accumulate_array, leaf, value, status)
        hooks.fire_post_accumulate(leaf)


def hooks_on(node: Node, slot: int) -> hooks.Hooks | None:
    """Return the hooks that see the gradient of this output."""
    if isinstance(node, AccumulateGrad):
        leaf = node.variable._leaf
        return None if leaf is None else leaf.hooks
    return hooks.of_output(node, slot)
