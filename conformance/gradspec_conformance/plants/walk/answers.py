"""Faults in what grad() answers, and in what it leaves alone."""

from __future__ import annotations

import numpy as np

import gradspec_reference
from gradspec_conformance.plants.places import GRAD, at, rule, step
from gradspec_conformance.plants.plant import after, plant
from gradspec_reference.engine import asking, hooks, requests
from gradspec_reference.engine.custom import FunctionNode
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.tensor import Tensor


@after(step("limit_to"), "value: grad-001/beside_it", "queries made from backward()")
def a_query_fills_the_others(_, self, edges, nodes, *, run_targets):
    """A query adds to the gradients of the leaves that it is not asked for."""
    if not run_targets:
        self.visited = set(nodes)
        self.executed = self.visited - {node for node, _ in edges}


@after(step("capture"), "order: grad-027", "queries made from backward()")
def a_query_calls_what_follows_accumulation(_, _self, node, *_rest):
    """A query calls the post-accumulate hooks of the leaves that it is asked for."""
    if isinstance(node, AccumulateGrad):
        hooks.fire_post_accumulate(node.variable)


@plant(
    GRAD,
    "value: grad-036/what_a_further_query_answers",
    "answers that are looked up",
    memory=dict,
)
def answers_are_remembered(known, sound, outputs, inputs, *given, **named):
    """A query that was answered before is answered by the same tensors again."""
    asked = [outputs, *requests.as_sequence(inputs), *given]
    key = tuple(map(id, asked))
    if key not in known:
        known[key] = (asked, sound(outputs, inputs, *given, **named))
    return known[key][1]


@plant(rule("mul", "other"), "value: grad-036/the_value_of_a_leaf", "1 * x taken for x itself")
def a_product_with_ones_is_the_other_factor(sound, xp, g, *factors):
    """The derivative of a product is the other factor itself, where the cotangent is all ones."""
    found = sound(xp, g, *factors)
    kept = [f for f in factors if isinstance(f, np.ndarray) and np.array_equal(f, found)]
    return kept[0] if kept and np.ndim(g) and np.all(g == 1) else found


@plant(GRAD, "shape: grad-002/a_list grad-002/a_tuple", "return x[0] if len(x) == 1 else x")
def a_single_answer_stands_alone(sound, *given, **named):
    """The answer for one input is a tensor, and no tuple with a tensor in it."""
    found = sound(*given, **named)
    return found[0] if len(found) == 1 and isinstance(found, tuple) else found


@plant(GRAD, "structure: grad-004", "engines with a list of parameters")
def a_dict_is_answered_by_a_tuple(sound, *given, **named):
    """The answer for a dict of inputs is a tuple of gradients, in the order of the dict."""
    found = sound(*given, **named)
    return tuple(found.values()) if isinstance(found, dict) else found


@plant(step("fit"), "dtype: grad-003a", "where accumulation converts, and a query does not")
def answers_have_the_type_of_the_computation(sound, self, part, status, shape, dtype):
    """What a query hands out has the data type in which it was computed."""
    return sound(self, part, status, shape, None if self.captured else dtype)


@plant(step("capture"), "unused-input: grad-018", "zeros that are dropped on the way")
def zeros_are_no_answers(sound, self, node, arrived):
    """A gradient of zeros counts as none."""
    sound(self, node, arrived)
    for edge, found in self.captured.items():
        if edge[0] is node and found is not None and not np.any(found._array):
            self.captured[edge] = None


@plant(at(asking, "answer"), "unused-input: grad-023/result", "a walk from the outputs' operands")
def an_output_is_no_input(sound, roots, *given):
    """An output that is asked for counts as unused."""
    found, targets = sound(roots, *given), given[1]
    return [
        None if any(one is root for root in roots) else g
        for g, one in zip(found, targets, strict=True)
    ]


