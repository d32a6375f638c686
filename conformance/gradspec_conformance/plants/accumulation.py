"""Faults in how gradients are added up and kept."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.autograd import grad_mode
from gradspec_reference.engine import accumulation, layout
from gradspec_reference.engine.accumulation import SHARED
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    at(accumulation, "accumulate_array"),
    {"acc-001": "value", "acc-008": "value"},
    "pytorch/pytorch#181723",
)
def accum_replaces(sound: Any, leaf: Tensor, gradient: Any, status: int) -> None:
    """A pass stores its gradient in place of the one that a leaf has."""
    leaf._grad = None
    sound(leaf, gradient, status)


@compound({"acc-002": "value", "acc-003": "value"}, "pytorch/pytorch#181723")
def total_kept_elsewhere(swap: Swap) -> None:
    """The engine keeps the totals in buffers of its own, and grad shows copies of them."""
    buffers: dict[int, tuple[Tensor, Any]] = {}

    def adding(_sound: Any, leaf: Tensor, gradient: Any, _status: int) -> None:
        _, total = buffers.get(id(leaf), (leaf, 0.0))
        buffers[id(leaf)] = (leaf, total + gradient)
        leaf._grad = Tensor(np.array(total + gradient, dtype=leaf._array.dtype))

    swap(at(accumulation, "accumulate_array"), adding)


@plant(
    at(layout, "like_leaf"),
    {"acc-013": "structure", "acc-014": "structure"},
    "common in engines that keep what arrives",
)
def gradient_keeps_arrival_layout(_sound: Any, gradient: Any, _leaf: Any) -> Any:
    """A new gradient is laid out as it arrives."""
    return np.array(gradient, order="K")


@plant(at(accumulation, "accumulate_array"), {"acc-015": "structure"}, "torch rule")
def total_takes_layout_of_leaf(sound: Any, leaf: Tensor, gradient: Any, status: int) -> None:
    """A total is laid out anew, like its leaf, whenever something is added to it."""
    sound(leaf, gradient, status)
    assert leaf._grad is not None
    leaf._grad._array = layout.like_leaf(leaf._grad._array, leaf._array)


@compound({"acc-016": "structure"}, "torch rule")
def layout_policy_ignored(swap: Swap) -> None:
    """Switching the layout policy off has no effect."""
    policy = grad_mode.enforce_grad_layout_policy
    swap(at(policy, "__enter__"), lambda _sound, self: self._before.append(layout.Policy.enforced))


@compound({"acc-202": "structure"}, "pytorch/pytorch#183867")
def layout_policy_not_restored(swap: Swap) -> None:
    """The layout policy stays off after the block that switched it off."""
    swap.data(layout.Policy, "enforced", layout.Policy.enforced)  # put back when it goes
    policy = grad_mode.enforce_grad_layout_policy
    swap(at(policy, "__exit__"), lambda _sound, self, *_exception: self._before.clear())


@plant(
    at(accumulation, "accumulate_array"),
    {"acc-021": "missing gradient"},
    "common in teaching engines",
)
def zero_is_none(sound: Any, leaf: Tensor, gradient: Any, status: int) -> None:
    """A gradient that is zero everywhere is not stored."""
    if np.any(gradient):
        sound(leaf, gradient, status)


@compound({"acc-020a": "value", "acc-019": "value"}, "pytorch/pytorch#119334")
def totals_in_one_buffer(swap: Swap) -> None:
    """The first gradients of all leaves of one shape are written into one buffer."""
    buffers: dict[Any, Any] = {}

    def buffered(sound: Any, leaf: Tensor, gradient: Any, status: int) -> None:
        if leaf._grad is None:
            key = (np.shape(gradient), leaf._array.dtype)
            buffer = buffers.setdefault(key, np.empty(*key))
            buffer[...] = gradient
            leaf._grad = Tensor(buffer)
        else:
            sound(leaf, gradient, status)

    swap(at(accumulation, "accumulate_array"), buffered)


@compound({"acc-018b": "value", "acc-019": "value"}, "pytorch/pytorch#34082")
def accum_aliases(swap: Swap) -> None:
    """The first gradient of a leaf is what arrived, which others may have received as well."""
    arrived: dict[int, tuple[Any, Tensor]] = {}

    def aliasing(sound: Any, leaf: Tensor, gradient: Any, status: int) -> None:
        if leaf._grad is None:
            known = arrived.setdefault(id(gradient), (gradient, Tensor(gradient)))
            leaf._grad = known[1]
        else:
            sound(leaf, gradient, status)

    swap(at(accumulation, "accumulate_array"), aliasing)


@plant(at(accumulation, "accumulate_array"), {"acc-019c": "value"}, "pytorch/pytorch#25814")
def repeated_entries_stored_once(sound: Any, leaf: Tensor, gradient: Any, status: int) -> None:
    """A first gradient whose entries are all equal is stored as one entry, repeated by strides."""
    held = leaf._grad
    sound(leaf, gradient, status)
    if held is None and leaf._grad is not None and (np.ptp(gradient) == 0):
        array = leaf._grad.materialise()
        steps = (0,) * array.ndim
        leaf._grad._array = np.lib.stride_tricks.as_strided(array, array.shape, steps)


@plant(
    at(accumulation, "accumulate_array"),
    {"acc-009": "aliasing", "acc-018a": "value"},
    "tinygrad/tinygrad#13674",
)
def accum_out_of_place(sound: Any, leaf: Tensor, gradient: Any, status: int) -> None:
    """A later pass puts a new tensor in the place of the old total."""
    if leaf._grad is None:
        sound(leaf, gradient, status)
    else:
        leaf._grad = Tensor(leaf._grad._array + gradient)


@plant(at(accumulation, "accumulate_array"), {"acc-009a": "value"}, "pytorch/pytorch#178315")
def accum_no_version(sound: Any, leaf: Tensor, gradient: Any, status: int) -> None:
    """An addition to grad in place does not count as a write."""
    held = leaf._grad
    sound(leaf, gradient, status)
    if held is not None and held._counter is not None:
        held._counter.value -= 1


@plant(at(accumulation, "accumulate_array"), {"acc-012b": "flag"}, "torch rule")
def accum_drops_history(sound: Any, leaf: Tensor, gradient: Any, status: int) -> None:
    """A total that is a function ceases to be one when a plain pass adds to it."""
    sound(leaf, gradient, status)
    assert leaf._grad is not None
    leaf._grad.detach_()


@plant(at(accumulation, "accumulate_tensor"), {"acc-011": "aliasing"}, "FluxML/Zygote.jl#937")
def accum_always_in_place(sound: Any, leaf: Tensor, gradient: Tensor) -> None:
    """A pass with create_graph adds in place to the total, too."""
    held = leaf._grad
    sound(leaf, gradient)
    if held is not None and leaf._grad is not None:
        total, leaf._grad = (leaf._grad, held)
        held._array, held._grad_fn = (total._array, total._grad_fn)


@plant(
    at(AccumulateGrad, "refresh"),
    {"acc-024": "dtype", "acc-024a": "dtype"},
    "pytorch/pytorch#76785",
)
def accum_dtype(sound: Any, self: Any) -> None:
    """The first gradient of a leaf keeps the data type that it arrived in."""
    sound(self)
    self.outputs = tuple(((shape, None) for shape, _ in self.outputs))


@plant(
    at(accumulation, "may_keep"),
    {
        "vjp-009a/a_part_of_a_tensor": "value",
        "life-017/passes_that_start_from_views_of_a_leaf": "value",
    },
    "engines that take every view for one of their own",
)
def a_part_as_the_cotangent_becomes_the_gradient(
    sound: Any, leaf: Any, gradient: Any, status: int
) -> Any:
    """A cotangent that is a view is kept as the gradient of a leaf, uncopied."""
    return getattr(gradient, "base", None) is not None or sound(leaf, gradient, status)


@plant(
    at(accumulation, "accumulate_tensor"),
    {"acc-013/a_pass_with_create_graph": "structure"},
    "common where a recorded copy is a clone()",
)
def recorded_gradient_keeps_arrival_layout(sound: Any, leaf: Tensor, gradient: Tensor) -> None:
    """A new gradient of a pass with create_graph is laid out as it arrives."""
    held = leaf._grad
    sound(leaf, gradient)
    if held is None and leaf._grad is not None:
        leaf._grad._array = np.array(leaf._grad._array, order="C")


@plant(at(accumulation, "check_entries"), {"acc-204": "value"}, "common where NumPy adds")
def entries_with_one_address_are_added_to(_sound: Any, _array: Any) -> None:
    """A grad that was expanded from one number is added to all the same."""


@plant(
    at(accumulation, "may_keep"),
    {"acc-018": "aliasing", "acc-203": "aliasing"},
    "a copy for safety's sake, which torch does not make",
)
def first_gradient_always_copied(_sound: Any, _leaf: Any, _gradient: Any, _status: Any) -> Any:
    """The first gradient of a leaf is always a copy of what arrived."""
    return False


@plant(
    at(accumulation, "accumulate_array"),
    {"bwd-202/a_mean_of_squares": "shape", "bwd-001b": "shape"},
    "engines for scalars that were given arrays",
)
def leaf_holds_one_number(_sound: Any, leaf: Any, gradient: Any, _status: int) -> None:
    """A leaf that is an array is given the sum of its partial derivatives."""
    total = np.array(gradient.sum())
    leaf._grad = Tensor(total if leaf._grad is None else leaf._grad._array + total)


@plant(
    at(accumulation, "accumulate_array"),
    {"bwd-008a": "value"},
    "engines whose optimiser need not clear gradients",
)
def every_pass_overwrites(_sound: Any, leaf: Any, gradient: Any, _status: int) -> None:
    """What a pass brings to a leaf replaces what earlier passes left there."""
    leaf._grad = Tensor(np.array(gradient))


@plant(
    at(accumulation, "add_contribution"),
    {"bwd-202/xy_and_yz_and_zx": "value", "bwd-001": "value"},
    "apache/mxnet#9172",
)
def buffer_overwrite(_sound: Any, _held: Any, _status: Any, part: Any) -> Any:
    """A second contribution to a value replaces the first."""
    return (part, SHARED)


@plant(
    at(accumulation, "accumulate_tensor"),
    {"ho-004": "root-without-grad", "ho-019": "root-without-grad"},
    "Oneflow-Inc/oneflow#8248",
)
def leaf_grad_detached(sound: Any, leaf: Any, g: Any) -> Any:
    """backward(create_graph=True) stores gradients on leaves without their history."""
    return sound(leaf, g.detach())


@plant(
    at(accumulation, "accumulate_tensor"),
    {"ho-019": "value"},
    "common where the sum is formed in the first one's memory",
)
def sum_forgets_the_first_history(sound: Any, leaf: Tensor, gradient: Tensor) -> None:
    """A recorded gradient that is added to another leaves only its own history."""
    if leaf._grad is not None:
        leaf._grad = leaf._grad.detach()
    sound(leaf, gradient)


@plant(at(layout, "overlaps_itself"), {"inp-034": "no error"}, "pytorch/pytorch#1424")
def expand_inplace_ok(_sound: Any, *_: Any) -> Any:
    """A write to a tensor in which one address has several indices is let through."""
    return False


@plant(
    at(accumulation, "add_contribution"),
    {"rec-013": "value", "rec-013a": "value"},
    "apache/mxnet#9172",
)
def first_use_wins(_sound: Any, held: Any, status: Any, _part: Any) -> Any:
    """Of the contributions to a gradient the first to arrive is kept, and the others are lost."""
    return (held, status)


@plant(
    at(accumulation, "accumulate_array"),
    {"leaf-016": "shape"},
    "common in engines with flat parameters",
)
def gradients_are_flat(sound: Any, leaf: Any, gradient: Any, status: int) -> None:
    """The gradient of a leaf is stored as one row of numbers."""
    sound(leaf, gradient, status)
    leaf._grad._array = leaf._grad._array.reshape(-1)


@plant(at(accumulation, "accumulate_array"), {"leaf-016b": "dtype"}, "denizyuret/AutoGrad.jl#69")
def gradients_are_kept_in_double_precision(
    sound: Any, leaf: Any, gradient: Any, status: Any
) -> Any:
    """The gradient of a leaf is of the widest data type, whatever the leaf's is."""
    return sound(leaf, gradient.astype(np.float64), status)


