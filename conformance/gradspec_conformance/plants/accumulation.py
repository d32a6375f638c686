"""Faults in accumulation: what engines get wrong about the gradient that a leaf keeps."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference import accumulation, autograd, backward, layout, node, shapes
from gradspec_reference.accumulation import SHARED
from gradspec_reference.autograd import grad_mode
from gradspec_reference.backward import FIRST, MISSING, BackwardPass
from gradspec_reference.node import AccumulateGrad, Node
from gradspec_reference.tensor import Tensor, no_accumulator

if TYPE_CHECKING:
    from gradspec_reference.node import Edge

# adding up


@plant(
    kills={
        "acc-001": "value",
        "acc-004": "value",
        "acc-008": "value",
        "acc-008a": "value",
        "acc-017": "value",
        "acc-023": "value",
        "acc-025": "value",
    },
    modelled_on="pytorch/pytorch#181723",
)
def accum_replaces(swap: Swap) -> None:
    """A pass stores its gradient in place of the one that a leaf has."""
    original = accumulation.accumulate_array

    def replacing(leaf: Tensor, gradient: Any, status: int) -> None:
        leaf._grad = None
        original(leaf, gradient, status)

    swap(accumulation, "accumulate_array", replacing)


@plant(
    kills={"acc-004": "value", "acc-005": "value"},
    modelled_on="karpathy/micrograd#102",
)
def interiors_accumulate(swap: Swap) -> None:
    """Intermediates keep their gradients between passes, as leaves do."""
    original = BackwardPass.differentiate
    kept: weakref.WeakKeyDictionary[Node, Any] = weakref.WeakKeyDictionary()

    def stale(self: BackwardPass, made: Node, cotangent: Any, status: int) -> None:
        if isinstance(cotangent, np.ndarray | np.generic):
            cotangent = kept[made] = cotangent + kept.get(made, 0)
            status = SHARED
        original(self, made, cotangent, status)

    swap(BackwardPass, "differentiate", stale)


@plant(kills={"acc-006": "no error"}, modelled_on="tinygrad/tinygrad#5701")
def graph_used_up_in_silence(swap: Swap) -> None:
    """Values that an earlier pass was to free are read again without a word."""
    swap(Node, "release", lambda _self: None)


@plant(
    kills={"acc-017": "order", "acc-017a": "order"},
    modelled_on="pytorch/pytorch#105293",
)
def accumulator_per_use(swap: Swap) -> None:
    """Each use of a leaf delivers to it on its own."""
    original = node.accumulator

    def fresh(leaf: Tensor) -> AccumulateGrad:
        leaf.leaf_state().accumulator = no_accumulator
        return original(leaf)

    swap(node, "accumulator", fresh)


@plant(
    kills={"acc-026": "missing gradient"},
    modelled_on="pytorch/pytorch#79708",
)
def inputs_nonleaf_lost(swap: Swap) -> None:
    """An intermediate that is named in inputs is not filled."""

    def leaves_only(targets: list[Any]) -> list[Edge]:
        return [autograd.edge_of(target) for target in targets]

    swap(autograd, "stored", leaves_only)


@plant(
    kills={"acc-026": "unexpected gradient"},
    modelled_on="pytorch/pytorch#79708",
)
def inputs_arg_ignored(swap: Swap) -> None:
    """A pass fills every leaf, whatever inputs it was given."""
    swap(BackwardPass, "limit_to", lambda *_arguments, **_options: None)


# beginning anew


@plant(
    kills={
        "acc-002": "value",
        "acc-003": "value",
        "acc-005": "value",
        "acc-009": "aliasing",
        "acc-010": "aliasing",
    },
    modelled_on="pytorch/pytorch#181723",
)
def total_kept_elsewhere(swap: Swap) -> None:
    """The engine keeps the totals in buffers of its own, and grad shows copies of them."""
    buffers: dict[int, tuple[Tensor, Any]] = {}

    def adding(leaf: Tensor, gradient: Any, _status: int) -> None:
        _, total = buffers.get(id(leaf), (leaf, 0.0))
        buffers[id(leaf)] = (leaf, total + gradient)
        leaf._grad = Tensor(np.array(total + gradient, dtype=leaf._array.dtype))

    swap(accumulation, "accumulate_array", adding)


@plant(
    kills={
        "acc-007": "no error",
        "acc-020": "unexpected gradient",
        "acc-022": "unexpected gradient",
    },
    modelled_on="tinygrad/tinygrad#16230",
)
def grad_begins_at_zero(swap: Swap) -> None:
    """A leaf that requires grad has a gradient of zeros from the start."""
    original = Tensor.requires_grad_

    def zeroed(self: Tensor, requires_grad: bool = True) -> Tensor:
        if requires_grad and self._grad is None:
            self._grad = Tensor(np.zeros_like(self._array))
        return original(self, requires_grad)

    swap(Tensor, "requires_grad_", zeroed)


# none and zero


@plant(kills={"acc-021": "missing gradient"}, modelled_on="common in teaching engines")
def zero_is_none(swap: Swap) -> None:
    """A gradient that is zero everywhere is not stored."""
    original = accumulation.accumulate_array

    def nonzero(leaf: Tensor, gradient: Any, status: int) -> None:
        if np.any(gradient):
            original(leaf, gradient, status)

    swap(accumulation, "accumulate_array", nonzero)


@plant(kills={"acc-022": "missing gradient"}, modelled_on="pytorch/pytorch#726")
def waits_for_uses_beside_the_path(swap: Swap) -> None:
    """A node waits for a contribution from every use of its result, on the path or not."""
    original = backward.count_dependencies

    def counting(roots: set[Node]) -> Any:
        waiting = original(roots)
        others = (o for o in gc.get_objects() if issubclass(type(o), Node) and o not in waiting)
        for other in others:
            for target, _ in other.next_functions:
                if target in waiting:
                    waiting[target][MISSING] += 1
        return waiting

    swap(backward, "count_dependencies", counting)


@plant(
    kills={"acc-020a": "value", "acc-025": "value"},
    modelled_on="pytorch/pytorch#119334",
)
def totals_in_one_buffer(swap: Swap) -> None:
    """The first gradients of all leaves of one shape are written into one buffer."""
    original = accumulation.accumulate_array
    buffers: dict[Any, Any] = {}

    def buffered(leaf: Tensor, gradient: Any, status: int) -> None:
        if leaf._grad is None:
            key = (np.shape(gradient), leaf._array.dtype)
            buffer = buffers.setdefault(key, np.empty(*key))
            buffer[...] = gradient
            leaf._grad = Tensor(buffer)
        else:
            original(leaf, gradient, status)

    swap(accumulation, "accumulate_array", buffered)


# the stored tensor


@plant(
    kills={
        "acc-018b": "value",
        "acc-019": "value",
        "acc-019a": "value",
    },
    modelled_on="pytorch/pytorch#34082",
)
def accum_aliases(swap: Swap) -> None:
    """The first gradient of a leaf is what arrived, which others may have received as well."""
    original = accumulation.accumulate_array
    arrived: dict[int, tuple[Any, Tensor]] = {}

    def aliasing(leaf: Tensor, gradient: Any, status: int) -> None:
        if leaf._grad is None:
            known = arrived.setdefault(id(gradient), (gradient, Tensor(gradient)))
            leaf._grad = known[1]
        else:
            original(leaf, gradient, status)

    swap(accumulation, "accumulate_array", aliasing)


@plant(kills={"acc-019c": "value"}, modelled_on="pytorch/pytorch#25814")
def repeated_entries_stored_once(swap: Swap) -> None:
    """A first gradient whose entries are all equal is stored as one entry, repeated by strides."""
    original = accumulation.accumulate_array

    def repeating(leaf: Tensor, gradient: Any, status: int) -> None:
        held = leaf._grad
        original(leaf, gradient, status)
        if held is None and leaf._grad is not None and np.ptp(gradient) == 0:
            array = leaf._grad.materialise()
            steps = (0,) * array.ndim
            leaf._grad._array = np.lib.stride_tricks.as_strided(array, array.shape, steps)

    swap(accumulation, "accumulate_array", repeating)


@plant(kills={"acc-019b": "value"}, modelled_on="ooples/AiDotNet.Tensors#935")
def buffer_inplace_alias(swap: Swap) -> None:
    """Contributions are added in place to the first of them, which others may hold as well."""
    original = BackwardPass.deliver

    def adding(self: BackwardPass, edge: Edge, part: Any, status: int) -> None:
        arrivals = self.waiting[edge[0]]  # type: ignore[index]
        before = arrivals[edge[1] + FIRST][0]
        original(self, edge, part, status)
        after = arrivals[edge[1] + FIRST][0]
        for other in self.waiting.values():
            for slot in range(FIRST, len(other)):
                if before is not None and other[slot][0] is before:
                    other[slot] = (after, other[slot][1])

    swap(BackwardPass, "deliver", adding)


@plant(
    kills={
        "acc-009": "aliasing",
        "acc-009a": "no error",
        "acc-010": "aliasing",
        "acc-018a": "value",
    },
    modelled_on="tinygrad/tinygrad#13674",
)
def accum_out_of_place(swap: Swap) -> None:
    """A later pass puts a new tensor in the place of the old total."""
    original = accumulation.accumulate_array

    def renewing(leaf: Tensor, gradient: Any, status: int) -> None:
        if leaf._grad is None:
            original(leaf, gradient, status)
        else:
            leaf._grad = Tensor(leaf._grad._array + gradient)

    swap(accumulation, "accumulate_array", renewing)


@plant(kills={"acc-009a": "no error"}, modelled_on="pytorch/pytorch#178315")
def accum_no_version(swap: Swap) -> None:
    """An addition to grad in place does not count as a write."""
    original = accumulation.accumulate_array

    def unnoticed(leaf: Tensor, gradient: Any, status: int) -> None:
        held = leaf._grad
        original(leaf, gradient, status)
        if held is not None and held._counter is not None:
            held._counter.value -= 1

    swap(accumulation, "accumulate_array", unnoticed)


@plant(
    kills={"acc-012b": "flag"},
    modelled_on="Oneflow-Inc/oneflow#8248",
)
def accum_drops_history(swap: Swap) -> None:
    """A total that is a function ceases to be one when a plain pass adds to it."""
    original = accumulation.accumulate_array

    def dropping(leaf: Tensor, gradient: Any, status: int) -> None:
        original(leaf, gradient, status)
        assert leaf._grad is not None
        leaf._grad.detach_()

    swap(accumulation, "accumulate_array", dropping)


@plant(kills={"acc-011": "aliasing"}, modelled_on="FluxML/Zygote.jl#937")
def accum_always_in_place(swap: Swap) -> None:
    """A pass with create_graph adds in place to the total, too."""
    original = accumulation.accumulate_tensor

    def adding(leaf: Tensor, gradient: Tensor) -> None:
        held = leaf._grad
        original(leaf, gradient)
        if held is not None and leaf._grad is not None:
            total, leaf._grad = leaf._grad, held
            held._array, held._grad_fn = total._array, total._grad_fn

    swap(accumulation, "accumulate_tensor", adding)


@plant(
    kills={"acc-012b": "flag"},
    modelled_on="Oneflow-Inc/oneflow#8248",
)
def total_detached(swap: Swap) -> None:
    """The gradient of a leaf is stored without its graph under create_graph."""
    original = accumulation.accumulate_tensor
    swap(
        accumulation,
        "accumulate_tensor",
        lambda leaf, gradient: original(leaf, gradient.detach()),
    )


@plant(
    kills={"acc-012": "flag", "acc-012a": "structure"},
    modelled_on="huggingface/candle#1243",
)
def pass_always_recorded(swap: Swap) -> None:
    """Every pass records itself, and the gradients keep their graphs."""
    original = BackwardPass.__init__

    def recorded(self: BackwardPass, *, retain_graph: bool, create_graph: bool) -> None:
        del create_graph
        original(self, retain_graph=retain_graph, create_graph=True)

    swap(BackwardPass, "__init__", recorded)


@plant(
    kills={"acc-024": "dtype", "acc-024a": "dtype"},
    modelled_on="pytorch/pytorch#76785",
)
def accum_dtype(swap: Swap) -> None:
    """The first gradient of a leaf keeps the data type that it arrived in."""
    original = AccumulateGrad.refresh

    def any_dtype(self: AccumulateGrad) -> None:
        original(self)
        self.outputs = tuple((shape, None) for shape, _ in self.outputs)  # type: ignore[misc]

    swap(AccumulateGrad, "refresh", any_dtype)


@plant(kills={"acc-024b": "shape"}, modelled_on="raskr/rust-autograd#38")
def accum_shape_broadcast(swap: Swap) -> None:
    """A gradient of a larger shape is stored as it comes, not summed to the leaf's."""
    swap(shapes, "unbroadcast", lambda _xp, gradient, _shape: gradient)