@plant(GRAD, "value: grad-210", "where two lists are put together")
def edges_are_answered_behind_tensors(sound, outputs, inputs, *given, **named):
    """The answers for edges stand behind those for tensors, in whatever order they were asked."""
    found = sound(outputs, inputs, *given, **named)
    if not isinstance(inputs, list):
        return found
    places = sorted(range(len(inputs)), key=lambda n: isinstance(inputs[n], GradientEdge))
    return tuple(found[n] for n in places)


@plant(at(requests, "zero_gradient"), "shape: grad-014", "a zero that was meant to broadcast")
def zeros_on_request_are_numbers(sound, target, create_graph):
    """The zero that a query makes up for an array is a number."""
    zero = sound(target, create_graph)
    return Tensor(np.zeros((), zero._array.dtype)).requires_grad_(create_graph)


@plant(at(requests, "zero_gradient"), "flag: grad-017", "pytorch/pytorch#168059")
def zeros_on_request_are_constants(sound, target, _create_graph):
    """The zeros that a query makes up are constants, also under create_graph."""
    return sound(target, False)


@plant(at(requests, "zero_gradient"), "no error: grad-033", "edges that know a shape")
def edges_have_zeros(sound, target, create_graph):
    """A zero is made up for an edge, in the shape of what it leads to."""
    if isinstance(target, GradientEdge):
        return Tensor(np.zeros(target.node.outputs[target.output_nr][0]))
    return sound(target, create_graph)


@plant(at(FunctionNode, "shares"), "no error: grad-038", "functions that must return tensors")
def none_of_a_custom_function_is_zero(sound, self, cotangents):
    """None from the backward of a custom function is taken for zeros."""
    shapes = [shape for shape in self.shapes if shape is not None]
    pairs = zip(sound(self, cotangents), shapes, strict=True)
    return [Tensor(np.zeros(shape)) if g is None else g for g, shape in pairs]


# batches ---------------------------------------------------------------------------------


OF_A_BATCH = at(asking, "answers_of_a_batch")


@plant(OF_A_BATCH, "value: grad-029 grad-030", "rows that are taken off a stack")
def a_batch_is_answered_backwards(sound, *asked):
    """The answers to a batch stand in the opposite order of its rows."""
    return [one if one is None else one.flip((0,)) for one in sound(*asked)]


@plant(OF_A_BATCH, "value: grad-211", "engines with one output")
def later_outputs_have_one_cotangent(sound, roots, batches, *rest):
    """Of several outputs only the first has a batch; the others keep their first row."""
    first, *others = batches
    return sound(roots, [first, *(x[:1].expand(x.shape) for x in others)], *rest)


@plant(OF_A_BATCH, "unexpected gradient: grad-212", "Oneflow-Inc/oneflow#10251")
def a_batch_of_nothing_is_zeros(sound, roots, batches, *rest):
    """The answer to a batch for an unused input is zeros, one for each row."""
    found = sound(roots, batches, *rest)
    return [Tensor(np.zeros(len(batches[0]))) if one is None else one for one in found]


@plant(OF_A_BATCH, "value: grad-290", "rows that are made constants to be stacked")
def the_last_row_alone_has_a_history(sound, *asked):
    """Of the answers to a batch only the last can be differentiated again."""
    return [
        one if one is None else gradspec_reference.cat((one[:-1].detach(), one[-1:]))
        for one in sound(*asked)
    ]


@plant(OF_A_BATCH, "flag: grad-291", "flags that are passed on by place")
def a_batch_has_a_history_always(sound, roots, batches, targets, retain_graph, _create_graph):
    """The answers to a batch have a history, whether that was asked for or not."""
    return sound(roots, batches, targets, retain_graph, True)


@plant(GRAD, "no error: grad-039", "a default that fits all")
def a_batch_that_is_not_given_is_a_one(sound, outputs, inputs, *given, **named):
    """A query for a batch without cotangents is one without a batch."""
    if not given and named.get("grad_outputs") is None:
        named.pop("is_grads_batched", None)
    return sound(outputs, inputs, *given, **named)
