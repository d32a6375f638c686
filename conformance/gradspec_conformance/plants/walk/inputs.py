"""Faults in the argument inputs of backward()."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference import autograd
from gradspec_reference.engine import requests
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap
    from gradspec_reference.engine.node import Edge


@plant(
    at(BackwardPass, "limit_to"),
    {"acc-026": "unexpected gradient"},
    "pytorch/pytorch#79708, pytorch/pytorch#51940",
)
def inputs_arg_ignored(
    sound: Any, self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A pass fills every leaf, whatever inputs it was given."""
    if not run_targets:
        sound(self, edges, nodes, run_targets=run_targets)


@plant(
    at(BackwardPass, "limit_to"),
    {"bwd-020a": "value"},
    "engines that clear gradients before a pass",
)
def leaves_outside_inputs_are_cleared(
    sound: Any, self: Any, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A pass that is given inputs sets the gradient of each other leaf to zero."""
    listed = {node for node, _ in edges}
    for node in nodes:
        leaf = getattr(node, "variable", None)
        if node not in listed and leaf is not None and (leaf._grad is not None):
            leaf._grad = leaf._grad * 0.0
    sound(self, edges, nodes, run_targets=run_targets)


@plant(at(requests, "stored"), {"acc-026": "missing gradient"}, "pytorch/pytorch#79708")
def inputs_nonleaf_lost(_sound: Any, targets: list[Any]) -> list[Edge]:
    """An intermediate that is named in inputs is not filled."""
    return [requests.edge_of(target) for target in targets]


@plant(
    at(requests, "as_sequence"), {"bwd-021/a_dict": "inputs-type"}, "Python's iteration over a dict"
)
def inputs_of_a_dict_are_its_keys(sound: Any, inputs: Any) -> Any:
    """A dict of inputs is taken for the sequence of its keys."""
    return list(inputs) if isinstance(inputs, dict) else sound(inputs)


@plant(
    at(requests, "as_sequence"),
    {"bwd-022/another_mapping": "no error"},
    "engines that take any mapping",
)
def every_mapping_is_a_dict(sound: Any, inputs: Any) -> Any:
    """Inputs are taken from the values of any mapping."""
    return sound(dict(inputs) if hasattr(inputs, "keys") else inputs)


@plant(
    at(autograd, "backward"),
    {"bwd-022/nothing": "no error", "bwd-208/nothing": "unexpected gradient"},
    "Python's truth of an empty list",
)
def empty_inputs_are_no_restriction(
    sound: Any, *arguments: Any, inputs: Any = None, **keywords: Any
) -> None:
    """An empty sequence of inputs is taken for no restriction."""
    given = isinstance(inputs, Tensor) or bool(inputs)
    sound(*arguments, inputs=inputs if given else None, **keywords)


@plant(at(requests, "stored"), {"bwd-026": "unexpected gradient"}, "Oneflow-Inc/oneflow#10251")
def unused_inputs_get_zeros(sound: Any, targets: Any) -> Any:
    """An input on which the roots do not depend is given zeros."""
    for each in targets:
        if each._grad is None:
            each._grad = each.detach() * 0.0
    return sound(targets)


@plant(at(requests, "stored"), {"bwd-027": "no error"}, "engines that filter what they are given")
def inputs_without_grad_are_passed_over(sound: Any, targets: Any) -> Any:
    """An input that does not require grad is passed over."""
    kept = [t for t in targets if not isinstance(t, Tensor) or t.requires_grad]
    return sound(kept)


@plant(at(autograd, "backward"), {"bwd-028": "value"}, "engines that walk once per input")
def one_pass_per_input(
    sound: Any,
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: Any = None,
    *rest: Any,
    inputs: Any = None,
    **keywords: Any,
) -> None:
    """Each listed input has a pass of its own."""
    listed = [None] if inputs is None else list(requests.as_sequence(inputs)) or [[]]
    for position, one in enumerate(listed, start=1):
        keep = position < len(listed) or retain_graph
        sound(tensors, grad_tensors, keep, *rest, inputs=one, **keywords)


@plant(
    at(autograd, "backward"),
    {"bwd-208/another_mapping": "unexpected gradient", "bwd-022/another_mapping": "no error"},
    "arguments of an unknown type that are passed over",
)
def other_mappings_are_no_restriction(
    sound: Any, *arguments: Any, inputs: Any = None, **keywords: Any
) -> None:
    """Inputs given as a mapping that is no dict are passed over."""
    known = not hasattr(inputs, "keys") or isinstance(inputs, dict)
    sound(*arguments, inputs=inputs if known else None, **keywords)


@plant(
    at(BackwardPass, "limit_to"),
    {"bwd-209": "missing gradient"},
    "walks that stop where they were sent",
)
def listed_intermediates_end_the_pass(
    sound: Any, self: Any, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A pass goes no further than an intermediate that is listed in inputs."""
    sound(self, edges, nodes, run_targets=run_targets)
    self.executed -= {node for node, _ in edges if not hasattr(node, "variable")}


@compound({"bwd-205/input": "missing gradient"}, "a break where continue is meant")
def inputs_after_a_constant_are_dropped(swap: Swap) -> None:
    """The first input that does not require grad ends the sequence of inputs."""
    original = requests.stored

    def stored(_sound: Any, targets: Any) -> Any:
        sound = [not isinstance(t, Tensor) or t.requires_grad for t in targets]
        return original(targets[: (*sound, False).index(False)])

    swap(at(requests, "stored"), stored)


@plant(
    at(BackwardPass, "start"),
    {"bwd-212": "unexpected gradient"},
    "common where every root is a start",
)
def roots_beside_the_inputs_are_visited(
    sound: Any, self: BackwardPass, roots: Any, cotangents: Any
) -> None:
    """A root that leads to none of the inputs keeps its gradient and calls its hooks."""
    visited, self.visited = (self.visited, None)
    sound(self, roots, cotangents)
    self.visited = visited
