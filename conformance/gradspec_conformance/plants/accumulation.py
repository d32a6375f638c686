"""Faults in how gradients are added up and kept."""

from __future__ import annotations

import itertools

import numpy as np

from gradspec_conformance.plants.places import (
    ACCUMULATE_ARRAY,
    ACCUMULATE_TENSOR,
    ADD_CONTRIBUTION,
    at,
)
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.autograd import grad_mode
from gradspec_reference.engine import accumulation, layout
from gradspec_reference.engine.accumulation import SHARED
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.tensor import Tensor


@before(ACCUMULATE_ARRAY, "value: acc-001 acc-008", "pytorch/pytorch#181723")
def accum_replaces(leaf, *_):
    """A pass stores its gradient in place of the one that a leaf has."""
    leaf._grad = None


@plant(ACCUMULATE_ARRAY, "value: acc-002 acc-003", "pytorch/pytorch#181723", memory=dict)
def total_kept_elsewhere(buffers, _sound, leaf, gradient, _status):
    """The engine keeps the totals in buffers of its own, and grad shows copies of them."""
    _, total = buffers.get(id(leaf), (leaf, 0.0))
    buffers[id(leaf)] = (leaf, total + gradient)
    leaf._grad = Tensor(np.array(total + gradient, dtype=leaf._array.dtype))


@plant(at(layout, "like_leaf"), "structure: acc-013 acc-014", "engines that keep what arrives")
def gradient_keeps_arrival_layout(_sound, gradient, _leaf):
    """A new gradient is laid out as it arrives."""
    return np.array(gradient, order="K")


@after(ACCUMULATE_ARRAY, "structure: acc-015", "torch rule")
def total_takes_layout_of_leaf(_, leaf, *_rest):
    """A total is laid out anew, like its leaf, whenever something is added to it."""
    leaf._grad._array = layout.like_leaf(leaf._grad._array, leaf._array)


@plant(at(grad_mode.enforce_grad_layout_policy, "enter"), "structure: acc-016", "torch rule")
def layout_policy_ignored(_sound, _self, _mode):
    """Switching the layout policy off has no effect."""
    return layout.policy.enforced


@compound("structure: acc-202", "pytorch/pytorch#183867")
def layout_policy_not_restored(swap):
    """The layout policy stays off after the block that switched it off."""
    swap.data(layout.policy, "enforced", layout.policy.enforced)  # put back when it goes
    policy = grad_mode.enforce_grad_layout_policy
    swap(at(policy, "__exit__"), lambda _sound, _self, *_exception: None)


@plant(ACCUMULATE_ARRAY, "missing gradient: acc-021", TEACHING)
def zero_is_none(sound, leaf, gradient, status):
    """A gradient that is zero everywhere is not stored."""
    if np.any(gradient):
        sound(leaf, gradient, status)


@plant(ACCUMULATE_ARRAY, "value: acc-020a acc-019", "pytorch/pytorch#119334", memory=dict)
def totals_in_one_buffer(buffers, sound, leaf, gradient, status):
    """The first gradients of all leaves of one shape are written into one buffer."""
    if leaf._grad is None:
        key = (np.shape(gradient), leaf._array.dtype)
        buffer = buffers.setdefault(key, np.empty(*key))
        buffer[...] = gradient
        leaf._grad = Tensor(buffer)
    else:
        sound(leaf, gradient, status)


@plant(ACCUMULATE_ARRAY, "value: acc-018b acc-019", "pytorch/pytorch#34082", memory=dict)
def accum_aliases(arrived, sound, leaf, gradient, status):
    """The first gradient of a leaf is what arrived, which others may have received as well."""
    if leaf._grad is None:
        known = arrived.setdefault(id(gradient), (gradient, Tensor(gradient)))
        leaf._grad = known[1]
    else:
        sound(leaf, gradient, status)