@plant(at(accumulation, "accumulate_array"), {"leaf-025a": "dtype"}, "pytorch/pytorch#181798")
def incoming_gradients_ignore_grad_dtype(sound: Any, leaf: Any, gradient: Any, status: Any) -> Any:
    """What arrives at a leaf is cast to the leaf's own data type, not to its grad_dtype."""
    return sound(leaf, gradient.astype(leaf._array.dtype), status)


@plant(at(accumulation, "add_contribution"), {"vjp-009": "value"}, "Oneflow-Inc/oneflow#8248")
def every_share_is_owned(_sound: Any, held: Any, _status: int, part: Any) -> Any:
    """Contributions are added in place to the first, whoever else sees its memory."""
    held += part
    return (held, accumulation.OWNED)


@plant(at(accumulation, "may_keep"), {"vjp-009a": "value"}, "pytorch/pytorch#34082")
def first_gradient_is_kept(_sound: Any, _leaf: Any, _gradient: Any, _status: Any) -> Any:
    """A leaf keeps the first array that reaches it as its gradient, and adds to it in place."""
    return True


@plant(
    at(accumulation, "add_contribution"),
    {"rec-206": "value"},
    "engines with a sparse kind of gradient",
)
def sparse_gradients_do_not_add(sound: Any, held: Any, status: int, part: Any) -> Any:
    """Where a gradient with zeros in it meets another one, it is left out."""
    return (held, status) if (part == 0).any() else sound(held, status, part)
