"""Faults in grad(): what a query gives back."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_conformance.plants.walk.keeping import without_keepers
from gradspec_reference import autograd
from gradspec_reference.engine import requests
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Node
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import UnusedInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gradspec_conformance.plants.swap import Swap

Arrived = list[tuple[Any, int]]


@plant(
    at(BackwardPass, "capture"), {"ho-001": "value", "ho-006": "value"}, "PaddlePaddle/Paddle#24187"
)
def second_order_stale(sound: Any, self: BackwardPass, node: Node, arrived: Arrived) -> None:
    """There is one gradient per variable, which each query overwrites."""
    sound(self, node, arrived)
    for (owner, slot), found in self.captured.items():
        if owner is not node or found is None:
            continue
        kept = node.metadata.setdefault(slot, found)
        kept._array, kept._grad_fn = (found._array, found._grad_fn)
        kept._output_nr = found._output_nr
        self.captured[owner, slot] = kept


@plant(
    at(BackwardPass, "capture"),
    {"ho-017": "root-without-grad", "ho-010b": "missing gradient"},
    "common where the inputs of a query are taken for leaves",
)
def gradient_of_a_nonleaf_is_constant(sound: Any, self: Any, node: Any, arrived: Any) -> None:
    """A recorded gradient with respect to a non-leaf has no history."""
    sound(
        self,
        node,
        handing_out(self, arrived, lambda g: g if isinstance(node, AccumulateGrad) else g.detach()),
    )


@plant(
    at(BackwardPass, "capture"),
    {"ho-015": "text"},
    "common where gradients are handed out as copies",
)
def recorded_gradient_is_a_copy(sound: Any, self: Any, node: Any, arrived: Any) -> None:
    """A query hands out recorded copies of its gradients."""
    sound(self, node, handing_out(self, arrived, lambda g: g.clone()))


@plant(
    at(BackwardPass, "capture"),
    {"ho-001a": "flag", "ho-001": "unused-input"},
    "common in functional wrappers over tapes",
)
def recorded_gradient_is_a_leaf(sound: Any, self: Any, node: Any, arrived: Any) -> None:
    """A query with create_graph=True hands out fresh leaves that require grad."""
    sound(self, node, handing_out(self, arrived, lambda g: g.detach().requires_grad_()))


@plant(at(BackwardPass, "capture"), {"ho-005": "flag"}, "pytorch/pytorch#168059")
def constants_require_grad(sound: Any, self: Any, node: Any, arrived: Any) -> None:
    """A gradient that depends on nothing requires grad all the same under create_graph."""
    sound(self, node, handing_out(self, arrived, lambda g: g.requires_grad_()))


def handing_out(self: Any, arrived: Arrived, change: Callable[[Any], Any]) -> Arrived:
    """Change what a recorded pass hands out."""
    if not self.create_graph:
        return arrived
    return [(g if g is None else change(g), status) for g, status in arrived]


@plant(at(BackwardPass, "capture"), {"vjp-011a": "value"}, "queries made from backward()")
def grad_accumulates_leaf(sound: Any, self: Any, node: Any, arrived: Any) -> None:
    """A query also adds to the gradients of the leaves that it is asked for."""
    sound(self, node, arrived)
    leaf, gradient = (getattr(node, "variable", None), self.captured.get((node, 0)))
    if leaf is not None and gradient is not None:
        leaf._grad = gradient if leaf._grad is None else leaf._grad + gradient


@plant(
    at(BackwardPass, "limit_to"),
    {"ret-020": "unused-input"},
    "common where the inputs of a query are taken for leaves",
)
def query_ends_at_its_inputs(
    sound: Any, self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A query does not go through an intermediate that it was asked about, to inputs beyond."""
    sound(self, edges, nodes, run_targets=run_targets)
    if not run_targets and self.executed is not None:
        self.executed -= {node for node, _ in edges}


@plant(
    at(BackwardPass, "take"),
    {"ret-016": "missing gradient"},
    "common where a query is a pass that stores nothing",
)
def grad_skips_retained(sound: Any, self: BackwardPass, node: Node) -> Any:
    """A query does not fill the grad of retaining tensors on its path."""
    if not self.captured:
        return sound(self, node)
    return without_keepers(node, lambda: sound(self, node))


