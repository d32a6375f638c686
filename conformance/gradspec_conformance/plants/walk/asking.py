"""Faults in what grad() can be asked: inputs, outputs, cotangents and options."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import FOR_ROOT, GRAD, at
from gradspec_conformance.plants.plant import before, compound, plant
from gradspec_conformance.plants.walk.naive import depths_below, leaf_of
from gradspec_reference.engine import cotangents, edges, requests
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import InputsElementError, InputWithoutGradError

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap

# inputs ----------------------------------------------------------------------------------


@plant(at(requests, "as_sequence"), "unused-input: grad-002/a_tensor", "iterating over what comes")
def a_single_input_is_taken_apart(sound, inputs):
    """A tensor that is asked for is taken for the sequence of its entries."""
    apart = isinstance(inputs, Tensor) and inputs.ndim
    return list(inputs.unbind()) if apart else sound(inputs)


@before(at(requests, "edge_of"), "input-without-grad: grad-021 grad-201", "micrograd habit")
def only_leaves_are_inputs(target):
    """A query for what is no leaf is refused."""
    if isinstance(target, Tensor) and target.grad_fn is not None:
        raise InputWithoutGradError("what is no leaf has no gradient")


@before(
    at(requests, "check_elements"),
    "inputs-type: grad-032/a_leaf grad-032/an_intermediate",
    "torch before 2.6",
)
def edges_are_no_inputs(inputs):
    """A query for an edge is refused."""
    if any(isinstance(one, GradientEdge) for one in inputs):
        raise InputsElementError("an edge is no tensor")


@plant(
    at(edges, "get_gradient_edge"),
    "unused-input: grad-032/a_leaf grad-210",
    "where what accumulates is made whenever it is asked for",
)
def edges_of_leaves_are_new(sound, tensor):
    """The edge of a leaf leads to a node that no graph has."""
    edge = sound(tensor)
    return edge if tensor.grad_fn is not None else GradientEdge(AccumulateGrad(tensor), 0)


@compound("input-without-grad: grad-209", "edges that refer to their tensor")
def an_edge_goes_with_its_tensor(swap: Swap) -> None:
    """The edge of a tensor that has no name any more is refused."""
    tensors: dict[int, Any] = {}

    @swap.into(at(edges, "get_gradient_edge"))
    def noted(sound: Any, tensor: Tensor) -> Any:
        edge = sound(tensor)
        tensors[id(edge.node)] = weakref.ref(tensor)
        return edge

    @swap.before(at(requests, "edge_of"))
    def looked_up(target: Any) -> None:
        if isinstance(target, GradientEdge) and tensors[id(target.node)]() is None:
            raise InputWithoutGradError("there is no tensor at this edge")


@plant(GRAD, "unexpected gradient: grad-203; no error: grad-005/nothing", "an empty list is false")
def no_inputs_are_all_leaves(sound, outputs, inputs, *given, **named):
    """A query for no inputs is one for all leaves."""
    if isinstance(inputs, list) and not inputs:
        below = depths_below([(outputs.grad_fn, 0)])
        inputs = [leaf_of((node, 0)) for node in below if leaf_of((node, 0)) is not None]
    return sound(outputs, inputs, *given, **named)


@before(
    at(requests, "check_elements"),
    "no error: grad-005/a_text grad-005/a_number_among_tensors",
    "a filter for a check",
)
def inputs_of_another_type_are_passed_over(inputs):
    """What is neither a tensor nor an edge is left out of the inputs."""
    inputs[:] = [one for one in inputs if isinstance(one, Tensor | GradientEdge)]


@plant(GRAD, "no error: grad-019", "None taken for an answer that is always right")
def constants_are_answered_by_none(sound, outputs, inputs, *given, **named):
    """The answer for a tensor that does not require grad is None."""
    kept = [one for one in requests.as_sequence(inputs) if getattr(one, "requires_grad", True)]
    if len(kept) == len(requests.as_sequence(inputs)):
        return sound(outputs, inputs, *given, **named)
    found = iter(sound(outputs, kept, *given, **named) if kept else ())
    return tuple(next(found) if getattr(x, "requires_grad", True) else None for x in inputs)


# outputs and cotangents ------------------------------------------------------------------


@plant(FOR_ROOT, "value: grad-204/none_for_an_output_of_two_entries", "None taken for no weight")
def outputs_without_a_cotangent_are_dropped(sound, root, given):
    """An output of several entries that is given no cotangent contributes nothing."""
    shape, dtype = cotangents.shape_and_dtype(root)
    if given is None and math.prod(shape) != 1:
        return Tensor(np.zeros(shape, dtype))
    return sound(root, given)


@plant(FOR_ROOT, "value: grad-204/a_number", "what is no tensor is skipped")
def numbers_weigh_nothing(sound, root, given):
    """An output whose cotangent is a number contributes nothing."""
    weighs = given is None or isinstance(given, Tensor)
    return sound(root, given if weighs else Tensor(np.zeros(root.shape)))


@plant(FOR_ROOT, "no error: grad-040 grad-009/another_shape", "zip(), which ends with the shorter")
def cotangents_are_cut_to_length(sound, root, given):
    """Of a cotangent that is longer than its output the first entries count."""
    if isinstance(given, Tensor) and given.ndim == 1 and root.ndim == 1 and len(given) > len(root):
        given = given[: len(root)]
    return sound(root, given)


@plant(GRAD, "no error: grad-020", "as the documentation has it")
def constant_outputs_contribute_nothing(sound, outputs, inputs, *given, **named):
    """An output that does not require grad is left out, and answered by None if it is alone."""
    roots = requests.as_roots(outputs)
    kept = [n for n, one in enumerate(roots) if getattr(one, "requires_grad", True)]
    if len(kept) == len(roots):
        return sound(outputs, inputs, *given, **named)
    if not kept:
        return (None,) * len(inputs)
    weights = requests.as_cotangents((given or (named.pop("grad_outputs", None),))[0], len(roots))
    return sound([roots[n] for n in kept], inputs, [weights[n] for n in kept], **named)


# options ---------------------------------------------------------------------------------


@plant(GRAD, "warning: grad-028", "a withdrawal that nobody announced")
def only_inputs_is_silent(sound, *given, only_inputs=True, **named):
    """The option only_inputs is overlooked without a warning."""
    del only_inputs
    return sound(*given, **named)


@plant(GRAD, "missing gradient: grad-206", "the first option that is looked at")
def allow_unused_undoes_materialize_grads(sound, *given, **named):
    """A query that is given allow_unused answers None, whatever materialize_grads says."""
    if named.get("allow_unused"):
        named["materialize_grads"] = False
    return sound(*given, **named)


@plant(at(requests, "settle_unused"), "no error: grad-015", "the last option that is looked at")
def materialize_grads_undoes_allow_unused(sound, allow_unused, materialize_grads):
    """A query that is given materialize_grads makes up zeros, whatever allow_unused says."""
    return materialize_grads or sound(allow_unused, materialize_grads)
