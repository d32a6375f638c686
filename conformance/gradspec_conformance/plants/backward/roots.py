"""Faults about roots: what engines get wrong about where a pass may begin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.backward.naive import reached
from gradspec_conformance.plants.plant import plant
from gradspec_reference import autograd
from gradspec_reference.engine import cotangents
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import InputsEmptyError, NonscalarRootError
from gradspec_reference.names.methods import METHODS

if TYPE_CHECKING:
    from gradspec_conformance.plants.plant import Swap


@plant(
    kills={"bwd-004/one_dimension": "nonscalar-root", "bwd-004/two_dimensions": "nonscalar-root"},
    modelled_on="common in teaching engines",
)
def only_tensors_without_dimensions_are_scalars(swap: Swap) -> None:
    """A tensor with dimensions is refused as a root, even if it has one element."""
    original = cotangents.default

    def default(root: Any, shape: Any, dtype: Any) -> Any:
        if shape:
            raise NonscalarRootError(f"the root has the shape {list(shape)}")
        return original(root, shape, dtype)

    swap(cotangents, "default", default)


@plant(
    kills={
        "bwd-005/two_elements": "no error",
        "bwd-005/no_elements": "no error",
        "bwd-207/none_for_a_vector": "no error",
    },
    modelled_on="engines that differentiate the sum of what they are given",
)
def nonscalar_ok(swap: Swap) -> None:
    """A root of any shape without a starting gradient starts from ones."""

    def default(root: Any, shape: Any, dtype: Any) -> Any:
        edge = isinstance(root, GradientEdge)
        return Tensor(np.ones(shape, dtype)) if edge or root.requires_grad else None

    swap(cotangents, "default", default)


@plant(
    kills={"bwd-005/no_elements": "no error"},
    modelled_on="torch documentation: more than one element",
)
def nothing_counts_as_one(swap: Swap) -> None:
    """A root of no elements is taken for a scalar."""
    original = cotangents.default

    def default(root: Any, shape: Any, dtype: Any) -> Any:
        if math.prod(shape) == 0:
            return Tensor(np.ones(shape, dtype))
        return original(root, shape, dtype)

    swap(cotangents, "default", default)


@plant(
    kills={"bwd-006": "no error", "bwd-006a": "no error", "bwd-007": "no error"},
    modelled_on="candle-org/candle#411",
)
def no_root_check(swap: Swap) -> None:
    """A root that does not require grad is passed over."""
    original = cotangents.for_roots

    def for_roots(roots: Any, given: Any) -> Any:
        pairs = zip(roots, given, strict=False)
        kept = [p for p in pairs if isinstance(p[0], GradientEdge) or p[0].requires_grad]
        return original([root for root, _ in kept], [one for _, one in kept])

    swap(cotangents, "for_roots", for_roots)


@plant(kills={"bwd-006a": "no error"}, modelled_on="common where a list was added later")
def only_the_first_root_is_checked(swap: Swap) -> None:
    """Roots after the first are passed over if they do not require grad."""
    original = cotangents.for_roots

    def for_roots(roots: Any, given: Any) -> Any:
        kept = [
            (root, one)
            for position, (root, one) in enumerate(zip(roots, given, strict=False))
            if position == 0 or isinstance(root, GradientEdge) or root.requires_grad
        ]
        return original([root for root, _ in kept], [one for _, one in kept])

    swap(cotangents, "for_roots", for_roots)


@plant(kills={"bwd-007": "wrong error"}, modelled_on="checks in another order than torch's")
def shape_is_checked_first(swap: Swap) -> None:
    """A root that neither requires grad nor is a scalar is refused for its shape."""
    original = cotangents.default

    def default(root: Any, shape: Any, dtype: Any) -> Any:
        if math.prod(shape) != 1:
            raise NonscalarRootError(f"the root has the shape {list(shape)}")
        return original(root, shape, dtype)

    swap(cotangents, "default", default)


@plant(
    kills={"bwd-030/the_method": "unexpected gradient", "bwd-020": "unexpected gradient"},
    modelled_on="common where the method and the function are written separately",
)
def method_forgets_its_inputs(swap: Swap) -> None:
    """The method backward() does not hand its inputs to the function."""
    original = METHODS["backward"]

    def without_inputs(self: Any, *arguments: Any, inputs: Any = None, **keywords: Any) -> None:
        del inputs
        original(self, *arguments, **keywords)

    swap(Tensor, "backward", without_inputs)


@plant(
    kills={
        "bwd-013": "value",
        "bwd-013a/lies_below_two_roots": "order",
        "bwd-013a/is_a_root_below_another": "order",
        "bwd-019": "value",
    },
    modelled_on="common where a list was added later",
)
def multi_root_last(swap: Swap) -> None:
    """All roots start from the gradient of the last."""
    original = cotangents.for_roots

    def for_roots(roots: Any, given: Any) -> Any:
        edges, seeds = original(roots, given)
        return edges, seeds[-1:] * len(seeds)

    swap(cotangents, "for_roots", for_roots)


@plant(
    kills={
        "bwd-013": "graph-freed",
        "bwd-013a/lies_below_two_roots": "graph-freed",
        "bwd-013a/is_a_root_below_another": "graph-freed",
        "bwd-016/first": "graph-freed",
        "bwd-016/last": "graph-freed",
    },
    modelled_on="common where a list was added later",
)
def one_pass_per_root(swap: Swap) -> None:
    """Each root has a pass of its own, the first of which frees what the roots share."""
    original = autograd.backward

    def backward(tensors: Any, grad_tensors: Any = None, *rest: Any, **keywords: Any) -> None:
        if isinstance(tensors, Tensor | GradientEdge):
            original(tensors, grad_tensors, *rest, **keywords)
            return
        for position, root in enumerate(tensors):
            seed = None if grad_tensors is None else grad_tensors[position]
            original(root, seed, *rest, **keywords)

    swap(autograd, "backward", backward)


@plant(
    kills={"bwd-013a/lies_below_two_roots": "order", "bwd-013a/is_a_root_below_another": "order"},
    modelled_on="common where a list was added later",
)
def one_pass_per_root_keeping_the_graph(swap: Swap) -> None:
    """Each root has a pass of its own, and only the last frees the graph."""
    original = autograd.backward

    def backward(tensors: Any, grad_tensors: Any = None, *rest: Any, **keywords: Any) -> None:
        if isinstance(tensors, Tensor | GradientEdge):
            original(tensors, grad_tensors, *rest, **keywords)
            return
        last = len(tensors) - 1
        for position, root in enumerate(tensors):
            seed = None if grad_tensors is None else grad_tensors[position]
            keep = position != last or keywords.get("retain_graph")
            original(root, seed, *rest, **{**keywords, "retain_graph": keep})

    swap(autograd, "backward", backward)


@plant(kills={"bwd-015": "value"}, modelled_on="engines that keep roots in a dict")
def roots_are_a_set(swap: Swap) -> None:
    """A root that is listed twice counts once."""
    original = BackwardPass.start

    def start(self: Any, roots: Any, cotangents: Any) -> None:
        by_edge = dict(zip(roots, cotangents, strict=True))
        original(self, list(by_edge), list(by_edge.values()))

    swap(BackwardPass, "start", start)


@plant(
    kills={"bwd-016/first": "value", "bwd-016/last": "value"},
    modelled_on="engines that reset intermediate gradients when they reach them",
)
def lower_root_loses_its_start(swap: Swap) -> None:
    """What arrives at a root from another root takes the place of its starting gradient."""
    original = BackwardPass.start

    def start(self: Any, roots: Any, cotangents: Any) -> None:
        below = {n for root in roots for n in reached([root]) if n is not root[0]}
        kept = [
            one * 0.0 if node in below else one
            for (node, _), one in zip(roots, cotangents, strict=True)
        ]
        original(self, roots, kept)

    swap(BackwardPass, "start", start)


@plant(kills={"bwd-018": "inputs-empty"}, modelled_on="engines that ask for at least one root")
def no_roots_are_refused(swap: Swap) -> None:
    """An empty sequence of roots is refused."""
    original = autograd.as_roots

    def as_roots(roots: Any) -> Any:
        found = original(roots)
        if not found:
            raise InputsEmptyError("there is no root")
        return found

    swap(autograd, "as_roots", as_roots)


@plant(kills={"bwd-042": "value"}, modelled_on="a gradient edge taken for an entry of the graph")
def edge_root_enters_behind_its_node(swap: Swap) -> None:
    """A root that is an edge starts where the edge's node sends its gradients."""
    original = cotangents.edge_of

    def edge_of(root: Any, position: int) -> Any:
        if isinstance(root, GradientEdge) and root.node.next_functions:
            return root.node.next_functions[0]
        return original(root, position)

    swap(cotangents, "edge_of", edge_of)


