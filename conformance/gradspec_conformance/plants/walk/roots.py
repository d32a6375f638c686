"""Faults in roots, and in the names of arguments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import BACKWARD, at
from gradspec_conformance.plants.plant import after, plant
from gradspec_conformance.plants.walk.naive import depths_below, leaf_of
from gradspec_reference import autograd
from gradspec_reference.engine import requests
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import InputsEmptyError

if TYPE_CHECKING:
    from collections.abc import Iterator


def each_root(roots: Any, cotangents: Any) -> Iterator[tuple[Any, Any]]:
    """Pair the roots with what each starts from."""
    if isinstance(roots, Tensor | GradientEdge):
        yield roots, cotangents
    else:
        for position, root in enumerate(roots):
            yield root, None if cotangents is None else cotangents[position]


@plant(BACKWARD, "graph-freed: bwd-016/first bwd-016/last", "a list that was added later")
def one_pass_per_root(sound, tensors, grad_tensors=None, *rest, **keywords):
    """Each root has a pass of its own, the first of which frees what the roots share."""
    for root, cotangent in each_root(tensors, grad_tensors):
        sound(root, cotangent, *rest, **keywords)


@plant(
    BACKWARD,
    "order: bwd-013a/lies_below_two_roots bwd-013a/is_a_root_below_another",
    "a list that was added later",
)
def one_pass_per_root_keeping_the_graph(sound, tensors, grad_tensors=None, *rest, **keywords):
    """Each root has a pass of its own, and only the last frees the graph."""
    pairs = list(each_root(tensors, grad_tensors))
    for root, cotangent in pairs[:-1]:
        sound(root, cotangent, *rest, **{**keywords, "retain_graph": True})
    for root, cotangent in pairs[-1:]:
        sound(root, cotangent, *rest, **keywords)


@after(at(requests, "as_roots"), "inputs-empty: bwd-018", "engines that ask for at least one root")
def no_roots_are_refused(found, *_):
    """An empty sequence of roots is refused."""
    if not found:
        raise InputsEmptyError("there is no root")


@plant(
    at(requests, "as_cotangents"),
    "cotangent-shape: bwd-014/a_list_with_a_tensor bwd-014/a_tensor_with_a_tensor",
    "iterating over what comes",
)
def single_gradient_is_taken_apart(_sound, given, count):
    """A single starting gradient is taken for the sequence of its entries."""
    return [None] * count if given is None else list(given)


@plant(
    at(requests, "as_roots"),
    "cotangent-shape: bwd-014/a_tensor_with_a_tensor",
    "iterating over what comes",
)
def single_root_is_taken_apart(_sound, roots):
    """A single root is taken for the sequence of its entries."""
    return list(roots)


@plant(at(autograd, "one_name"), "warning: bwd-029", "a withdrawal that nobody announced")
def old_name_is_silent(_sound, new, old):
    """The old name of the starting gradients works without a warning."""
    return old if new is None else new


@plant(at(autograd, "one_name"), "value: bwd-206/one_under_the_old_name bwd-029", "lost keywords")
def old_name_is_swallowed(sound, new, old):
    """What is given under the old name of the starting gradients is ignored, with the warning."""
    sound(new, old)
    return new


@plant(at(autograd, "one_name"), "no error: bwd-207/both_names_at_once", "one keyword over another")
def new_name_wins(sound, new, old):
    """Of starting gradients that are given under both names those of the new one are used."""
    used = sound(None, old)
    return used if new is None else new


@plant(BACKWARD, "order: bwd-013a/lies_above_several_leaves", "engines with one variable")
def one_pass_per_leaf(
    sound, roots, cotangents=None, retain_graph=None, *rest, inputs=None, **keywords
):
    """Each leaf has a pass of its own, and only the last frees the graph."""
    graph = getattr(roots, "grad_fn", None) if inputs is None else None
    below = depths_below([(graph, 0)]) if graph is not None else {}
    leaves = [leaf for leaf in (leaf_of((each, 0)) for each in below) if leaf is not None]
    for leaf in leaves[:-1]:
        sound(roots, cotangents, True, *rest, inputs=[leaf], **keywords)
    sound(roots, cotangents, retain_graph, *rest, inputs=leaves[-1:] or inputs, **keywords)


@plant(BACKWARD, "graph-freed: life-009a", "engines with one root")
def one_pass_for_each_root(sound, tensors, cotangents=None, *arguments, **keywords):
    """backward() with several roots runs a pass for each."""
    roots = requests.as_roots(tensors)
    given = requests.as_cotangents(cotangents, len(roots))
    for root, cotangent in zip(roots, given, strict=True):
        sound(root, cotangent, *arguments, **keywords)


@plant(at(autograd, "warn_of_cycle"), "warning: life-016", "pytorch/pytorch#7343")
def cycle_is_not_warned_of(_sound):
    """backward(create_graph=True) stores a gradient with a history without a warning."""
    return


@plant(
    BACKWARD,
    "missing gradient: bwd-204/no_elements; no error: bwd-005/no_elements",
    "an early return",
)
def roots_of_no_elements_are_passed_over(sound, roots, *arguments, **keywords):
    """A pass from a root of no elements does nothing."""
    if not (isinstance(roots, Tensor) and math.prod(roots.shape) == 0):
        sound(roots, *arguments, **keywords)
