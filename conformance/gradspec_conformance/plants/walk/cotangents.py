"""Faults in what a pass starts from."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import cotangents, layout, shapes
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CotangentTypeError, NonscalarRootError

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    at(cotangents, "default"),
    {"bwd-204/one_element": "value", "bwd-204/one_element_in_two_dimensions": "value"},
    "micrograd without its line self.grad = 1",
)
def pass_starts_from_zero(sound: Any, root: Any, shape: Any, dtype: Any) -> Any:
    """The implicit starting gradient is zero."""
    one = sound(root, shape, dtype)
    return None if one is None else one * 0.0


@plant(
    at(cotangents, "default"),
    {"bwd-041": "value", "bwd-003": "value"},
    "common in teaching engines",
)
def pass_starts_from_the_result(sound: Any, root: Any, shape: Any, dtype: Any) -> Any:
    """The implicit starting gradient is the value of the root."""
    one = sound(root, shape, dtype)
    return None if one is None else Tensor(root._array.copy())


@plant(
    at(cotangents, "edge_of"),
    {"bwd-008": "root-without-grad", "bwd-008a": "root-without-grad"},
    "engines that ask a root for its operation",
)
def leaf_is_no_root(sound: Any, root: Any, position: int) -> Any:
    """A leaf is refused as a root, because no operation computed it."""
    is_leaf = isinstance(root, Tensor) and root.is_leaf
    return sound(Tensor(root._array) if is_leaf else root, position)


@plant(
    at(cotangents, "default"),
    {"bwd-004/one_dimension": "nonscalar-root", "bwd-004/two_dimensions": "nonscalar-root"},
    "common in teaching engines",
)
def only_tensors_without_dimensions_are_scalars(
    sound: Any, root: Any, shape: Any, dtype: Any
) -> Any:
    """A tensor with dimensions is refused as a root, even if it has one element."""
    if shape:
        raise NonscalarRootError(f"the root has the shape {list(shape)}")
    return sound(root, shape, dtype)


@plant(
    at(cotangents, "default"),
    {"bwd-005/two_elements": "no error", "bwd-207/none_for_a_vector": "no error"},
    "engines that differentiate the sum of what they are given",
)
def nonscalar_ok(_sound: Any, root: Any, shape: Any, dtype: Any) -> Any:
    """A root of any shape without a starting gradient starts from ones."""
    edge = isinstance(root, GradientEdge)
    return Tensor(np.ones(shape, dtype)) if edge or root.requires_grad else None


@plant(
    at(cotangents, "default"),
    {"bwd-005/no_elements": "no error"},
    "torch documentation: more than one element",
)
def nothing_counts_as_one(sound: Any, root: Any, shape: Any, dtype: Any) -> Any:
    """A root of no elements is taken for a scalar."""
    if math.prod(shape) == 0:
        return Tensor(np.ones(shape, dtype))
    return sound(root, shape, dtype)


@plant(
    at(cotangents, "for_roots"),
    {"bwd-006": "no error", "bwd-006a": "no error"},
    "candle-org/candle#411",
)
def no_root_check(sound: Any, roots: Any, given: Any) -> Any:
    """A root that does not require grad is passed over."""
    pairs = zip(roots, given, strict=False)
    kept = [p for p in pairs if isinstance(p[0], GradientEdge) or p[0].requires_grad]
    return sound([root for root, _ in kept], [one for _, one in kept])


@plant(at(cotangents, "for_roots"), {"bwd-006a": "no error"}, "common where a list was added later")
def only_the_first_root_is_checked(sound: Any, roots: Any, given: Any) -> Any:
    """Roots after the first are passed over if they do not require grad."""
    kept = [
        (root, one)
        for position, (root, one) in enumerate(zip(roots, given, strict=False))
        if position == 0 or isinstance(root, GradientEdge) or root.requires_grad
    ]
    return sound([root for root, _ in kept], [one for _, one in kept])


@plant(
    at(cotangents, "default"), {"bwd-007": "wrong error"}, "checks in another order than torch's"
)
def shape_is_checked_first(sound: Any, root: Any, shape: Any, dtype: Any) -> Any:
    """A root that neither requires grad nor is a scalar is refused for its shape."""
    if math.prod(shape) != 1:
        raise NonscalarRootError(f"the root has the shape {list(shape)}")
    return sound(root, shape, dtype)


@plant(
    at(cotangents, "for_roots"),
    {"bwd-019": "value", "bwd-013": "value"},
    "common where a list was added later",
)
def multi_root_last(sound: Any, roots: Any, given: Any) -> Any:
    """All roots start from the gradient of the last."""
    edges, seeds = sound(roots, given)
    return (edges, seeds[-1:] * len(seeds))


@plant(
    at(cotangents, "edge_of"),
    {"bwd-042": "value"},
    "a gradient edge taken for an entry of the graph",
)
def edge_root_enters_behind_its_node(sound: Any, root: Any, position: int) -> Any:
    """A root that is an edge starts where the edge's node sends its gradients."""
    if isinstance(root, GradientEdge) and root.node.next_functions:
        return root.node.next_functions[0]
    return sound(root, position)


