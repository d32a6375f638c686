"""Faults in what a pass starts from."""

from __future__ import annotations

import math

import numpy as np

from gradspec_conformance.plants.places import (
    DEFAULT_COTANGENT,
    FOR_ROOT,
    FOR_ROOTS,
    IN_SHAPE,
    UNBROADCAST,
    at,
    step,
)
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import cotangents
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CotangentTypeError, NonscalarRootError


@plant(
    DEFAULT_COTANGENT,
    "value: bwd-204/one_element bwd-204/one_element_in_two_dimensions",
    "micrograd without self.grad = 1",
)
def pass_starts_from_zero(sound, root, shape, dtype):
    """The implicit starting gradient is zero."""
    one = sound(root, shape, dtype)
    return None if one is None else one * 0.0


@plant(DEFAULT_COTANGENT, "value: bwd-041 bwd-003", TEACHING)
def pass_starts_from_the_result(sound, root, shape, dtype):
    """The implicit starting gradient is the value of the root."""
    one = sound(root, shape, dtype)
    return None if one is None else Tensor(root._array.copy())


@plant(
    at(cotangents, "edge_of_root"), "root-without-grad: bwd-008 bwd-008a", "asking for an operation"
)
def leaf_is_no_root(sound, root, position):
    """A leaf is refused as a root, because no operation computed it."""
    is_leaf = isinstance(root, Tensor) and root.is_leaf
    return sound(Tensor(root._array) if is_leaf else root, position)


@before(DEFAULT_COTANGENT, "nonscalar-root: bwd-004/one_dimension bwd-004/two_dimensions", TEACHING)
def only_tensors_without_dimensions_are_scalars(_root, shape, *_):
    """A tensor with dimensions is refused as a root, even if it has one element."""
    if shape:
        raise NonscalarRootError(f"the root has the shape {list(shape)}")


@plant(
    DEFAULT_COTANGENT,
    "no error: bwd-005/two_elements bwd-207/none_for_a_vector",
    "differentiating a sum",
)
def nonscalar_ok(_sound, root, shape, dtype):
    """A root of any shape without a starting gradient starts from ones."""
    edge = isinstance(root, GradientEdge)
    return Tensor(np.ones(shape, dtype)) if edge or root.requires_grad else None


@plant(DEFAULT_COTANGENT, "no error: bwd-005/no_elements", "torch's words: more than one element")
def nothing_counts_as_one(sound, root, shape, dtype):
    """A root of no elements is taken for a scalar."""
    if math.prod(shape) == 0:
        return Tensor(np.ones(shape, dtype))
    return sound(root, shape, dtype)


@plant(FOR_ROOTS, "no error: bwd-006 bwd-006a", "candle-org/candle#411")
def no_root_check(sound, roots, given):
    """A root that does not require grad is passed over."""
    pairs = zip(roots, given, strict=False)
    kept = [p for p in pairs if isinstance(p[0], GradientEdge) or p[0].requires_grad]
    return sound([root for root, _ in kept], [one for _, one in kept])


@plant(FOR_ROOTS, "no error: bwd-006a", "a list that was added later")
def only_the_first_root_is_checked(sound, roots, given):
    """Roots after the first are passed over if they do not require grad."""
    kept = [
        (root, one)
        for position, (root, one) in enumerate(zip(roots, given, strict=False))
        if position == 0 or isinstance(root, GradientEdge) or root.requires_grad
    ]
    return sound([root for root, _ in kept], [one for _, one in kept])


@before(DEFAULT_COTANGENT, "wrong error: bwd-007", "checks in another order than torch's")
def shape_is_checked_first(_root, shape, *_):
    """A root that neither requires grad nor is a scalar is refused for its shape."""
    if math.prod(shape) != 1:
        raise NonscalarRootError(f"the root has the shape {list(shape)}")


@plant(FOR_ROOTS, "value: bwd-019 bwd-013", "a list that was added later")
def multi_root_last(sound, roots, given):
    """All roots start from the gradient of the last."""
    edges, seeds = sound(roots, given)
    return (edges, seeds[-1:] * len(seeds))


@plant(at(cotangents, "edge_of_root"), "value: bwd-042", "an edge taken for an entry of the graph")
def edge_root_enters_behind_its_node(sound, root, position):
    """A root that is an edge starts where the edge's node sends its gradients."""
    if isinstance(root, GradientEdge) and root.node.next_functions:
        return root.node.next_functions[0]
    return sound(root, position)


@plant(FOR_ROOT, "value: bwd-201 bwd-014/a_tuple_with_a_tuple", TEACHING)
def given_gradient_adds_to_one(sound, root, given):
    """A starting gradient is added to the one that the pass starts from anyway."""
    seed = sound(root, given)
    return seed if given is None or seed is None else seed + 1.0


