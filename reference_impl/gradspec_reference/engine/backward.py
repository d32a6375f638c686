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

from gradspec_reference.engine import accumulation, duals, hooks, modes, mutations, nesting, plain
from gradspec_reference.engine.accumulation import OWNED, SHARED, VIEW, ownership
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
from gradspec_reference.engine.shown import ShowsGradients
from gradspec_reference.errors import LeafMovedError
from gradspec_reference.operators import arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gradspec_reference.engine.node import Edge, Node, Shape
    from gradspec_reference.engine.tensor import Tensor


class BackwardPass(ShowsGradients):
    """One walk over the graph: the cotangents under way and the nodes that are ready for them.

    `captured` collects the gradients of requested edges; `visited` and `executed`, unless None,
    limit the walk to the nodes that lead to them.  `held_back`, unless None, is what a node makes,
    which is not sent on until hooks have seen it.
    """

    __slots__ = (
        "captured",
        "executed",
        "held_back",
        "quietly",
        "ready",
        "recording",
        "retain_graph",
        "visited",
        "xp",
    )

    def __init__(self, *, retain_graph: bool, create_graph: bool) -> None:
        self.recording = create_graph
        # what arrives may have a tangent, or be of a batch
        create_graph = create_graph or duals.is_followed() or bool(modes.state.batching)
        self.create_graph = create_graph
        self.retain_graph = retain_graph
        self.xp = tensors if create_graph else arrays
        self.quietly: Callable[..., Any] = modes.call if create_graph else modes.quietly
        self.waiting = {}
        self.ready: list[tuple[int, Node]] = []
        self.captured: dict[Edge, Tensor | None] = {}
        self.visited: set[Node] | None = None
        self.executed: set[Node] | None = None
        self.held_back: list[tuple[Any, int]] | None = None
        self.seeds = ()
        self.shown = None

    # before the walk

    def count(self, roots: Sequence[Edge]) -> None:
        """Count what each node waits for."""
        self.waiting = count_dependencies(roots)

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

    def start(self, roots: Sequence[Edge], cotangents: Sequence[Tensor]) -> None:
        """Bring the cotangents to the roots, as contributions of the pass.

        Of several roots those are left out that lead nowhere; one root is always visited.
        """
        self.seeds = cotangents
        if len(roots) == 1 and not self.create_graph:  # the commonest case: no mode matters
            self.deliver(roots[0], cotangents[0]._array, SHARED)
            return
        alone = self.visited is None or len(roots) == 1
        before = modes.enter(self.recording)
        try:
            for edge, cotangent in zip(roots, cotangents, strict=True):
                if alone or edge[0] in self.visited:  # type: ignore[operator]
                    self.deliver(edge, cotangent if self.create_graph else cotangent._array, SHARED)
        finally:
            modes.leave(before)

    # the walk

    def run(self) -> None:
        """Visit the nodes until none is ready, nested as deep as callers like."""
        if modes.state.closed:
            mutations.check_is_open(self.waiting if self.executed is None else self.executed)
        nesting.run(self)

    def visit_all(self) -> None:
        """Visit the nodes until none is ready; the grad mode is that of create_graph."""
        before, around = modes.enter(self.recording), modes.state.node
        try:
            while self.ready:
                watched = self.quietly(self.walk)
                if watched is not None:
                    modes.state.node = watched
                    self.visit_watched(watched)
        finally:
            modes.state.node = around
            modes.leave(before)

    walk = plain.walk

    def next_ready(self) -> Node:
        """Choose among the ready nodes: the one that was recorded last."""
        ready = self.ready
        return heapq.heappop(ready)[1] if len(ready) > 1 else ready.pop()[1]

    def visit_watched(self, node: Node) -> None:
        """Let a node's hooks see its gradient, hand that out or pass it on, and free the node.

        What is handed out on the way to other inputs is, as in torch, what the hooks have not seen.
        """
        goes_on = self.executed is None or node in self.executed
        if goes_on and self.captured:
            arrivals = self.waiting[node]
            sums = arrivals[FIRST:]
            self.capture(node, sums)
            arrivals[FIRST:] = sums
        arrived = self.take(node)
        if not goes_on:
            self.capture(node, arrived)
            return
        functions = node.hooks
        if functions is not None and functions.before:
            arrived = self.through_node_hooks(functions.before, arrived)
        if functions is not None and functions.after:
            self.execute_watched(node, arrived, functions.after)
        else:
            self.execute(node, arrived)
        if not self.retain_graph:
            node.release()

    def execute(self, node: Node, arrived: list[tuple[Any, int]]) -> None:
        """Add what arrived to the gradient of a leaf, or send what a node makes of it on."""
        if type(node) is AccumulateGrad:
            self.finish_leaf(node, *arrived[0])
        elif node.operator_is_callers:
            self.quietly(self.ask_caller, node, arrived)
        elif all(value is None for value, _ in arrived):
            self.pass_nothing(node)
        elif node.operator_is_single:
            self.quietly(self.differentiate, node, *arrived[0])
        else:
            self.quietly(self.differentiate, node, [value for value, _ in arrived], SHARED)

    def execute_watched(
        self, node: Node, arrived: list[tuple[Any, int]], functions: hooks.Hooks
    ) -> None:
        """Let hooks see what a node makes of its cotangents, then send on what they return."""
        arrived = [(value, min(status, VIEW)) for value, status in arrived]
        received = tuple(self.as_tensor(value) for value, _ in arrived)
        held: list[tuple[Any, int]] = []
        self.held_back = held
        self.execute(node, arrived)
        self.held_back = None
        edges, made = node.next_functions, iter(held)
        all_are_made = node.operator_is_callers
        shares = [next(made) if all_are_made or self.wants(edge) else NOTHING for edge in edges]
        shares = self.through_node_hooks(functions, shares, received)
        for edge, share in zip(edges, shares, strict=True):
            if self.wants(edge):
                self.deliver(edge, *share)

    def wants(self, edge: Edge) -> bool:
        """Tell whether an edge leads anywhere in this pass."""
        return edge[0] is not None and (self.visited is None or edge[0] in self.visited)

    def comes_to(self, node: Node | None) -> bool:
        """Tell whether a gradient has yet to be computed for a node in this pass."""
        return node in self.waiting and self.wants((node, 0))

    def differentiate(self, node: Node, cotangent: Any, status: int) -> None:
        """Send each operand's share of a node's cotangent along its edge."""
        arguments = node.unpack(self.create_graph)
        if node.params:
            arguments.extend(node.params)
        rules, xp, visited = node.operator.rules, self.xp, self.visited
        beside = node.operator.beside if self.create_graph else ()
        try:
            for position, edge in enumerate(node.next_functions):
                target = edge[0]
                if target is not None and (visited is None or target in visited):
                    part = rules[position](xp, cotangent, *arguments)
                    if type(part) is np.ndarray:
                        owner = ownership(part, cotangent, status, node)
                        self.deliver(edge, part, owner)
                    else:
                        for tied, place in beside:
                            part = getattr(xp, tied)(part, arguments[place])
                        self.deliver(edge, part, SHARED)
        except ValueError as error:
            raise node.refusal(error) from error

    def ask_caller(self, node: Any, arrived: list[tuple[Any, int]]) -> None:
        """Send along its edges what a function of the caller makes of a node's cotangents."""
        held = {id(value) for value, status in arrived if status == SHARED}
        shares = node.shares([self.as_tensor(value) for value, _ in arrived])
        for edge in node.next_functions:
            part, status = self.take_back(shares)
            if self.wants(edge):
                self.deliver(edge, part, SHARED if id(part) in held else status)
            else:
                self.leave(part, status)

    def leave(self, part: Any, status: int) -> None:
        """Keep what a function of the caller's made for nobody, for the hooks of its node."""
        if self.held_back is not None:
            self.held_back.append((part, status))

    def pass_nothing(self, node: Node) -> None:
        """Tell the nodes below that nothing comes from here; what is saved is looked at, too."""
        node.unpack(self.create_graph)
        for edge in node.next_functions:
            if self.wants(edge):
                self.deliver(edge, None, SHARED)

    def deliver(self, edge: Edge, part: Any, status: int) -> None:
        """Add a contribution to what has arrived at the end of an edge; None adds nothing."""
        node: Any
        node, slot = edge
        if part is not None:
            shape, dtype = node.shape, node.dtype
            if shape is None:
                shape, dtype = node.outputs[slot]
            array = part._array if self.create_graph else part
            if array.shape != shape or array.dtype is not dtype:
                part, status = self.fit(part, status, shape, dtype)
        if self.held_back is not None:
            self.held_back.append((part, status))
            return
        arrivals = self.waiting[node]
        if part is not None:
            held = arrivals[slot + FIRST]
            if held is NOTHING:
                arrivals[slot + FIRST] = (part, status)
            else:
                arrivals[slot + FIRST] = accumulation.add_contribution(held[0], held[1], part)
        missing = arrivals[MISSING] = arrivals[MISSING] - 1
        if not missing:
            if self.ready:
                heapq.heappush(self.ready, (node.order, node))
            else:
                self.ready.append((node.order, node))

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
        """Keep the gradients that were asked for, and from now on share them with the caller."""
        for slot, (value, _) in enumerate(arrived):
            edge = (node, slot)
            if edge in self.captured:
                self.captured[edge] = self.as_tensor(value)
                arrived[slot] = (value, SHARED)

    def finish_leaf(self, node: AccumulateGrad, value: Any, status: int) -> None:
        """Add what arrived to the gradient of a leaf, then call its post-accumulate hooks.

        As in torch these are called even if nothing arrived, or nothing is wanted any more.
        """
        leaf = node.variable
        if value is not None:
            check_still_leaf(leaf)
            if leaf.requires_grad:
                self.accumulate(leaf, value, status)
        hooks.fire_post_accumulate(leaf)

    def accumulate(self, leaf: Tensor, value: Any, status: int) -> None:
        """Add a gradient to that of a leaf."""
        if self.create_graph:
            accumulation.accumulate_tensor(leaf, value)
        else:
            self.quietly(accumulation.accumulate_array, leaf, value, status)
            if status == VIEW:
                self.count_with_cotangents(leaf)


def check_still_leaf(tensor: Tensor) -> None:
    """Refuse a gradient for a leaf that a recorded write made the result of an operation since."""
    if tensor.grad_fn is not None:
        raise LeafMovedError(
            f"a gradient arrived at a leaf that was written in place since, and {tensor.grad_fn!r} "
            "was recorded as its history; write in no_grad, or to a clone()"
        )