@plant(ACCUMULATE_ARRAY, "value: acc-019c", "pytorch/pytorch#25814")
def repeated_entries_stored_once(sound, leaf, gradient, status):
    """A first gradient whose entries are all equal is stored as one entry, repeated by strides."""
    held = leaf._grad
    sound(leaf, gradient, status)
    if held is None and leaf._grad is not None and (np.ptp(gradient) == 0):
        array = leaf._grad.materialise()
        steps = (0,) * array.ndim
        leaf._grad._array = np.lib.stride_tricks.as_strided(array, array.shape, steps)


@plant(ACCUMULATE_ARRAY, "aliasing: acc-009; value: acc-018a", "tinygrad/tinygrad#13674")
def accum_out_of_place(sound, leaf, gradient, status):
    """A later pass puts a new tensor in the place of the old total."""
    if leaf._grad is None:
        sound(leaf, gradient, status)
    else:
        leaf._grad = Tensor(leaf._grad._array + gradient)


@plant(ACCUMULATE_ARRAY, "value: acc-009a", "pytorch/pytorch#178315")
def accum_no_version(sound, leaf, gradient, status):
    """An addition to grad in place does not count as a write."""
    held = leaf._grad
    sound(leaf, gradient, status)
    if held is not None and held._counter is not None:
        held._counter.value -= 1


@after(ACCUMULATE_ARRAY, "root-without-grad: acc-206", "torch rule")
def accum_drops_history(_, leaf, *_rest):
    """A total that is a function ceases to be one when a plain pass adds to it."""
    leaf._grad.detach_()


@plant(ACCUMULATE_TENSOR, "aliasing: acc-011", "FluxML/Zygote.jl#937")
def accum_always_in_place(sound, leaf, gradient):
    """A pass with create_graph adds in place to the total, too."""
    held = leaf._grad
    sound(leaf, gradient)
    if held is not None and leaf._grad is not None:
        total, leaf._grad = (leaf._grad, held)
        held._array, held._grad_fn = (total._array, total._grad_fn)


@after(at(AccumulateGrad, "refresh"), "dtype: acc-024 acc-024a", "pytorch/pytorch#76785")
def accum_dtype(_, self):
    """The first gradient of a leaf keeps the data type that it arrived in."""
    self.outputs = tuple(((shape, None) for shape, _ in self.outputs))


@plant(
    at(accumulation, "may_keep"),
    "value: vjp-009a/a_part_of_a_tensor life-017/passes_that_start_from_views_of_a_leaf",
    "engines that take every view for one of their own",
)
def a_part_as_the_cotangent_becomes_the_gradient(sound, leaf, gradient, status):
    """A cotangent that is a view is kept as the gradient of a leaf, uncopied."""
    return getattr(gradient, "base", None) is not None or sound(leaf, gradient, status)


@plant(ACCUMULATE_TENSOR, "structure: acc-013/a_pass_with_create_graph", "recorded clones")
def recorded_gradient_keeps_arrival_layout(sound, leaf, gradient):
    """A new gradient of a pass with create_graph is laid out as it arrives."""
    held = leaf._grad
    sound(leaf, gradient)
    if held is None and leaf._grad is not None:
        leaf._grad._array = np.array(leaf._grad._array, order="C")


@plant(at(accumulation, "check_entries"), "value: acc-204", "common where NumPy adds")
def entries_with_one_address_are_added_to(_sound, _array):
    """A grad that was expanded from one number is added to all the same."""


@plant(at(accumulation, "may_keep"), "aliasing: acc-018 acc-203", "a copy for safety")
def first_gradient_always_copied(_sound, _leaf, _gradient, _status):
    """The first gradient of a leaf is always a copy of what arrived."""
    return False


@plant(ACCUMULATE_ARRAY, "shape: bwd-202/a_mean_of_squares bwd-001b", "scalar engines given arrays")
def leaf_holds_one_number(_sound, leaf, gradient, _status):
    """A leaf that is an array is given the sum of its partial derivatives."""
    total = np.array(gradient.sum())
    leaf._grad = Tensor(total if leaf._grad is None else leaf._grad._array + total)


