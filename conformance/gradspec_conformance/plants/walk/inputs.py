"""Faults in the argument inputs of backward()."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import BACKWARD, at, step
from gradspec_conformance.plants.plant import after, before, plant
from gradspec_reference.engine import requests
from gradspec_reference.engine.tensor import Tensor


@plant(step("limit_to"), "unexpected gradient: acc-026", "pytorch/pytorch#79708, #51940")
def inputs_arg_ignored(sound, self, edges, nodes, *, run_targets):
    """A pass fills every leaf, whatever inputs it was given."""
    if not run_targets:
        sound(self, edges, nodes, run_targets=run_targets)


@before(step("limit_to"), "value: bwd-020a", "engines that clear gradients before a pass")
def leaves_outside_inputs_are_cleared(_self, edges, nodes, **_named):
    """A pass that is given inputs sets the gradient of each other leaf to zero."""
    listed = {node for node, _ in edges}
    for node in nodes:
        leaf = getattr(node, "variable", None)
        if node not in listed and leaf is not None and (leaf._grad is not None):
            leaf._grad = leaf._grad * 0.0


@plant(at(requests, "stored"), "missing gradient: acc-026", "pytorch/pytorch#79708")
def inputs_nonleaf_lost(_sound, targets):
    """An intermediate that is named in inputs is not filled."""
    return [requests.edge_of(target) for target in targets]


@plant(at(requests, "as_sequence"), "inputs-type: bwd-021/a_dict", "Python's iteration over a dict")
def inputs_of_a_dict_are_its_keys(sound, inputs):
    """A dict of inputs is taken for the sequence of its keys."""
    return list(inputs) if isinstance(inputs, dict) else sound(inputs)


@plant(at(requests, "as_sequence"), "no error: bwd-022/another_mapping", "taking any mapping")
def every_mapping_is_a_dict(sound, inputs):
    """Inputs are taken from the values of any mapping."""
    return sound(dict(inputs) if hasattr(inputs, "keys") else inputs)


@plant(
    BACKWARD,
    "no error: bwd-022/nothing; unexpected gradient: bwd-208/nothing",
    "an empty list is false",
)
def empty_inputs_are_no_restriction(sound, *arguments, inputs=None, **keywords):
    """An empty sequence of inputs is taken for no restriction."""
    given = isinstance(inputs, Tensor) or bool(inputs)
    sound(*arguments, inputs=inputs if given else None, **keywords)


@before(at(requests, "stored"), "value: bwd-026", "Oneflow-Inc/oneflow#10251")
def inputs_begin_with_nan(targets):
    """An input without a gradient begins with what None was taken for: NaN."""
    for each in targets:
        if each._grad is None:
            each._grad = each.detach() * np.nan


@plant(at(requests, "stored"), "no error: bwd-027", "engines that filter what they are given")
def inputs_without_grad_are_passed_over(sound, targets):
    """An input that does not require grad is passed over."""
    kept = [t for t in targets if not isinstance(t, Tensor) or t.requires_grad]
    return sound(kept)


@plant(BACKWARD, "value: bwd-028", "engines that walk once per input")
def one_pass_per_input(
    sound, tensors, grad_tensors=None, retain_graph=None, *rest, inputs=None, **keywords
):
    """Each listed input has a pass of its own."""
    listed = [None] if inputs is None else list(requests.as_sequence(inputs)) or [[]]
    for position, one in enumerate(listed, start=1):
        keep = position < len(listed) or retain_graph
        sound(tensors, grad_tensors, keep, *rest, inputs=one, **keywords)


@plant(
    BACKWARD,
    "unexpected gradient: bwd-208/another_mapping; no error: bwd-022/another_mapping",
    "unknown arguments that are passed over",
)
def other_mappings_are_no_restriction(sound, *arguments, inputs=None, **keywords):
    """Inputs given as a mapping that is no dict are passed over."""
    known = not hasattr(inputs, "keys") or isinstance(inputs, dict)
    sound(*arguments, inputs=inputs if known else None, **keywords)


@after(step("limit_to"), "missing gradient: bwd-209", "walks that stop where they were sent")
def listed_intermediates_end_the_pass(_, self, edges, *_rest, **_named):
    """A pass goes no further than an intermediate that is listed in inputs."""
    self.executed -= {node for node, _ in edges if not hasattr(node, "variable")}


@plant(at(requests, "stored"), "missing gradient: bwd-205/input", "a break for a continue")
def inputs_after_a_constant_are_dropped(sound, targets):
    """The first input that does not require grad ends the sequence of inputs."""
    good = [not isinstance(t, Tensor) or t.requires_grad for t in targets]
    return sound(targets[: (*good, False).index(False)])


@plant(step("start"), "unexpected gradient: bwd-212", "common where every root is a start")
def roots_beside_the_inputs_are_visited(sound, self, roots, cotangents):
    """A root that leads to none of the inputs keeps its gradient and calls its hooks."""
    visited, self.visited = (self.visited, None)
    sound(self, roots, cotangents)
    self.visited = visited