@plant(
    kills={"acc-018": "aliasing", "acc-018a": "value"},
    modelled_on="a copy for safety's sake, which torch does not make",
)
def first_gradient_always_copied(swap: Swap) -> None:
    """The first gradient of a leaf is always a copy of what arrived."""
    swap(accumulation, "may_keep", lambda _leaf, _gradient, _status: False)


# layout


@plant(
    kills={"acc-013": "structure", "acc-014": "structure"},
    modelled_on="common in engines that keep what arrives",
)
def gradient_keeps_arrival_layout(swap: Swap) -> None:
    """A new gradient is laid out as it arrives."""
    swap(layout, "like_leaf", lambda gradient, _leaf: np.array(gradient, order="K"))


@plant(kills={"acc-015": "structure"}, modelled_on="torch rule")
def total_takes_layout_of_leaf(swap: Swap) -> None:
    """A total is laid out anew, like its leaf, whenever something is added to it."""
    original = accumulation.accumulate_array

    def relaid(leaf: Tensor, gradient: Any, status: int) -> None:
        original(leaf, gradient, status)
        assert leaf._grad is not None
        leaf._grad._array = layout.like_leaf(leaf._grad._array, leaf._array)

    swap(accumulation, "accumulate_array", relaid)


@plant(kills={"acc-016": "structure"}, modelled_on="torch rule")
def layout_policy_ignored(swap: Swap) -> None:
    """Switching the layout policy off has no effect."""
    policy = grad_mode.enforce_grad_layout_policy
    swap(policy, "__enter__", lambda self: self._before.append(layout.Policy.enforced))


@plant(
    kills={"acc-016": "structure"},
    modelled_on="pytorch/pytorch#183867",
)
def layout_policy_not_restored(swap: Swap) -> None:
    """The layout policy stays off after the block that switched it off."""
    policy = grad_mode.enforce_grad_layout_policy
    swap(policy, "__exit__", lambda self, *_exception: self._before.clear())
