"""Faults in grad(): what a query gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import GRAD, NEW_PASS, at, step
from gradspec_conformance.plants.plant import after, before, compound, plant
from gradspec_conformance.plants.walk.keeping import without_keepers
from gradspec_reference import autograd
from gradspec_reference.engine import requests
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import UnusedInputError

if TYPE_CHECKING:
    from collections.abc import Callable


Arrived = list[tuple[Any, int]]


@after(step("capture"), "value: ho-001 ho-006", "PaddlePaddle/Paddle#24187")
def second_order_stale(_, self, node, *_rest):
    """There is one gradient per variable, which each query overwrites."""
    for (owner, slot), found in self.captured.items():
        if owner is node and found is not None:
            kept = self.captured[owner, slot] = node.metadata.setdefault(slot, found)
            kept._array, kept._grad_fn = found._array, found._grad_fn
            kept._output_nr = found._output_nr


@plant(
    step("capture"),
    "root-without-grad: ho-017; missing gradient: ho-010b",
    "inputs of a query taken for leaves",
)
def gradient_of_a_nonleaf_is_constant(sound, self, node, arrived):
    """A recorded gradient with respect to a non-leaf has no history."""
    sound(
        self,
        node,
        handing_out(self, arrived, lambda g: g if isinstance(node, AccumulateGrad) else g.detach()),
    )


@plant(step("capture"), "text: ho-015", "where gradients are handed out as copies")
def recorded_gradient_is_a_copy(sound, self, node, arrived):
    """A query hands out recorded copies of its gradients."""
    sound(self, node, handing_out(self, arrived, lambda g: g.clone()))


@plant(step("capture"), "flag: ho-001a; unused-input: ho-001", "functional wrappers over tapes")
def recorded_gradient_is_a_leaf(sound, self, node, arrived):
    """A query with create_graph=True hands out fresh leaves that require grad."""
    sound(self, node, handing_out(self, arrived, lambda g: g.detach().requires_grad_()))


@plant(step("capture"), "flag: ho-005", "pytorch/pytorch#168059")
def constants_require_grad(sound, self, node, arrived):
    """A gradient that depends on nothing requires grad all the same under create_graph."""
    sound(self, node, handing_out(self, arrived, lambda g: g.requires_grad_()))


def handing_out(self: Any, arrived: Arrived, change: Callable[[Any], Any]) -> Arrived:
    """Change what a recorded pass hands out."""
    if not self.create_graph:
        return arrived
    return [(g if g is None else change(g), status) for g, status in arrived]


@after(step("capture"), "unexpected gradient: vjp-011a", "queries made from backward()")
def grad_accumulates_leaf(_, self, node, *_rest):
    """A query also adds to the gradients of the leaves that it is asked for."""
    leaf, gradient = (getattr(node, "variable", None), self.captured.get((node, 0)))
    if leaf is not None and gradient is not None:
        leaf._grad = gradient if leaf._grad is None else leaf._grad + gradient


@after(step("limit_to"), "unused-input: ret-020", "inputs of a query taken for leaves")
def query_ends_at_its_inputs(_, self, edges, *_rest, run_targets):
    """A query does not go through an intermediate that it was asked about, to inputs beyond."""
    if not run_targets and self.executed is not None:
        self.executed -= {node for node, _ in edges}


@plant(step("take"), "missing gradient: ret-016", "where a query is a pass that stores nothing")
def grad_skips_retained(sound, self, node):
    """A query does not fill the grad of retaining tensors on its path."""
    if not self.captured:
        return sound(self, node)
    return without_keepers(node, lambda: sound(self, node))


@after(step("limit_to"), "unexpected gradient: ret-016", "pytorch/pytorch#51940")
def grad_runs_everything(_, self, _edges, nodes, *, run_targets):
    """A query runs all nodes, also those that do not lead to its inputs."""
    if not run_targets:
        self.visited = set(nodes)
        self.executed = {node for node in nodes if node.next_functions}


@plant(step("limit_to"), "graph-freed: life-012", "where a pass frees all that it has counted")
def query_empties_what_it_skips(sound, self, edges, nodes, *, run_targets):
    """A query frees all nodes below its roots, also those that it does not run."""
    nodes = list(nodes)
    sound(self, edges, nodes, run_targets=run_targets)
    if not self.retain_graph and self.executed is not None:
        for node in set(nodes) - self.executed:
            node.release()


@after(step("limit_to"), "no error: life-011 life-021", "where only backward() cleans up")
def query_empties_nothing(_, self, *_rest, run_targets):
    """A query by grad() leaves the graph as it was."""
    self.retain_graph = self.retain_graph or not run_targets


@compound("value: vjp-011b vjp-011a", "engines that return what the walk collected")
def grad_order(swap):
    """A query returns gradients in the order in which the walk came to the inputs."""
    reached = []

    @swap.into(step("capture"))
    def _(sound, self, node, arrived):
        sound(self, node, arrived)
        reached.append(node)

    @swap.into(GRAD)
    def _(sound, outputs, inputs, *rest, **keywords):
        reached.clear()
        found = sound(outputs, inputs, *rest, **keywords)
        if not isinstance(inputs, list | tuple):
            return found
        places = [reached.index(requests.edge_of(one)[0]) for one in inputs]
        return [g for _, g in sorted(zip(places, found, strict=True), key=lambda pair: pair[0])]


@plant(GRAD, "unexpected gradient: vjp-011c", "Oneflow-Inc/oneflow#10251")
def unused_returns_zero(sound, *given, allow_unused=False, **named):
    """A query answers zero for an input that the output does not depend on, also unasked."""
    return sound(*given, **{**named, "materialize_grads": True} if allow_unused else named)


@plant(at(requests, "zero_gradient"), "flag: vjp-206", "pytorch/pytorch#168059")
def materialized_requires_grad(sound, target, _create_graph):
    """The zeros that a query makes up require grad, also without create_graph."""
    return sound(target, True)


@plant(GRAD, "missing gradient: vjp-011b", "engines that key answers by tensor")
def grad_duplicate_input(sound, outputs, inputs, *rest, **keywords):
    """A query answers for a tensor that is listed twice at the first place only."""
    found = sound(outputs, inputs, *rest, **keywords)
    listed = [id(each) for each in inputs]
    return tuple(None if listed[n] in listed[:n] else g for n, g in enumerate(found))


@plant(at(requests, "check_used"), "no error: vjp-011d", "candle-org/candle#411")
def unused_inputs_are_passed_over(_sound, _found):
    """A query answers None for an unused input without having been told that it may."""
    return


@plant(GRAD, "value: vjp-202", "where a start is made by zeros_like()")
def query_starts_from_zero(sound, outputs, inputs, grad_outputs=None, **options):
    """A query without a cotangent starts from zero, and not from one."""
    if grad_outputs is None and isinstance(outputs, Tensor):
        grad_outputs = Tensor(np.zeros_like(outputs._array))
    return sound(outputs, inputs, grad_outputs, **options)


@before(NEW_PASS, "warning: life-016a", "where the warning comes with the flag")
def query_warns_of_a_cycle(_retain, create):
    """grad(create_graph=True) warns of a cycle that it does not make."""
    if create:
        autograd.warn_of_cycle()


@before(step("limit_to"), "unused-input: bwd-026", "the functional query's check, shared")
def unused_inputs_are_refused(_self, edges, nodes, *, run_targets):
    """An input on which the roots do not depend is refused."""
    if run_targets and any((node not in nodes for node, _ in edges)):
        raise UnusedInputError("the roots do not depend on an input")


@plant(GRAD, "value: vjp-204", "where a query is a pass that is undone")
def query_adds_what_is_stored(sound, outputs, inputs, *given, **named):
    """The answer of a query is added to what the inputs hold as their gradients."""
    held = [getattr(one, "_grad", None) for one in inputs]
    found = sound(outputs, inputs, *given, **named)
    pairs = zip(found, held, strict=True)
    return tuple(g if g is None or h is None else g + h for g, h in pairs)


@plant(GRAD, "missing gradient: ho-201; wrong error: ho-002", "parameters that make parameters")
def gradients_are_new_leaves(sound, *given, **named):
    """What a query without create_graph answers are leaves that require grad."""
    found = sound(*given, **named)
    return tuple(g if g is None or g.requires_grad else g.requires_grad_() for g in found)


@plant(GRAD, "lifetime: life-205", "where answers stay in the tape's table", memory=list)
def answers_stay_in_the_pass(last, sound, *given, **named):
    """What a query answered is kept by the engine until the next query."""
    last[:] = sound(*given, **named)
    return tuple(last)


@plant(step("capture"), "value: bwd-210/a_query", "gradients filed under their node")
def queried_gradients_are_filed_under_the_node(sound, self, node, arrived):
    """A query for several outputs of a node gives the gradient of the first for each."""
    sound(self, node, [arrived[0]] * len(arrived))