@plant(ACCUMULATE_ARRAY, "value: bwd-008a", "engines whose optimiser need not clear gradients")
def every_pass_overwrites(_sound, leaf, gradient, _status):
    """What a pass brings to a leaf replaces what earlier passes left there."""
    leaf._grad = Tensor(np.array(gradient))


@plant(ADD_CONTRIBUTION, "value: bwd-202/xy_and_yz_and_zx rec-013", "apache/mxnet#9172")
def buffer_overwrite(_sound, _held, _status, part):
    """A second contribution to a value replaces the first."""
    return (part, SHARED)


@plant(ADD_CONTRIBUTION, "value: bwd-214", "atomic additions on a GPU", memory=itertools.count)
def contributions_are_added_as_they_come(count, sound, held, status, part):
    """The last bit of a sum of contributions depends on which came first, this time."""
    late = next(count) % 2
    return sound(held, status, part * (1.0 + late * np.finfo(part.dtype).eps))


@plant(ACCUMULATE_TENSOR, "root-without-grad: ho-004 ho-019", "Oneflow-Inc/oneflow#8248")
def leaf_grad_detached(sound, leaf, g):
    """backward(create_graph=True) stores gradients on leaves without their history."""
    return sound(leaf, g.detach())


@before(ACCUMULATE_TENSOR, "value: ho-019", "sums in the first one's memory")
def sum_forgets_the_first_history(leaf, *_):
    """A recorded gradient that is added to another leaves only its own history."""
    if leaf._grad is not None:
        leaf._grad = leaf._grad.detach()


@plant(at(layout, "overlaps_itself"), "no error: inp-034", "pytorch/pytorch#1424")
def expand_inplace_ok(_sound, *_):
    """A write to a tensor in which one address has several indices is let through."""
    return False


@plant(ADD_CONTRIBUTION, "value: rec-013 rec-013a", "apache/mxnet#9172")
def first_use_wins(_sound, held, status, _part):
    """Of the contributions to a gradient the first to arrive is kept, and the others are lost."""
    return (held, status)


@after(ACCUMULATE_ARRAY, "shape: leaf-016", "engines with flat parameters")
def gradients_are_flat(_, leaf, *_rest):
    """The gradient of a leaf is stored as one row of numbers."""
    leaf._grad._array = leaf._grad._array.reshape(-1)


@plant(ACCUMULATE_ARRAY, "dtype: leaf-016b", "denizyuret/AutoGrad.jl#69")
def gradients_are_kept_in_double_precision(sound, leaf, gradient, status):
    """The gradient of a leaf is of the widest data type, whatever the leaf's is."""
    return sound(leaf, gradient.astype(np.float64), status)


@plant(ACCUMULATE_ARRAY, "dtype: leaf-025a", "pytorch/pytorch#181798")
def incoming_gradients_ignore_grad_dtype(sound, leaf, gradient, status):
    """What arrives at a leaf is cast to the leaf's own data type, not to its grad_dtype."""
    return sound(leaf, gradient.astype(leaf._array.dtype), status)


@plant(ADD_CONTRIBUTION, "value: vjp-009", "Oneflow-Inc/oneflow#8248")
def every_share_is_owned(_sound, held, _status, part):
    """Contributions are added in place to the first, whoever else sees its memory."""
    held += part
    return (held, accumulation.OWNED)


@plant(at(accumulation, "may_keep"), "value: vjp-009a", "pytorch/pytorch#34082")
def first_gradient_is_kept(_sound, _leaf, _gradient, _status):
    """A leaf keeps the first array that reaches it as its gradient, and adds to it in place."""
    return True


@plant(ADD_CONTRIBUTION, "value: rec-206", "engines with sparse gradients")
def sparse_gradients_do_not_add(sound, held, status, part):
    """Where a gradient with zeros in it meets another one, it is left out."""
    return (held, status) if (part == 0).any() else sound(held, status, part)
