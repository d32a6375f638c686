"""Faults in the stored tensor: whose memory it is, and what kind of tensor."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import accumulation, shapes
from gradspec_reference.engine.arrivals import FIRST
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Edge


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


@plant(kills={"acc-019b": "value", "acc-008a": "value"}, modelled_on="ooples/AiDotNet.Tensors#935")
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
        "acc-012b": "flag",
        "acc-015": "structure",
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
    modelled_on="torch rule",
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
    kills={
        "acc-012": "flag",
        "acc-012a": "structure",
        "acc-009": "aliasing",
        "acc-010": "aliasing",
    },
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