@plant(
    kills={"bwd-204/two_elements": "value", "bwd-005/two_elements": "no error"},
    modelled_on="engines that average over a batch",
)
def roots_of_several_elements_are_averaged(swap: Swap) -> None:
    """A root of several elements without a starting gradient starts from their mean."""
    original = cotangents.default

    def default(root: Any, shape: Any, dtype: Any) -> Any:
        count = math.prod(shape)
        return (
            Tensor(np.full(shape, 1 / count, dtype)) if count > 1 else original(root, shape, dtype)
        )

    swap(cotangents, "default", default)


@plant(
    kills={"bwd-204/no_elements": "missing gradient", "bwd-005/no_elements": "no error"},
    modelled_on="an early return where there is nothing to do",
)
def roots_of_no_elements_are_passed_over(swap: Swap) -> None:
    """A pass from a root of no elements does nothing."""
    original: Any = autograd.backward

    def backward(roots: Any, *arguments: Any, **keywords: Any) -> None:
        if not (isinstance(roots, Tensor) and math.prod(roots.shape) == 0):
            original(roots, *arguments, **keywords)

    swap(autograd, "backward", backward)


@plant(kills={"bwd-205/root": "missing gradient"}, modelled_on="a break where continue is meant")
def roots_after_a_constant_are_dropped(swap: Swap) -> None:
    """The first root that does not require grad ends the sequence of roots."""
    original = cotangents.for_roots

    def for_roots(roots: Any, given: Any) -> Any:
        sound = [isinstance(root, GradientEdge) or root.requires_grad for root in roots]
        count = (*sound, False).index(False)
        return original(roots[:count], given[:count])

    swap(cotangents, "for_roots", for_roots)