@plant(
    at(cotangents, "for_root"),
    {"bwd-201": "value", "bwd-014/a_tuple_with_a_tuple": "value"},
    "common in teaching engines",
)
def given_gradient_adds_to_one(sound: Any, root: Any, given: Any) -> Any:
    """A starting gradient is added to the one that the pass starts from anyway."""
    seed = sound(root, given)
    return seed if given is None or seed is None else seed + 1.0


@plant(at(cotangents, "for_roots"), {"bwd-019": "value"}, "None taken for no contribution")
def none_among_gradients_is_zero(sound: Any, roots: Any, given: Any) -> Any:
    """None next to gradients that are given stands for zero."""
    edges, seeds = sound(roots, given)
    some = any(one is not None for one in given)
    zeroed = [
        seed * 0.0 if some and one is None else seed
        for seed, one in zip(seeds, given, strict=False)
    ]
    return (edges, zeroed)


@plant(
    at(cotangents, "for_roots"),
    {"bwd-207/none_for_a_vector": "no error"},
    "None taken for ones wherever it stands",
)
def none_in_a_sequence_stands_for_ones(sound: Any, roots: Any, given: Any) -> Any:
    """None in a sequence of several starting gradients stands for ones of the root's shape."""
    if len(given) > 1:
        given = [
            Tensor(np.ones(*cotangents.shape_and_dtype(root))) if one is None else one
            for root, one in zip(roots, given, strict=False)
        ]
    return sound(roots, given)


@plant(
    at(cotangents, "for_root"),
    {"bwd-207/a_number": "no error"},
    "engines that convert what they are given",
)
def numbers_are_starting_gradients(sound: Any, root: Any, given: Any) -> Any:
    """A number in the place of a starting gradient is converted to a tensor."""
    if isinstance(given, int | float):
        given = Tensor(np.full(*cotangents.shape_and_dtype(root)[:1], given))
    return sound(root, given)


@plant(
    at(cotangents, "for_roots"),
    {"bwd-207/one_for_two_roots": "no error", "bwd-206/one_for_two_roots": "value"},
    "Python's zip without strict=True",
)
def roots_without_partner_are_dropped(sound: Any, roots: Any, given: Any) -> Any:
    """Roots and starting gradients are paired until the shorter sequence ends."""
    count = min(len(roots), len(given))
    return sound(roots[:count], given[:count])


@plant(
    at(cotangents, "for_roots"),
    {"bwd-017a": "value", "bwd-206/two_for_one_root": "value"},
    "sequences paired from their ends",
)
def surplus_gradients_come_first(sound: Any, roots: Any, given: Any) -> Any:
    """Where there are more starting gradients than roots, the last ones are used."""
    return sound(roots, given[max(len(given) - len(roots), 0) :])


@plant(at(cotangents, "default"), {"vjp-019": "no error"}, "a check of values instead of shapes")
def equal_entries_are_a_scalar(sound: Any, root: Any, shape: Any, dtype: Any) -> Any:
    """A root whose entries are all equal is taken for a scalar."""
    if root.requires_grad and np.unique(root._array).size == 1:
        return Tensor(np.ones(shape, dtype))
    return sound(root, shape, dtype)