@plant(FOR_ROOTS, "value: bwd-019", "None taken for no contribution")
def none_among_gradients_is_zero(sound, roots, given):
    """None next to gradients that are given stands for zero."""
    edges, seeds = sound(roots, given)
    if any(one is not None for one in given):
        seeds = [s * 0.0 if g is None else s for s, g in zip(seeds, given, strict=False)]
    return edges, seeds


@plant(FOR_ROOTS, "no error: bwd-207/none_for_a_vector", "None taken for ones wherever it stands")
def none_in_a_sequence_stands_for_ones(sound, roots, given):
    """None in a sequence of several starting gradients stands for ones of the root's shape."""
    if len(given) > 1:
        given = [
            Tensor(np.ones(*cotangents.shape_and_dtype(root))) if one is None else one
            for root, one in zip(roots, given, strict=False)
        ]
    return sound(roots, given)


@plant(FOR_ROOT, "no error: bwd-207/a_number", "engines that convert what they are given")
def numbers_are_starting_gradients(sound, root, given):
    """A number in the place of a starting gradient is converted to a tensor."""
    if isinstance(given, int | float):
        given = Tensor(np.full(*cotangents.shape_and_dtype(root)[:1], given))
    return sound(root, given)


@plant(
    FOR_ROOTS,
    "no error: bwd-207/one_for_two_roots; value: bwd-206/one_for_two_roots",
    "zip without strict",
)
def roots_without_partner_are_dropped(sound, roots, given):
    """Roots and starting gradients are paired until the shorter sequence ends."""
    count = min(len(roots), len(given))
    return sound(roots[:count], given[:count])


@plant(FOR_ROOTS, "value: bwd-017a bwd-206/two_for_one_root", "sequences paired from their ends")
def surplus_gradients_come_first(sound, roots, given):
    """Where there are more starting gradients than roots, the last ones are used."""
    return sound(roots, given[max(len(given) - len(roots), 0) :])


@plant(DEFAULT_COTANGENT, "no error: vjp-019", "a check of values instead of shapes")
def equal_entries_are_a_scalar(sound, root, shape, dtype):
    """A root whose entries are all equal is taken for a scalar."""
    if root.requires_grad and np.unique(root._array).size == 1:
        return Tensor(np.ones(shape, dtype))
    return sound(root, shape, dtype)


@compound("no error: vjp-004/matrix; shape: vjp-208/number", "pytorch/pytorch#1198")
def cotangent_shape_unchecked(swap):
    """A cotangent of any shape is accepted."""
    swap(at(cotangents, "check_shape"), lambda _sound, _given, _shape: None)

    @swap.into(UNBROADCAST)
    def _(sound, xp, gradient, shape):
        small = len(gradient.shape) < len(shape)
        return gradient if small else sound(xp, gradient, shape)


@plant(FOR_ROOT, "no error: vjp-207/number", "NumPy's broadcasting")
def cotangent_is_broadcast(sound, root, given):
    """A cotangent that broadcasts to the shape of the result is accepted and repeated."""
    shape, _ = cotangents.shape_and_dtype(root)
    smaller = isinstance(given, Tensor) and given._array.ndim <= len(shape)
    if smaller and given._array.shape in {(), (1,)}:
        given = Tensor(np.broadcast_to(given._array, shape).copy())
    return sound(root, given)


@plant(FOR_ROOT, "value: vjp-208", "buffers that are filled from the front")
def cotangent_is_filled_up(sound, root, given):
    """Of a cotangent that is no larger than the result, the first entry counts and no other."""
    shape, _ = cotangents.shape_and_dtype(root)
    fits = not isinstance(given, Tensor) or given._array.shape == shape
    if not fits and given._array.size <= np.prod(shape):
        filled = np.zeros(shape)
        filled.flat[0] = given._array.flat[0]
        given = Tensor(filled)
    return sound(root, given)


@plant(FOR_ROOT, "no error: vjp-004a vjp-207/row", "checks of a count")
def entries_are_counted_instead_of_the_shape(sound, root, given):
    """A cotangent with as many entries as the result is accepted and brought to its shape."""
    shape, _ = cotangents.shape_and_dtype(root)
    if isinstance(given, Tensor) and given._array.size == np.prod(shape):
        given = Tensor(np.reshape(given._array, shape))
    return sound(root, given)


@plant(FOR_ROOT, "no error: vjp-004a", "engines in which one element is a number")
def one_element_has_any_shape(sound, root, given):
    """Where the result has one element, a cotangent of one element is accepted in any shape."""
    shape, _ = cotangents.shape_and_dtype(root)
    if isinstance(given, Tensor) and given._array.size == 1 == np.prod(shape):
        given = Tensor(np.reshape(given._array, shape))
    return sound(root, given)


@before(FOR_ROOT, "cotangent-type: vjp-006", "pytorch/pytorch#1198")
def cotangent_of_another_dtype_is_refused(root, given):
    """A cotangent of another data type than the result's is refused."""
    _, dtype = cotangents.shape_and_dtype(root)
    if isinstance(given, Tensor) and given._array.dtype != dtype:
        raise CotangentTypeError(f"the cotangent is of dtype {given.dtype}")