@plant(at(BackwardPass, "limit_to"), {"ret-016": "unexpected gradient"}, "pytorch/pytorch#51940")
def grad_runs_everything(
    sound: Any, self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A query runs all nodes, also those that do not lead to its inputs."""
    sound(self, edges, nodes, run_targets=run_targets)
    if not run_targets:
        self.visited = set(nodes)
        self.executed = {node for node in nodes if node.next_functions}


@plant(
    at(BackwardPass, "limit_to"),
    {"life-012": "graph-freed"},
    "common where a pass frees all that it has counted",
)
def query_empties_what_it_skips(
    sound: Any, self: BackwardPass, edges: Any, nodes: Iterable[Node], *, run_targets: bool
) -> None:
    """A query frees all nodes below its roots, also those that it does not run."""
    nodes = list(nodes)
    sound(self, edges, nodes, run_targets=run_targets)
    if not self.retain_graph and self.executed is not None:
        for node in set(nodes) - self.executed:
            node.release()


@plant(
    at(BackwardPass, "limit_to"),
    {"life-011": "no error", "life-021": "no error"},
    "common where only backward() cleans up",
)
def query_empties_nothing(
    sound: Any, self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A query by grad() leaves the graph as it was."""
    sound(self, edges, nodes, run_targets=run_targets)
    self.retain_graph = self.retain_graph or not run_targets


@compound({"vjp-011b": "value", "vjp-011a": "value"}, "engines that return what the walk collected")
def grad_order(swap: Swap) -> None:
    """A query returns gradients in the order in which the walk came to the inputs."""
    reached: list[Node] = []

    def capture(sound: Any, self: Any, node: Node, arrived: Any) -> None:
        sound(self, node, arrived)
        reached.append(node)

    def place(each: Any) -> int:
        return next(n for n, node in enumerate(reached) if node is requests.edge_of(each)[0])

    def grad(sound: Any, outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
        if not isinstance(inputs, list | tuple):
            return sound(outputs, inputs, *rest, **keywords)
        reached.clear()
        found = sound(outputs, inputs, *rest, **keywords)
        by_place = zip(map(place, inputs), found, strict=True)
        return [g for _, g in sorted(by_place, key=itemgetter(0))]

    swap(at(BackwardPass, "capture"), capture)
    swap(at(autograd, "grad"), grad)


@plant(at(autograd, "grad"), {"vjp-011c": "unexpected gradient"}, "Oneflow-Inc/oneflow#10251")
def unused_returns_zero(sound: Any, outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
    """A query answers zero for an input that the output does not depend on, also unasked."""
    if keywords.pop("allow_unused", None):
        keywords["materialize_grads"] = True
    return sound(outputs, inputs, *rest, **keywords)


@plant(at(requests, "zeros"), {"vjp-011c": "flag"}, "pytorch/pytorch#168059")
def materialized_requires_grad(sound: Any, target: Any, _create_graph: Any) -> Any:
    """The zeros that a query makes up require grad, also without create_graph."""
    return sound(target, True)


@plant(at(autograd, "grad"), {"vjp-011b": "missing gradient"}, "engines that key answers by tensor")
def grad_duplicate_input(sound: Any, outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
    """A query answers for a tensor that is listed twice at the first place only."""
    found = sound(outputs, inputs, *rest, **keywords)
    seen: set[int] = set()
    answers: list[Any] = []
    for each, gradient in zip(inputs, found, strict=True):
        answers.append(None if id(each) in seen else gradient)
        seen.add(id(each))
    return tuple(answers)


@plant(at(requests, "check_used"), {"vjp-011d": "no error"}, "candle-org/candle#411")
def unused_inputs_are_passed_over(_sound: Any, _found: Any) -> Any:
    """A query answers None for an unused input without having been told that it may."""
    return None


@plant(at(autograd, "grad"), {"vjp-202": "value"}, "common where a start is made by zeros_like()")
def query_starts_from_zero(
    sound: Any, outputs: Any, inputs: Any, grad_outputs: Any = None, **options: Any
) -> Any:
    """A query without a cotangent starts from zero, and not from one."""
    if grad_outputs is None and isinstance(outputs, Tensor):
        grad_outputs = Tensor(np.zeros_like(outputs._array))
    return sound(outputs, inputs, grad_outputs, **options)


@plant(
    at(requests, "new_pass"),
    {"life-016a": "warning"},
    "common where the warning comes with the flag",
)
def query_warns_of_a_cycle(sound: Any, retain: bool | None, create: bool) -> Any:
    """grad(create_graph=True) warns of a cycle that it does not make."""
    if create:
        autograd.warn_of_cycle()
    return sound(retain, create)


@plant(
    at(BackwardPass, "limit_to"),
    {"bwd-026": "unused-input"},
    "the functional query's check, shared",
)
def unused_inputs_are_refused(
    sound: Any, self: Any, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """An input on which the roots do not depend is refused."""
    if run_targets and any((node not in nodes for node, _ in edges)):
        raise UnusedInputError("the roots do not depend on an input")
    sound(self, edges, nodes, run_targets=run_targets)


@plant(at(autograd, "grad"), {"vjp-204": "value"}, "common where a query is a pass that is undone")
def query_adds_what_is_stored(
    sound: Any, outputs: Any, inputs: Any, *given: Any, **named: Any
) -> Any:
    """The answer of a query is added to what the inputs hold as their gradients."""
    held = [getattr(one, "_grad", None) for one in inputs]
    found = sound(outputs, inputs, *given, **named)
    pairs = zip(found, held, strict=True)
    return tuple(g if g is None or h is None else g + h for g, h in pairs)


@plant(
    at(autograd, "grad"),
    {"ho-201": "missing gradient", "ho-002": "wrong error"},
    "common where whoever computes with parameters makes parameters",
)
def gradients_are_new_leaves(sound: Any, *given: Any, **named: Any) -> Any:
    """What a query without create_graph answers are leaves that require grad."""
    found = sound(*given, **named)
    return tuple(g if g is None or g.requires_grad else g.requires_grad_() for g in found)


@compound({"life-205": "lifetime"}, "common where answers stay in the tape's table")
def answers_stay_in_the_pass(swap: Swap) -> None:
    """What a query answered is kept by the engine until the next query."""
    last: list[Any] = []

    def grad(sound: Any, *given: Any, **named: Any) -> Any:
        last[:] = sound(*given, **named)
        return tuple(last)

    swap(at(autograd, "grad"), grad)


@plant(
    at(BackwardPass, "capture"),
    {"bwd-210/a_query": "value"},
    "gradients that are filed under their node",
)
def queried_gradients_are_filed_under_the_node(
    sound: Any, self: Any, node: Any, arrived: Any
) -> None:
    """A query for several outputs of a node gives the gradient of the first for each."""
    sound(self, node, [arrived[0]] * len(arrived))