@compound({"vjp-004/number": "no error"}, "pytorch/pytorch#1198")
def cotangent_shape_unchecked(swap: Swap) -> None:
    """A cotangent of any shape is accepted."""

    def unbroadcast(sound: Any, xp: Any, gradient: Any, shape: Any) -> Any:
        small = len(gradient.shape) < len(shape)
        return gradient if small else sound(xp, gradient, shape)

    swap(at(cotangents, "check_shape"), lambda _sound, _given, _shape: None)
    swap(at(shapes, "unbroadcast"), unbroadcast)


@plant(at(cotangents, "for_root"), {"vjp-004/number": "no error"}, "NumPy's broadcasting")
def cotangent_is_broadcast(sound: Any, root: Any, given: Any) -> Any:
    """A cotangent that broadcasts to the shape of the result is accepted and repeated."""
    shape, _ = cotangents.shape_and_dtype(root)
    smaller = isinstance(given, Tensor) and given._array.ndim <= len(shape)
    if smaller and given._array.shape in {(), (1,)}:
        given = Tensor(np.broadcast_to(given._array, shape).copy())
    return sound(root, given)


@plant(
    at(cotangents, "for_root"),
    {"vjp-004a": "no error", "vjp-004/row": "no error"},
    "checks of a count",
)
def entries_are_counted_instead_of_the_shape(sound: Any, root: Any, given: Any) -> Any:
    """A cotangent with as many entries as the result is accepted and brought to its shape."""
    shape, _ = cotangents.shape_and_dtype(root)
    if isinstance(given, Tensor) and given._array.size == np.prod(shape):
        given = Tensor(np.reshape(given._array, shape))
    return sound(root, given)


@plant(
    at(cotangents, "for_root"), {"vjp-004a": "no error"}, "engines in which one element is a number"
)
def one_element_has_any_shape(sound: Any, root: Any, given: Any) -> Any:
    """Where the result has one element, a cotangent of one element is accepted in any shape."""
    shape, _ = cotangents.shape_and_dtype(root)
    if isinstance(given, Tensor) and given._array.size == 1 == np.prod(shape):
        given = Tensor(np.reshape(given._array, shape))
    return sound(root, given)


@plant(at(cotangents, "for_root"), {"vjp-006": "cotangent-type"}, "pytorch/pytorch#1198")
def cotangent_of_another_dtype_is_refused(sound: Any, root: Any, given: Any) -> Any:
    """A cotangent of another data type than the result's is refused."""
    _, dtype = cotangents.shape_and_dtype(root)
    if isinstance(given, Tensor) and given._array.dtype != dtype:
        raise CotangentTypeError(f"the cotangent is of dtype {given.dtype}")
    return sound(root, given)


@plant(at(BackwardPass, "start"), {"vjp-201": "value", "vjp-001": "value"}, "pytorch/pytorch#4355")
def cotangent_is_ignored(sound: Any, self: Any, roots: Any, given: Any) -> None:
    """Every pass starts from ones, whatever cotangent was given."""
    sound(self, roots, [Tensor(np.ones_like(v._array)) for v in given])


@plant(at(BackwardPass, "start"), {"vjp-001": "value", "vjp-001a": "value"}, "jax-ml/jax#82")
def cotangent_is_reversed(sound: Any, self: Any, roots: Any, given: Any) -> None:
    """The entries of the cotangent weigh those of the result in the opposite order."""
    sound(self, roots, [Tensor(np.flip(v._array).copy()) for v in given])


@plant(
    at(BackwardPass, "start"),
    {"vjp-002/ones": "value", "vjp-013": "value"},
    "engines that average over a batch",
)
def cotangent_is_averaged(sound: Any, self: Any, roots: Any, given: Any) -> None:
    """The cotangent is divided by the number of its entries."""
    sound(self, roots, [Tensor(v._array / max(v._array.size, 1)) for v in given])


@plant(at(BackwardPass, "start"), {"vjp-008b": "unused-input"}, "Oneflow-Inc/oneflow#8248")
def cotangent_is_cut_off(sound: Any, self: Any, roots: Any, given: Any) -> None:
    """A pass with create_graph is recorded as if its cotangent were a constant."""
    sound(self, roots, [v.detach() for v in given])


@plant(
    at(BackwardPass, "start"), {"vjp-010": "value", "vjp-001b": "value"}, "clipping inside the pass"
)
def cotangent_is_clipped(sound: Any, self: Any, roots: Any, given: Any) -> None:
    """The entries of the cotangent are brought between minus one and one."""
    sound(self, roots, [Tensor(np.clip(v._array, -1, 1)) for v in given])