@plant(step("start"), "value: vjp-201 vjp-001", "pytorch/pytorch#4355")
def cotangent_is_ignored(sound, self, roots, given):
    """Every pass starts from ones, whatever cotangent was given."""
    sound(self, roots, [Tensor(np.ones_like(v._array)) for v in given])


@plant(step("start"), "value: vjp-001 vjp-001a", "jax-ml/jax#82")
def cotangent_is_reversed(sound, self, roots, given):
    """The entries of the cotangent weigh those of the result in the opposite order."""
    sound(self, roots, [Tensor(np.flip(v._array).copy()) for v in given])


@plant(step("start"), "value: vjp-002/ones vjp-013", "averages over a batch")
def cotangent_is_averaged(sound, self, roots, given):
    """The cotangent is divided by the number of its entries."""
    sound(self, roots, [Tensor(v._array / max(v._array.size, 1)) for v in given])


@plant(step("start"), "unused-input: vjp-008b", "Oneflow-Inc/oneflow#8248")
def cotangent_is_cut_off(sound, self, roots, given):
    """A pass with create_graph is recorded as if its cotangent were a constant."""
    sound(self, roots, [v.detach() for v in given])


@plant(step("start"), "value: vjp-010 vjp-001b", "clipping inside the pass")
def cotangent_is_clipped(sound, self, roots, given):
    """The entries of the cotangent are brought between minus one and one."""
    sound(self, roots, [Tensor(np.clip(v._array, -1, 1)) for v in given])


@plant(UNBROADCAST, "value: inp-021/slice inp-047a", "where one copy stands for all")
def broadcast_takes_the_mean(sound, xp, gradient, shape):
    """The gradient of a broadcast operand is the mean over the copies, not the sum."""
    total = sound(xp, gradient, shape)
    return total * (total.size / gradient.size)


@compound(
    "shape: leaf-016a",
    "pytorch/pytorch#913, raskr/rust-autograd#38, Lightning-AI/lightning-thunder#1962",
)
def a_stretched_leaf_has_a_stretched_gradient(swap):
    """Broadcasting is not undone: what arrives at a leaf has the shape of the result."""
    swap(UNBROADCAST, lambda _sound, _xp, gradient, _shape: gradient)
    swap(IN_SHAPE, lambda _sound, gradient, _shape: gradient)


@plant(UNBROADCAST, "value: leaf-016a/a_row leaf-016a/a_number", "deeplearning4j/nd4j#2424")
def a_stretched_leaf_gets_the_first_row(sound, xp, gradient, shape):
    """Of the contributions of a broadcast operand's copies the first one is kept."""
    for _ in range(len(gradient.shape) - len(shape)):
        gradient = gradient[0]
    return sound(xp, gradient, shape)


@after(step("start"), "unexpected gradient: vjp-008", "recording the product with the cotangent")
def cotangent_is_a_leaf_too(_, _self, _roots, given):
    """A cotangent that requires grad is given a gradient."""
    for one in given:
        if one._requires_grad:
            one._grad = one.detach()


@plant(
    DEFAULT_COTANGENT,
    "value: bwd-204/two_elements; no error: bwd-005/two_elements",
    "averages over a batch",
)
def roots_of_several_elements_are_averaged(sound, root, shape, dtype):
    """A root of several elements without a starting gradient starts from their mean."""
    count = math.prod(shape)
    return Tensor(np.full(shape, 1 / count, dtype)) if count > 1 else sound(root, shape, dtype)


@plant(FOR_ROOTS, "missing gradient: bwd-205/root", "a break for a continue")
def roots_after_a_constant_are_dropped(sound, roots, given):
    """The first root that does not require grad ends the sequence of roots."""
    good = [isinstance(root, GradientEdge) or root.requires_grad for root in roots]
    count = (*good, False).index(False)
    return sound(roots[:count], given[:count])


@plant(FOR_ROOT, "value: bwd-206/a_number; no error: bwd-207/a_number", "asking for shapes only")
def numbers_among_gradients_stand_for_one(sound, root, given):
    """A number in the place of a starting gradient is passed over, and the pass starts from one."""
    return sound(root, None if isinstance(given, int | float) else given)


@compound("shape: leaf-016a/a_row_to_no_rows", "a test > 1 for != 1")
def stretching_to_nothing_is_overlooked(swap):
    """Broadcasting is not undone along a dimension of length 0."""
    swap(IN_SHAPE, lambda _sound, gradient, _shape: gradient)

    @swap.into(UNBROADCAST)
    def _(sound, xp, gradient, shape):
        leading = len(gradient.shape) - len(shape)
        empty = 0 in gradient.shape[leading:]
        return gradient if empty and (not leading) else sound(xp, gradient, shape)