@plant(
    at(shapes, "unbroadcast"),
    {"inp-021/slice": "value", "inp-047a": "value"},
    "common where one copy stands for all",
)
def broadcast_takes_the_mean(sound: Any, xp: Any, gradient: Any, shape: Any) -> Any:
    """The gradient of a broadcast operand is the mean over the copies, not the sum."""
    total = sound(xp, gradient, shape)
    return total * (total.size / gradient.size)


@compound(
    {"leaf-016a": "shape"},
    "pytorch/pytorch#913, raskr/rust-autograd#38, Lightning-AI/lightning-thunder#1962",
)
def a_stretched_leaf_has_a_stretched_gradient(swap: Swap) -> None:
    """Broadcasting is not undone: what arrives at a leaf has the shape of the result."""
    swap(at(shapes, "unbroadcast"), lambda _sound, _xp, gradient, _shape: gradient)
    swap(at(layout, "in_shape"), lambda _sound, gradient, _shape: gradient)


@plant(
    at(shapes, "unbroadcast"),
    {"leaf-016a/a_row": "value", "leaf-016a/a_number": "value"},
    "deeplearning4j/nd4j#2424",
)
def a_stretched_leaf_gets_the_first_row(sound: Any, xp: Any, gradient: Any, shape: Any) -> Any:
    """Of the contributions of a broadcast operand's copies the first one is kept."""
    for _ in range(len(gradient.shape) - len(shape)):
        gradient = gradient[0]
    return sound(xp, gradient, shape)


@plant(
    at(BackwardPass, "start"),
    {"vjp-008": "unexpected gradient"},
    "engines that record the product with the cotangent",
)
def cotangent_is_a_leaf_too(sound: Any, self: Any, roots: Any, given: Any) -> None:
    """A cotangent that requires grad is given a gradient."""
    sound(self, roots, given)
    for one in given:
        if one._requires_grad:
            one._grad = one.detach()


@plant(
    at(cotangents, "default"),
    {"bwd-204/two_elements": "value", "bwd-005/two_elements": "no error"},
    "engines that average over a batch",
)
def roots_of_several_elements_are_averaged(sound: Any, root: Any, shape: Any, dtype: Any) -> Any:
    """A root of several elements without a starting gradient starts from their mean."""
    count = math.prod(shape)
    return Tensor(np.full(shape, 1 / count, dtype)) if count > 1 else sound(root, shape, dtype)


@compound({"bwd-205/root": "missing gradient"}, "a break where continue is meant")
def roots_after_a_constant_are_dropped(swap: Swap) -> None:
    """The first root that does not require grad ends the sequence of roots."""
    original = cotangents.for_roots

    def for_roots(_sound: Any, roots: Any, given: Any) -> Any:
        sound = [isinstance(root, GradientEdge) or root.requires_grad for root in roots]
        count = (*sound, False).index(False)
        return original(roots[:count], given[:count])

    swap(at(cotangents, "for_roots"), for_roots)


@plant(
    at(cotangents, "for_root"),
    {"bwd-206/a_number": "value", "bwd-207/a_number": "no error"},
    "starting gradients that are asked for their shape only",
)
def numbers_among_gradients_stand_for_one(sound: Any, root: Any, given: Any) -> Any:
    """A number in the place of a starting gradient is passed over, and the pass starts from one."""
    return sound(root, None if isinstance(given, int | float) else given)


@compound({"leaf-016a/a_row_to_no_rows": "shape"}, "a test for > 1 in place of != 1")
def stretching_to_nothing_is_overlooked(swap: Swap) -> None:
    """Broadcasting is not undone along a dimension of length 0."""

    def unbroadcast(sound: Any, xp: Any, gradient: Any, shape: Any) -> Any:
        leading = len(gradient.shape) - len(shape)
        empty = 0 in gradient.shape[leading:]
        return gradient if empty and (not leading) else sound(xp, gradient, shape)

    swap(at(shapes, "unbroadcast"), unbroadcast)
    swap(at(layout, "in_shape"), lambda _sound, gradient, _shape: gradient)
